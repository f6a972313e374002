// `meshzero ratings` and `meshzero tournament`: how strong everybody is, from the match log.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/difficulty.h"
#include "engine/named_engines.h"
#include "engine/ringrift/weights.h"
#include "node/engine_seat.h"
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
  std::map<std::string, SeatEngine> engines;           // by participant id
  std::map<std::string, int> bearers;                  // specification -> how many engines of the log have it
  std::map<std::string, const MatchResult*> examples;  // configuration -> one result of it
  std::vector<MatchResult> results;
  std::uint64_t faults = 0;  // lines that are damaged or out of place
  MatchLogFault first_fault;
  bool has_anchor = false;
};

constexpr std::size_t kShownDigits = 8;  // of a hash of weights

// The specification, and the beginning of the hash of the weights where the specification alone is not enough.
std::string name_of(const RatedLog& log, const std::string& id) {
  const SeatEngine& engine = log.engines.at(id);
  if (log.bearers.at(engine.spec) == 1) return engine.spec;
  return engine.spec + "#" + (engine.weights_hash.empty() ? "-" : engine.weights_hash.substr(0, kShownDigits));
}

// The engine that SPEC or SPEC#DIGITS names, where the digits begin the hash of its weights and - says that none is known.
Result<std::string> anchor_id(const RatedLog& log, const std::string& anchor) {
  const std::size_t mark = anchor.find('#');
  const auto spec = parse_engine_spec(anchor.substr(0, mark));
  if (!spec) return spec.error();
  const std::string name = to_string(*spec);
  const std::string digits = mark == std::string::npos ? "" : anchor.substr(mark + 1);
  std::string id = participant_id({name, ""});
  std::string found;
  int matches = 0;
  for (const auto& [candidate, engine] : log.engines) {
    const bool same = digits == "-" ? engine.weights_hash.empty() : engine.weights_hash.starts_with(digits);
    if (engine.spec != name || !same) continue;
    id = candidate;
    found += (matches++ == 0 ? "" : ", ") + name_of(log, candidate);
  }
  if (matches > 1) {
    return Error{ErrorKind::usage, "Several engines in the log are called '" + anchor +
                                       "', with different weights. Choose one of: " + found + "."};
  }
  if (matches == 1 || mark != std::string::npos) return id;
  // By another name of an engine of the log: a step of the ladder, or weights that are the default.
  std::set<std::string> meant;
  for (const auto& [configuration, example] : log.examples) {
    const auto game = make_game(example->config);
    const auto full = named_in_full(example->config, *spec);
    if (!game || !full) continue;
    const auto player = make_seat_player(**game, {to_string(*full), ""});
    if (!player) continue;
    const std::string its_id = participant_id({to_string(*full), (*player)->weights_hash()});
    if (log.engines.contains(its_id)) meant.insert(its_id);
  }
  if (meant.size() > 1) {
    std::string choices;
    for (const std::string& one : meant) choices += (choices.empty() ? "" : ", ") + name_of(log, one);
    return Error{
        ErrorKind::usage,
        "'" + anchor + "' is another engine in each configuration of the log. Choose one of: " + choices + "."};
  }
  return meant.empty() ? id : *meant.begin();
}

Result<RatedLog> rate_log(const std::string& path, const std::string& anchor) {
  auto reading = read_match_log_file(path);
  if (!reading) return reading.error();
  RatedLog rated;
  rated.faults = reading->fault_count;
  if (rated.faults > 0) rated.first_fault = reading->faults.front();
  rated.results = std::move(reading->results);
  std::vector<RatedGame> games;
  for (const MatchResult& result : rated.results) {
    games.push_back(rated_game(result));
    rated.examples[configuration_id(result)] = &result;
    for (const SeatEngine& engine : result.participants) rated.engines[participant_id(engine)] = engine;
  }
  for (const auto& [id, engine] : rated.engines) ++rated.bearers[engine.spec];
  const auto reference = anchor_id(rated, anchor);
  if (!reference) return reference.error();
  rated.has_anchor = rated.engines.contains(*reference);
  auto tables = rate(games, *reference);
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
        const SeatEngine& engine = log.engines.at(rating.participant);
        ratings.push_back({{"engine", engine.spec},
                           {"weights_hash", engine.weights_hash},
                           {"id", rating.participant},
                           {"elo", rating.elo},
                           {"elo_low", rating.low ? json(*rating.low) : json()},
                           {"elo_high", rating.high ? json(*rating.high) : json()},
                           {"games", rating.games},
                           {"score", rating.score}});
      }
      groups.push_back(
          {{"reference", name_of(log, group.reference)}, {"anchored", group.anchored}, {"ratings", ratings}});
    }
    out.push_back({{"game", config.game},
                   {"board", config.board},
                   {"players", config.seats},
                   {"options", config.options},
                   {"groups", groups},
                   {"damaged_lines", log.faults},  // of the whole log
                   {"first_damaged_line", log.faults > 0 ? json(log.first_fault.line) : json()}});
  }
  return out;
}

