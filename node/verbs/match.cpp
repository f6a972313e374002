// `meshzero match`: which of two engines is stronger, with evidence.
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

#include "node/configuration_flags.h"
#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/match_flags.h"
#include "node/match_run.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

struct Options {
  std::string a, b, c, d;
  MatchFlags flags;
  std::uint64_t pairs = 0;
  std::optional<std::string> sprt;
  FlagValues configuration;
  bool as_json = false;
};

json test_json(const MatchRun& run, const SprtStatus& status) {
  if (!run.stop_on_verdict) return {};
  return {{"elo0", run.sprt.elo0},   {"elo1", run.sprt.elo1},
          {"alpha", run.sprt.alpha}, {"beta", run.sprt.beta},
          {"llr", status.llr},       {"lower", status.lower},
          {"upper", status.upper},   {"verdict", to_text(status.verdict)}};
}

json to_json(const MatchRun& run, const MatchSummary& s) {
  json engines = json::array();
  for (const SeatEngine& participant : run.plan.participants) engines.push_back(participant.spec);
  json participants = json::array();
  for (const SeatEngine& participant : s.participants) {
    participants.push_back(
        {{"spec", participant.spec}, {"weights_hash", participant.weights_hash}, {"id", participant_id(participant)}});
  }
  return {{"board", run.plan.config.board},
          {"players", run.plan.config.seats},
          {"options", run.plan.config.options},
          {"engines", engines},
          {"participants", participants},
          {"seed", run.plan.seed},
          {"score_a", s.elo.score},
          {"games", s.games},
          {"distinct_games", s.distinct_games},
          {"cycles", s.cycles},
          {"repeated_cycles", s.repeated_cycles},
          {"resumed_games", s.resumed_games},
          {"wins", s.wins},
          {"shared", s.shared},
          {"losses", s.losses},
          {"cycle_scores", s.histogram},
          {"draws", s.draws},
          {"capped", s.capped},
          // Of the games of this run: those that were resumed are known by their results only.
          {"mean_plies", s.played == 0 ? json() : json(static_cast<double>(s.plies) / static_cast<double>(s.played))},
          {"elo", s.elo.elo},
          {"elo_low", s.elo.low},
          {"elo_high", s.elo.high},
          {"elo_open_above", s.elo.open_above},
          {"elo_open_below", s.elo.open_below},
          {"sprt", test_json(run, s.sprt)},
          {"interrupted", s.interrupted}};
}

std::string score_line(const MatchRun& run, const MatchSummary& s) {
  char text[200];
  std::snprintf(text, sizeof text, "%llu games: +%llu =%llu -%llu, score %.3f, Elo %+.0f %s",
                static_cast<unsigned long long>(s.games), static_cast<unsigned long long>(s.wins),
                static_cast<unsigned long long>(s.shared), static_cast<unsigned long long>(s.losses), s.elo.score,
                s.elo.elo, interval_text(s.elo).c_str());
  if (!run.stop_on_verdict) return text;
  char test[80];
  std::snprintf(test, sizeof test, ", LLR %.2f [%.2f, %.2f]", s.sprt.llr, s.sprt.lower, s.sprt.upper);
  return std::string(text) + test;
}

// elo0=0,elo1=10[,alpha=0.05][,beta=0.05]; both claims must be named, and nothing twice.
Result<SprtPlan> parse_sprt(const std::string& text) {
  const auto refused = [](const std::string& why) {
    return Error{ErrorKind::usage,
                 "--sprt must read like elo0=0,elo1=10,alpha=0.05,beta=0.05, where alpha and beta may "
                 "be left out; " +
                     why + "."};
  };
  SprtPlan plan;
  std::set<std::string> named;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t equals = part.find('=');
    const std::string name = part.substr(0, equals);
    double* target = name == "elo0"    ? &plan.elo0
                     : name == "elo1"  ? &plan.elo1
                     : name == "alpha" ? &plan.alpha
                     : name == "beta"  ? &plan.beta
                                       : nullptr;
    char* end = nullptr;
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    const double number = std::strtod(value.c_str(), &end);
    if (target == nullptr || value.empty() || *end != '\0' || !std::isfinite(number)) {
      return refused("'" + part + "' is no part of it");
    }
    if (!named.insert(name).second) return refused(name + " is given twice");
    *target = number;
  }
  if (text.ends_with(',')) return refused("nothing follows the last comma");
  for (const char* claim : {"elo0", "elo1"}) {
    if (!named.contains(claim)) return refused(std::string(claim) + " is missing");
  }
  return plan;
}

