#include "engine/difficulty.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdio>
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

struct MeasuredStep {
  std::string engine;
  double score = 0;
  double elo = 0;  // above the level below, with its interval of 95 %
  double low = 0;
  double high = 0;
  bool shown = false;
};

// The rows "| level | `engine` | games | score | Elo [low, high] | shown |" of docs/strength.md below a heading "board, two seats".
std::map<std::string, std::vector<MeasuredStep>> documented_ladders() {
  std::map<std::string, std::vector<MeasuredStep>> ladders;
  std::ifstream page(MESHZERO_SOURCE_DIR "/docs/strength.md");
  std::string heading;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("#")) heading = line.substr(line.find(' ') + 1);
    const std::size_t name = line.find("| `");
    if (!line.starts_with("| ") || line.find_first_not_of("0123456789", 2) != name - 1) continue;
    const std::size_t end = line.find('`', name + 3);
    MeasuredStep& step = ladders[heading].emplace_back();
    step.engine = line.substr(name + 3, end - name - 3);
    step.shown = line.ends_with("| yes |");
    const char* figures = line.c_str() + end;
    int games = 0;
    if (std::sscanf(figures, "` | %d | %lf | %lf [%lf, %lf]", &games, &step.score, &step.elo, &step.low, &step.high) !=
        5)
      step.low = 0;
  }
  return ladders;
}

// Strictly increasing in measured Elo: the whole interval of every step lies above the level below.
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
        const MeasuredStep& step = found->second[i];
        EXPECT_EQ(step.engine, (*steps)[i]) << board << seats;
        if (i == 0) continue;
        const std::string where = board + std::to_string(seats) + " level " + std::to_string(i + 1);
        EXPECT_TRUE(step.shown) << where;
        EXPECT_GT(step.low, 0) << where;
        EXPECT_LT(step.low, step.elo) << where;
        EXPECT_GT(step.high, step.elo) << where;
        // With two seats the score says the difference.
        if (seats == 2) {
          EXPECT_NEAR(step.elo, 400 * std::log10(step.score / (1 - step.score)), 3) << where;
        }
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

TEST(Difficulty, ATimeLimitIsRefusedWithTheBudgetsOfTheEngine) {
  const auto game = make_game({.game = "ringrift", .board = "square8", .seats = 2, .options = {}}).value();
  const auto refusal = [&](const char* spec) { return game->make_player(spec).error().text; };
  EXPECT_TRUE(refusal("heuristic:ms=20").ends_with("Leave out ms."));
  EXPECT_TRUE(refusal("mcts:ms=20").ends_with("limit mcts by sims."));
  EXPECT_TRUE(refusal("descent:ms=20").ends_with("limit descent by nodes."));
  EXPECT_TRUE(refusal("minimax:ms=20").ends_with("limit minimax by nodes or depth."));
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
