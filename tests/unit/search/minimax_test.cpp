// Minimax against definitions written down a second time.
#include "engine/search/minimax.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>

#include "tests/unit/search/brute_force.h"
#include "tests/unit/search/graph_game.h"

namespace mz {
namespace {

using graph::Model;
using graph::Rules;
using graph::State;

template <class Prefer>
TeamScores brute_force(const Rules& rules, const State& s, int depth, int ply, const Prefer& prefer) {
  return BruteForce<Rules, Model>(rules, Model{}).scores(s, depth, ply, prefer);
}

State root_of(const Rules& rules) {
  State s;
  rules.initial(s);
  return s;
}

SearchLimits depth_limit(int depth) {
  SearchLimits limits;
  limits.depth = depth;
  return limits;
}

// Win distances of a decided game may differ between depths; the search stops at the first depth that finds the end.
Score expected_score(const Rules& rules, int depth, int& last, const auto& prefer) {
  Score score = 0;
  for (last = 1;; ++last) {
    score =
        brute_force(rules, root_of(rules), last - 1, 0, prefer)[static_cast<std::size_t>(rules.actor(root_of(rules)))];
    if (last == depth || is_found_result(score)) return score;
  }
}

TEST(AlphaBeta, FindsTheMinimaxValueWithAndWithoutTheTable) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const Rules rules(2, seed, 11);
    for (int depth = 1; depth <= 4; ++depth) {
      int last = 0;
      const Score expected = expected_score(rules, depth, last, kOwnScore);
      for (const std::size_t entries : {0, 4, 4096}) {
        AlphaBeta<Rules, Model> search(rules, Model{}, {.table_entries = entries, .reductions = false});
        const SearchResult found = search.run(root_of(rules), depth_limit(depth));
        ASSERT_EQ(found.score, expected) << "seed " << seed << " depth " << depth << " entries " << entries;
        ASSERT_EQ(found.depth, last);
      }
    }
  }
}

TEST(AlphaBeta, TakesTheOthersForOneOpponentWithThreeAndFourTeams) {
  for (int teams = 3; teams <= 4; ++teams) {
    for (std::uint64_t seed = 0; seed < 80; ++seed) {
      const Rules rules(teams, seed, 11);
      const auto hero = static_cast<std::size_t>(rules.actor(root_of(rules)));
      int last = 0;
      const Score expected = expected_score(rules, 3, last, against(hero));
      for (const std::size_t entries : {0, 4096}) {
        AlphaBeta<Rules, Model> search(rules, Model{}, {.table_entries = entries, .reductions = false});
        ASSERT_EQ(search.run(root_of(rules), depth_limit(3)).score, expected) << "seed " << seed;
      }
    }
  }
}

TEST(MaxN, LetsEveryTeamTakeItsOwnBest) {
  for (int teams = 2; teams <= 4; ++teams) {
    for (std::uint64_t seed = 0; seed < 80; ++seed) {
      const Rules rules(teams, seed, 11);
      int last = 0;
      const Score expected = expected_score(rules, 3, last, kOwnScore);
      for (const std::size_t entries : {0, 4096}) {
        MaxN<Rules, Model> search(rules, Model{}, entries);
        ASSERT_EQ(search.run(root_of(rules), depth_limit(3)).score, expected) << "seed " << seed;
      }
    }
  }
}

TEST(AlphaBeta, JudgesDeadEndsAsTheyStand) {
  for (int teams = 2; teams <= 4; ++teams) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Rules rules(teams, seed, 11);
      rules.begin_dead_ends_at(3);
      const auto hero = static_cast<std::size_t>(rules.actor(root_of(rules)));
      int last = 0;
      const Score expected = expected_score(rules, 3, last, against(hero));
      for (const std::size_t entries : {0, 4096}) {
        AlphaBeta<Rules, Model> search(rules, Model{}, {.table_entries = entries, .reductions = false});
        ASSERT_EQ(search.run(root_of(rules), depth_limit(3)).score, expected) << "seed " << seed;
      }
    }
  }
}

