// Tunes the named weights of RingRift's evaluation by CMA-ES: candidates play seat cycles against the weights they are to beat.
//
// Variables: one weight each, in units of its scale (engine/ringrift/weights.h). `eliminated_rings` stays fixed: multiplying all weights
// by one number changes no move, so one of them must be the measure of the others. Weights without effect for the number of seats stay too.
//
// A value is one minus the mean score of the candidate over `cycles` seat cycles, so 1 - 1/seats is break-even. All points of a generation play the
// same openings of the pool with the same seeds; the next generation takes the next ones. A game that reaches the move cap is scored by
// standing, at most 1/seats, so that nobody gains by not finishing.
//
// Values depend on (plan, generation, point) only. The state is written after every generation, and a run that is resumed goes on as if
// it had never stopped, whatever the number of threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/cmaes_search.h"
#include "engine/engine_spec.h"
#include "engine/game.h"
#include "engine/ringrift/weights.h"

namespace mz {

struct TuningPlan {
  GameConfig config;
  std::string engine = "heuristic";  // what plays with the weights; without weights= of its own
  ringrift::Weights start{};         // where the search begins, and what the candidates play against
  std::uint64_t generations = 50;    // in all, those of a resumed run included
  std::size_t population = 0;        // 0: by the number of weights
  std::uint64_t cycles = 10;         // per point and generation
  std::uint64_t openings = 200;      // in the pool
  std::uint32_t max_moves = 2000;
  double sigma = 1;
  RestartRule restarts = RestartRule::ipop;
  std::size_t elite = 3;
  std::uint64_t seed = 1;
};

// After each generation.
struct TuningProgress {
  std::uint64_t generation = 0;
  std::uint64_t run = 1;             // restarts begin a new one
  std::size_t points = 0;            // evaluated in this generation, elite included
  std::uint64_t games = 0;           // in this generation
  std::uint64_t distinct_games = 0;  // of these
  std::uint64_t capped = 0;          // of these
  std::optional<double> best;        // mean score of the champion over all its fresh games; none before there is one
  std::uint64_t best_games = 0;
  double generation_best = 0;  // highest score of this generation's candidates: mostly luck
  double mean = 0;             // mean score of this generation's candidates
  double sigma = 0;
  double condition = 1;
};

// Where the search stands; what is written to the state file.
class WeightTuning {
 public:
  static constexpr std::uint64_t kMaxStateBytes = 32U << 20;

  static Result<WeightTuning> begin(const TuningPlan& plan);
  // Refuses a text of another plan and says what differs. Only the number of generations may differ.
  static Result<WeightTuning> resume(const TuningPlan& plan, const std::string& state);

  [[nodiscard]] bool finished() const;
  // Plays one generation on `threads` threads. Nothing, and nothing changed, when `stop` was set before its end.
  Result<std::optional<TuningProgress>> step(int threads, const std::atomic<bool>& stop);
  [[nodiscard]] std::string save() const;
  // The champion, or, while there is none, the mean of the distribution.
  [[nodiscard]] ringrift::Weights best() const;
  [[nodiscard]] std::uint64_t generations() const { return search_.report().generations; }
  [[nodiscard]] std::size_t dimension() const { return variables_.size(); }

 private:
  struct Game;  // what one game contributes
  WeightTuning(TuningPlan plan, std::vector<std::size_t> variables, CmaesSearch search)
      : plan_(std::move(plan)), variables_(std::move(variables)), search_(std::move(search)) {}
  [[nodiscard]] ringrift::Weights weights_at(const std::vector<double>& point) const;
  // By point, then cycle and seat; nothing when stopped.
  [[nodiscard]] Result<std::optional<std::vector<std::vector<Game>>>> play(const std::vector<ringrift::Weights>& points,
                                                                           int threads,
                                                                           const std::atomic<bool>& stop) const;
  [[nodiscard]] Result<void> play_cycles(const std::vector<ringrift::Weights>& points, std::atomic<std::uint64_t>& next,
                                         std::vector<std::vector<Game>>& games, const std::atomic<bool>& stop) const;

  TuningPlan plan_;
  std::vector<std::size_t> variables_;  // features that are tuned
  CmaesSearch search_;
};

// Score of `seat` in a game stopped in this position: 1/seats for whoever is nearest to a goal, 0 for the last, evenly between.
double standing_score(const GameConfig& config, const std::string& position, int seat);

}  // namespace mz
