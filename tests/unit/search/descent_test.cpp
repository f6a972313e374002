// Best-first minimax: what it proves is true, and it finds proofs.
#include "engine/search/descent.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "tests/unit/search/graph_game.h"

namespace mz {
namespace {

using graph::can_force_win;
using graph::Model;
using graph::Rules;
using graph::State;

State initial(const Rules& rules) {
  State s;
  rules.initial(s);
  return s;
}

// The score of the game played out by best play of all teams, wins counted in moves from the root.
TeamScores solve(const Rules& rules, State s, int ply) {
  TeamScores best{};
  if (rules.kind(s) == NodeKind::terminal) {
    for (int team = 0; team < rules.teams(); ++team)
      best[static_cast<std::size_t>(team)] = final_score(rules, s, team, ply);
    return best;
  }
  MoveList moves;
  rules.moves(s, moves);
  const auto mover = static_cast<std::size_t>(rules.actor(s));
  bool any = false;
  for (const Move move : moves) {
    State next = s;
    State undo;
    rules.apply(next, move, undo);
    const TeamScores scores = solve(rules, next, ply + 1);
    if (!any || scores[mover] > best[mover]) best = scores;
    any = true;
  }
  return best;
}

struct Found {
  bool complete = false;
  Decision decision;
};

// Searches alone, with the game's own evaluation.
Found search(const Rules& rules, const State& s, std::uint64_t expansions) {
  ModelEvaluator<Rules, Model> evaluator(rules, Model{});
  LeafQueue<Rules> queue(evaluator);
  Descent<Rules> tree(rules);
  const std::array<LeafSource<Rules>*, 1> trees = {&tree};
  tree.start(s, 1, {});
  do queue.round(trees);
  while (!tree.finished(expansions));
  return {tree.complete(), tree.decision()};
}

int sign(Score score) { return score > 0 ? 1 : score < 0 ? -1 : 0; }

TEST(Descent, ProvesTheTrueResultOfSmallGames) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 7);
    const Found found = search(rules, initial(rules), 100'000);
    ASSERT_TRUE(found.complete) << seed;
    const Score truth = solve(rules, initial(rules), 0)[static_cast<std::size_t>(rules.actor(initial(rules)))];
    ASSERT_EQ(sign(found.decision.score), sign(truth)) << seed;
    ASSERT_EQ(found.decision.value, sign(truth)) << seed;
    // And the move keeps it.
    State next = initial(rules);
    State undo;
    rules.apply(next, found.decision.move, undo);
    ASSERT_EQ(sign(solve(rules, next, 1)[static_cast<std::size_t>(rules.actor(initial(rules)))]), sign(truth)) << seed;
  }
}

TEST(Descent, NeverClaimsAFalseProofOnTheWay) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 8);
    const Score truth = solve(rules, initial(rules), 0)[static_cast<std::size_t>(rules.actor(initial(rules)))];
    for (const std::uint64_t expansions : {1, 2, 5, 20, 80}) {
      const Found found = search(rules, initial(rules), expansions);
      EXPECT_LE(found.decision.nodes, expansions);
      const int claimed = sign(found.decision.score);
      if (found.complete || claimed != 0) {
        EXPECT_EQ(claimed, sign(truth)) << seed;
      }
    }
  }
}

TEST(Descent, StepsTowardTheGoalForEverySeat) {
  for (int teams = 2; teams <= 4; ++teams) {
    std::array<int, 4> wins{};
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const Rules rules(teams, seed, 6);
      const int hero = rules.actor(initial(rules));
      if (!can_force_win(rules, initial(rules), hero)) continue;
      ++wins[static_cast<std::size_t>(hero)];
      const Found found = search(rules, initial(rules), 10'000);
      EXPECT_GE(found.decision.score, kWinBound) << seed;
      if (teams > 2) continue;  // another move may win as well, by what the others prefer
      State next = initial(rules);
      State undo;
      rules.apply(next, found.decision.move, undo);
      EXPECT_TRUE(can_force_win(rules, next, hero)) << seed;
    }
    for (int hero = 0; hero < teams; ++hero) EXPECT_GT(wins[static_cast<std::size_t>(hero)], 0) << teams;
  }
}

TEST(Descent, FollowsNoDeadEndAndStopsWhenNothingElseIsLeft) {
  for (int teams = 2; teams <= 4; ++teams) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Rules rules(teams, seed, 11);
      rules.begin_dead_ends_at(3);
      const Found found = search(rules, initial(rules), 100'000);
      EXPECT_TRUE(found.complete) << seed;
      EXPECT_LT(found.decision.nodes, 100U) << seed;  // a root and at most 5 + 25 decisions below it
      EXPECT_LT(found.decision.move.code, rules.move_count(initial(rules)));
    }
  }
}

