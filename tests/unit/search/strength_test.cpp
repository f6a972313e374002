// More budget plays better: a sequential test for each kind of engine. Takes minutes.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/match.h"
#include "engine/stats/sprt.h"

namespace mz {
namespace {

struct Contest {
  std::string name;
  std::string board;
  int seats;
  std::string stronger;
  std::string weaker;
};
void PrintTo(const Contest& contest, std::ostream* out) { *out << contest.name; }

class MoreBudget : public testing::TestWithParam<Contest> {};

TEST_P(MoreBudget, IsStronger) {
  const Contest& contest = GetParam();
  MatchPlan plan;
  plan.config = {.game = "ringrift", .board = contest.board, .seats = contest.seats, .options = {}};
  plan.participants.assign(static_cast<std::size_t>(contest.seats), {contest.weaker, ""});
  plan.participants[0].spec = contest.stronger;
  plan.seed = 20261121;
  auto table = MatchTable::open(plan);
  ASSERT_TRUE(table) << table.error().text;
  auto sprt = Sprt::make({.elo0 = 0, .elo1 = 60, .max_games = 2000}, contest.seats);
  ASSERT_TRUE(sprt);
  for (std::uint64_t cycle = 0; !sprt->status().finished && sprt->status().verdict == SprtVerdict::undecided; ++cycle) {
    std::vector<ScoredGame> games;
    for (int rotation = 0; rotation < contest.seats; ++rotation) {
      const MatchResult result = table->play(cycle, rotation).result;
      // Participant 0 is the stronger one.
      const GameScore score = result.winner == kNobody                                     ? GameScore::shared
                              : result.order[static_cast<std::size_t>(result.winner)] == 0 ? GameScore::win
                                                                                           : GameScore::loss;
      games.push_back({result.play_hash, score});
    }
    ASSERT_TRUE(sprt->add_cycle(games));
  }
  EXPECT_EQ(sprt->status().verdict, SprtVerdict::accepted)
      << sprt->score().mean() << " over " << sprt->score().games() << " games";
}

// Minimax begins with 8,000 nodes: with 2,000 it is no stronger than one-ply play (docs/strength.md), and to beat that shows little.
INSTANTIATE_TEST_SUITE_P(
    Kinds, MoreBudget,
    testing::Values(Contest{"minimax", "square8", 2, "minimax:nodes=60000", "minimax:nodes=8000"},
                    Contest{"paranoid", "square8", 3, "minimax:nodes=10000,variant=paranoid",
                            "minimax:nodes=1000,variant=paranoid"},
                    Contest{"maxn", "hex8", 3, "minimax:nodes=10000,variant=maxn", "minimax:nodes=500,variant=maxn"},
                    Contest{"descent", "square8", 2, "descent:nodes=200", "descent:nodes=20"},
                    Contest{"mcts", "square8", 2, "mcts:sims=400", "mcts:sims=40"},
                    Contest{"halving", "square8", 2, "mcts:sims=400,root=halving", "mcts:sims=40,root=halving"},
                    Contest{"playouts", "hex8", 2, "mcts:sims=400,judge=playouts", "mcts:sims=40,judge=playouts"}),
    [](const testing::TestParamInfo<Contest>& contest) { return contest.param.name; });

}  // namespace
}  // namespace mz
