// CMA-ES: minimises a function of some tens of real variables from its values alone, also when they are noisy.
//
// One run, without restarts (those are in engine/cmaes_search.h). Algorithm and constants: N. Hansen, "The CMA Evolution
// Strategy: A Tutorial" (arXiv 1604.00772): weighted recombination, cumulative step-size adaptation, rank-one and rank-mu
// update with negative weights for the worse half (active covariance), stopping rules of its appendix.
//
// Bounds: the search itself is unbounded; a candidate is folded back by reflection at the bounds (as often as needed) before
// it is handed out, and the strategy learns from the point before folding. Inside the bounds nothing changes; an optimum
// on a bound is an ordinary minimum of the folded function.
//
// Exactness: candidates are a function of the state at the beginning of the generation, and all arithmetic is the same on
// every IEEE machine. So `ask` may be called again, also after save and load, and gives the same candidates: a process that
// dies in the middle of a generation evaluates what is missing and goes on, and ends where the uninterrupted one ends.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/exact_text.h"
#include "engine/base/result.h"
#include "engine/base/rng.h"

namespace mz {

struct CmaesPlan {
  std::vector<double> start{};  // first mean; the variables should be scaled so that all need steps of similar size
  double sigma = 0.3;           // first standard deviation; the optimum is expected within about start +- 2 sigma
  std::size_t population = 0;   // candidates a generation; 0: 4 + floor(3 ln dimension)
  std::vector<double> lower{};  // both empty: unbounded
  std::vector<double> upper{};
  std::uint64_t seed = 1;
  std::uint64_t max_generations = 0;  // 0: no limit
};

enum class CmaesStop : std::uint8_t {
  running,
  values_equal,     // best values of many generations differ by less than 1e-12
  steps_tiny,       // the distribution has shrunk to 1e-12 of its first size
  precision_spent,  // a step along an axis no longer changes the mean
  ill_conditioned,  // condition number of the covariance above 1e14
  diverged,         // steps have grown 10,000-fold: the first sigma was far too small, or the function is unbounded
  stagnated,        // best and median values have not improved for long
  generations,      // max_generations reached
};
const char* to_text(CmaesStop stop);

struct CmaesReport {
  std::uint64_t generation = 0;
  std::uint64_t evaluations = 0;
  std::size_t population = 0;
  double best = std::numeric_limits<double>::infinity();  // lowest value told so far
  std::vector<double> best_point;                         // empty before the first generation
  std::vector<double> mean;                               // folded into the bounds
  double sigma = 0;
  double condition = 1;  // of the covariance: squared ratio of the longest to the shortest axis
};

class Cmaes {
 public:
  static constexpr std::size_t kMaxDimension = 256;
  static constexpr std::size_t kMaxCandidateReals = 1U << 19;  // population times dimension
  static constexpr std::size_t kMaxStateBytes = 8U << 20;

  static Result<Cmaes> make(CmaesPlan plan);
  static std::size_t default_population(std::size_t dimension);
  static std::size_t max_population(std::size_t dimension);

  // The candidates of this generation, inside the bounds; the same ones until `tell`.
  [[nodiscard]] const std::vector<std::vector<double>>& ask() const { return candidates_; }
  // Values of all candidates in the order of `ask`, lower is better. +infinity is allowed for a failed candidate; NaN,
  // -infinity and another number of values are refused and change nothing. Refused once stopped.
  Result<void> tell(std::span<const double> values);

  [[nodiscard]] CmaesStop stopped() const { return stop_; }
  [[nodiscard]] CmaesReport report() const;
  [[nodiscard]] const CmaesPlan& plan() const { return plan_; }

  [[nodiscard]] std::string save() const;
  static Result<Cmaes> load(std::string_view text);
  void write(ExactWriter& out) const;
  static Result<Cmaes> read(ExactReader& in);

 private:
  // Strategy constants; functions of dimension and population only.
  struct Constants {
    std::vector<double> weights;  // by rank, best first; the worse half negative
    std::size_t parents = 0;      // number of positive weights
    double weight_sum = 0;
    double parent_mass = 0;  // variance effective selection mass
    double c_sigma = 0;      // learning rates, see the tutorial
    double d_sigma = 0;
    double c_path = 0;
    double c_one = 0;
    double c_mu = 0;
    double chi = 0;  // expected length of a standard normal vector
  };

  explicit Cmaes(CmaesPlan plan);
  [[nodiscard]] std::size_t dimension() const { return plan_.start.size(); }
  void set_constants();
  void decompose();
  void sample();
  void move_mean(const std::vector<std::size_t>& order, std::vector<double>& step);
  void adapt_covariance(const std::vector<std::size_t>& order, const std::vector<double>& step, bool path_stalled);
  void remember(const std::vector<double>& sorted_values);
  [[nodiscard]] CmaesStop stop_reason(double best, double worst) const;
  [[nodiscard]] bool stagnated() const;
  [[nodiscard]] std::size_t history_limit() const;
  [[nodiscard]] std::vector<double> folded(const std::vector<double>& x) const;

  CmaesPlan plan_;
  Constants constants_;

  // State at the beginning of the generation: what `save` writes.
  Rng rng_;
  std::uint64_t generation_ = 0;
  std::uint64_t evaluations_ = 0;
  std::vector<double> mean_;
  double sigma_;
  std::vector<double> path_sigma_;
  std::vector<double> path_;
  std::vector<double> covariance_;  // row-major, symmetric
  double best_ = std::numeric_limits<double>::infinity();
  std::vector<double> best_point_;
  std::vector<double> best_history_;  // best and median value of recent generations, oldest first
  std::vector<double> median_history_;
  CmaesStop stop_ = CmaesStop::running;

  // Follows from the state.
  Rng drawn_rng_;                             // after the candidates were drawn: the generator of the next generation
  std::vector<double> axes_;                  // eigenvectors of the covariance in columns
  std::vector<double> lengths_;               // square roots of its eigenvalues
  std::vector<std::vector<double>> normals_;  // z of each candidate
  std::vector<std::vector<double>> steps_;    // y = axes * lengths * z
  std::vector<std::vector<double>> candidates_;
};

}  // namespace mz