TEST(MaxN, JudgesDeadEndsAsTheyStand) {
  for (int teams = 2; teams <= 4; ++teams) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      Rules rules(teams, seed, 11);
      rules.begin_dead_ends_at(3);
      int last = 0;
      const Score expected = expected_score(rules, 3, last, kOwnScore);
      for (const std::size_t entries : {0, 4096}) {
        MaxN<Rules, Model> search(rules, Model{}, entries);
        ASSERT_EQ(search.run(root_of(rules), depth_limit(3)).score, expected) << "seed " << seed;
      }
    }
  }
}

// What each move of the root is worth to the seat at the root, by brute force, with `depth` turns in all.
std::vector<ScoredMove> worth_of_moves(const Rules& rules, int depth, const auto& prefer) {
  const State root = root_of(rules);
  MoveList moves;
  rules.moves(root, moves);
  std::vector<ScoredMove> worth;
  for (const Move move : moves) {
    State next = root;
    State undo;
    rules.apply(next, move, undo);
    worth.push_back(
        {move, brute_force(rules, next, depth - 1, 1, prefer)[static_cast<std::size_t>(rules.actor(root))]});
  }
  return worth;
}

// The list of a search, against the moves that are less than `within` worse than the best.
void expect_compared(const SearchResult& found, const std::vector<ScoredMove>& worth, Score within) {
  Score best = -kInfinite;
  for (const ScoredMove& w : worth) best = std::max(best, w.score);
  std::map<std::uint32_t, Score> expected;
  for (const ScoredMove& w : worth) {
    if (w.score > best - within) expected[w.move.code] = w.score;
  }
  std::map<std::uint32_t, Score> listed;
  for (const ScoredMove& s : found.scored) listed[s.move.code] = s.score;
  ASSERT_EQ(listed, expected);
  ASSERT_EQ(found.score, best);
  ASSERT_TRUE(listed.contains(found.move.code));
}

TEST(AlphaBeta, ComparesMovesNearTheBestExactly) {
  std::size_t more = 0;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 11);
    std::map<int, std::vector<ScoredMove>> worth;  // by depth
    for (int depth = 1; depth <= 4; ++depth) worth[depth] = worth_of_moves(rules, depth, kOwnScore);
    for (int depth = 1; depth <= 4; ++depth) {
      for (const Score within : {1, 300, 900, 5000}) {
        for (const std::size_t entries : {0, 4096}) {
          AlphaBeta<Rules, Model> search(rules, Model{}, {.table_entries = entries, .reductions = false});
          SearchLimits limits = depth_limit(depth);
          limits.compare_within = within;
          const SearchResult found = search.run(root_of(rules), limits);
          if (found.depth == 1 && found.score > kWinBound) continue;  // a win within the turn ends the comparison
          expect_compared(found, worth[found.depth], within);
          more += found.scored.size() > 1 ? 1 : 0;
        }
      }
    }
  }
  EXPECT_GT(more, 500U);
}

TEST(MaxN, ComparesMovesNearTheBestExactly) {
  for (std::uint64_t seed = 0; seed < 80; ++seed) {
    const Rules rules(3, seed, 11);
    for (int depth = 1; depth <= 3; ++depth) {
      MaxN<Rules, Model> search(rules, Model{}, 4096);
      SearchLimits limits = depth_limit(depth);
      limits.compare_within = 700;
      const SearchResult found = search.run(root_of(rules), limits);
      if (found.score >= kWin - 1) continue;  // a win on the spot ends the comparison
      expect_compared(found, worth_of_moves(rules, found.depth, kOwnScore), limits.compare_within);
    }
  }
}

