#include "engine/difficulty.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

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
      const DifficultySteps* steps =
          difficulty_steps({.game = "ringrift", .board = board, .seats = seats, .options = {}});
      ASSERT_NE(steps, nullptr) << board << seats;
      for (std::size_t i = 1; i < steps->size(); ++i) EXPECT_NE((*steps)[i - 1], (*steps)[i]);
    }
  }
}

// The rows "| level | `engine` | games | score | Elo | shown |" of docs/strength.md below a heading "board, two seats".
std::map<std::string, std::vector<std::pair<std::string, bool>>> documented_ladders() {
  std::map<std::string, std::vector<std::pair<std::string, bool>>> ladders;
  std::ifstream page(MESHZERO_SOURCE_DIR "/docs/strength.md");
  std::string heading;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) heading = line.substr(line.find(' ') + 1);
    const std::size_t name = line.find("| `");
    if (!line.starts_with("| ") || line.find_first_not_of("0123456789", 2) != name - 1) continue;
    const std::size_t end = line.find('`', name + 3);
    ladders[heading].emplace_back(line.substr(name + 3, end - name - 3), line.ends_with("| yes |"));
  }
  return ladders;
}

TEST(Difficulty, TheMeasuredLaddersAreThoseOfTheProgramAndShown) {
  const auto ladders = documented_ladders();
  const std::map<int, std::string> words = {{2, "two"}, {3, "three"}, {4, "four"}};
  for (const std::string board : {"square8", "hex8", "square19", "hexagonal"}) {
    for (const auto& [seats, word] : words) {
      const auto found = ladders.find(board + ", " + word + " seats");
      ASSERT_NE(found, ladders.end()) << board << seats;
      const DifficultySteps* steps =
          difficulty_steps({.game = "ringrift", .board = board, .seats = seats, .options = {}});
      ASSERT_NE(steps, nullptr) << board << seats;
      ASSERT_EQ(found->second.size(), steps->size()) << board << seats;
      for (std::size_t i = 0; i < steps->size(); ++i) {
        EXPECT_EQ(found->second[i].first, (*steps)[i]) << board << seats;
        EXPECT_TRUE(i == 0 || found->second[i].second) << board << seats << " level " << i + 1;
      }
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

TEST(Difficulty, RefusesGamesWithoutStepsInsteadOfLendingThemThoseOfAnother) {
  const GameConfig other{.game = "othello", .board = "square8", .seats = 2, .options = {}};
  EXPECT_EQ(difficulty_steps(other), nullptr);
  const auto refused = named_in_full(other, *parse_engine_spec("difficulty:3"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("no levels of difficulty for othello"), std::string::npos);
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
