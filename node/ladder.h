// Measures the steps of difficulty:N on a configuration: how strong each is against the one below, and how long it thinks.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "node/match_run.h"

namespace mz {

inline constexpr double kLadderStepMilliseconds = 200;  // what the highest step may take for a move on average

// Processor time, so that other work on the machine hardly counts.
struct MoveTime {
  double mean_ms = 0;  // over decisions with a choice
  double most_ms = 0;
  std::uint64_t decisions = 0;
};

struct LadderStep {
  int level = 0;
  std::string engine;
  MoveTime time;
  MatchSummary match;     // against the step below; empty for the lowest one measured
  bool stronger = false;  // see shows_step
};

// Whether a match shows A to be the stronger one: the test accepted it, or the match was played to its full length and the whole 95 %
// interval is above 0. The interval of a match that a test ended earlier exaggerates.
bool shows_step(const MatchSummary& match, std::uint64_t full_length);

struct LadderRun {
  MatchRun match;  // configuration, seed, cycles, log; the participants are filled in
  int from = 1;
  int to = 10;
};

// Plays every step against the one below. `progress` is called after each step; an interrupted run returns the steps whose timing and
// match it finished.
Result<std::vector<LadderStep>> run_ladder(const LadderRun& run, const std::function<void(const LadderStep&)>& progress,
                                           const std::atomic<bool>& stop);

}  // namespace mz
