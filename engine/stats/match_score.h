// The score of side A in a match, counted in seat cycles.
//
// A cycle is one opening played `seats` times with A on each seat once (for two seats: the usual pair of games). Games of
// one cycle share the opening and are therefore not independent; cycles are. So the mean score of A over a whole cycle is
// one observation, and everything that infers from a match (SPRT, Elo interval) reads only the histogram kept here.
// With seats = 2 the histogram is the pentanomial 0, 1/4, 1/2, 3/4, 1.
//
// Games are told apart by play_hash. A cycle that contains a game already seen in an earlier cycle brings nothing new - two
// engines without randomness on one opening repeat it for ever - and is counted as repeated, not as evidence.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"

namespace mz {

enum class GameScore : std::uint8_t { loss, shared, win };  // for side A; shared: nobody won, or all won together

struct ScoredGame {
  Digest play_hash{};
  GameScore score = GameScore::shared;
};

class MatchScore {
 public:
  // seats must be kMinRatedSeats..kMaxRatedSeats.
  static Result<MatchScore> make(int seats);

  // Exactly `seats` games, A on seat 0 first. Returns whether the cycle counts as evidence.
  Result<bool> add_cycle(std::span<const ScoredGame> games);

  [[nodiscard]] int seats() const { return seats_; }
  [[nodiscard]] std::uint64_t games() const { return games_; }  // all that were added, repeats included
  [[nodiscard]] std::uint64_t distinct_games() const { return seen_.size(); }
  [[nodiscard]] std::uint64_t cycles() const { return cycles_; }  // evidence only
  [[nodiscard]] std::uint64_t repeated_cycles() const { return repeated_cycles_; }
  // Of the evidence.
  [[nodiscard]] std::uint64_t wins() const { return by_score_[2]; }
  [[nodiscard]] std::uint64_t shared() const { return by_score_[1]; }
  [[nodiscard]] std::uint64_t losses() const { return by_score_[0]; }

  // Cycles by score: entry k counts those in which A scored k / seats^2. Size seats^2 + 1.
  [[nodiscard]] std::span<const std::uint64_t> histogram() const { return histogram_; }
  // Mean score of A over the evidence in [0, 1]; the break-even score while there is none.
  [[nodiscard]] double mean() const;

 private:
  explicit MatchScore(int seats);

  int seats_;
  std::uint64_t games_ = 0;
  std::uint64_t cycles_ = 0;
  std::uint64_t repeated_cycles_ = 0;
  std::uint64_t by_score_[3] = {0, 0, 0};
  std::vector<std::uint64_t> histogram_;
  std::set<Digest> seen_;
};

}  // namespace mz
