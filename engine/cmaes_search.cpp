#include "engine/cmaes_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/portable_math.h"

namespace mz {
namespace {

constexpr std::string_view kTitle = "meshzero-cmaes-search-1";
// Standard errors added to an average before points are compared. The champion must be safe from the luck of hundreds of
// challengers; a contender only has to be promising, to earn the evaluations that may make it the champion.
constexpr double kChampionCaution = 4;
constexpr double kContenderCaution = 1;
constexpr std::uint64_t kRestartStream = 0x72657374617274;  // index of the restart generator among derived seeds

// Generations after which a restarted run has had its chance (Hansen 2009).
std::uint64_t usual_generations(std::size_t dimension, std::size_t population) {
  const double n = static_cast<double>(dimension) + 3;
  return static_cast<std::uint64_t>(100 + 50 * n * n / std::sqrt(static_cast<double>(population)));
}

Result<void> check(const CmaesSearchPlan& plan) {
  if (plan.restarts != RestartRule::none && plan.max_evaluations == 0) {
    return Error{ErrorKind::usage, "CMA-ES with restarts needs a limit on evaluations, or it never ends."};
  }
  if (plan.elite > CmaesSearch::kMaxElite) {
    return Error{ErrorKind::usage,
                 "The elite of CMA-ES may have at most " + std::to_string(CmaesSearch::kMaxElite) + " members."};
  }
  return {};
}

}  // namespace

CmaesSearch::CmaesSearch(CmaesSearchPlan plan, Cmaes run)
    : plan_(std::move(plan)), run_(std::move(run)), rng_(derive_seed(plan_.run.seed, kRestartStream)) {}

Result<CmaesSearch> CmaesSearch::make(CmaesSearchPlan plan) {
  if (auto checked = check(plan); !checked) return checked.error();
  auto run = Cmaes::make(plan.run);
  if (!run) return run.error();
  plan.run = run->plan();  // with the default population filled in
  return CmaesSearch(std::move(plan), std::move(run).value());
}

std::vector<std::vector<double>> CmaesSearch::ask() const {
  std::vector<std::vector<double>> points = run_.ask();
  for (const EliteMember& member : elite_) points.push_back(member.point);
  return points;
}

Result<void> CmaesSearch::tell(std::span<const double> values) {
  if (finished_) return Error{ErrorKind::refused, "This CMA-ES search has finished; start another."};
  const std::size_t population = run_.ask().size();
  if (values.size() != population + elite_.size()) {
    return Error{ErrorKind::usage, "CMA-ES asked for " + std::to_string(population + elite_.size()) +
                                       " values and was told " + std::to_string(values.size()) + "."};
  }
  for (const double value : values) {
    if (!(value > -std::numeric_limits<double>::infinity())) {
      return Error{ErrorKind::usage,
                   "A value told to CMA-ES is not a number; tell infinity for a candidate that failed."};
    }
  }
  const auto lowest = std::min_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(population));
  const std::vector<double> winner = run_.ask()[static_cast<std::size_t>(lowest - values.begin())];
  if (*lowest < best_) {
    best_ = *lowest;
    best_point_ = winner;
  }
  judge_elite(values.subspan(population));
  if (auto told = run_.tell(values.first(population)); !told) return told.error();
  if (plan_.elite > 0) {
    elite_.push_back({winner, 0, 0});
    elite_.push_back({run_.report().mean, 0, 0});
  }
  ++generations_;
  evaluations_ += values.size();
  run_evaluations_ += values.size();

  if (small_run_ && run_evaluations_ >= small_limit_) {
    last_stop_ = CmaesStop::generations;
    restart();
  } else if (run_.stopped() != CmaesStop::running) {
    last_stop_ = run_.stopped();
    restart();
  }
  if (plan_.max_evaluations != 0 && evaluations_ + run_.ask().size() + elite_.size() > plan_.max_evaluations)
    finished_ = true;
  return {};
}

