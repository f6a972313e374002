// Plays a whole match on several threads, tests it as it goes, and writes it to the match log.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/match.h"
#include "engine/stats/sprt.h"

namespace mz {

struct MatchRun {
  MatchPlan plan;
  SprtPlan sprt;
  bool stop_on_verdict = true;  // else all cycles are played
  int threads = 1;
  std::string log_path;
};

struct MatchSummary {
  SprtStatus sprt;
  EloEstimate elo;
  std::uint64_t games = 0;          // counted, in whole cycles
  std::uint64_t resumed_games = 0;  // of these, found in the log
  std::uint64_t distinct_games = 0;
  std::uint64_t cycles = 0;
  std::uint64_t repeated_cycles = 0;
  std::uint64_t wins = 0;
  std::uint64_t shared = 0;
  std::uint64_t losses = 0;
  std::vector<std::uint64_t> histogram;  // cycles by the score of A, see MatchScore
  std::uint64_t capped = 0;
  std::uint64_t plies = 0;   // of the games played now
  std::uint64_t played = 0;  // games played now
  bool interrupted = false;
};

// Cycles are counted and logged in order, so the summary depends on neither threads nor interruptions: a match that is started
// again with the same plan takes the cycles it finds in the log and plays the rest. Of a match with another move cap it takes the games
// that would be the same. `progress` is called after each counted cycle; `stop`, when set to true by a signal, ends the match after the
// cycles that are complete.
Result<MatchSummary> run_match(const MatchRun& run, const std::function<void(const MatchSummary&)>& progress,
                               const std::atomic<bool>& stop);

}  // namespace mz
