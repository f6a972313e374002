// The flags that choose what is played, for verbs that play games of one configuration.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "engine/game.h"

namespace mz {

struct GameFlags {
  std::string board = "square8";
  int players = 2;
  std::vector<std::string> options;  // name=value
};

void add_game_flags(CLI::App& verb, GameFlags& flags);
// Refuses options that do not read name=value; whether the game has them, make_game says.
Result<GameConfig> game_config(const GameFlags& flags);

// Refuses what the game would accept and nobody would notice: the pie rule among more than two players.
Result<void> refuse_idle_options(const GameConfig& config);

// The flag --seed: a whole number of 64 bits and nothing else.
CLI::Option* add_seed_flag(CLI::App& verb, std::uint64_t& seed, const std::string& description);

}  // namespace mz
