#include "node/ladder.h"

#include <time.h>

#include <algorithm>

#include "engine/difficulty.h"
#include "node/engine_seat.h"

namespace mz {
namespace {

constexpr std::uint64_t kTimingStream = 0x74696d65;  // "time"

Result<std::string> level_engine(const GameConfig& config, int level) {
  const auto engine = difficulty_engine(config, static_cast<std::uint64_t>(level));
  if (!engine) return engine.error();
  return to_string(*engine);
}

// What this thread has computed so far. Unlike the time on the wall it does not grow while others use the core.
double computed_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// One game of the engine against itself. Engines without a limit in time think in the thread that asks them.
Result<MoveTime> time_moves(const MatchPlan& plan, const std::string& spec, const std::atomic<bool>& stop) {
  auto game = make_game(plan.config);
  if (!game) return game.error();
  auto player = make_seat_player(**game, {spec, ""});
  if (!player) return player.error();
  const auto position = (*game)->initial();
  for (const Move move : make_opening(**game, derive_seed(plan.seed, kTimingStream))) position->apply(move);
  Rng rng(derive_seed(plan.seed, kTimingStream));
  MoveTime time;
  double total = 0;
  MoveList moves;
  while (position->kind() != NodeKind::terminal && !stop) {
    if (position->kind() == NodeKind::chance) {
      position->apply(position->sample(rng));
      continue;
    }
    position->moves(moves);
    const double begin = computed_ms();
    const Move move = (*player)->decide(*position, rng).move;
    const double took = computed_ms() - begin;
    if (moves.size() > 1) {
      ++time.decisions;
      total += took;
      time.most_ms = std::max(time.most_ms, took);
    }
    position->apply(move);
  }
  if (time.decisions > 0) time.mean_ms = total / static_cast<double>(time.decisions);
  return time;
}

}  // namespace

bool shows_step(const MatchSummary& match, std::uint64_t full_length) {
  if (match.sprt.verdict != SprtVerdict::undecided) return match.sprt.verdict == SprtVerdict::accepted;
  return !match.interrupted && match.games >= full_length && match.elo.low > 0;
}

Result<std::vector<LadderStep>> run_ladder(const LadderRun& run, const std::function<void(const LadderStep&)>& progress,
                                           const std::atomic<bool>& stop) {
  std::vector<LadderStep> steps;
  for (int level = run.from; level <= run.to && !stop; ++level) {
    LadderStep step;
    step.level = level;
    const auto engine = level_engine(run.match.plan.config, level);
    if (!engine) return engine.error();
    step.engine = *engine;
    const auto time = time_moves(run.match.plan, step.engine, stop);
    if (!time) return time.error();
    if (stop) break;
    step.time = *time;
    if (level > run.from) {
      MatchRun match = run.match;
      // The engines themselves and not difficulty:N, so that the log stays true when steps change.
      const auto below = level_engine(match.plan.config, level - 1);
      if (!below) return below.error();
      match.plan.participants.assign(static_cast<std::size_t>(match.plan.config.seats), {*below, ""});
      match.plan.participants.front().spec = step.engine;
      auto summary = run_match(
          match, [](const MatchSummary&) {}, stop);
      if (!summary) return summary.error();
      if (summary->interrupted) break;
      step.match = *summary;
      step.stronger = shows_step(*summary, match.sprt.max_games);
    }
    progress(step);
    steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace mz
