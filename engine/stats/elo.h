// The Elo scale for 2 to 4 seats.
//
// Model: every participant has a strength 10^(elo / 400) and a game is won by a seat with probability proportional to the
// strength of who sits there (Bradley-Terry for two seats, the first place of Plackett-Luce for more). Side A alone
// against copies of B on all other seats and x Elo stronger than B therefore scores
//     10^(x/400) / (10^(x/400) + seats - 1),
// which is the usual logistic curve for two seats and 1/seats, the break-even score, for x = 0.
//
// A game that nobody won is shared: every seat scores 1/seats. Equal players then break even however often they stall, and
// a player gains nothing over the break-even by stalling.
#pragma once

#include "engine/base/portable_math.h"

namespace mz {

inline constexpr int kMinRatedSeats = 2;
inline constexpr int kMaxRatedSeats = 4;
// Elo differences are reported within this; beyond, a score differs from 0 or 1 by less than one game in 10^10.
inline constexpr double kEloLimit = 4000;

inline double break_even(int seats) { return 1.0 / seats; }

inline double expected_score(double elo, int seats) { return 1 / (1 + (seats - 1) * portable_exp(-elo * kLn10 / 400)); }

// Inverse of expected_score, clamped to +-kEloLimit (also for the scores 0 and 1).
inline double elo_of_score(double score, int seats) {
  if (score <= 0) return -kEloLimit;
  if (score >= 1) return kEloLimit;
  const double elo = 400 / kLn10 * portable_log(score * (seats - 1) / (1 - score));
  return elo < -kEloLimit ? -kEloLimit : elo > kEloLimit ? kEloLimit : elo;
}

}  // namespace mz
