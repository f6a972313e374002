#include "engine/stats/match_score.h"

#include <algorithm>
#include <string>

#include "engine/stats/elo.h"

namespace mz {

MatchScore::MatchScore(int seats)
    : seats_(seats), histogram_(static_cast<std::size_t>(seats) * static_cast<std::size_t>(seats) + 1) {}

Result<MatchScore> MatchScore::make(int seats) {
  if (seats < kMinRatedSeats || seats > kMaxRatedSeats) {
    return Error{ErrorKind::usage, "A match is scored for 2, 3 or 4 seats, not for " + std::to_string(seats) + "."};
  }
  return MatchScore(seats);
}

Result<bool> MatchScore::add_cycle(std::span<const ScoredGame> games) {
  if (games.size() != static_cast<std::size_t>(seats_)) {
    return Error{ErrorKind::usage, "A seat cycle for " + std::to_string(seats_) + " seats has as many games, not " +
                                       std::to_string(games.size()) +
                                       "; add a cycle only when all of its games are played."};
  }
  const bool repeated =
      std::any_of(games.begin(), games.end(), [&](const ScoredGame& game) { return seen_.contains(game.play_hash); });
  std::size_t points = 0;  // in units of 1 / seats^2
  for (const ScoredGame& game : games) {
    seen_.insert(game.play_hash);
    if (game.score == GameScore::win) points += static_cast<std::size_t>(seats_);
    if (game.score == GameScore::shared) points += 1;
  }
  games_ += games.size();
  if (repeated) {
    ++repeated_cycles_;
    return false;
  }
  ++cycles_;
  ++histogram_[points];
  for (const ScoredGame& game : games) ++by_score_[static_cast<std::size_t>(game.score)];
  return true;
}

double MatchScore::mean() const {
  if (cycles_ == 0) return break_even(seats_);
  double points = 0;
  for (std::size_t k = 0; k < histogram_.size(); ++k)
    points += static_cast<double>(k) * static_cast<double>(histogram_[k]);
  return points / (static_cast<double>(cycles_) * seats_ * seats_);
}

}  // namespace mz
