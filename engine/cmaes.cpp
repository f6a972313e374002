#include "engine/cmaes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "engine/base/portable_math.h"
#include "engine/base/symmetric_eigen.h"

namespace mz {
namespace {

constexpr std::string_view kTitle = "meshzero-cmaes-1";
constexpr double kEqualValues = 1e-12;
constexpr double kTinySteps = 1e-12;
constexpr double kWorstCondition = 1e14;
constexpr double kDivergence = 1e4;
constexpr std::size_t kMaxHistory = 1000;
constexpr double kMaxCoordinate = 1e100;  // of starts and bounds: keeps squares finite

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Reflects x at the bounds until it lies between them.
double fold(double x, double lower, double upper) {
  if (x >= lower && x <= upper) return x;
  const double width = upper - lower;
  double t = (x - lower) / (2 * width);
  t -= std::floor(t);
  const double inside = t <= 0.5 ? lower + 2 * width * t : upper - 2 * width * (t - 0.5);
  return std::clamp(inside, lower, upper);
}

bool all_within(const std::vector<double>& values, double limit) {
  return std::all_of(values.begin(), values.end(), [&](double v) { return v >= -limit && v <= limit; });
}

Result<void> check(const CmaesPlan& plan) {
  const std::size_t n = plan.start.size();
  if (n < 1 || n > Cmaes::kMaxDimension) {
    return Error{ErrorKind::usage, "CMA-ES needs between 1 and " + std::to_string(Cmaes::kMaxDimension) +
                                       " variables, not " + std::to_string(n) + "."};
  }
  if (!all_within(plan.start, kMaxCoordinate))
    return Error{ErrorKind::usage, "The start of CMA-ES must be finite numbers."};
  if (!(plan.sigma > 0 && plan.sigma < kMaxCoordinate)) {
    return Error{ErrorKind::usage,
                 "The first step size of CMA-ES must be a positive number; 0.3 suits normalised units."};
  }
  if (plan.population != 0 && (plan.population < 4 || plan.population > Cmaes::max_population(n))) {
    return Error{ErrorKind::usage, "The population of CMA-ES for " + std::to_string(n) +
                                       " variables must lie between 4 and " + std::to_string(Cmaes::max_population(n)) +
                                       ", or be 0 for the default."};
  }
  if (plan.lower.empty() && plan.upper.empty()) return {};
  if (plan.lower.size() != n || plan.upper.size() != n || !all_within(plan.lower, kMaxCoordinate) ||
      !all_within(plan.upper, kMaxCoordinate)) {
    return Error{ErrorKind::usage, "Give CMA-ES a finite lower and upper bound for every variable, or none at all."};
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (plan.lower[i] >= plan.upper[i] || plan.start[i] < plan.lower[i] || plan.start[i] > plan.upper[i]) {
      return Error{ErrorKind::usage, "Variable " + std::to_string(i) +
                                         " of CMA-ES must start between its bounds, and its lower "
                                         "bound must be below the upper one; leave out variables that may not change."};
    }
    if (plan.sigma > plan.upper[i] - plan.lower[i]) {
      return Error{ErrorKind::usage, "The first step size of CMA-ES is wider than the bounds of variable " +
                                         std::to_string(i) + "; use a quarter of their distance."};
    }
  }
  return {};
}

}  // namespace

const char* to_text(CmaesStop stop) {
  switch (stop) {
    case CmaesStop::running:
      break;
    case CmaesStop::values_equal:
      return "values equal";
    case CmaesStop::steps_tiny:
      return "steps tiny";
    case CmaesStop::precision_spent:
      return "precision spent";
    case CmaesStop::ill_conditioned:
      return "ill conditioned";
    case CmaesStop::diverged:
      return "diverged";
    case CmaesStop::stagnated:
      return "stagnated";
    case CmaesStop::generations:
      return "generations";
  }
  return "running";
}

std::size_t Cmaes::default_population(std::size_t dimension) {
  return 4 + static_cast<std::size_t>(std::floor(3 * portable_log(static_cast<double>(dimension))));
}

std::size_t Cmaes::max_population(std::size_t dimension) { return kMaxCandidateReals / dimension; }

Result<Cmaes> Cmaes::make(CmaesPlan plan) {
  if (auto checked = check(plan); !checked) return checked.error();
  if (plan.population == 0) plan.population = default_population(plan.start.size());
  Cmaes out(std::move(plan));
  out.decompose();
  out.sample();
  return out;
}

Cmaes::Cmaes(CmaesPlan plan)
    : plan_(std::move(plan)),
      rng_(plan_.seed),
      mean_(plan_.start),
      sigma_(plan_.sigma),
      path_sigma_(dimension(), 0),
      path_(dimension(), 0),
      covariance_(dimension() * dimension(), 0),
      drawn_rng_(rng_) {
  for (std::size_t i = 0; i < dimension(); ++i) covariance_[i * dimension() + i] = 1;
  set_constants();
}

void Cmaes::set_constants() {
  const std::size_t population = plan_.population;
  const auto n = static_cast<double>(dimension());
  Constants& c = constants_;
  c.parents = population / 2;
  c.weights.resize(population);
  double positive = 0, positive_squares = 0, negative = 0, negative_squares = 0;
  for (std::size_t i = 0; i < population; ++i) {
    const double w = portable_log((static_cast<double>(population) + 1) / 2) - portable_log(static_cast<double>(i + 1));
    c.weights[i] = w;
    (i < c.parents ? positive : negative) += w;
    (i < c.parents ? positive_squares : negative_squares) += w * w;
  }
  c.parent_mass = positive * positive / positive_squares;
  const double mass = c.parent_mass;
  const double worse_mass = negative * negative / negative_squares;

  c.c_sigma = (mass + 2) / (n + mass + 5);
  c.d_sigma = 1 + 2 * std::max(0.0, std::sqrt((mass - 1) / (n + 1)) - 1) + c.c_sigma;
  c.c_path = (4 + mass / n) / (n + 4 + 2 * mass / n);
  c.c_one = 2 / ((n + 1.3) * (n + 1.3) + mass);
  c.c_mu = std::min(1 - c.c_one, 2 * (0.25 + mass + 1 / mass - 2) / ((n + 2) * (n + 2) + mass));
  c.chi = std::sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));

  // The negative weights may at most undo what the positive ones learn, and must keep the covariance positive definite.
  const double by_learning_rate = 1 + c.c_one / c.c_mu;
  const double by_mass = 1 + 2 * worse_mass / (mass + 2);
  const double by_definiteness = (1 - c.c_one - c.c_mu) / (n * c.c_mu);
  const double scale = std::max(0.0, std::min({by_learning_rate, by_mass, by_definiteness}));
  c.weight_sum = 0;
  for (std::size_t i = 0; i < population; ++i) {
    c.weights[i] = i < c.parents ? c.weights[i] / positive : c.weights[i] * scale / std::fabs(negative);
    c.weight_sum += c.weights[i];
  }
}

