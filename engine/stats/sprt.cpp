#include "engine/stats/sprt.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/portable_math.h"
#include "engine/stats/elo.h"

namespace mz {
namespace {

// Weight of the scores 0 and 1 that is added before likelihoods are compared, so that every mean is possible. Small enough
// to change no verdict by itself.
constexpr double kSprtFloor = 1e-3;
constexpr int kBisections = 100;  // halves an interval of width 1 down to the last bit

struct Mass {
  double score;
  double weight;
};

// Scores that occurred, with `at_zero` and `at_one` added to the weights of the extreme scores.
std::vector<Mass> masses(const MatchScore& match, double at_zero, double at_one) {
  const auto histogram = match.histogram();
  const std::size_t last = histogram.size() - 1;
  std::vector<Mass> out;
  for (std::size_t k = 0; k <= last; ++k) {
    double weight = static_cast<double>(histogram[k]);
    if (k == 0) weight += at_zero;
    if (k == last) weight += at_one;
    if (weight > 0) out.push_back({static_cast<double>(k) / static_cast<double>(last), weight});
  }
  return out;
}

// Of all distributions on these scores with the given mean, the likeliest one gives score a the probability
// p(a) / (1 + theta (a - mean)), p the observed frequency. Returns sum of weight * log(1 + theta (a - mean)): what the
// constraint costs in log likelihood. Scores 0 and 1 must both have weight, 0 < mean < 1.
double cost_of_mean(const std::vector<Mass>& observed, double mean) {
  double low = -1 / (1 - mean);
  double high = 1 / mean;
  for (int i = 0; i < kBisections; ++i) {
    const double theta = 0.5 * (low + high);
    double slope = 0;  // falls as theta grows; zero at the solution
    for (const Mass& mass : observed) slope += mass.weight * (mass.score - mean) / (1 + theta * (mass.score - mean));
    (slope > 0 ? low : high) = theta;
  }
  const double theta = 0.5 * (low + high);
  double cost = 0;
  for (const Mass& mass : observed) cost += mass.weight * portable_log(1 + theta * (mass.score - mean));
  return cost;
}

// The mean between `inside` (cost below `limit`) and `outside` (0 or 1) whose cost is `limit`.
double mean_at_cost(const std::vector<Mass>& observed, double inside, double outside, double limit) {
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (inside + outside);
    if (middle <= 0 || middle >= 1) break;
    (cost_of_mean(observed, middle) < limit ? inside : outside) = middle;
  }
  return inside;
}

// 97.5 % quantile of Student's t: exact for 1 and 2 degrees of freedom, else the expansion in 1/dof around the normal
// quantile (Abramowitz and Stegun 26.7.5), within 1 % for 3 degrees of freedom and better above.
double t_quantile(double dof) {
  if (dof < 1.5) return 12.706204736432095;
  if (dof < 2.5) return 4.302652729696142;
  const double z = 1.959963984540054;
  const double z2 = z * z;
  const double g1 = z * (z2 + 1) / 4;
  const double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
  const double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
  const double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
  return z + (g1 + (g2 + (g3 + g4 / dof) / dof) / dof) / dof;
}

}  // namespace

const char* to_text(SprtVerdict verdict) {
  switch (verdict) {
    case SprtVerdict::accepted:
      return "accepted";
    case SprtVerdict::rejected:
      return "rejected";
    case SprtVerdict::undecided:
      break;
  }
  return "undecided";
}

double sprt_llr(const MatchScore& score, double elo0, double elo1) {
  if (score.cycles() == 0) return 0;
  const auto observed = masses(score, kSprtFloor, kSprtFloor);
  return cost_of_mean(observed, expected_score(elo0, score.seats())) -
         cost_of_mean(observed, expected_score(elo1, score.seats()));
}

Sprt::Sprt(const SprtPlan& plan, MatchScore score) : plan_(plan), score_(std::move(score)) {
  status_.lower = portable_log(plan.beta / (1 - plan.alpha));
  status_.upper = portable_log((1 - plan.beta) / plan.alpha);
}

Result<Sprt> Sprt::make(const SprtPlan& plan, int seats) {
  // Written so that NaN fails every comparison.
  if (!(plan.elo0 < plan.elo1) || !(plan.elo0 >= -kEloLimit) || !(plan.elo1 <= kEloLimit)) {
    return Error{ErrorKind::usage,
                 "The sequential test needs elo0 < elo1, both between -4000 and 4000; for example elo0=0,elo1=10."};
  }
  if (!(plan.alpha > 0 && plan.alpha < 0.5) || !(plan.beta > 0 && plan.beta < 0.5)) {
    return Error{ErrorKind::usage, "The error rates alpha and beta must lie between 0 and 0.5; 0.05 is usual."};
  }
  if (plan.max_games < static_cast<std::uint64_t>(std::max(seats, 1))) {
    return Error{ErrorKind::usage, "The cap on games must allow at least one full seat cycle."};
  }
  auto score = MatchScore::make(seats);
  if (!score) return score.error();
  return Sprt(plan, std::move(score).value());
}

Result<void> Sprt::add_cycle(std::span<const ScoredGame> games) {
  if (auto added = score_.add_cycle(games); !added) return added.error();
  if (status_.finished) return {};
  status_.llr = sprt_llr(score_, plan_.elo0, plan_.elo1);
  if (status_.llr >= status_.upper) status_.verdict = SprtVerdict::accepted;
  if (status_.llr <= status_.lower) status_.verdict = SprtVerdict::rejected;
  // The cap leaves no room for another whole cycle.
  const bool capped = score_.games() + games.size() > plan_.max_games;
  status_.finished = capped || status_.verdict != SprtVerdict::undecided;
  return {};
}

EloEstimate estimate_elo(const MatchScore& match) {
  const int seats = match.seats();
  EloEstimate out;
  out.score = match.mean();
  out.open_above = match.wins() == match.cycles() * static_cast<std::uint64_t>(seats);
  out.open_below = match.losses() == match.cycles() * static_cast<std::uint64_t>(seats);
  if (match.cycles() == 0) {
    out.low = -kEloLimit;
    out.high = kEloLimit;
    return out;
  }
  const auto observed = masses(match, 1 - break_even(seats), break_even(seats));
  const double cycles = static_cast<double>(match.cycles());
  const double shrunk = (out.score * cycles + break_even(seats)) / (cycles + 1);
  const double t = t_quantile(cycles);
  const double limit = 0.5 * t * t;
  const double estimate = out.open_above || out.open_below ? shrunk : out.score;
  out.elo = elo_of_score(estimate, seats);
  out.low = std::min(out.elo, elo_of_score(mean_at_cost(observed, shrunk, 0, limit), seats));
  out.high = std::max(out.elo, elo_of_score(mean_at_cost(observed, shrunk, 1, limit), seats));
  return out;
}

}  // namespace mz