TEST(Search, ListsMovesOnlyForWhoAsksAndNeverAMoveWithoutItsRivals) {
  const Rules rules(2, 9, 40, 5000, 10);
  for (std::uint64_t nodes = 50; nodes < 20'000; nodes += 331) {
    SearchLimits limits;
    limits.nodes = nodes;
    AlphaBeta<Rules, Model> alone(rules, Model{}, {});
    EXPECT_TRUE(alone.run(root_of(rules), limits).scored.empty());
    limits.compare_within = 400;
    AlphaBeta<Rules, Model> alpha_beta(rules, Model{}, {});
    MaxN<Rules, Model> max_n(rules, Model{}, 4096);
    for (const SearchResult& found : {alpha_beta.run(root_of(rules), limits), max_n.run(root_of(rules), limits)}) {
      Score best = -kInfinite;
      Score own = -kInfinite;
      for (const ScoredMove& s : found.scored) {
        best = std::max(best, s.score);
        if (s.move == found.move) own = s.score;
      }
      EXPECT_EQ(own, best) << nodes;  // both unset when a depth that was not finished found the move
    }
  }
}

// The line must be play by the rules that ends where the score comes from.
template <class Search>
void expect_true_line(const Rules& rules, Search& search, int depth) {
  const State root = root_of(rules);
  const SearchResult found = search.run(root, depth_limit(depth));
  ASSERT_FALSE(found.variation.empty());
  EXPECT_EQ(found.variation.front(), found.move);
  State s = root;
  for (const Move move : found.variation) {
    ASSERT_EQ(rules.kind(s), NodeKind::decision);
    MoveList moves;
    rules.moves(s, moves);
    ASSERT_NE(std::find(moves.begin(), moves.end(), move), moves.end());
    State undo;
    rules.apply(s, move, undo);
  }
  TeamScores scores{};
  const int hero = rules.actor(root);
  if (rules.kind(s) == NodeKind::terminal) {
    EXPECT_EQ(found.score, final_score(rules, s, hero, static_cast<int>(found.variation.size())));
  } else {
    Model().evaluate(rules, s, scores);
    EXPECT_EQ(found.score, scores[static_cast<std::size_t>(hero)]);
  }
}

TEST(AlphaBeta, ReportsTheLineThatEarnsTheScore) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(2, seed, 12);
    AlphaBeta<Rules, Model> search(rules, Model{}, {.table_entries = 0, .reductions = false});
    expect_true_line(rules, search, 3);
  }
}

TEST(MaxN, ReportsTheLineThatEarnsTheScore) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Rules rules(3, seed, 12);
    MaxN<Rules, Model> search(rules, Model{}, 0);
    expect_true_line(rules, search, 3);
  }
}

TEST(AlphaBeta, KeepsToItsNodeBudgetAndAlwaysHasAMove) {
  const Rules rules(2, 3, 30, 1000, 12);
  for (const std::uint64_t nodes : {1, 2, 10, 100, 5000}) {
    AlphaBeta<Rules, Model> search(rules, Model{}, {});
    SearchLimits limits;
    limits.nodes = nodes;
    const SearchResult found = search.run(root_of(rules), limits);
    MoveList moves;
    rules.moves(root_of(rules), moves);
    EXPECT_NE(std::find(moves.begin(), moves.end(), found.move), moves.end());
    EXPECT_LE(found.nodes, nodes + 2);
  }
}

TEST(AlphaBeta, GivesTheSameAnswerEveryTime) {
  const Rules rules(2, 9, 40, 5000, 10);
  SearchLimits limits;
  limits.nodes = 20000;
  AlphaBeta<Rules, Model> first(rules, Model{}, {});
  AlphaBeta<Rules, Model> second(rules, Model{}, {});
  const SearchResult a = first.run(root_of(rules), limits);
  const SearchResult b = second.run(root_of(rules), limits);
  EXPECT_EQ(a.move, b.move);
  EXPECT_EQ(a.score, b.score);
  EXPECT_EQ(a.nodes, b.nodes);
  EXPECT_EQ(a.variation, b.variation);
  // What is remembered changes the work of a second search; forgetting it restores the first.
  first.forget();
  EXPECT_EQ(first.run(root_of(rules), limits).nodes, b.nodes);
}