void Cmaes::decompose() {
  SymmetricEigen eigen = symmetric_eigen(covariance_, dimension());
  axes_ = std::move(eigen.vectors);
  const double largest = *std::max_element(eigen.values.begin(), eigen.values.end());
  lengths_.clear();
  // Rounding may push a tiny eigenvalue below zero; it is then far beyond the condition at which the run stops.
  for (const double value : eigen.values) lengths_.push_back(std::sqrt(std::max(value, 1e-20 * largest)));
}

std::vector<double> Cmaes::folded(const std::vector<double>& x) const {
  std::vector<double> out = x;
  for (std::size_t i = 0; i < plan_.lower.size(); ++i) out[i] = fold(x[i], plan_.lower[i], plan_.upper[i]);
  return out;
}

// Draws the candidates. Works on a copy of the generator, which stays at the beginning of the generation until `tell`.
void Cmaes::sample() {
  const std::size_t n = dimension();
  normals_.assign(plan_.population, std::vector<double>(n));
  steps_.assign(plan_.population, std::vector<double>(n));
  candidates_.clear();
  Rng rng = rng_;
  std::vector<double> scaled(n);
  for (std::size_t k = 0; k < plan_.population; ++k) {
    for (std::size_t i = 0; i < n; ++i) {
      normals_[k][i] = normal(rng);
      scaled[i] = lengths_[i] * normals_[k][i];
    }
    std::vector<double> x = mean_;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += axes_[i * n + j] * scaled[j];
      steps_[k][i] = sum;
      x[i] += sigma_ * sum;
    }
    candidates_.push_back(folded(x));
  }
  drawn_rng_ = rng;
}

