#include "node/weight_tuning.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>

#include "engine/match.h"
#include "engine/ringrift/kernel.h"
#include "node/joined_threads.h"
#include "store/drawn_position.h"

namespace mz {
namespace {

using ringrift::kFeatureCount;
using ringrift::kFeatures;
using ringrift::Weights;

constexpr std::string_view kStateTitle = "meshzero weight tuning 1";
// How specifications call the weights that are handed over in memory. No file can be meant: names in them have no '<'.
constexpr std::string_view kInMemory = "<tuned>";

std::vector<std::size_t> tuned_features(int seats) {
  std::vector<std::size_t> features;
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    if (i != index(ringrift::Feature::eliminated_rings) && kFeatures[i].min_seats <= seats) features.push_back(i);
  }
  return features;
}

CmaesSearchPlan search_plan(const TuningPlan& plan, const std::vector<std::size_t>& variables) {
  CmaesSearchPlan search;
  for (const std::size_t i : variables) {
    const double scale = kFeatures[i].scale;
    search.run.start.push_back(plan.start.value[i] / scale);
    search.run.lower.push_back(kFeatures[i].low / scale);
    search.run.upper.push_back(kFeatures[i].high / scale);
  }
  search.run.sigma = plan.sigma;
  search.run.population = plan.population;
  search.run.seed = plan.seed;
  search.restarts = plan.restarts;
  // The number of generations is the budget, and it may be raised later.
  search.max_evaluations = plan.restarts == RestartRule::none ? 0 : 1'000'000'000'000ULL;
  search.elite = plan.elite;
  return search;
}

// Everything the values depend on, one fact a line.
std::string describe_plan(const TuningPlan& plan, const Digest& rules) {
  std::string options;
  for (const auto& [name, value] : plan.config.options) options += name + "=" + std::to_string(value) + ",";
  std::array<char, 64> sigma{};
  std::snprintf(sigma.data(), sigma.size(), "%a", plan.sigma);
  return "game " + plan.config.game + "\nboard " + plan.config.board + "\nplayers " +
         std::to_string(plan.config.seats) + "\noptions " + options + "\nrules " + to_hex(rules) + "\nengine " +
         plan.engine + "\nstart weights " + to_hex(ringrift::weights_hash(plan.start)) + "\npopulation " +
         std::to_string(plan.population) + "\ncycles " + std::to_string(plan.cycles) + "\nopenings " +
         std::to_string(plan.openings) + "\nmax moves " + std::to_string(plan.max_moves) + "\nsigma " + sigma.data() +
         "\nrestarts " + std::to_string(static_cast<int>(plan.restarts)) + "\nelite " + std::to_string(plan.elite) +
         "\nseed " + std::to_string(plan.seed) + "\n";
}

Result<std::string> plan_text(const TuningPlan& plan) {
  const auto game = make_game(plan.config);
  if (!game) return game.error();
  TuningPlan canonical = plan;
  canonical.config = (*game)->config();
  return describe_plan(canonical, (*game)->rules_hash());
}

// A line of the plan as the flag that it comes from.
std::string as_flag(const std::string& line) {
  const auto value = [&line](std::string_view name) -> std::optional<std::string> {
    if (!line.starts_with(name)) return std::nullopt;
    return line.substr(name.size(), 120);
  };
  if (const auto rule = value("restarts ")) {
    return "--restarts " + std::string(*rule == "0" ? "none" : *rule == "1" ? "ipop" : "bipop");
  }
  if (const auto sigma = value("sigma ")) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "--sigma %.9g", std::strtod(sigma->c_str(), nullptr));
    return text.data();
  }
  if (const auto moves = value("max moves ")) return "--max-moves " + *moves;
  if (const auto cycles = value("cycles ")) return "--games for " + *cycles + " seat cycles";
  if (const auto hash = value("start weights ")) return "--start with weights " + *hash;
  if (const auto options = value("options ")) return "--option " + *options;
  if (const auto rules = value("rules ")) return "rules " + *rules + " of the program";
  return "--" + line.substr(0, 120);
}

std::string first_difference(const std::string& saved, const std::string& asked) {
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < saved.size() && b < asked.size()) {
    const std::string was = saved.substr(a, saved.find('\n', a) - a);
    const std::string is = asked.substr(b, asked.find('\n', b) - b);
    if (was != is) return "it was saved with '" + as_flag(was) + "', and now it is '" + as_flag(is) + "'";
    a += was.size() + 1;
    b += is.size() + 1;
  }
  return "it was saved with other flags";
}

}  // namespace

struct WeightTuning::Game {
  double score = 0;
  Digest play_hash{};
  bool capped = false;
};

