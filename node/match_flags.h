// The flags that all verbs share which play matches: configuration of the game, seeds, threads and the log.
#pragma once

#include <string>
#include <vector>

#include "node/configuration_flags.h"
#include "node/game_flags.h"
#include "node/match_run.h"

namespace mz {

struct MatchFlags {
  GameFlags game;
  std::uint64_t seed = 1;
  std::uint64_t openings = 0;
  std::uint32_t max_moves = 0;
  int threads = 0;  // 0: one per usable core
  std::string log;  // empty: matches.log in the data directory
};

FlagValues add_match_flags(CLI::App& verb, MatchFlags& flags);

// --log, or the match log of the node's data directory (created when missing).
Result<std::string> match_log_path(const std::string& log, const FlagValues& configuration);

// A run with these engines; the last of them sits on all seats that are left.
Result<MatchRun> make_match_run(const MatchFlags& flags, const FlagValues& configuration,
                                const std::vector<std::string>& engines);

}  // namespace mz
