// Scores as a search handles them; engine/score.h says what a score is.
//
// A score belongs to a team and is read for that team, never negated per ply. A game won after n moves counts kWin - n for the winner
// and -(kWin - n) for the others, so that quick wins and late losses are preferred; a draw counts 0.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/game.h"
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
  int depth = 0;                     // turns searched in full
  std::vector<Move> variation;       // begins with `move`
  std::vector<ScoredMove> scored;    // `move` and what comes within SearchLimits::compare_within of it
  std::vector<VisitedMove> visited;  // of searches that choose by visits; empty when the move was proven
};

// When a search ends: whatever comes first. Nodes and depth give the same result on every machine; the stop flag, owned by whoever
// has a clock, does not.
struct SearchLimits {
  static constexpr int kMaxDepth = 63;
  int depth = kMaxDepth;  // turns, the running one included
  std::uint64_t nodes = ~0ULL;
  const std::atomic<bool>* stop = nullptr;
  Score compare_within = 0;  // see EngineResources
};

// Those of `moves` that are worse than `best` by less than `within`. Empty when `best` is not the best of them: it was found afterwards, by a
// depth that was not finished, and cannot be compared.
inline std::vector<ScoredMove> near_best(const std::vector<ScoredMove>& moves, Move best, Score within) {
  Score most = -kInfinite;
  bool is_best = false;
  for (const ScoredMove& candidate : moves) {
    if (candidate.score > most || (candidate.score == most && candidate.move == best)) is_best = candidate.move == best;
    most = std::max(most, candidate.score);
  }
  std::vector<ScoredMove> near;
  if (!is_best) return near;
  for (const ScoredMove& candidate : moves) {
    if (candidate.score > most - within) near.push_back(candidate);
  }
  return near;
}

}  // namespace mz