double standing_score(const GameConfig& config, const std::string& position, int seat) {
  const auto drawn = parse_drawn(position);
  const auto at = std::find(ringrift::kBoardNames.begin(), ringrift::kBoardNames.end(), config.board);
  if (!drawn || at == ringrift::kBoardNames.end()) return 0;
  const auto setup = ringrift::make_setup(static_cast<ringrift::Board>(at - ringrift::kBoardNames.begin()), config);
  if (!setup) return 0;
  // Shares of the nearer goal, over a common denominator.
  const auto nearness = [&](std::size_t s) {
    return std::max(static_cast<std::int64_t>(drawn->eliminated[s]) * setup->territory_to_win,
                    static_cast<std::int64_t>(drawn->territory[s]) * setup->rings_to_win);
  };
  double beaten = 0;
  for (int other = 0; other < config.seats; ++other) {
    if (other == seat) continue;
    const std::int64_t mine = nearness(static_cast<std::size_t>(seat));
    const std::int64_t theirs = nearness(static_cast<std::size_t>(other));
    beaten += mine > theirs ? 1 : mine == theirs ? 0.5 : 0;
  }
  return beaten / (config.seats - 1) / config.seats;
}

Result<WeightTuning> WeightTuning::begin(const TuningPlan& plan) {
  const auto spec = parse_engine_spec(plan.engine);
  if (!spec) return spec.error();
  const bool judges = spec->kind == EngineKind::heuristic || spec->kind == EngineKind::minimax ||
                      spec->kind == EngineKind::descent || spec->kind == EngineKind::mcts;
  const bool moves_by_them = spec->random_percent < EngineSpec::kAllRandom && spec->judge != LeafJudge::playouts;
  if (!judges || !moves_by_them || !spec->weights.empty() || spec->ms != 0) {
    return Error{ErrorKind::usage,
                 "The engine to tune must move by its weights, so without random=100 and judge=playouts, name none "
                 "and have no ms: heuristic, minimax:nodes=N, minimax:depth=N, descent:nodes=N or mcts:sims=N."};
  }
  if (plan.cycles == 0 || plan.generations == 0) {
    return Error{ErrorKind::usage, "Tuning needs at least one game and one generation."};
  }
  auto variables = tuned_features(plan.config.seats);
  auto search = CmaesSearch::make(search_plan(plan, variables));
  if (!search) return search.error();
  if (const auto text = plan_text(plan); !text) return text.error();
  return WeightTuning(plan, std::move(variables), std::move(*search));
}

// title, plan, an empty line, the search.
std::string WeightTuning::save() const {
  return std::string(kStateTitle) + "\n" + plan_text(plan_).value() + "\n" + search_.save();
}

Result<WeightTuning> WeightTuning::resume(const TuningPlan& plan, const std::string& state) {
  auto fresh = begin(plan);
  if (!fresh) return fresh;
  const std::string title = std::string(kStateTitle) + "\n";
  const std::size_t end = state.find("\n\n");
  if (!state.starts_with(title) || end == std::string::npos) {
    return Error{ErrorKind::corrupt, "This is not the state of a tuning run."};
  }
  const std::string saved = state.substr(title.size(), end + 1 - title.size());
  const std::string asked = plan_text(plan).value();
  if (saved != asked) {
    return Error{ErrorKind::refused, "This run cannot be resumed with other flags: " + first_difference(saved, asked) +
                                         ". Use the same flags, or another --out."};
  }
  auto search = CmaesSearch::load(std::string_view(state).substr(end + 2));
  if (!search) return Error{search.error().kind, "The state of this tuning run is damaged."};
  if (search->plan().run.start.size() != fresh->variables_.size()) {
    return Error{ErrorKind::corrupt, "The state of this tuning run has another number of weights."};
  }
  return WeightTuning(plan, std::move(fresh->variables_), std::move(*search));
}

bool WeightTuning::finished() const { return search_.finished() || search_.report().generations >= plan_.generations; }

Weights WeightTuning::weights_at(const std::vector<double>& point) const {
  Weights weights = plan_.start;
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    const auto& facts = kFeatures[variables_[i]];
    const auto rounded = static_cast<std::int32_t>(std::floor(point[i] * facts.scale + 0.5));
    weights.value[variables_[i]] = std::clamp(rounded, facts.low, facts.high);
  }
  return weights;
}

Weights WeightTuning::best() const {
  const CmaesSearchReport report = search_.report();
  return weights_at(report.best_point.empty() ? report.run.mean : report.best_point);
}

