// Drawing a move by the visits of a search instead of taking the most visited one, so that games of self-play differ where the search
// itself is in doubt.
//
// A move is drawn with a probability proportional to visits^(1 / T): T = 1 follows the visits, a smaller T prefers the most visited
// move more, a larger one levels. All in whole numbers, with an error below one part in a thousand for T from 0.1 on, so the same seed
// draws the same move on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/rng.h"
#include "engine/game.h"

namespace mz {

// In thousandths, so that it has one spelling; 0 takes the most visited move.
struct Temperature {
  static constexpr std::uint32_t kUnit = 1000;
  static constexpr std::uint32_t kMax = 100 * kUnit;
  std::uint32_t thousandths = 0;
  friend bool operator==(const Temperature&, const Temperature&) = default;
};

// A decimal number from 0 to 100 with at most three digits behind the point, and the shortest such text.
Result<Temperature> parse_temperature(std::string_view text);
std::string to_string(Temperature temperature);

// 2^32 for the most visited move, and as much less for another as it is less likely. `most` >= `visits` >= 1, temperature not 0.
std::uint64_t temperature_weight(std::uint32_t visits, std::uint32_t most, Temperature temperature);

// The decision's move, or another one drawn by the temperature. Decisions whose move was not found by counting visits stay as they are.
Move draw_move(const Decision& decision, Temperature temperature, Rng& rng);

}  // namespace mz
