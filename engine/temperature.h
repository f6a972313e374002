// Drawing a move by what a player found out about the moves instead of taking the best one, so that games of self-play differ where the
// player itself is in doubt.
//
// A player that counts visits has a move drawn with a probability proportional to visits^(1 / T): T = 1 follows the visits, a smaller T
// prefers the most visited move more, a larger one levels. For a player that compares scores the probability is proportional to
// 2^(-(best score - score) / (kPointsPerHalving T)), a softmax: at T = 1 a move that is a tenth of a credited ring worse is drawn half as
// often. All in whole numbers, with an error below one part in a thousand for T from 0.1 on, so the same seed draws the same move on
// every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/rng.h"
#include "engine/game.h"

namespace mz {

// Numbers that are exact everywhere are counted in thousandths.
inline constexpr std::uint32_t kThousandths = 1000;

// In thousandths, so that it has one spelling; 0 takes the most visited move.
struct Temperature {
  static constexpr std::uint32_t kUnit = kThousandths;
  static constexpr std::uint32_t kMax = 100 * kUnit;
  std::uint32_t thousandths = 0;
  friend bool operator==(const Temperature&, const Temperature&) = default;
};

// A decimal number from 0 to 100 with at most three digits behind the point, and the shortest such text.
Result<Temperature> parse_temperature(std::string_view text);
std::string to_string(Temperature temperature);

// The same for any number counted in thousandths, up to `most` of them; nothing when the text is something else.
std::optional<std::uint32_t> parse_thousandths(std::string_view text, std::uint32_t most);
std::string thousandths_text(std::uint32_t thousandths);

// By so many points of score a move must be worse to be drawn half as often, at T = 1.
inline constexpr Score kPointsPerHalving = 100;
// After so many halvings, at one in 1024, a move is no longer drawn: a search has to compare the others only.
inline constexpr Score kMostHalvings = 10;

// A move that is worse than the best one by so much or more is not drawn; at least 1 unless the temperature is 0.
constexpr Score temperature_reach(Temperature temperature) {
  return static_cast<Score>(std::uint64_t{temperature.thousandths} * kPointsPerHalving * kMostHalvings /
                            Temperature::kUnit);
}

// 2^32 for the best move, and as much less for one whose score is `gap` >= 0 lower; 0 from the reach on. `temperature` not 0.
std::uint64_t temperature_weight_of_gap(Score gap, Temperature temperature);

// 2^32 for the most visited move, and as much less for another as it is less likely. `most` >= `visits` >= 1, temperature not 0.
std::uint64_t temperature_weight(std::uint32_t visits, std::uint32_t most, Temperature temperature);

// The decision's move, or another one drawn by the temperature. Decisions whose move was found neither by counting visits nor by comparing
// scores stay as they are: forced and random moves, swaps, wins that are proven.
Move draw_move(const Decision& decision, Temperature temperature, Rng& rng);

}  // namespace mz