Result<void> Cmaes::tell(std::span<const double> values) {
  if (stop_ != CmaesStop::running) {
    return Error{ErrorKind::refused,
                 std::string("This CMA-ES run has stopped (") + to_text(stop_) + "); start another."};
  }
  if (values.size() != plan_.population) {
    return Error{ErrorKind::usage, "CMA-ES asked for " + std::to_string(plan_.population) + " values and was told " +
                                       std::to_string(values.size()) + "."};
  }
  for (const double value : values) {
    if (!(value > -std::numeric_limits<double>::infinity())) {
      return Error{ErrorKind::usage,
                   "A value told to CMA-ES is not a number; tell infinity for a candidate that failed."};
    }
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> sorted;
  sorted.reserve(values.size());
  for (const std::size_t k : order) sorted.push_back(values[k]);

  rng_ = drawn_rng_;
  ++generation_;
  evaluations_ += values.size();
  if (sorted.front() < best_) {
    best_ = sorted.front();
    best_point_ = candidates_[order.front()];
  }
  remember(sorted);

  // Mean and step size.
  std::vector<double> step;
  move_mean(order, step);
  const double length = std::sqrt(dot(path_sigma_, path_sigma_));
  double fading = 1;  // (1 - c_sigma)^(2 generation)
  const double keep = (1 - constants_.c_sigma) * (1 - constants_.c_sigma);
  for (std::uint64_t g = 0; g < generation_ && fading > 1e-18; ++g) fading *= keep;
  const bool path_stalled =
      length / std::sqrt(1 - fading) >= (1.4 + 2 / (static_cast<double>(dimension()) + 1)) * constants_.chi;
  adapt_covariance(order, step, path_stalled);
  sigma_ *= portable_exp(std::min(1.0, constants_.c_sigma / constants_.d_sigma * (length / constants_.chi - 1)));

  decompose();
  stop_ = stop_reason(sorted.front(), sorted.back());
  sample();
  return {};
}

// step: weighted mean of the better half's steps. Also advances the path of the step size.
void Cmaes::move_mean(const std::vector<std::size_t>& order, std::vector<double>& step) {
  const std::size_t n = dimension();
  step.assign(n, 0);
  std::vector<double> whitened(n, 0);
  for (std::size_t rank = 0; rank < constants_.parents; ++rank) {
    const std::size_t k = order[rank];
    for (std::size_t i = 0; i < n; ++i) {
      step[i] += constants_.weights[rank] * steps_[k][i];
      whitened[i] += constants_.weights[rank] * normals_[k][i];
    }
  }
  const double decay = 1 - constants_.c_sigma;
  const double gain = std::sqrt(constants_.c_sigma * (2 - constants_.c_sigma) * constants_.parent_mass);
  for (std::size_t i = 0; i < n; ++i) {
    mean_[i] += sigma_ * step[i];
    double sum = 0;  // covariance^(-1/2) step = axes * whitened
    for (std::size_t j = 0; j < n; ++j) sum += axes_[i * n + j] * whitened[j];
    path_sigma_[i] = decay * path_sigma_[i] + gain * sum;
  }
}

void Cmaes::adapt_covariance(const std::vector<std::size_t>& order, const std::vector<double>& step,
                             bool path_stalled) {
  const std::size_t n = dimension();
  const Constants& c = constants_;
  const double gain = path_stalled ? 0 : std::sqrt(c.c_path * (2 - c.c_path) * c.parent_mass);
  for (std::size_t i = 0; i < n; ++i) path_[i] = (1 - c.c_path) * path_[i] + gain * step[i];

  // A negative step counts by its direction only, so that one long bad step cannot break the matrix.
  std::vector<double> weights(order.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    weights[rank] = c.weights[rank];
    const std::vector<double>& z = normals_[order[rank]];
    if (weights[rank] < 0) weights[rank] *= static_cast<double>(n) / std::max(dot(z, z), 1e-300);
  }
  const double lost = path_stalled ? c.c_one * c.c_path * (2 - c.c_path) : 0;  // makes up for the path held back
  const double keep = 1 + lost - c.c_one - c.c_mu * c.weight_sum;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      covariance_[i * n + j] = keep * covariance_[i * n + j] + c.c_one * path_[i] * path_[j];
    }
  }
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::vector<double>& y = steps_[order[rank]];
    for (std::size_t i = 0; i < n; ++i) {
      const double factor = c.c_mu * weights[rank] * y[i];
      for (std::size_t j = 0; j <= i; ++j) covariance_[i * n + j] += factor * y[j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) covariance_[j * n + i] = covariance_[i * n + j];
  }
}