void print(const RatedLog& log) {
  if (log.tables.empty() && log.faults == 0)
    std::printf("The match log is empty. Play a match first: meshzero match --help\n");
  for (const auto& [configuration, table] : log.tables) {
    const GameConfig& config = log.examples.at(configuration)->config;
    std::printf("%s %s, %d players", config.game.c_str(), config.board.c_str(), config.seats);
    for (const auto& [name, value] : config.options) std::printf(", %s=%d", name.c_str(), value);
    std::printf("\n");
    for (const RatingGroup& group : table) {
      std::printf("  Elo above %s%s\n", name_of(log, group.reference).c_str(),
                  group.anchored ? "" : " (no chain of games leads to the anchor)");
      for (const Rating& rating : group.ratings) {
        const auto bound = [](const std::optional<double>& value) {
          return value ? std::to_string(std::lround(*value)) : std::string("open");
        };
        std::printf("  %7.0f  [%s, %s]  %6llu games  %s\n", rating.elo, bound(rating.low).c_str(),
                    bound(rating.high).c_str(), static_cast<unsigned long long>(rating.games),
                    name_of(log, rating.participant).c_str());
      }
    }
  }
}

// The sound lines are rated all the same.
Error damage(const std::string& path, const RatedLog& log) {
  const std::string lines = log.faults == 1 ? "1 line" : std::to_string(log.faults) + " lines";
  return {ErrorKind::corrupt, "The match log " + path + " is damaged: " + lines + ", the first of them line " +
                                  std::to_string(log.first_fault.line) + ". " + log.first_fault.text +
                                  " The ratings are those of the sound lines. For all of them put an undamaged copy "
                                  "back, or play the matches again into another file with --log."};
}

// A log that was named is there; the one of the data directory may not have been begun.
Result<std::string> log_to_rate(const RatingOptions& options) {
  std::error_code error;
  if (!options.log.empty() && !std::filesystem::exists(options.log, error)) {
    return Error{ErrorKind::not_found, "There is no match log " + options.log +
                                           ". Check the name, or play a match into it: meshzero match --log FILE."};
  }
  return match_log_path(options.log, options.configuration);
}

int print_ratings(const std::string& path, const std::string& anchor, bool as_json) {
  const auto log = rate_log(path, anchor);
  if (!log) return report(log.error());
  if (!log->has_anchor && !log->tables.empty()) {
    std::fprintf(
        stderr,
        "meshzero: The anchor '%s' has no game in this log, so each list counts from the engine with most games "
        "in it. Name one of the log with --anchor.\n",
        anchor.c_str());
  }
  if (as_json) {
    std::printf("%s\n", to_json(*log).dump(2).c_str());
  } else {
    print(*log);
  }
  return log->faults == 0 ? kExitOk : report(damage(path, *log));
}

struct TournamentOptions {
  std::vector<std::string> engines;
  MatchFlags flags;
  std::uint64_t pairs = 20;
  std::string anchor = "random";
  FlagValues configuration;
  bool as_json = false;
};

// Profiles of weights besides the one that engines use anyway.
std::vector<std::string> other_profiles() {
  std::vector<std::string> names;
  for (const ringrift::Profile& profile : ringrift::weight_profiles()) {
    const auto weights = ringrift::profile_weights(profile.name);
    if (weights && !(*weights == ringrift::default_weights())) names.emplace_back(profile.name);
  }
  return names;
}