TEST(Descent, GivesTheSameAnswerEveryTimeAndTheBudgetCountsExpansions) {
  const Rules rules(3, 9, 40, 5000, 8, false);
  const Found a = search(rules, initial(rules), 500);
  const Found b = search(rules, initial(rules), 500);
  EXPECT_EQ(a.decision.move, b.decision.move);
  EXPECT_EQ(a.decision.variation, b.decision.variation);
  EXPECT_EQ(a.decision.nodes, 500U);
  EXPECT_EQ(a.decision.variation.front(), a.decision.move);
}

// Knows nothing of the game: likes positions whose hash is high, for the team that decides where siblings say who that is.
class Fancy final : public Evaluator<Rules> {
 public:
  explicit Fancy(const Rules& rules) : rules_(rules) {}

  static Value worth(const Rules& rules, const State& s) { return static_cast<Value>(rules.hash(s, 70) % 1000); }

  void submit(std::span<Leaf<Rules>> batch) override {
    largest = std::max(largest, batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Leaf<Rules>& leaf = batch[i];
      State s = *leaf.from;
      State undo;
      for (const Move move : leaf.path) rules_.apply(s, move, undo);
      EXPECT_NE(rules_.kind(s), NodeKind::terminal);
      EXPECT_TRUE(leaf.weights.empty());
      EXPECT_LT(i + leaf.more_siblings, batch.size());
      if (leaf.more_siblings > 0) {
        EXPECT_EQ(batch[i + 1].more_siblings, leaf.more_siblings - 1);
        EXPECT_EQ(batch[i + 1].mover, leaf.mover);
      }
      leaf.values.fill(0);
      leaf.values[leaf.mover] = worth(rules_, s);
    }
  }
  std::size_t largest = 0;

 private:
  const Rules& rules_;
};

TEST(Descent, BelievesWhateverTheEvaluatorSays) {
  int distinct = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Rules rules(2, seed, 40, 5000, 8, false);
    Fancy evaluator(rules);
    LeafQueue<Rules> queue(evaluator);
    Descent<Rules> tree(rules);
    const std::array<LeafSource<Rules>*, 1> trees = {&tree};
    tree.start(initial(rules), 1, {});
    queue.round(trees);
    // After one expansion it is the child that is worth most, forced moves passed through.
    MoveList moves;
    rules.moves(initial(rules), moves);
    Move best;
    Value most = -1;
    for (const Move move : moves) {
      State s = initial(rules);
      State undo;
      rules.apply(s, move, undo);
      while (rules.move_count(s) == 1) rules.apply(s, Move{100 * s.layer}, undo);
      if (Fancy::worth(rules, s) <= most) continue;
      most = Fancy::worth(rules, s);
      best = move;
    }
    EXPECT_EQ(tree.decision().move, best) << seed;
    EXPECT_EQ(tree.decision().value, static_cast<double>(most) / kOne) << seed;
    distinct += best.code != 0;
  }
  EXPECT_GT(distinct, 10);
}

TEST(LeafQueue, GivesManyDescentsTheAnswersTheyWouldGetAlone) {
  constexpr std::size_t kGames = 8;
  const Rules rules(3, 77, 12, 5000, 8);
  const auto root = [&](std::size_t game) {
    State s = initial(rules);
    s.node = static_cast<std::uint32_t>(game);
    return s;
  };
  const auto open = [&](Descent<Rules>& tree, std::size_t game) { return !tree.finished(20 + 10 * game); };
  Fancy together(rules);
  ModelEvaluator<Rules, Model> model(rules, Model{});
  for (Evaluator<Rules>* evaluator :
       {static_cast<Evaluator<Rules>*>(&together), static_cast<Evaluator<Rules>*>(&model)}) {
    LeafQueue<Rules> queue(*evaluator);
    std::vector<std::unique_ptr<Descent<Rules>>> trees;
    for (std::size_t game = 0; game < kGames; ++game) {
      trees.push_back(std::make_unique<Descent<Rules>>(rules));
      trees.back()->start(root(game), game, {});
    }
    std::vector<LeafSource<Rules>*> going;
    for (;;) {
      going.clear();
      for (std::size_t game = 0; game < kGames; ++game) {
        if (open(*trees[game], game)) going.push_back(trees[game].get());
      }
      if (going.empty()) break;
      queue.round(going);
    }
    for (std::size_t game = 0; game < kGames; ++game) {
      Descent<Rules> alone(rules);
      alone.start(root(game), game, {});
      while (open(alone, game)) {
        evaluator->submit(alone.gather());
        alone.absorb();
      }
      EXPECT_EQ(trees[game]->decision().variation, alone.decision().variation) << game;
      EXPECT_EQ(trees[game]->decision().value, alone.decision().value) << game;
      EXPECT_EQ(trees[game]->decision().visited, alone.decision().visited) << game;
    }
  }
  EXPECT_GT(together.largest, 8U) << "a decision has at most eight moves, so batches hold leaves of several games";
}

}  // namespace
}  // namespace mz