Result<void> WeightTuning::play_cycles(const std::vector<Weights>& points, std::atomic<std::uint64_t>& next,
                                       std::vector<std::vector<Game>>& games, const std::atomic<bool>& stop) const {
  const auto seats = static_cast<std::size_t>(plan_.config.seats);
  EngineSpec spec = parse_engine_spec(plan_.engine).value();
  spec.weights = kInMemory;
  std::map<std::string, std::string> texts;  // by hash
  const auto with_weights = [&](const Weights& weights) {
    const std::string hash = to_hex(ringrift::weights_hash(weights));
    texts.emplace(hash, ringrift::weights_json(weights, "tuned"));
    return SeatEngine{to_string(spec), hash};
  };
  const SeatMaker maker = [&texts](const mz::Game& game, const SeatEngine& engine) {
    EngineResources resources;
    resources.read_weights = [&](const std::string&) -> Result<std::string> { return texts.at(engine.weights_hash); };
    return game.make_player(engine.spec, resources);
  };
  MatchPlan match;
  match.config = plan_.config;
  match.seed = plan_.seed;
  match.openings = plan_.openings;
  match.max_moves = plan_.max_moves;
  match.participants.assign(seats, with_weights(plan_.start));
  auto table = MatchTable::open(match, maker);
  if (!table) return table.error();
  const std::uint64_t first = search_.report().generations * plan_.cycles;
  // A thread takes a whole cycle and plays it with every point, so that its opening is made once.
  for (std::uint64_t cycle = next++; cycle < plan_.cycles && !stop; cycle = next++) {
    for (std::size_t point = 0; point < points.size() && !stop; ++point) {
      if (auto replaced = table->replace(0, with_weights(points[point])); !replaced) return replaced;
      for (std::size_t rotation = 0; rotation < seats && !stop; ++rotation) {
        const auto played = table->play(first + cycle, static_cast<int>(rotation));
        Game& game = games[point][cycle * seats + rotation];
        game.play_hash = played.result.play_hash;
        game.capped = played.result.capped;
        const int seat = static_cast<int>(rotation);  // where the candidate began (engine/match.h)
        const auto at_end = std::find(played.order_at_end.begin(), played.order_at_end.end(), 0);
        const int last_seat = static_cast<int>(at_end - played.order_at_end.begin());
        game.score = game.capped                       ? standing_score(plan_.config, played.stopped_at, last_seat)
                     : played.result.winner == kNobody ? 1.0 / plan_.config.seats
                     : played.result.winner == seat    ? 1
                                                       : 0;
      }
    }
  }
  return {};
}

Result<std::optional<std::vector<std::vector<WeightTuning::Game>>>> WeightTuning::play(
    const std::vector<Weights>& points, int threads, const std::atomic<bool>& stop) const {
  const std::size_t per_point = plan_.cycles * static_cast<std::size_t>(plan_.config.seats);
  std::vector<std::vector<Game>> games(points.size(), std::vector<Game>(per_point));
  std::atomic<std::uint64_t> next = 0;
  std::mutex mutex;
  Result<void> outcome;  // of the first thread that failed; guarded by mutex
  {
    JoinedThreads workers;
    const auto note = [&](const Result<void>& done) {
      if (done) return;
      const std::lock_guard lock(mutex);
      if (outcome) outcome = done;
      next = plan_.cycles;
    };
    const auto work = [&](unsigned /*thread*/) { note(play_cycles(points, next, games, stop)); };
    note(workers.start_all(static_cast<unsigned>(threads), work));
  }
  if (!outcome) return outcome.error();
  if (stop) return std::optional<std::vector<std::vector<Game>>>();
  return std::optional(std::move(games));
}

Result<std::optional<TuningProgress>> WeightTuning::step(int threads, const std::atomic<bool>& stop) {
  const auto points = search_.ask();
  std::vector<Weights> candidates;
  for (const auto& point : points) candidates.push_back(weights_at(point));
  auto played = play(candidates, threads, stop);
  if (!played) return played.error();
  if (!*played) return std::optional<TuningProgress>();
  TuningProgress progress;
  progress.points = points.size();
  std::vector<double> values;
  std::set<Digest> seen;
  for (const auto& games : **played) {
    double sum = 0;
    for (const Game& game : games) {
      sum += game.score;
      seen.insert(game.play_hash);
      progress.capped += game.capped ? 1 : 0;
    }
    progress.games += games.size();
    values.push_back(1 - sum / static_cast<double>(games.size()));
  }
  progress.distinct_games = seen.size();
  const std::size_t candidates_count = search_.report().run.population;
  double sum = 0;
  double lowest = 1;
  for (std::size_t i = 0; i < candidates_count; ++i) {
    sum += values[i];
    lowest = std::min(lowest, values[i]);
  }
  progress.mean = 1 - sum / static_cast<double>(candidates_count);
  progress.generation_best = 1 - lowest;
  if (auto told = search_.tell(values); !told) return told.error();
  const CmaesSearchReport report = search_.report();
  progress.generation = report.generations;
  progress.run = report.runs;
  progress.sigma = report.run.sigma;
  progress.condition = report.run.condition;
  if (!report.best_point.empty()) {
    progress.best = 1 - report.best;
    progress.best_games = report.best_count * plan_.cycles * static_cast<std::uint64_t>(plan_.config.seats);
  }
  return std::optional(progress);
}

}  // namespace mz
