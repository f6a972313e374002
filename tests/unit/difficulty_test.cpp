#include "engine/difficulty.h"

#include <gtest/gtest.h>

#include <atomic>

namespace mz {
namespace {

TEST(Difficulty, EveryStepOfEveryConfigurationIsAnEngineOfTheGame) {
  for (const GameFamily* family : game_families()) {
    for (const std::string& board : family->boards()) {
      for (const int seats : family->seat_counts()) {
        const auto game =
            make_game({.game = std::string(family->name()), .board = board, .seats = seats, .options = {}});
        ASSERT_TRUE(game);
        for (std::uint64_t level = 1; level <= EngineSpec::kMaxLevel; ++level) {
          const auto engine = difficulty_engine((*game)->config(), level);
          ASSERT_TRUE(engine) << board << seats << " step " << level;
          EXPECT_NE(engine->kind, EngineKind::difficulty);
          EXPECT_EQ(engine->ms, 0U) << "a step must play alike on every machine";
          EXPECT_TRUE((*game)->make_player("difficulty:" + std::to_string(level)));
        }
      }
    }
  }
}

TEST(Difficulty, StepsDiffer) {
  for (const std::string board : {"square8", "hex8", "square19", "hexagonal"}) {
    for (const int seats : {2, 3, 4}) {
      const DifficultySteps& steps =
          difficulty_steps({.game = "ringrift", .board = board, .seats = seats, .options = {}});
      for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_NE(steps[i - 1], steps[i]);
    }
  }
}

TEST(Difficulty, IsNamedInFullWithTheTimeLimitAskedFor) {
  const GameConfig config{.game = "ringrift", .board = "hex8", .seats = 2, .options = {}};
  EXPECT_EQ(to_string(*named_in_full(config, *parse_engine_spec("difficulty:4,ms=9"))), "heuristic:ms=9,random=50");
  EXPECT_EQ(to_string(*named_in_full(config, *parse_engine_spec("mcts:sims=9"))), "mcts:sims=9");
}

TEST(Difficulty, RefusesLevelsThatDoNotExist) {
  EXPECT_EQ(difficulty_engine({}, 0).error().kind, ErrorKind::usage);
  EXPECT_EQ(difficulty_engine({}, 11).error().kind, ErrorKind::usage);
}

TEST(Difficulty, KeepsTheTimeLimitAskedFor) {
  const auto game = make_game({.game = "ringrift", .board = "square8", .seats = 2, .options = {}});
  ASSERT_TRUE(game);
  EXPECT_EQ((*game)->make_player("difficulty:10,ms=20").error().kind, ErrorKind::refused) << "without a clock";
  const std::atomic<bool> stop = true;
  EngineResources resources;
  resources.stop = &stop;
  const auto player = (*game)->make_player("difficulty:10,ms=20", resources);
  ASSERT_TRUE(player);
  Rng rng(1);
  EXPECT_LT((*player)->decide(*(*game)->initial(), rng).nodes, 2000U) << "time is over from the beginning";
}

}  // namespace
}  // namespace mz
