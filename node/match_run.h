// Plays a whole match on several threads, tests it as it goes, and writes it to the match log.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <utility>
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
  std::vector<SeatEngine> participants;  // who really played: in full, with the hashes of their weights
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
  std::uint64_t draws = 0;               // games that ended and that nobody won
  std::uint64_t capped = 0;
  std::uint64_t plies = 0;   // of the games played now
  std::uint64_t played = 0;  // of the counted games, played now
  bool interrupted = false;
};

// Which of the finished games of cycles `first` to `last` may be logged while others are missing. The log does not tell of which cycle a
// game is where cycles share an opening, so one is left out when an earlier game of its opening and seats is missing.
std::vector<std::pair<std::uint64_t, int>> loggable_games(
    const MatchPlan& plan, std::uint64_t first, std::uint64_t last,
    const std::function<bool(std::uint64_t cycle, int rotation)>& finished);

// The interval as people read it: "[+137, open]".
std::string interval_text(const EloEstimate& elo);

// Cycles are counted in order, so the summary depends on neither threads nor interruptions, and logged in order, so neither does the log
// of a match that is not interrupted. `progress` is called after each counted cycle; `stop`, when set to true by a signal, ends the
// match after the games that are being played, and the games of unfinished cycles are logged too. A match that is started again with
// the same plan takes all games of it that it finds in the log, in any order, and plays the rest. Of a match with another move cap it
// takes the games that would be the same.
Result<MatchSummary> run_match(const MatchRun& run, const std::function<void(const MatchSummary&)>& progress,
                               const std::atomic<bool>& stop);

}  // namespace mz
