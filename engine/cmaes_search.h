// CMA-ES for a whole optimisation: restarts, a budget, and an elite that survives noise. Ask and tell like engine/cmaes.h.
//
// Restarts. Each run that stops is followed by another from a random start, until the budget is spent.
//   ipop   every run has twice the population of the one before (Auger and Hansen 2005)
//   bipop  such runs alternate with runs of small population and small first step, both kinds getting equal shares of the
//          evaluations (Hansen 2009, "Benchmarking a BI-Population CMA-ES on the BBOB-2009 Function Testbed")
// A random start is uniform between the bounds, or, without bounds, within two first sigmas of the plan's start.
//
// Elite. The lowest of many noisy values is mostly luck, so with noise a lowest value proves nothing. With elite > 0,
// each generation also asks for points to be evaluated anew: the elite members, the best candidate of the generation
// before and the mean of the distribution. Only such fresh values count for them; the value that made a candidate stand
// out never does. The first member is the champion, the result: its average is lowest even with four standard errors
// added. The others are contenders, the most promising points that have yet to prove it, so an elite should have some (3
// or more members in all).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/cmaes.h"

namespace mz {

enum class RestartRule : std::uint8_t { none, ipop, bipop };

struct CmaesSearchPlan {
  CmaesPlan run;  // the first run; max_generations applies to it, later runs get the usual limit of the restart rule
  RestartRule restarts = RestartRule::none;
  std::uint64_t max_evaluations = 0;  // no generation starts beyond it; 0: only without restarts
  std::size_t elite = 0;              // members kept; 0 for functions without noise
};

// A point with its fresh evaluations.
struct EliteMember {
  std::vector<double> point;
  double sum = 0;
  std::uint64_t count = 0;
  [[nodiscard]] double average() const { return sum / static_cast<double>(count); }
};

struct CmaesSearchReport {
  CmaesReport run;                           // of the present run
  std::uint64_t runs = 0;                    // begun so far, at least one
  std::uint64_t generations = 0;             // of all runs
  std::uint64_t evaluations = 0;             // of all runs, elite included
  CmaesStop last_stop = CmaesStop::running;  // why the last finished run stopped
  // Without elite the lowest value seen; with elite the average of the best member, which has best_count fresh values.
  double best = std::numeric_limits<double>::infinity();
  std::uint64_t best_count = 0;
  std::vector<double> best_point;  // empty while there is none
  double noise = 0;                // standard deviation of one value, from repeated evaluations; 0 without elite
};

class CmaesSearch {
 public:
  static constexpr std::size_t kMaxElite = 64;

  static Result<CmaesSearch> make(CmaesSearchPlan plan);

  // All points to evaluate now: the candidates of the generation, then the points evaluated anew. The same until `tell`.
  [[nodiscard]] std::vector<std::vector<double>> ask() const;
  // One value for each point of `ask`; the rules of Cmaes::tell. Refused once finished.
  Result<void> tell(std::span<const double> values);

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] CmaesSearchReport report() const;
  [[nodiscard]] const CmaesSearchPlan& plan() const { return plan_; }

  [[nodiscard]] std::string save() const;
  static Result<CmaesSearch> load(std::string_view text);

 private:
  CmaesSearch(CmaesSearchPlan plan, Cmaes run);
  void restart();
  [[nodiscard]] CmaesPlan next_run();
  void judge_elite(std::span<const double> fresh_values);
  [[nodiscard]] double noise() const;

  CmaesSearchPlan plan_;
  Cmaes run_;
  Rng rng_;  // of restarts
  bool finished_ = false;
  std::uint64_t runs_ = 1;
  std::uint64_t generations_ = 0;
  std::uint64_t evaluations_ = 0;
  std::uint64_t run_evaluations_ = 0;  // of the present run, elite included
  CmaesStop last_stop_ = CmaesStop::running;

  // Budgets of bipop.
  bool small_run_ = false;
  std::uint64_t doublings_ = 0;
  std::uint64_t large_evaluations_ = 0;
  std::uint64_t small_evaluations_ = 0;
  std::uint64_t small_limit_ = 0;  // of the present small run

  double best_ = std::numeric_limits<double>::infinity();  // lowest value ever told for a candidate
  std::vector<double> best_point_;
  std::vector<EliteMember> elite_;  // champion, contenders, then challengers without values
  double noise_squares_ = 0;        // of repeated values around the averages of their points
  std::uint64_t noise_freedom_ = 0;
};

}  // namespace mz
