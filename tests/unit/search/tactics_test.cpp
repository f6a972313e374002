// The tactical suite: positions with proven answers, found by tests/tactics/make_tactics.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/game.h"
#include "tests/tactics/proof.h"
#include "tests/tactics/suite.h"

namespace mz::tactics {
namespace {

std::vector<Puzzle> suite() {
  std::ifstream file(MESHZERO_SOURCE_DIR "/tests/golden/tactics.jsonl");
  std::vector<Puzzle> puzzles;
  for (std::string line; std::getline(file, line);) puzzles.push_back(from_json(nlohmann::json::parse(line)));
  return puzzles;
}

struct Place {
  std::unique_ptr<Game> game;
  std::unique_ptr<Position> position;
};
Place place_of(const Puzzle& puzzle) {
  Place place;
  place.game = std::move(make_game(puzzle.config)).value();
  place.position = std::move(place.game->parse(puzzle.position)).value();
  return place;
}

TEST(Tactics, HoldsSixtyPuzzlesOverAllBoardsSeatCountsAndThemes) {
  const std::vector<Puzzle> puzzles = suite();
  EXPECT_GE(puzzles.size(), 60U);
  std::set<std::string> boards;
  std::set<int> seats;
  std::map<std::string, int> themes;
  std::set<std::string> positions;
  for (const Puzzle& puzzle : puzzles) {
    boards.insert(puzzle.config.board);
    seats.insert(puzzle.config.seats);
    ++themes[puzzle.theme];
    positions.insert(puzzle.position);
  }
  EXPECT_EQ(boards.size(), 4U);
  EXPECT_EQ(seats.size(), 3U);
  EXPECT_EQ(positions.size(), puzzles.size());
  for (const std::string theme : {"win_1", "win_2", "win_3", "defence", "chain", "territory", "forced_elimination"}) {
    EXPECT_GE(themes[theme], 3) << theme;
  }
}

// The whole tree again, for every move of every puzzle.
TEST(Tactics, HasExactlyTheAnswersThatExhaustiveSearchProves) {
  for (const Puzzle& puzzle : suite()) {
    const Place place = place_of(puzzle);
    Prover prover(1'000'000);
    const auto good = puzzle.asks == "win" ? winning_moves(prover, *place.position, puzzle.turns)
                                           : safe_moves(prover, *place.position, puzzle.config.seats);
    ASSERT_TRUE(good) << puzzle.position;
    std::vector<std::string> answers;
    for (const Move move : *good) answers.push_back(place.position->move_text(move));
    EXPECT_EQ(answers, puzzle.answers) << puzzle.position;
  }
}

// How many puzzles an engine solves; says which it does not.
int solved(const std::string& spec, std::size_t& total) {
  int count = 0;
  const std::vector<Puzzle> puzzles = suite();
  total = puzzles.size();
  for (const Puzzle& puzzle : puzzles) {
    const Place place = place_of(puzzle);
    const auto player = std::move(place.game->make_player(spec)).value();
    Rng rng(1);
    const std::string move = place.position->move_text(player->decide(*place.position, rng).move);
    if (std::find(puzzle.answers.begin(), puzzle.answers.end(), move) != puzzle.answers.end()) {
      ++count;
    } else {
      std::printf("%s misses %s on %s with %d seats: %s\n", spec.c_str(), puzzle.theme.c_str(),
                  puzzle.config.board.c_str(), puzzle.config.seats, puzzle.position.c_str());
    }
  }
  std::printf("%s solves %d of %zu\n", spec.c_str(), count, total);
  return count;
}

struct Aim {
  std::string spec;
  int percent;
};
class Solves : public testing::TestWithParam<Aim> {};

TEST_P(Solves, MostOfTheSuite) {
  std::size_t total = 0;
  const int count = solved(GetParam().spec, total);
  EXPECT_GE(100 * count, GetParam().percent * static_cast<int>(total));
}

INSTANTIATE_TEST_SUITE_P(Engines, Solves,
                         testing::Values(Aim{"minimax:nodes=100000", 95}, Aim{"descent:nodes=2000", 80},
                                         Aim{"mcts:sims=4000", 80}),
                         [](const testing::TestParamInfo<Aim>& aim) {
                           return aim.param.spec.substr(0, aim.param.spec.find(':'));
                         });

}  // namespace
}  // namespace mz::tactics
