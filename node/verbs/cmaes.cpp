// `meshzero cmaes`: better weights for the evaluation, found by playing.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/record.h"
#include "node/engine_resources.h"
#include "node/exit_code.h"
#include "node/game_flags.h"
#include "node/interrupt.h"
#include "node/platform.h"
#include "node/verbs.h"
#include "node/weight_tuning.h"
#include "store/disk.h"

namespace mz {
namespace {

struct Options {
  GameFlags game;
  TuningPlan plan;
  std::string start = "balanced";
  std::uint64_t games = 20;
  std::string restarts = "ipop";
  int threads = 0;
  std::string out;
  bool resume = false;
  bool as_json = false;
};

// Written beside, made durable, then named: a crash leaves the old file or the new one.
Result<void> replace_file(Disk& disk, const std::string& path, const std::string& text) {
  const std::string beside = path + ".new";
  (void)disk.remove(beside);  // of a crash
  auto file = disk.create(beside);
  if (!file) return file.error();
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  if (auto done = (*file)->append(bytes); !done) return done;
  if (auto done = (*file)->sync(); !done) return done;
  if (auto done = disk.rename(beside, path); !done) return done;
  return disk.sync_directory(parent_directory(path));
}

// A profile by its name, else a file.
Result<ringrift::Weights> start_weights(const std::string& name) {
  auto profile = ringrift::profile_weights(name);
  if (profile) return profile;
  const auto text = engine_resources().read_weights(name);
  if (!text) return Error{text.error().kind, text.error().text + " " + profile.error().text};
  auto weights = ringrift::parse_weights(*text);
  if (!weights) return Error{weights.error().kind, "'" + name + "': " + weights.error().text};
  return weights;
}

std::string weights_name(const Options& options, const WeightTuning& tuning) {
  return "cmaes " + options.plan.config.board + " " + std::to_string(options.plan.config.seats) + "p seed " +
         std::to_string(options.plan.seed) + " generation " + std::to_string(tuning.generations());
}

void print_progress(const TuningProgress& p, bool as_json) {
  if (as_json) {
    const nlohmann::ordered_json line = {{"generation", p.generation},
                                         {"run", p.run},
                                         {"points", p.points},
                                         {"games", p.games},
                                         {"distinct_games", p.distinct_games},
                                         {"capped", p.capped},
                                         {"best", p.best ? nlohmann::ordered_json(*p.best) : nlohmann::ordered_json()},
                                         {"best_games", p.best_games},
                                         {"generation_best", p.generation_best},
                                         {"mean", p.mean},
                                         {"sigma", p.sigma},
                                         {"condition", p.condition}};
    std::printf("%s\n", line.dump().c_str());
  } else {
    char best[80] = "none yet";
    if (p.best)
      std::snprintf(best, sizeof best, "%.3f (%llu games)", *p.best, static_cast<unsigned long long>(p.best_games));
    std::printf(
        "generation %llu: best %s, this generation %.3f, mean %.3f, sigma %.3f, condition %.3g, %llu games, %llu "
        "distinct\n",
        static_cast<unsigned long long>(p.generation), best, p.generation_best, p.mean, p.sigma, p.condition,
        static_cast<unsigned long long>(p.games), static_cast<unsigned long long>(p.distinct_games));
  }
  std::fflush(stdout);
}

// A new run replaces nothing that is there: neither another run nor somebody's weights.
Result<void> refuse_taken_names(Disk& disk, const std::string& out) {
  for (const char* end : {"", ".state", ".new", ".state.new"}) {
    const std::string path = out + end;
    const auto size = disk.size(path);
    if (size) {
      return Error{ErrorKind::refused, "'" + path +
                                           "' exists, and a new run would replace it. Name another file with --out, go "
                                           "on with the run that wrote it by --resume, or remove it."};
    }
    if (size.error().kind != ErrorKind::not_found) return size.error();
  }
  return {};
}

Result<WeightTuning> open_tuning(Disk& disk, const Options& options, const std::string& state_path) {
  if (options.resume) {
    const auto state = disk.read(state_path, WeightTuning::kMaxStateBytes);
    if (!state && state.error().kind == ErrorKind::not_found) {
      return Error{ErrorKind::not_found, "There is no '" + state_path +
                                             "' to go on from. Check --out, or leave out --resume to begin a run."};
    }
    auto tuning = state ? WeightTuning::resume(options.plan, std::string(state->begin(), state->end()))
                        : Result<WeightTuning>(state.error());
    if (tuning || tuning.error().kind != ErrorKind::corrupt) return tuning;
    return Error{ErrorKind::corrupt, "'" + state_path + "': " + tuning.error().text +
                                         " Begin another run with another --out, or remove this file and '" +
                                         options.out + "' first."};
  }
  if (auto free = refuse_taken_names(disk, options.out); !free) return free.error();
  return WeightTuning::begin(options.plan);
}

// The match that decides what a run only claims: the engine it tuned, with the new weights against those it began with.
std::string match_command(const Options& options) {
  const auto engine = [&](const std::string& weights) {
    EngineSpec spec = parse_engine_spec(options.plan.engine).value();
    spec.weights = weights;
    return to_string(spec);
  };
  const GameConfig& config = options.plan.config;
  std::string command = "meshzero match --a " + engine(options.out) + " --b " + engine(options.start) + " --board " +
                        config.board + " --players " + std::to_string(config.seats);
  for (const auto& [name, value] : config.options) command += " --option " + name + "=" + std::to_string(value);
  return command + " --seed " + std::to_string(options.plan.seed + 1) + " --pairs 10000 --sprt elo0=0,elo1=10";
}

int run(Options options) {
  if (options.out.empty()) return report({ErrorKind::usage, "--out needs the name of a file for the weights."});
  if (const auto named = parse_engine_spec("heuristic:weights=" + options.out);
      !named || named->weights != options.out) {
    return report({ErrorKind::usage, "No engine could be told to use weights from '" + options.out +
                                         "' afterwards. Name a file with --out whose name has letters, digits and ._-/ "
                                         "only."});
  }
  auto config = game_config(options.game);
  if (!config) return report(config.error());
  options.plan.config = *config;
  const auto seats = static_cast<std::uint64_t>(config->seats);
  options.plan.cycles = (options.games + seats - 1) / seats;
  options.plan.restarts = options.restarts == "none"    ? RestartRule::none
                          : options.restarts == "bipop" ? RestartRule::bipop
                                                        : RestartRule::ipop;
  const auto weights = start_weights(options.start);
  if (!weights) return report(weights.error());
  options.plan.start = *weights;

  const auto disk = make_posix_disk();
  const std::string state_path = options.out + ".state";
  // Once before the lock, so that a run that is refused leaves no file behind, and once with it: another may just have ended.
  auto tuning = open_tuning(*disk, options, state_path);
  if (!tuning) return report(tuning.error());
  const auto lock = disk->lock(options.out + ".lock", "Another `meshzero cmaes` is writing '" + options.out +
                                                          "'. Wait for it, or name another file with --out.");
  if (!lock) return report(lock.error());
  tuning = open_tuning(*disk, options, state_path);
  if (!tuning) return report(tuning.error());
  const int threads = options.threads > 0 ? options.threads : static_cast<int>(platform::usable_cores());
  const std::atomic<bool>& stop = stop_on_signals();
  // The state first: whatever is there when the program dies, --resume goes on from it.
  const auto write = [&]() -> Result<void> {
    if (auto done = replace_file(*disk, state_path, tuning->save()); !done) return done;
    return replace_file(*disk, options.out, ringrift::weights_json(tuning->best(), weights_name(options, *tuning)));
  };
  if (!options.resume) {
    if (auto written = replace_file(*disk, state_path, tuning->save()); !written) return report(written.error());
  }
  while (!tuning->finished()) {
    const auto progress = tuning->step(threads, stop);
    if (!progress) return report(progress.error());
    if (!*progress) {
      return report({ErrorKind::failure, "Interrupted: the same command with --resume goes on after generation " +
                                             std::to_string(tuning->generations()) + "."});
    }
    if (auto written = write(); !written) return report(written.error());
    print_progress(**progress, options.as_json);
  }
  if (auto written = write(); !written) return report(written.error());
  std::fprintf(stderr, "The weights are in %s. Whether they are better, a match on other openings says:\n  %s\n",
               options.out.c_str(), match_command(options).c_str());
  return kExitOk;
}

}  // namespace

void add_cmaes(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("cmaes", "Tune the weights of the evaluation by playing against the present ones");
  auto options = std::make_shared<Options>();
  TuningPlan& plan = options->plan;
  add_game_flags(*verb, options->game);
  verb->add_option("--engine", plan.engine, "engine that plays with the weights, without weights= and ms=")
      ->capture_default_str();
  verb->add_option("--start", options->start, "weights to begin with and to beat: a profile or a file")
      ->capture_default_str();
  verb->add_option("--generations", plan.generations, "in all; --resume with more goes on further")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  verb->add_option("--population", plan.population, "candidates a generation; 0: by the number of weights")
      ->check(CLI::Range(std::size_t{0}, std::size_t{4096}))
      ->capture_default_str();
  verb->add_option("--games", options->games, "per candidate and generation, rounded up to whole seat cycles")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}))
      ->capture_default_str();
  verb->add_option("--openings", plan.openings, "size of the pool of openings that generations take turns with")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->capture_default_str();
  verb->add_option("--max-moves", plan.max_moves, "stop a game after so many plies and score it by standing")
      ->check(CLI::Range(std::uint32_t{1}, std::uint32_t{GameRecord::kMaxMoves}))
      ->capture_default_str();
  verb->add_option("--sigma", plan.sigma, "first step, in units of the weights' scales")
      ->check(CLI::Range(0.001, 1000.0))
      ->capture_default_str();
  verb->add_option("--restarts", options->restarts, "what follows a run that has converged: none, ipop or bipop")
      ->check(CLI::IsMember({"none", "ipop", "bipop"}))
      ->capture_default_str();
  verb->add_option("--elite", plan.elite, "best points kept and evaluated anew in every generation")
      ->check(CLI::Range(std::size_t{1}, CmaesSearch::kMaxElite))
      ->capture_default_str();
  add_seed_flag(*verb, plan.seed, "of candidates, openings and games");
  verb->add_option("--threads", options->threads, "games at a time; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  verb->add_option("--out", options->out, "file for the weights; the state is kept beside it in OUT.state")
      ->type_name("FILE")
      ->required();
  verb->add_flag("--resume", options->resume, "go on where an earlier run with the same flags stopped");
  verb->add_flag("--json", options->as_json, "print one JSON object per generation");
  verb->footer(
      "Examples:\n"
      "  meshzero cmaes --board square8 --players 2 --generations 100 --games 40 --out weights.json\n"
      "  meshzero cmaes --board square8 --players 2 --generations 200 --games 40 --out weights.json --resume\n"
      "  meshzero match --a heuristic:weights=weights.json --b heuristic --sprt elo0=0,elo1=10");
  verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