TEST(AlphaBeta, EndsSoonAfterTheStopFlagIsSet) {
  const Rules rules(2, 9, 60, 50000, 12);
  const std::atomic<bool> stop = true;
  AlphaBeta<Rules, Model> search(rules, Model{}, {});
  SearchLimits limits;
  limits.stop = &stop;
  EXPECT_LT(search.run(root_of(rules), limits).nodes, 2000U);
}

// Every move ends a turn: turns that go on by chance soon reach the end of this game.
struct TurnPerMove : Model {
  [[nodiscard]] bool begins_turn(const Rules&, const State&) const { return true; }
};

TEST(AlphaBeta, LooksAtLessWithReductionsForTheSameDepth) {
  std::uint64_t less = 0;
  std::uint64_t all = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Rules rules(2, seed, 60, 50000, 16, false);
    AlphaBeta<Rules, TurnPerMove> plain(rules, TurnPerMove{}, {.table_entries = 1 << 14, .reductions = false});
    AlphaBeta<Rules, TurnPerMove> reduced(rules, TurnPerMove{}, {.table_entries = 1 << 14, .reductions = true});
    all += plain.run(root_of(rules), depth_limit(4)).nodes;
    less += reduced.run(root_of(rules), depth_limit(4)).nodes;
  }
  EXPECT_LT(less, all * 9 / 10) << less << " of " << all;
}

TEST(TranspositionTable, ReturnsWhatWasStoredAndCountsWinsFromThePosition) {
  TranspositionTable table(64);
  TranspositionTable::Found found;
  EXPECT_FALSE(table.find(0, 0, found));
  EXPECT_FALSE(table.find(77, 0, found));
  table.store(77, 3, Move{5}, -1234, 6, Bound::lower);
  ASSERT_TRUE(table.find(77, 9, found));
  EXPECT_EQ(found.value, -1234);
  EXPECT_EQ(found.depth, 6);
  EXPECT_EQ(found.move, Move{5});
  EXPECT_EQ(found.bound, Bound::lower);
  // Won 2 moves after a position 3 moves ahead; met again 7 moves ahead, that is a win in 9.
  table.store(78, 3, Move{1}, kWin - 5, 4, Bound::exact);
  ASSERT_TRUE(table.find(78, 7, found));
  EXPECT_EQ(found.value, kWin - 9);
  table.store(79, 3, Move{1}, -(kWin - 5), 4, Bound::exact);
  ASSERT_TRUE(table.find(79, 7, found));
  EXPECT_EQ(found.value, -(kWin - 9));
}

TEST(TranspositionTable, GivesUpShallowAndOldEntriesFirst) {
  TranspositionTable table(4);  // one bucket
  TranspositionTable::Found found;
  for (std::uint64_t i = 0; i < 4; ++i) table.store(i << 32, 0, Move{}, 0, 10 + static_cast<int>(i), Bound::exact);
  table.store(9ULL << 32, 0, Move{}, 0, 1, Bound::exact);
  EXPECT_FALSE(table.find(0, 0, found)) << "the shallowest entry gives way";
  EXPECT_TRUE(table.find(3ULL << 32, 0, found));
  table.begin_search();
  table.store(8ULL << 32, 0, Move{}, 0, 2, Bound::exact);
  EXPECT_FALSE(table.find(9ULL << 32, 0, found));
  table.store(7ULL << 32, 0, Move{}, 0, 1, Bound::exact);
  EXPECT_TRUE(table.find(8ULL << 32, 0, found)) << "an entry of this search outlives deeper ones of the last";
}

}  // namespace
}  // namespace mz