void CmaesSearch::restart() {
  if (plan_.restarts == RestartRule::none) {
    finished_ = true;
    return;
  }
  if (runs_ > 1) (small_run_ ? small_evaluations_ : large_evaluations_) += run_evaluations_;
  auto run = Cmaes::make(next_run());
  if (!run) {  // cannot happen: the plan was accepted and only its population and start have changed
    finished_ = true;
    return;
  }
  run_ = std::move(run).value();
  run_evaluations_ = 0;
  ++runs_;
}

CmaesPlan CmaesSearch::next_run() {
  CmaesPlan plan = plan_.run;
  plan.seed = derive_seed(plan_.run.seed, runs_);
  for (std::size_t i = 0; i < plan.start.size(); ++i) {
    const double low = plan.lower.empty() ? plan_.run.start[i] - 2 * plan.sigma : plan.lower[i];
    const double high = plan.upper.empty() ? plan_.run.start[i] + 2 * plan.sigma : plan.upper[i];
    plan.start[i] = std::clamp(low + (high - low) * rng_.unit(), low, high);
  }
  const std::size_t most = Cmaes::max_population(plan.start.size());
  const auto doubled = [&](std::uint64_t times) {
    std::size_t population = plan_.run.population;
    for (; times > 0 && population <= most / 2; --times) population *= 2;
    return population;
  };
  small_run_ = plan_.restarts == RestartRule::bipop && small_evaluations_ < large_evaluations_;
  if (small_run_) {
    // Between the first population and half the large one, and down to a hundredth of the first step.
    const double ratio = 0.5 * static_cast<double>(doubled(doublings_)) / static_cast<double>(plan.population);
    const double u = rng_.unit();
    const double grown = static_cast<double>(plan.population) * portable_exp(u * u * portable_log(ratio));
    plan.population = std::max(plan.population, static_cast<std::size_t>(grown));
    plan.sigma *= portable_exp(-2 * kLn10 * rng_.unit());
    small_limit_ = std::max<std::uint64_t>(large_evaluations_ / 2, plan.population);
  } else {
    plan.population = doubled(++doublings_);
  }
  plan.max_generations = usual_generations(plan.start.size(), plan.population);
  return plan;
}

double CmaesSearch::noise() const {
  return noise_freedom_ == 0 ? 0 : std::sqrt(noise_squares_ / static_cast<double>(noise_freedom_));
}

void CmaesSearch::judge_elite(std::span<const double> fresh_values) {
  for (std::size_t i = 0; i < fresh_values.size(); ++i) {
    EliteMember& member = elite_[i];
    // A failed evaluation counts as a very bad value, so that averages stay finite.
    const double value = std::min(fresh_values[i], 1e100);
    if (member.count > 0) {
      const double n = static_cast<double>(member.count);
      const double off = value - member.average();
      noise_squares_ += off * off * n / (n + 1);
      ++noise_freedom_;
    }
    member.sum += value;
    ++member.count;
  }
  const double deviation = noise();
  const auto cautious = [&](double deviations) {
    return [=](const EliteMember& a, const EliteMember& b) {
      return a.average() + deviations * deviation / std::sqrt(static_cast<double>(a.count)) <
             b.average() + deviations * deviation / std::sqrt(static_cast<double>(b.count));
    };
  };
  if (elite_.empty()) return;
  const auto champion = std::min_element(elite_.begin(), elite_.end(), cautious(kChampionCaution));
  std::rotate(elite_.begin(), champion, champion + 1);
  std::stable_sort(elite_.begin() + 1, elite_.end(), cautious(kContenderCaution));
  if (elite_.size() > plan_.elite) elite_.resize(plan_.elite);
}

CmaesSearchReport CmaesSearch::report() const {
  CmaesSearchReport out;
  out.run = run_.report();
  out.runs = runs_;
  out.generations = generations_;
  out.evaluations = evaluations_;
  out.last_stop = last_stop_;
  out.noise = noise();
  if (plan_.elite == 0) {
    out.best = best_;
    out.best_point = best_point_;
    out.best_count = best_point_.empty() ? 0 : 1;
  } else if (!elite_.empty() && elite_.front().count > 0) {
    out.best = elite_.front().average();
    out.best_point = elite_.front().point;
    out.best_count = elite_.front().count;
  }
  return out;
}

