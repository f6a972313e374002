// Best-first minimax: what it proves is true, and it finds proofs.
#include "engine/search/descent.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>

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

int sign(Score score) { return score > 0 ? 1 : score < 0 ? -1 : 0; }

TEST(Descent, ProvesTheTrueResultOfSmallGames) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 7);
    Descent<Rules, Model> search(rules, Model{});
    SearchLimits limits;
    limits.nodes = 100'000;
    const SearchResult found = search.run(initial(rules), limits);
    ASSERT_TRUE(search.complete()) << seed;
    const Score truth = solve(rules, initial(rules), 0)[static_cast<std::size_t>(rules.actor(initial(rules)))];
    ASSERT_EQ(sign(found.score), sign(truth)) << seed;
    // And the move keeps it.
    State next = initial(rules);
    State undo;
    rules.apply(next, found.move, undo);
    ASSERT_EQ(sign(solve(rules, next, 1)[static_cast<std::size_t>(rules.actor(initial(rules)))]), sign(truth)) << seed;
  }
}

TEST(Descent, NeverClaimsAFalseProofOnTheWay) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 8);
    const Score truth = solve(rules, initial(rules), 0)[static_cast<std::size_t>(rules.actor(initial(rules)))];
    for (const std::uint64_t expansions : {1, 2, 5, 20, 80}) {
      Descent<Rules, Model> search(rules, Model{});
      SearchLimits limits;
      limits.nodes = expansions;
      const SearchResult found = search.run(initial(rules), limits);
      EXPECT_LE(found.nodes, expansions);
      if (search.complete()) {
        EXPECT_EQ(sign(found.score), sign(truth)) << seed;
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
      Descent<Rules, Model> search(rules, Model{});
      SearchLimits limits;
      limits.nodes = 10'000;
      const SearchResult found = search.run(initial(rules), limits);
      EXPECT_GE(found.score, kWinBound) << seed;
      if (teams > 2) continue;  // another move may win as well, by what the others prefer
      State next = initial(rules);
      State undo;
      rules.apply(next, found.move, undo);
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
      Descent<Rules, Model> search(rules, Model{});
      SearchLimits limits;
      limits.nodes = 100'000;
      const SearchResult found = search.run(initial(rules), limits);
      EXPECT_TRUE(search.complete()) << seed;
      EXPECT_LT(found.nodes, 100U) << seed;  // a root and at most 5 + 25 decisions below it
      EXPECT_LT(found.move.code, rules.move_count(initial(rules)));
    }
  }
}

TEST(Descent, GivesTheSameAnswerEveryTimeAndStopsWhenTold) {
  const Rules rules(3, 9, 40, 5000, 8, false);
  Descent<Rules, Model> search(rules, Model{});
  SearchLimits limits;
  limits.nodes = 500;
  const SearchResult a = search.run(initial(rules), limits);
  const SearchResult b = search.run(initial(rules), limits);
  EXPECT_EQ(a.move, b.move);
  EXPECT_EQ(a.variation, b.variation);
  EXPECT_EQ(a.nodes, 500U);
  EXPECT_EQ(a.variation.front(), a.move);
  const std::atomic<bool> stop = true;
  SearchLimits stopped;
  stopped.stop = &stop;
  EXPECT_EQ(search.run(initial(rules), stopped).nodes, 1U);
}

}  // namespace
}  // namespace mz
