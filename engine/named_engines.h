// Engines that have a name without naming a budget: the modes of self-play, and who plays a tournament when nobody is named.
//
// A mode stands for specifications in full (engine/engine_spec.h), with budgets that let many games be played. A mode of one engine has
// a share of random moves, so that games differ; `mixed`, `diverse` and other names of the latter stand for several engines, from which each
// seat draws anew in every game. A name keeps its meaning within a version of the program only: what is stored names the specification.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"

namespace mz {

// What `mixed` draws from: engines of every strength, or cheap ones only.
enum class MixBand : std::uint8_t { canonical, light };
inline constexpr std::string_view kMixed = "mixed";

std::span<const std::string_view> mix_band_names();  // in the order of MixBand
std::span<const std::string_view> selfplay_modes();  // from `mixed` on those that draw

// The engines a seat draws from, each as likely as the others, in canonical form: those of a mode, or the one that `text` specifies.
Result<std::vector<std::string>> engines_of_seat(std::string_view text, MixBand band, const GameConfig& config);

// Every engine that the game has, in each way it can play, with a budget of about ten milliseconds a move on square8; and heuristic
// with each of the weights named.
std::vector<std::string> tournament_engines(const Game& game, std::span<const std::string> weights);

}  // namespace mz
