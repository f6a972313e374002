// Games that were never played, for tests of statistics: results drawn from stated probabilities, with play hashes that
// are as distinct as the test wants.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/rng.h"
#include "engine/stats/match_score.h"

namespace mz::test {

// The hash of play number `n`.
inline Digest play(std::uint64_t n) {
  Digest digest{};
  for (std::size_t i = 0; i < 8; ++i) digest[i] = static_cast<std::uint8_t>(n >> (8 * i));
  return digest;
}

// A cycle with these scores whose games are numbered from `first`.
inline std::vector<ScoredGame> cycle(std::uint64_t first, const std::vector<GameScore>& scores) {
  std::vector<ScoredGame> games;
  for (const GameScore score : scores) games.push_back({play(first++), score});
  return games;
}

inline constexpr GameScore kWin = GameScore::win;
inline constexpr GameScore kLoss = GameScore::loss;
inline constexpr GameScore kShared = GameScore::shared;

// A pair of games on an opening that favours the first seat by a random amount, as real openings do: the two games of the
// pair are negatively correlated. The mean score of A is `score`.
inline std::vector<ScoredGame> drawn_pair(Rng& rng, std::uint64_t first, double score) {
  const double room = score < 0.5 ? score : 1 - score;
  const double bias = (2 * rng.unit() - 1) * room;
  const GameScore as_first = rng.unit() < score + bias ? kWin : kLoss;
  const GameScore as_second = rng.unit() < score - bias ? kWin : kLoss;
  return cycle(first, {as_first, as_second});
}

}  // namespace mz::test
