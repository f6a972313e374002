// When a step of the ladder counts as shown, and what an interrupted ladder returns.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "node/joined_threads.h"
#include "node/ladder.h"

namespace mz {
namespace {

constexpr std::uint64_t kFull = 400;

MatchSummary match(SprtVerdict verdict, std::uint64_t games, double low) {
  MatchSummary summary;
  summary.sprt.verdict = verdict;
  summary.games = games;
  summary.elo.low = low;
  return summary;
}

TEST(LadderStep, IsShownByATestThatAcceptsIt) {
  EXPECT_TRUE(shows_step(match(SprtVerdict::accepted, 60, 12), kFull));
  EXPECT_TRUE(shows_step(match(SprtVerdict::accepted, 60, -3), kFull));
}

TEST(LadderStep, IsShownByItsIntervalOnlyWhenAllGamesWerePlayed) {
  EXPECT_TRUE(shows_step(match(SprtVerdict::undecided, kFull, 1), kFull));
  EXPECT_FALSE(shows_step(match(SprtVerdict::undecided, kFull - 2, 1), kFull));
  EXPECT_FALSE(shows_step(match(SprtVerdict::undecided, kFull, 0), kFull));
  EXPECT_FALSE(shows_step(match(SprtVerdict::rejected, 200, 1), kFull)) << "a small step that the test has given up";
  MatchSummary interrupted = match(SprtVerdict::undecided, kFull, 1);
  interrupted.interrupted = true;
  EXPECT_FALSE(shows_step(interrupted, kFull));
}

TEST(LadderStep, IsMissingWhenItsMatchWasInterrupted) {
  std::string pattern = (std::filesystem::temp_directory_path() / "mz-ladder-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  LadderRun run;
  run.match.plan.config.board = "hex8";
  run.match.plan.cycles = 1'000'000;
  run.match.sprt.max_games = 2'000'000;
  run.match.stop_on_verdict = false;
  run.match.log_path = (folder / "log").string();
  run.to = 3;
  std::atomic<bool> stop{false};
  std::vector<int> told;
  {
    JoinedThreads interrupter;
    const auto started = interrupter.start([&] {
      std::error_code missing;
      for (std::uintmax_t size = 0; size == 0 || size == static_cast<std::uintmax_t>(-1);) {
        std::this_thread::yield();
        size = std::filesystem::file_size(run.match.log_path, missing);
      }
      stop = true;
    });
    ASSERT_TRUE(started) << started.error().text;
    const auto steps = run_ladder(
        run, [&](const LadderStep& step) { told.push_back(step.level); }, stop);
    ASSERT_TRUE(steps);
    ASSERT_EQ(steps->size(), 1U);
    EXPECT_EQ(steps->front().level, 1);
  }
  EXPECT_EQ(told, std::vector<int>{1});
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mz
