// `meshzero ratings` and `meshzero tournament`: how strong everybody is, from the match log.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/match_flags.h"
#include "node/verbs.h"
#include "store/match_log_file.h"

namespace mz {
namespace {

using nlohmann::json;

struct RatingOptions {
  std::string log;
  std::string anchor = "random";
  FlagValues configuration;
  bool as_json = false;
};

// Ratings of everything in a log, with engine names instead of hashes.
struct RatedLog {
  std::map<std::string, RatingTable> tables;           // by configuration
  std::map<std::string, std::string> names;            // participant id -> specification
  std::map<std::string, const MatchResult*> examples;  // configuration -> one result of it
  std::vector<MatchResult> results;
};

Result<RatedLog> rate_log(const std::string& path, const std::string& anchor) {
  auto reading = read_match_log_file(path);
  if (!reading) return reading.error();
  if (reading->fault_count > 0) {
    return Error{ErrorKind::corrupt, "The match log " + path + " is damaged in " +
                                         std::to_string(reading->fault_count) + " lines, the first of them line " +
                                         std::to_string(reading->faults.front().line) + ": " +
                                         reading->faults.front().text + " Ratings need the whole log."};
  }
  RatedLog rated;
  rated.results = std::move(reading->results);
  std::vector<RatedGame> games;
  for (const MatchResult& result : rated.results) {
    games.push_back(rated_game(result));
    rated.examples[configuration_id(result)] = &result;
    for (const SeatEngine& engine : result.participants) rated.names[participant_id(engine)] = engine.spec;
  }
  auto tables = rate(games, participant_id({anchor, ""}));
  if (!tables) return tables.error();
  rated.tables = std::move(*tables);
  return rated;
}

json to_json(const RatedLog& log) {
  json out = json::array();
  for (const auto& [configuration, table] : log.tables) {
    const GameConfig& config = log.examples.at(configuration)->config;
    json groups = json::array();
    for (const RatingGroup& group : table) {
      json ratings = json::array();
      for (const Rating& rating : group.ratings) {
        ratings.push_back({{"engine", log.names.at(rating.participant)},
                           {"id", rating.participant},
                           {"elo", rating.elo},
                           {"elo_low", rating.low ? json(*rating.low) : json()},
                           {"elo_high", rating.high ? json(*rating.high) : json()},
                           {"games", rating.games},
                           {"score", rating.score}});
      }
      groups.push_back(
          {{"reference", log.names.at(group.reference)}, {"anchored", group.anchored}, {"ratings", ratings}});
    }
    out.push_back({{"game", config.game},
                   {"board", config.board},
                   {"players", config.seats},
                   {"options", config.options},
                   {"groups", groups}});
  }
  return out;
}

void print(const RatedLog& log) {
  if (log.tables.empty()) std::printf("The match log is empty. Play a match first: meshzero match --help\n");
  for (const auto& [configuration, table] : log.tables) {
    const GameConfig& config = log.examples.at(configuration)->config;
    std::printf("%s %s, %d players", config.game.c_str(), config.board.c_str(), config.seats);
    for (const auto& [name, value] : config.options) std::printf(", %s=%d", name.c_str(), value);
    std::printf("\n");
    for (const RatingGroup& group : table) {
      std::printf("  Elo above %s%s\n", log.names.at(group.reference).c_str(),
                  group.anchored ? "" : " (no chain of games leads to the anchor)");
      for (const Rating& rating : group.ratings) {
        const auto bound = [](const std::optional<double>& value) {
          return value ? std::to_string(static_cast<long>(*value)) : std::string("open");
        };
        std::printf("  %7.0f  [%s, %s]  %6llu games  %s\n", rating.elo, bound(rating.low).c_str(),
                    bound(rating.high).c_str(), static_cast<unsigned long long>(rating.games),
                    log.names.at(rating.participant).c_str());
      }
    }
  }
}

int print_ratings(const std::string& path, const std::string& anchor, bool as_json) {
  const auto log = rate_log(path, anchor);
  if (!log) return report(log.error());
  if (as_json) {
    std::printf("%s\n", to_json(*log).dump(2).c_str());
  } else {
    print(*log);
  }
  return kExitOk;
}

struct TournamentOptions {
  std::vector<std::string> engines;
  MatchFlags flags;
  std::uint64_t pairs = 20;
  std::string anchor = "random";
  FlagValues configuration;
  bool as_json = false;
};

int play_tournament(const TournamentOptions& options) {
  if (options.engines.size() < 2) return report({ErrorKind::usage, "A tournament needs at least two engines."});
  const std::atomic<bool>& stop = stop_on_signals();
  std::string log;
  for (std::size_t i = 0; i < options.engines.size(); ++i) {
    for (std::size_t j = i + 1; j < options.engines.size(); ++j) {
      auto run = make_match_run(options.flags, options.configuration, {options.engines[i], options.engines[j]});
      if (!run) return report(run.error());
      log = run->log_path;
      run->stop_on_verdict = false;
      run->plan.cycles = options.pairs;
      run->sprt.max_games = options.pairs * static_cast<std::uint64_t>(options.flags.players);
      const auto summary = run_match(
          *run, [](const MatchSummary&) {}, stop);
      if (!summary) return report(summary.error());
      std::fprintf(stderr, "%s against %s: score %.3f in %llu games\n", options.engines[i].c_str(),
                   options.engines[j].c_str(), summary->elo.score, static_cast<unsigned long long>(summary->games));
      if (stop) return report({ErrorKind::failure, "Interrupted: the same command goes on where this one stopped."});
    }
  }
  return print_ratings(log, options.anchor, options.as_json);
}

}  // namespace

void add_ratings(CLI::App& app, Action& action) {
  CLI::App* ratings = app.add_subcommand("ratings", "Ratings of all engines in the match log, with intervals");
  auto options = std::make_shared<RatingOptions>();
  ratings->add_option("--log", options->log, "match log (default: matches.log in the data directory)");
  ratings->add_option("--anchor", options->anchor, "engine whose rating is 0")->capture_default_str();
  options->configuration = add_configuration_flags(*ratings, {"data"});
  ratings->add_flag("--json", options->as_json, "print JSON");
  ratings->footer("Examples:\n  meshzero ratings\n  meshzero ratings --log matches.log --json");
  ratings->callback([options, &action] {
    action = [options] {
      const auto path = match_log_path(options->log, options->configuration);
      return path ? print_ratings(*path, options->anchor, options->as_json) : report(path.error());
    };
  });
}

void add_tournament(CLI::App& app, Action& action) {
  CLI::App* tournament = app.add_subcommand("tournament", "Play every engine against every other and rate them");
  auto options = std::make_shared<TournamentOptions>();
  tournament->add_option("engines", options->engines, "engine specifications")->required();
  tournament->add_option("--pairs", options->pairs, "cycles for each two engines")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  tournament->add_option("--anchor", options->anchor, "engine whose rating is 0")->capture_default_str();
  options->configuration = add_match_flags(*tournament, options->flags);
  tournament->add_flag("--json", options->as_json, "print JSON");
  tournament->footer("Examples:\n  meshzero tournament random heuristic --board square8 --players 2 --pairs 20");
  tournament->callback([options, &action] { action = [options] { return play_tournament(*options); }; });
}

}  // namespace mz
