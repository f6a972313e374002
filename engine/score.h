// The scale on which positions are judged: one integer per team, higher is better for that team. Integers only, so that the same
// seed gives the same game on every machine.
#pragma once

#include <cstdint>

namespace mz {

using Score = std::int32_t;

// A game that is won now; a search subtracts the distance in plies, so that the shorter way to a win is the better one. A lost game
// is -kWin (plus the distance).
inline constexpr Score kWin = 1'000'000'000;
// An evaluation of an unfinished game lies strictly between -kMaxEvaluation and kMaxEvaluation, well away from any win.
inline constexpr Score kMaxEvaluation = 500'000'000;

}  // namespace mz
