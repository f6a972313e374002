// `meshzero ladder`: whether every step of difficulty:N is stronger than the one below.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/difficulty.h"
#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/ladder.h"
#include "node/match_flags.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

// A step may be small, but must be one: "30 Elo or more" against "none".
constexpr double kLeastStep = 0;
constexpr double kFullStep = 30;
constexpr int kEngineWidth = 40;  // characters of a column

struct Options {
  MatchFlags flags;
  FlagValues configuration;
  std::uint64_t pairs = 0;
  int from = 1;
  int to = static_cast<int>(EngineSpec::kMaxLevel);
  bool as_json = false;
};

json to_json(const LadderStep& step, bool lowest) {
  json out = {{"level", step.level},
              {"engine", step.engine},
              {"ms_mean", step.time.mean_ms},
              {"ms_max", step.time.most_ms},
              {"decisions", step.time.decisions}};
  if (lowest) return out;
  out["stronger"] = step.stronger;
  out["games"] = step.match.games;
  out["distinct_games"] = step.match.distinct_games;
  out["score"] = step.match.elo.score;
  out["elo"] = step.match.elo.elo;
  out["elo_low"] = step.match.elo.low;
  out["elo_high"] = step.match.elo.high;
  out["elo_open_above"] = step.match.elo.open_above;
  out["elo_open_below"] = step.match.elo.open_below;
  out["sprt"] = to_text(step.match.sprt.verdict);
  return out;
}

void print(const LadderStep& step, bool lowest) {
  std::printf("%5d  %-*s %8.1f %8.1f", step.level, kEngineWidth, step.engine.c_str(), step.time.mean_ms,
              step.time.most_ms);
  if (!lowest) {
    std::printf(" %6llu  %.3f  %+5.0f %s  %s", static_cast<unsigned long long>(step.match.games), step.match.elo.score,
                step.match.elo.elo, interval_text(step.match.elo).c_str(), step.stronger ? "stronger" : "NOT stronger");
  }
  std::printf("\n");
  std::fflush(stdout);
}

int run(const Options& options) {
  if (options.from >= options.to) {
    return report(Error{ErrorKind::usage, "--from must be a lower level than --to: steps are measured in pairs."});
  }
  auto match = make_match_run(options.flags, options.configuration, {"random"});
  if (!match) return report(match.error());
  match->plan.cycles = options.pairs;
  match->sprt.elo0 = kLeastStep;
  match->sprt.elo1 = kFullStep;
  match->sprt.max_games = options.pairs * static_cast<std::uint64_t>(match->plan.config.seats);
  if (!options.as_json) {
    std::printf("%s, %d players", match->plan.config.board.c_str(), match->plan.config.seats);
    for (const auto& [name, value] : match->plan.config.options) std::printf(", %s=%d", name.c_str(), value);
    std::printf("; ms: processor time for a move\n%5s  %-*s %8s %8s %6s  %-5s  %s\n", "level", kEngineWidth, "engine",
                "ms mean", "ms most", "games", "score", "Elo above the level below");
  }
  const std::atomic<bool>& stop = stop_on_signals();
  const auto steps = run_ladder(
      {.match = *match, .from = options.from, .to = options.to},
      [&options](const LadderStep& step) {
        if (!options.as_json) print(step, step.level == options.from);
      },
      stop);
  if (!steps) return report(steps.error());
  bool sound = steps->size() == static_cast<std::size_t>(options.to - options.from + 1);
  json list = json::array();
  for (const LadderStep& step : *steps) {
    sound = sound && (step.level == options.from || step.stronger);
    list.push_back(to_json(step, step.level == options.from));
  }
  const bool quick = steps->empty() || steps->back().time.mean_ms <= kLadderStepMilliseconds;
  if (options.as_json) {
    std::printf("%s\n", json{{"board", match->plan.config.board},
                             {"players", match->plan.config.seats},
                             {"options", match->plan.config.options},
                             {"seed", options.flags.seed},
                             {"steps", list},
                             {"sound", sound},
                             {"quick", quick}}
                            .dump(2)
                            .c_str());
  }
  if (stop) return report(Error{ErrorKind::failure, "Interrupted: the same command goes on where this one stopped."});
  if (!sound)
    return report(Error{ErrorKind::failure,
                        "A step was not shown to be stronger than the one below. Play more --pairs, or choose other "
                        "engines for the steps."});
  if (!quick)
    return report(Error{ErrorKind::failure, "The highest step computes for more than 200 ms a move on average here."});
  return kExitOk;
}

}  // namespace

void add_ladder(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("ladder", "Measure the steps of difficulty:N, each against the one below");
  auto options = std::make_shared<Options>();
  verb->add_option("--pairs", options->pairs, "seat cycles at most for each step; an SPRT ends it earlier")
      ->default_val(200)
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--from", options->from, "lowest level")
      ->check(CLI::Range(1, static_cast<int>(EngineSpec::kMaxLevel)))
      ->capture_default_str();
  verb->add_option("--to", options->to, "highest level")
      ->check(CLI::Range(1, static_cast<int>(EngineSpec::kMaxLevel)))
      ->capture_default_str();
  options->configuration = add_match_flags(*verb, options->flags);
  verb->add_flag("--json", options->as_json, "print one JSON object");
  verb->footer(
      "Fails when a step is not stronger than the one below, or when the highest computes for more than 200 ms a "
      "move.\n"
      "Example:\n  meshzero ladder --board square8 --players 2 --pairs 300");
  verb->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