std::size_t Cmaes::history_limit() const {
  const double wanted = 120 + 30 * static_cast<double>(dimension()) / static_cast<double>(plan_.population) +
                        0.2 * static_cast<double>(generation_);
  return std::min(kMaxHistory, static_cast<std::size_t>(wanted));
}

void Cmaes::remember(const std::vector<double>& sorted_values) {
  const auto keep = [&](std::vector<double>& history, double value) {
    // Infinity marks a generation in which all failed; it has no place in an average.
    history.push_back(std::min(value, std::numeric_limits<double>::max()));
    const std::size_t limit = history_limit();
    if (history.size() > limit) history.erase(history.begin(), history.end() - static_cast<std::ptrdiff_t>(limit));
  };
  keep(best_history_, sorted_values.front());
  keep(median_history_, sorted_values[sorted_values.size() / 2]);
}

// Whether neither best nor median values are better in the newest 30 % of the history than in the oldest 30 %.
bool Cmaes::stagnated() const {
  const std::size_t size = best_history_.size();
  if (size < 120 || size < history_limit()) return false;
  const auto median_of = [](std::vector<double> part) {
    const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    std::nth_element(part.begin(), middle, part.end());
    return *middle;
  };
  const auto share = static_cast<std::ptrdiff_t>(size * 3 / 10);
  for (const auto* history : {&best_history_, &median_history_}) {
    if (median_of({history->end() - share, history->end()}) < median_of({history->begin(), history->begin() + share})) {
      return false;
    }
  }
  return true;
}

CmaesStop Cmaes::stop_reason(double best, double worst) const {
  const std::size_t n = dimension();
  const auto [shortest, longest] = std::minmax_element(lengths_.begin(), lengths_.end());
  if (plan_.max_generations != 0 && generation_ >= plan_.max_generations) return CmaesStop::generations;

  const std::size_t recent = 10 + (30 * n + plan_.population - 1) / plan_.population;
  if (best_history_.size() >= recent) {
    double low = best;
    double high = worst;
    for (std::size_t i = best_history_.size() - recent; i < best_history_.size(); ++i) {
      low = std::min(low, best_history_[i]);
      high = std::max(high, best_history_[i]);
    }
    if (high - low < kEqualValues) return CmaesStop::values_equal;
  }
  bool tiny = true;
  for (std::size_t i = 0; i < n; ++i) {
    const double deviation = std::max(std::sqrt(covariance_[i * n + i]), std::fabs(path_[i]));
    tiny = tiny && sigma_ * deviation < kTinySteps * plan_.sigma;
  }
  if (tiny) return CmaesStop::steps_tiny;
  if (!(sigma_ * *longest < kDivergence * plan_.sigma)) return CmaesStop::diverged;
  if (!(*longest < std::sqrt(kWorstCondition) * *shortest)) return CmaesStop::ill_conditioned;

  const std::size_t axis = generation_ % n;
  bool axis_moves = false;
  for (std::size_t i = 0; i < n; ++i) {
    if (mean_[i] + 0.1 * sigma_ * lengths_[axis] * axes_[i * n + axis] != mean_[i]) axis_moves = true;
    if (mean_[i] + 0.2 * sigma_ * std::sqrt(covariance_[i * n + i]) == mean_[i]) return CmaesStop::precision_spent;
  }
  if (!axis_moves) return CmaesStop::precision_spent;
  return stagnated() ? CmaesStop::stagnated : CmaesStop::running;
}

