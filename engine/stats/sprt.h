// Is A stronger than B? A sequential probability ratio test on seat cycles, and the Elo difference with its interval.
//
// Test: H0 says that A is elo0 stronger, H1 that A is elo1 stronger (logistic Elo, engine/stats/elo.h). The distribution of
// the cycle score is unknown except for its mean, so the likelihoods are maximised over all distributions on the observed
// scores with the mean that the hypothesis demands (generalised SPRT, multinomial; with two seats pentanomial). The
// logarithm of their ratio is compared with Wald's limits log(beta / (1 - alpha)) and log((1 - beta) / alpha).
//   accepted   H1 is believed: wrong with probability alpha if H0 is true
//   rejected   H0 is believed: wrong with probability beta if H1 is true
//   undecided  neither yet; `finished` with undecided means that the cap on games was reached
// Source of the generalised ratio: Van den Bergh, "A practical introduction to the GSPRT"; Owen, "Empirical likelihood".
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/result.h"
#include "engine/stats/match_score.h"

namespace mz {

struct SprtPlan {
  double elo0 = 0;
  double elo1 = 10;
  double alpha = 0.05;
  double beta = 0.05;
  std::uint64_t max_games = 20'000;  // hard cap, repeated games included, so that every test ends
};

enum class SprtVerdict : std::uint8_t { undecided, accepted, rejected };
const char* to_text(SprtVerdict verdict);

struct SprtStatus {
  double llr = 0;    // log likelihood ratio of H1 to H0
  double lower = 0;  // at or below: rejected
  double upper = 0;  // at or above: accepted
  SprtVerdict verdict = SprtVerdict::undecided;
  bool finished = false;
};

// The test as it runs. Cycles must be added in the order of their index in the match, whatever order they finish in:
// then the verdict does not depend on the number of threads. The first verdict stands; later cycles count for the score
// only. To resume, add the cycles again from the match log.
class Sprt {
 public:
  // Refuses a plan that cannot be tested (elo0 >= elo1, error rates outside (0, 0.5), no games).
  static Result<Sprt> make(const SprtPlan& plan, int seats);

  Result<void> add_cycle(std::span<const ScoredGame> games);
  [[nodiscard]] SprtStatus status() const { return status_; }
  [[nodiscard]] const SprtPlan& plan() const { return plan_; }
  [[nodiscard]] const MatchScore& score() const { return score_; }

 private:
  Sprt(const SprtPlan& plan, MatchScore score);
  SprtPlan plan_;
  MatchScore score_;
  SprtStatus status_;
};

// Log likelihood ratio of "A is elo1 stronger" to "A is elo0 stronger". Zero without evidence.
double sprt_llr(const MatchScore& score, double elo0, double elo1);

// How much stronger A is than B (or than the field). The interval covers the truth in 95 % of matches of fixed length; it
// is made from cycles, so a pair that is always split by the advantage of the first move narrows it instead of widening it.
// It is always finite: one imaginary cycle of even chances is added to the evidence. When all real games point one way
// the data alone bound the difference on one side only, which open_above / open_below say, and that end of the interval,
// as well as elo itself, depends on the imaginary cycle.
struct EloEstimate {
  double score = 0;  // mean score of A
  double elo = 0;
  double low = 0;
  double high = 0;
  bool open_above = false;
  bool open_below = false;
};
EloEstimate estimate_elo(const MatchScore& match);

}  // namespace mz