void print(const Options& options, const MatchRun& match, const MatchSummary& s) {
  const GameConfig& config = match.plan.config;
  std::printf("%s against %s on %s with %d players", options.a.c_str(), options.b.c_str(), config.board.c_str(),
              config.seats);
  for (const auto& [name, value] : config.options) std::printf(", %s=%d", name.c_str(), value);
  std::printf("\n%s\n", score_line(match, s).c_str());
  if (s.resumed_games > 0) {
    std::printf("%llu of them were in the match log already; with another --log file they are played anew.\n",
                static_cast<unsigned long long>(s.resumed_games));
  }
  std::printf("%llu distinct games, %llu draws, %llu capped, %llu cycles repeated an earlier game and do not count.\n",
              static_cast<unsigned long long>(s.distinct_games), static_cast<unsigned long long>(s.draws),
              static_cast<unsigned long long>(s.capped), static_cast<unsigned long long>(s.repeated_cycles));
  if (match.plan.config.seats == 2 && s.histogram.size() == 5) {
    std::printf("Pairs by the score of A, from 0 to 1 in quarters:");
    for (const std::uint64_t pairs : s.histogram) std::printf(" %llu", static_cast<unsigned long long>(pairs));
    std::printf(".\n");
  }
  if (match.stop_on_verdict) {
    std::printf("SPRT: that A is %+.0f Elo or more stronger rather than %+.0f is %s.\n", match.sprt.elo1,
                match.sprt.elo0, to_text(s.sprt.verdict));
  }
}

// One for each seat, as far as they are named; B sits where no other is.
std::vector<std::string> engines_of(const Options& options) {
  std::vector<std::string> engines = {options.a, options.b};
  const auto or_b = [&](const std::string& engine) { return engine.empty() ? options.b : engine; };
  if (!options.c.empty() || !options.d.empty()) engines.push_back(or_b(options.c));
  if (!options.d.empty() || (!options.c.empty() && options.flags.game.players > 3)) engines.push_back(or_b(options.d));
  return engines;
}

int run(const Options& options) {
  const std::vector<std::string> engines = engines_of(options);
  auto match = make_match_run(options.flags, options.configuration, engines);
  if (!match) return report(match.error());
  match->stop_on_verdict = options.sprt.has_value();
  if (options.sprt) {
    const auto sprt = parse_sprt(*options.sprt);
    if (!sprt) return report(sprt.error());
    match->sprt = *sprt;
  }
  match->plan.cycles = options.pairs;
  match->sprt.max_games = options.pairs * static_cast<std::uint64_t>(match->plan.config.seats);
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const auto summary = run_match(
      *match,
      [&match, terminal](const MatchSummary& s) {
        if (terminal) std::fprintf(stderr, "\r\x1b[K%s", score_line(*match, s).c_str());
      },
      stop_on_signals());
  if (terminal) std::fprintf(stderr, "\n");
  if (!summary) return report(summary.error());
  if (options.as_json) {
    std::printf("%s\n", to_json(*match, *summary).dump(2).c_str());
  } else {
    print(options, *match, *summary);
  }
  if (summary->interrupted) {
    return report({ErrorKind::failure, "Interrupted: the same command goes on where this one stopped."});
  }
  return kExitOk;
}

}  // namespace

void add_match(CLI::App& app, Action& action) {
  CLI::App* match = app.add_subcommand("match", "Play two engines against each other and say which is stronger");
  auto options = std::make_shared<Options>();
  match->add_option("--a", options->a, "engine A, for example heuristic")->required();
  match
      ->add_option("--b", options->b,
                   "engine B; with more than two players on every seat that has no engine of its own")
      ->required();
  match->add_option("--c", options->c, "engine on a third seat");
  match->add_option("--d", options->d, "engine on a fourth seat");
  match->add_option("--pairs", options->pairs, "cycles at most; a cycle plays one opening with A on every seat once")
      ->default_val(100)
      ->check(CLI::Range(1, 1'000'000));
  match->add_option("--sprt", options->sprt, "stop when the test elo0=…,elo1=…[,alpha=…,beta=…] is decided");
  options->configuration = add_match_flags(*match, options->flags);
  match->add_flag("--json", options->as_json, "print one JSON object");
  match->footer(
      "Examples:\n  meshzero match --a heuristic --b random --board square8 --players 2 --pairs 50\n"
      "  meshzero match --a heuristic --b random --board hex8 --players 3 --pairs 500 --sprt elo0=0,elo1=20 --json");
  match->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