// Those named, or nobody named: all of the configuration. Each of them can play, so that nothing fails after the first matches.
Result<std::vector<std::string>> participants(const TournamentOptions& options) {
  if (options.engines.size() == 1) return Error{ErrorKind::usage, "A tournament needs at least two engines."};
  const auto config = game_config(options.flags.game);
  if (!config) return config.error();
  const auto game = make_game(*config);
  if (!game) return game.error();
  if (options.engines.empty()) return tournament_engines(**game, other_profiles());
  std::map<std::string, std::string> named;  // participant -> how it was named
  for (const std::string& engine : options.engines) {
    const auto player = make_seat_player(**game, {engine, ""});
    if (!player) return player.error();
    const auto spec = named_in_full((*game)->config(), parse_engine_spec(engine).value());
    if (!spec) return spec.error();
    const auto [same, added] = named.emplace(participant_id({to_string(*spec), (*player)->weights_hash()}), engine);
    if (!added) {
      return Error{ErrorKind::usage, "'" + same->second + "' and '" + engine +
                                         "' are one engine. A tournament needs different ones; leave one of them out."};
    }
  }
  return options.engines;
}

int play_tournament(const TournamentOptions& options) {
  const auto named = participants(options);
  if (!named) return report(named.error());
  if (const auto anchor = parse_engine_spec(options.anchor.substr(0, options.anchor.find('#'))); !anchor) {
    return report(anchor.error());
  }
  const std::vector<std::string>& engines = *named;
  const std::atomic<bool>& stop = stop_on_signals();
  std::string log;
  for (std::size_t i = 0; i < engines.size(); ++i) {
    for (std::size_t j = 0; j < engines.size(); ++j) {
      // Two seats are the same match in both orders; with more, one engine is alone against the other on all other seats.
      if (j == i || (j < i && options.flags.game.players == 2)) continue;
      auto run = make_match_run(options.flags, options.configuration, {engines[i], engines[j]});
      if (!run) return report(run.error());
      log = run->log_path;
      run->stop_on_verdict = false;
      run->plan.cycles = options.pairs;
      run->sprt.max_games = options.pairs * static_cast<std::uint64_t>(options.flags.game.players);
      const auto summary = run_match(
          *run, [](const MatchSummary&) {}, stop);
      if (!summary) return report(summary.error());
      std::fprintf(stderr, "%s against %s: score %.3f in %llu games, %llu of them from the match log\n",
                   engines[i].c_str(), engines[j].c_str(), summary->elo.score,
                   static_cast<unsigned long long>(summary->games),
                   static_cast<unsigned long long>(summary->resumed_games));
      if (stop) return report({ErrorKind::failure, "Interrupted: the same command goes on where this one stopped."});
    }
  }
  return print_ratings(log, options.anchor, options.as_json);
}

}  // namespace

void add_ratings(CLI::App& app, Action& action) {
  CLI::App* ratings = app.add_subcommand("ratings", "Ratings of all engines in the match log, with intervals");
  auto options = std::make_shared<RatingOptions>();
  ratings->add_option("--log", options->log, "match log (default: matches.log in the data directory)")
      ->type_name("FILE");
  ratings
      ->add_option("--anchor", options->anchor,
                   "engine whose rating is 0; SPEC#DIGITS, with the beginning of the hash of its weights, where "
                   "several have one "
                   "specification")
      ->capture_default_str();
  options->configuration = add_configuration_flags(*ratings, {"data"});
  ratings->add_flag("--json", options->as_json, "print JSON");
  ratings->footer("Examples:\n  meshzero ratings\n  meshzero ratings --log matches.log --json");
  ratings->callback([options, &action] {
    action = [options] {
      const auto path = log_to_rate(*options);
      return path ? print_ratings(*path, options->anchor, options->as_json) : report(path.error());
    };
  });
}

void add_tournament(CLI::App& app, Action& action) {
  CLI::App* tournament = app.add_subcommand("tournament", "Play every engine against every other and rate them");
  auto options = std::make_shared<TournamentOptions>();
  tournament->add_option("engines", options->engines,
                         "engine specifications; without any: all that the configuration has");
  tournament
      ->add_option("--pairs", options->pairs,
                   "cycles for each two engines; with more than two players for each of them alone against the other")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  tournament
      ->add_option("--anchor", options->anchor,
                   "engine whose rating is 0; SPEC#DIGITS, with the beginning of the hash of its weights, where "
                   "several have one "
                   "specification")
      ->capture_default_str();
  options->configuration = add_match_flags(*tournament, options->flags);
  tournament->add_flag("--json", options->as_json, "print JSON");
  tournament->footer(
      "Examples:\n  meshzero tournament random heuristic --board square8 --players 2 --pairs 20\n"
      "  meshzero tournament --board hex8 --players 3 --pairs 10 --json");
  tournament->callback([options, &action] { action = [options] { return play_tournament(*options); }; });
}

}  // namespace mz