std::string CmaesSearch::save() const {
  ExactWriter out(kTitle);
  out.count(plan_.run.max_generations);
  out.count(static_cast<std::uint64_t>(plan_.restarts));
  out.count(plan_.max_evaluations);
  out.count(plan_.elite);
  out.reals(plan_.run.start);
  out.real(plan_.run.sigma);
  out.count(plan_.run.population);
  out.bits(plan_.run.seed);
  run_.write(out);
  for (const std::uint64_t word : rng_.state()) out.bits(word);
  out.count(finished_ ? 1 : 0);
  for (const std::uint64_t value : {runs_, generations_, evaluations_, run_evaluations_}) out.count(value);
  out.count(static_cast<std::uint64_t>(last_stop_));
  out.count(small_run_ ? 1 : 0);
  for (const std::uint64_t value : {doublings_, large_evaluations_, small_evaluations_, small_limit_}) out.count(value);
  out.real(best_);
  out.reals(best_point_);
  out.count(elite_.size());
  for (const EliteMember& member : elite_) {
    out.reals(member.point);
    out.real(member.sum);
    out.count(member.count);
  }
  out.real(noise_squares_);
  out.count(noise_freedom_);
  return out.finish();
}

Result<CmaesSearch> CmaesSearch::load(std::string_view text) {
  const Error bad{ErrorKind::corrupt,
                  "This is not a state of a CMA-ES search, or it is damaged; use an older one or start again."};
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  if (text.size() > Cmaes::kMaxStateBytes) return bad;
  ExactReader in(text, kTitle);
  CmaesSearchPlan plan;
  plan.run.max_generations = in.count(kAny);
  plan.restarts = static_cast<RestartRule>(in.count(static_cast<std::uint64_t>(RestartRule::bipop)));
  plan.max_evaluations = in.count(kAny);
  plan.elite = in.count(kMaxElite);
  plan.run.start = in.reals(Cmaes::kMaxDimension);
  plan.run.sigma = in.real();
  plan.run.population = in.count(Cmaes::kMaxCandidateReals);
  plan.run.seed = in.bits();
  auto run = Cmaes::read(in);
  if (!run) return bad;
  plan.run.lower = run->plan().lower;  // the same in all runs
  plan.run.upper = run->plan().upper;
  const std::size_t n = run->plan().start.size();
  if (plan.run.start.size() != n || !check(plan).ok() || !Cmaes::make(plan.run).ok()) return bad;

  CmaesSearch out(std::move(plan), std::move(run).value());
  std::array<std::uint64_t, 4> words{};
  for (std::uint64_t& word : words) word = in.bits();
  in.require(words != std::array<std::uint64_t, 4>{});
  out.rng_.restore(words);
  out.finished_ = in.count(1) == 1;
  for (std::uint64_t* value : {&out.runs_, &out.generations_, &out.evaluations_, &out.run_evaluations_})
    *value = in.count(kAny);
  out.last_stop_ = static_cast<CmaesStop>(in.count(static_cast<std::uint64_t>(CmaesStop::generations)));
  out.small_run_ = in.count(1) == 1;
  for (std::uint64_t* value : {&out.doublings_, &out.large_evaluations_, &out.small_evaluations_, &out.small_limit_}) {
    *value = in.count(kAny);
  }
  out.best_ = in.real_or_infinite();
  out.best_point_ = in.reals(n);
  in.require(out.best_point_.empty() || out.best_point_.size() == n);
  const std::uint64_t members = in.count(kMaxElite + 2);
  for (std::uint64_t i = 0; i < members && in.good(); ++i) {
    EliteMember member;
    member.point = in.reals(n);
    member.sum = in.real();
    member.count = in.count(kAny);
    in.require(member.point.size() == n);
    out.elite_.push_back(std::move(member));
  }
  out.noise_squares_ = in.real();
  out.noise_freedom_ = in.count(kAny);
  in.require(out.noise_squares_ >= 0);
  if (!in.complete()) return bad;
  // A stopped run only remains in a finished search.
  if (!out.finished_ && out.run_.stopped() != CmaesStop::running) return bad;
  return out;
}

}  // namespace mz
