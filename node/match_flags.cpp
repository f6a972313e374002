#include "node/match_flags.h"

#include "node/platform.h"
#include "store/disk.h"

namespace mz {

FlagValues add_match_flags(CLI::App& verb, MatchFlags& flags) {
  add_game_flags(verb, flags.game);
  add_seed_flag(verb, flags.seed, "of openings and games; the same seed plays the same match");
  verb.add_option("--openings", flags.openings, "size of the pool of openings; 0: a new one for every cycle")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  verb.add_option("--max-moves", flags.max_moves,
                  "stop a game after so many plies, or with the opening where that is longer, and share it; 0: never")
      ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{GameRecord::kMaxMoves}))
      ->capture_default_str();
  verb.add_option("--threads", flags.threads, "games at a time; 0: one per core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  verb.add_option("--log", flags.log, "match log to continue (default: matches.log in the data directory)")
      ->type_name("FILE");
  return add_configuration_flags(verb, {"data"});
}

Result<std::string> match_log_path(const std::string& log, const FlagValues& configuration) {
  if (!log.empty()) return log;
  const auto loaded = load_configuration(configuration);
  if (!loaded) return loaded.error();
  const auto directory = data_path(*loaded);
  if (!directory) return directory.error();
  if (auto made = make_posix_disk()->make_directories(directory->string()); !made) return made.error();
  return (*directory / "matches.log").string();
}

Result<MatchRun> make_match_run(const MatchFlags& flags, const FlagValues& configuration,
                                const std::vector<std::string>& engines) {
  const int seats = flags.game.players;
  if (engines.size() > static_cast<std::size_t>(seats)) {
    return Error{ErrorKind::usage, std::to_string(engines.size()) + " engines were named for " + std::to_string(seats) +
                                       " seats. Leave some out or raise --players."};
  }
  auto config = game_config(flags.game);
  if (!config) return config.error();
  MatchRun run;
  run.plan.config = std::move(*config);
  run.plan.seed = flags.seed;
  run.plan.openings = flags.openings;
  run.plan.max_moves = flags.max_moves;
  for (int seat = 0; seat < seats; ++seat) {
    run.plan.participants.push_back(
        {engines[std::min<std::size_t>(static_cast<std::size_t>(seat), engines.size() - 1)], ""});
  }
  run.threads = flags.threads > 0 ? flags.threads : static_cast<int>(platform::usable_cores());
  auto log = match_log_path(flags.log, configuration);
  if (!log) return log.error();
  run.log_path = *log;
  return run;
}

}  // namespace mz
