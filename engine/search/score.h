// Scores as a search handles them; engine/score.h says what a score is.
//
// A score belongs to a team and is read for that team, never negated per ply. A game won after n moves counts kWin - n for the winner
// and -(kWin - n) for the others, so that quick wins and late losses are preferred; a draw counts 0.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/score.h"

namespace mz {

using TeamScores = std::array<Score, kMaxSeats>;

inline constexpr int kMaxPly = 400;  // moves ahead, forced ones included; beyond, positions are judged as they stand
inline constexpr Score kWinBound = kWin - kMaxPly;  // scores from here on are wins that were found
inline constexpr Score kInfinite = kWin + 1;
static_assert(kMaxEvaluation < kWinBound);

constexpr bool is_found_result(Score score) { return score >= kWinBound || score <= -kWinBound; }

// What a search found out about the position it was given, for the acting team.
struct SearchResult {
  Move move;
  Score score = 0;
  std::uint64_t nodes = 0;
  int depth = 0;                // turns searched in full
  std::vector<Move> variation;  // begins with `move`
};

// When a search ends: whatever comes first. Nodes and depth give the same result on every machine; the stop flag, owned by whoever
// has a clock, does not.
struct SearchLimits {
  static constexpr int kMaxDepth = 63;
  int depth = kMaxDepth;  // turns, the running one included
  std::uint64_t nodes = ~0ULL;
  const std::atomic<bool>* stop = nullptr;
};

}  // namespace mz