CmaesReport Cmaes::report() const {
  CmaesReport out;
  out.generation = generation_;
  out.evaluations = evaluations_;
  out.population = plan_.population;
  out.best = best_;
  out.best_point = best_point_;
  out.mean = folded(mean_);
  out.sigma = sigma_;
  const auto [shortest, longest] = std::minmax_element(lengths_.begin(), lengths_.end());
  out.condition = (*longest / *shortest) * (*longest / *shortest);
  return out;
}

std::string Cmaes::save() const {
  ExactWriter out(kTitle);
  write(out);
  return out.finish();
}

void Cmaes::write(ExactWriter& out) const {
  out.reals(plan_.start);
  out.real(plan_.sigma);
  out.count(plan_.population);
  out.reals(plan_.lower);
  out.reals(plan_.upper);
  out.bits(plan_.seed);
  out.count(plan_.max_generations);

  for (const std::uint64_t word : rng_.state()) out.bits(word);
  out.count(generation_);
  out.count(evaluations_);
  out.reals(mean_);
  out.real(sigma_);
  out.reals(path_sigma_);
  out.reals(path_);
  out.reals(covariance_);
  out.real(best_);
  out.reals(best_point_);
  out.reals(best_history_);
  out.reals(median_history_);
  out.count(static_cast<std::uint64_t>(stop_));
}

Result<Cmaes> Cmaes::load(std::string_view text) {
  const Error bad{ErrorKind::corrupt,
                  "This is not a state of a CMA-ES run, or it is damaged; use an older one or start again."};
  if (text.size() > kMaxStateBytes) return bad;
  ExactReader in(text, kTitle);
  auto out = read(in);
  if (out.ok() && !in.complete()) return bad;
  return out;
}

Result<Cmaes> Cmaes::read(ExactReader& in) {
  const Error bad{ErrorKind::corrupt,
                  "This is not a state of a CMA-ES run, or it is damaged; use an older one or start again."};
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  CmaesPlan plan;
  plan.start = in.reals(kMaxDimension);
  plan.sigma = in.real();
  plan.population = in.count(kMaxCandidateReals);
  plan.lower = in.reals(kMaxDimension);
  plan.upper = in.reals(kMaxDimension);
  plan.seed = in.bits();
  plan.max_generations = in.count(kAny);
  if (!in.good() || plan.population == 0 || !check(plan).ok()) return bad;

  const std::size_t n = plan.start.size();
  Cmaes out(std::move(plan));
  std::array<std::uint64_t, 4> words{};
  for (std::uint64_t& word : words) word = in.bits();
  in.require(words != std::array<std::uint64_t, 4>{});  // the one state the generator cannot leave
  out.rng_.restore(words);
  out.generation_ = in.count(kAny);
  out.evaluations_ = in.count(kAny);
  out.mean_ = in.reals(n);
  out.sigma_ = in.real();
  out.path_sigma_ = in.reals(n);
  out.path_ = in.reals(n);
  out.covariance_ = in.reals(n * n);
  out.best_ = in.real_or_infinite();
  out.best_point_ = in.reals(n);
  out.best_history_ = in.reals(kMaxHistory);
  out.median_history_ = in.reals(kMaxHistory);
  out.stop_ = static_cast<CmaesStop>(in.count(static_cast<std::uint64_t>(CmaesStop::generations)));

  in.require(out.mean_.size() == n && out.path_sigma_.size() == n && out.path_.size() == n &&
             out.covariance_.size() == n * n);
  in.require(out.best_point_.empty() || out.best_point_.size() == n);
  in.require(out.best_history_.size() == out.median_history_.size());
  in.require(out.sigma_ > 0 && out.sigma_ <= kMaxCoordinate);
  // Far above anything a run reaches before it stops, and low enough that no candidate overflows.
  in.require(all_within(out.mean_, kMaxCoordinate) && all_within(out.path_sigma_, kMaxCoordinate));
  in.require(all_within(out.path_, kMaxCoordinate) && all_within(out.covariance_, kMaxCoordinate));
  if (!in.good()) return bad;
  for (std::size_t i = 0; i < n; ++i) {
    in.require(out.covariance_[i * n + i] > 0);
    for (std::size_t j = 0; j < i; ++j) in.require(out.covariance_[i * n + j] == out.covariance_[j * n + i]);
  }
  if (!in.good()) return bad;
  out.decompose();
  out.sample();
  return out;
}

}  // namespace mz
