// The tree search against a plain one written a second time, and what must hold whatever it plays.
#include "engine/search/mcts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <tuple>
#include <vector>

#include "tests/unit/search/graph_game.h"

namespace mz {
namespace {

using graph::can_force_win;
using graph::Rules;
using graph::State;

// Policy and values that come from a hash of the position alone; `even`: all values 0.
class HashEvaluator final : public Evaluator<Rules> {
 public:
  explicit HashEvaluator(const Rules& rules, bool even = false) : rules_(rules), even_(even) {}
  static std::uint32_t weight(const Rules& rules, const State& s, Move m) {
    return 1 + static_cast<std::uint32_t>(rules.hash(s, 2000 + m.code) % 1000);
  }
  static Value value(const Rules& rules, const State& s, int team) {
    return static_cast<Value>(rules.hash(s, 40 + static_cast<std::uint64_t>(team)) % (2 * kOne)) - kOne;
  }
  void submit(std::span<Leaf<Rules>> batch) override {
    largest_batch = std::max(largest_batch, batch.size());
    for (Leaf<Rules>& leaf : batch) {
      ++leaves;
      for (std::size_t i = 0; i < leaf.moves.size(); ++i) leaf.weights[i] = weight(rules_, *leaf.from, leaf.moves[i]);
      for (int team = 0; team < rules_.teams(); ++team) {
        leaf.values[static_cast<std::size_t>(team)] = even_ ? 0 : value(rules_, *leaf.from, team);
      }
    }
  }
  std::uint64_t leaves = 0;
  std::size_t largest_batch = 0;

 private:
  const Rules& rules_;
  bool even_;
};

// The same search without arenas, sorting, prefixes or batches: every node keeps all children and looks at each of them.
struct PlainNode {
  State state;
  bool over = false;
  std::vector<Move> moves;
  std::vector<std::uint32_t> priors;
  std::vector<std::unique_ptr<PlainNode>> children;
  std::array<std::int64_t, kMaxSeats> sums{};
  std::uint32_t visits = 0;
};

class PlainSearch {
 public:
  PlainSearch(const Rules& rules, bool even) : rules_(rules), even_(even) { root = make(root_state()); }

  void walk() { visit(*root); }
  std::unique_ptr<PlainNode> root;

 private:
  State root_state() const {
    State s;
    rules_.initial(s);
    return s;
  }
  std::unique_ptr<PlainNode> make(State s) {
    auto node = std::make_unique<PlainNode>();
    MoveList moves;
    while (rules_.kind(s) != NodeKind::terminal) {
      moves.clear();
      rules_.moves(s, moves);
      if (moves.size() > 1) break;
      State undo;
      rules_.apply(s, moves[0], undo);
    }
    node->state = s;
    node->over = rules_.kind(s) == NodeKind::terminal;
    return node;
  }
  TeamValues visit(PlainNode& node) {
    TeamValues values{};
    if (node.over) {
      std::array<float, kMaxSeats> returns{};
      rules_.returns(node.state, std::span(returns.data(), static_cast<std::size_t>(rules_.teams())));
      for (std::size_t t = 0; t < values.size(); ++t) values[t] = static_cast<Value>(returns[t]) * kOne;
    } else if (node.moves.empty()) {
      MoveList moves;
      rules_.moves(node.state, moves);
      node.moves.assign(moves.begin(), moves.end());
      std::uint64_t total = 0;
      for (const Move m : node.moves) total += HashEvaluator::weight(rules_, node.state, m);
      for (const Move m : node.moves) {
        node.priors.push_back(std::clamp<std::uint32_t>(
            static_cast<std::uint32_t>(static_cast<std::uint64_t>(HashEvaluator::weight(rules_, node.state, m)) *
                                       kPriorOne / total),
            1, UINT16_MAX));
      }
      node.children.resize(node.moves.size());
      for (int t = 0; t < rules_.teams(); ++t)
        values[static_cast<std::size_t>(t)] = even_ ? 0 : HashEvaluator::value(rules_, node.state, t);
    } else {
      values = visit(*select(node));
    }
    for (std::size_t t = 0; t < values.size(); ++t) node.sums[t] += values[t];
    ++node.visits;
    return values;
  }
  PlainNode* select(PlainNode& node) {
    const MctsOptions options;
    const auto team = static_cast<std::size_t>(rules_.actor(node.state));
    const auto mean = [&](const PlainNode& n) { return n.sums[team] / static_cast<std::int64_t>(n.visits); };
    const auto kept = [&](const PlainNode& n) { return mean_value(stored_mean(n.sums[team], n.visits)); };
    // Ties go to a visited child before an unvisited one, then to the higher prior, then to the earlier move.
    std::size_t best = node.moves.size();
    auto better = std::tuple<std::int64_t, bool, std::uint32_t>();
    for (std::size_t i = 0; i < node.moves.size(); ++i) {
      const PlainNode* child = node.children[i].get();
      const std::uint64_t rate = exploration_rate(options.exploration, node.visits);
      const std::int64_t score = (child != nullptr ? kept(*child) : mean(node) - options.unvisited_loss) +
                                 exploration_bonus(rate, node.priors[i], child != nullptr ? child->visits : 0);
      const auto rank = std::tuple(score, child != nullptr, node.priors[i]);
      if (best == node.moves.size() || rank > better) {
        best = i;
        better = rank;
      }
    }
    if (!node.children[best]) {
      State next = node.state;
      State undo;
      rules_.apply(next, node.moves[best], undo);
      node.children[best] = make(next);
    }
    return node.children[best].get();
  }

  const Rules& rules_;
  bool even_;
};

State initial(const Rules& rules) {
  State s;
  rules.initial(s);
  return s;
}

void run(MctsTree<Rules>& tree, Evaluator<Rules>& evaluator, std::uint32_t visits) {
  while (tree.root_visits() < visits) {
    const auto leaves = tree.gather();
    evaluator.submit(leaves);
    tree.absorb();
  }
}

std::map<std::uint32_t, std::uint32_t> root_visits(const MctsTree<Rules>& tree) {
  std::map<std::uint32_t, std::uint32_t> visits;
  for (const MctsEdge& edge : tree.edges(tree.root())) visits[edge.move.code] = tree.child(edge).visits;
  return visits;
}

void expect_equal_trees(const MctsTree<Rules>& tree, const MctsNode& node, const PlainNode& plain, int teams) {
  ASSERT_EQ(node.visits, plain.visits);
  for (int t = 0; t < teams; ++t)
    ASSERT_EQ(node.sums[static_cast<std::size_t>(t)], plain.sums[static_cast<std::size_t>(t)]);
  ASSERT_EQ(tree.moves(node).size(), plain.moves.size());
  for (std::size_t m = 0; m < plain.moves.size(); ++m) {
    const Move move = tree.moves(node)[m];
    const auto i =
        static_cast<std::size_t>(std::find(plain.moves.begin(), plain.moves.end(), move) - plain.moves.begin());
    ASSERT_LT(i, plain.moves.size());
    ASSERT_EQ(tree.priors(node)[m], plain.priors[i]);
    ASSERT_EQ(m < tree.edges(node).size(), plain.children[i] != nullptr);
    if (m >= tree.edges(node).size()) continue;
    const MctsEdge& edge = tree.edges(node)[m];
    ASSERT_EQ(edge.move, move);
    ASSERT_EQ(edge.prior, plain.priors[i]);
    expect_equal_trees(tree, tree.child(edge), *plain.children[i], teams);
  }
}

TEST(Mcts, GrowsTheSameTreeAsThePlainSearch) {
  for (int teams = 2; teams <= 4; ++teams) {
    for (const bool even : {true, false}) {
      for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const Rules rules(teams, seed, 14);
        HashEvaluator evaluator(rules, even);
        MctsTree<Rules> tree(rules, {});
        tree.start(initial(rules), 1, {});
        PlainSearch plain(rules, even);
        run(tree, evaluator, 600);
        for (int i = 0; i < 600; ++i) plain.walk();
        expect_equal_trees(tree, tree.root(), *plain.root, teams);
      }
    }
  }
}

TEST(Mcts, VisitsByThePriorsWhenAllPositionsAreEven) {
  const Rules rules(2, 5, 200, 100000, 12, false);  // no end within reach
  HashEvaluator evaluator(rules, true);
  MctsOptions options;
  options.unvisited_loss = 0;
  MctsTree<Rules> tree(rules, options);
  tree.start(initial(rules), 1, {});
  constexpr std::uint32_t kVisits = 20'000;
  run(tree, evaluator, kVisits);
  EXPECT_EQ(tree.edges(tree.root()).size(), tree.moves(tree.root()).size());
  for (const MctsEdge& edge : tree.edges(tree.root())) {
    // Equal bonuses mean visits + 1 in proportion to the prior.
    const double moves = static_cast<double>(tree.moves(tree.root()).size());
    const double expected = static_cast<double>(edge.prior) / kPriorOne * (kVisits - 1 + moves) - 1;
    // A bonus is a whole number, which blurs large counts.
    EXPECT_NEAR(tree.child(edge).visits, expected, 2 + expected / 500);
  }
}

// With several leaves at a time a walk may add an edge to a node that another walk has left already.
class MctsCounts : public testing::TestWithParam<MctsOptions> {};

TEST_P(MctsCounts, EveryVisitOnceOnTheWayDown) {
  const Rules rules(3, 8, 20);
  HashEvaluator evaluator(rules);
  MctsTree<Rules> tree(rules, GetParam());
  tree.start(initial(rules), 1, {.budget = 3000});
  run(tree, evaluator, 3000);
  std::vector<const MctsNode*> nodes = {&tree.root()};
  std::size_t inner = 0;
  while (!nodes.empty()) {
    const MctsNode& node = *nodes.back();
    nodes.pop_back();
    EXPECT_EQ(node.in_flight, 0);
    if (node.move_count == 0) continue;
    ++inner;
    std::uint32_t below = 0;
    std::uint32_t last = ~0U;
    std::uint64_t priors = 0;
    for (const std::uint16_t prior : tree.priors(node)) {
      EXPECT_TRUE(prior <= last || (&node == &tree.root() && GetParam().root != RootSearch::puct))
          << "moves are sorted by prior";
      last = prior;
      priors += prior;
    }
    for (const MctsEdge& edge : tree.edges(node)) {
      EXPECT_EQ(edge.visits, tree.child(edge).visits);
      EXPECT_EQ(edge.mean, stored_mean(tree.child(edge).sums[node.team], edge.visits));
      const auto at = static_cast<std::size_t>(&edge - tree.edges(node).data());
      EXPECT_EQ(edge.move, tree.moves(node)[at]);
      EXPECT_EQ(edge.prior, tree.priors(node)[at]);
      below += edge.visits;
      nodes.push_back(&tree.child(edge));
    }
    EXPECT_EQ(below + 1, node.visits);
    EXPECT_NEAR(static_cast<double>(priors), kPriorOne, 2.0 * node.move_count);
  }
  EXPECT_GT(inner, 50U);
}

INSTANTIATE_TEST_SUITE_P(Mcts, MctsCounts,
                         testing::Values(MctsOptions{}, MctsOptions{.batch = 16}, MctsOptions{.noise = 25},
                                         MctsOptions{.root = RootSearch::halving},
                                         MctsOptions{.root = RootSearch::gumbel, .batch = 4}));

std::map<std::uint32_t, std::uint16_t> root_priors(const MctsTree<Rules>& tree) {
  std::map<std::uint32_t, std::uint16_t> priors;
  for (std::size_t i = 0; i < tree.moves(tree.root()).size(); ++i)
    priors[tree.moves(tree.root())[i].code] = tree.priors(tree.root())[i];
  return priors;
}

TEST(Mcts, MixesNoiseIntoThePriorsOfTheRootAlone) {
  const Rules rules(2, 21, 30, 2000, 6, false);
  HashEvaluator evaluator(rules);
  MctsTree<Rules> plain(rules, {});
  plain.start(initial(rules), 1, {});
  run(plain, evaluator, 400);
  const auto without = root_priors(plain);
  MctsOptions options;
  options.noise = 25;
  std::set<std::map<std::uint32_t, std::uint16_t>> seen;
  for (const std::uint64_t seed : {1, 2, 3, 1, 2, 3}) {
    MctsTree<Rules> tree(rules, options);
    tree.start(initial(rules), seed, {});
    run(tree, evaluator, 400);
    for (const auto& [move, prior] : root_priors(tree)) {
      EXPECT_GE(prior + 1, without.at(move) * 3 / 4);
      EXPECT_LE(prior, without.at(move) * 3 / 4 + kPriorOne / 4 + 1);
    }
    seen.insert(root_priors(tree));
    // Below it there is none, until it is a root.
    State s = initial(rules);
    State undo;
    rules.apply(s, tree.edges(tree.root())[0].move, undo);
    MoveList moves;
    for (;;) {
      moves.clear();
      rules.moves(s, moves);
      if (moves.size() > 1) break;
      rules.apply(s, moves[0], undo);
    }
    const auto kept = tree.edges(tree.root())[0].visits;
    tree.start(s, seed, {});
    EXPECT_EQ(tree.root_visits(), kept);
    std::uint64_t weights = 0;
    for (const Move move : moves) weights += HashEvaluator::weight(rules, s, move);
    bool differs = false;
    for (const auto& [code, prior] : root_priors(tree)) {
      const std::uint64_t own = HashEvaluator::weight(rules, s, Move{code}) * std::uint64_t{kPriorOne} / weights;
      EXPECT_GE(prior + 1U, own * 3 / 4);
      EXPECT_LE(prior, own * 3 / 4 + kPriorOne / 4 + 1);
      differs |= prior != own;
    }
    EXPECT_TRUE(differs) << "the kept root has noise, too";
  }
  EXPECT_EQ(seen.size(), 3U) << "other seeds, other noise; the same seed, the same";
}

// Asked twice about one position, first with the whole budget: what noise that left at the root is gone.
TEST(Mcts, ACheapDecisionHasNoNoise) {
  const Rules rules(2, 21, 30, 2000, 6, false);
  HashEvaluator evaluator(rules);
  MctsTree<Rules> plain(rules, {});
  plain.start(initial(rules), 1, {});
  run(plain, evaluator, 50);
  MctsTree<Rules> tree(rules, {.noise = 75});
  tree.start(initial(rules), 1, {.budget = 400, .full = true});
  run(tree, evaluator, 400);
  EXPECT_NE(root_priors(tree), root_priors(plain));
  tree.start(initial(rules), 2, {.budget = 50, .full = false});
  run(tree, evaluator, 50);
  EXPECT_EQ(root_priors(tree), root_priors(plain));
}

TEST(Mcts, HalvesTheVisitsAmongTheMovesThatLookBest) {
  const Rules rules(2, 5, 200, 100000, 40, false);
  HashEvaluator evaluator(rules);
  for (const RootSearch root : {RootSearch::halving, RootSearch::gumbel}) {
    MctsOptions options;
    options.root = root;
    std::set<std::uint32_t> chosen;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      MctsTree<Rules> tree(rules, options);
      tree.start(initial(rules), seed, {.budget = 321});
      run(tree, evaluator, 321);
      ASSERT_GT(tree.moves(tree.root()).size(), SequentialHalving::kMostCandidates);
      // 16, 8, 4, 2 moves in rounds of 80 visits: 5, 15, 35, 75 visits for those that go.
      std::multiset<std::uint32_t> visits;
      for (const MctsEdge& edge : tree.edges(tree.root())) visits.insert(edge.visits);
      EXPECT_EQ(visits, (std::multiset<std::uint32_t>{5, 5, 5, 5, 5, 5, 5, 5, 15, 15, 15, 15, 35, 35, 75, 75}));
      EXPECT_GE(tree.best_edge(tree.root())->visits, 75U);
      chosen.insert(tree.best_edge(tree.root())->move.code);
      if (root == RootSearch::halving) {
        // Without noise the sixteen are those of the highest priors.
        for (std::size_t i = 1; i < tree.moves(tree.root()).size(); ++i)
          EXPECT_LE(tree.priors(tree.root())[i], tree.priors(tree.root())[i - 1]);
      }
    }
    EXPECT_EQ(chosen.size() > 1, root == RootSearch::gumbel) << "noise alone makes the choice differ";
  }
}

// Arms whose worth is known at once: the best of those compared is found, whatever the budget, and no visit is lost.
TEST(SequentialHalving, FindsTheBestOfTheMovesComparedAndSpendsItsBudget) {
  for (const std::uint64_t budget : {2U, 3U, 7U, 16U, 50U, 64U, 200U, 1000U}) {
    for (std::size_t moves = 2; moves < 40; ++moves) {
      std::vector<SequentialHalving::Known> arms(moves);
      SequentialHalving halving;
      halving.start(std::vector<std::int64_t>(moves, 0), budget);
      std::size_t opened = 0;
      for (std::uint64_t visit = 0; visit < budget; ++visit) {
        const std::size_t arm = halving.next([&](std::size_t i) { return arms[i]; });
        ASSERT_LE(arm, opened) << "new moves come in their order";
        opened = std::max(opened, arm + 1);
        ++arms[arm].visits;
        arms[arm].mean = static_cast<std::int64_t>(arm * 7919 % 31) * 1000;
      }
      const std::size_t best = halving.best([&](std::size_t i) { return arms[i]; });
      ASSERT_GT(arms[best].visits, 0U);
      for (std::size_t i = 0; i < opened; ++i) EXPECT_LE(arms[i].mean, arms[best].mean) << budget << " " << moves;
      EXPECT_LE(opened, SequentialHalving::kMostCandidates);
    }
  }
}

TEST(RootNoise, DirichletSharesHaveTheMomentsOfTheDistribution) {
  for (const std::size_t count : {2U, 20U, 200U}) {
    constexpr double kSum = 10;
    constexpr int kDraws = 3000;
    Rng rng(7);
    double first = 0;
    double second = 0;
    for (int i = 0; i < kDraws; ++i) {
      const auto shares = dirichlet_shares(count, kSum, rng);
      const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
      ASSERT_NEAR(total, kPriorOne, static_cast<double>(count));
      first += shares[0] / static_cast<double>(kPriorOne);
      second += shares[0] / static_cast<double>(kPriorOne) * shares[0] / static_cast<double>(kPriorOne);
    }
    const double mean = 1.0 / static_cast<double>(count);
    const double variance = mean * (1 - mean) / (kSum + 1);
    EXPECT_NEAR(first / kDraws, mean, 5 * std::sqrt(variance / kDraws) + 1e-5) << count;
    EXPECT_NEAR(second / kDraws - first / kDraws * first / kDraws, variance, 0.2 * variance) << count;
  }
}

TEST(RootNoise, TheLargestSumWithAGumbelDeviateIsADrawByTheShares) {
  const std::vector<std::uint32_t> shares = {1, 2, 3, 4};
  const auto logs = log_shares(shares);
  std::array<int, 4> drawn{};
  Rng rng(11);
  for (int i = 0; i < 20'000; ++i) {
    auto deviates = gumbel_deviates(4, rng);
    for (std::size_t k = 0; k < 4; ++k) deviates[k] += logs[k];
    ++drawn[static_cast<std::size_t>(std::max_element(deviates.begin(), deviates.end()) - deviates.begin())];
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const double expected = 2000.0 * shares[k];
    EXPECT_NEAR(drawn[k], expected, 5 * std::sqrt(expected * (1 - expected / 20'000))) << k;
  }
}

// Where the seat to move can force a win, whoever it is, the move chosen keeps it. All positions before the end are even and have no
// prior in favour of any move, so only the results of finished games tell. Three decisions at most: the visits settle on the truth.
// With more than two teams another move may win as well, by what the others prefer; none of these games has it so.
TEST(Mcts, StepsTowardTheGoalForEverySeat) {
  for (int teams = 2; teams <= 4; ++teams) {
    std::array<int, 4> wins{};
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
      const Rules rules(teams, seed, 3);
      const State root = initial(rules);
      const int hero = rules.actor(root);
      if (!can_force_win(rules, root, hero)) continue;
      const auto keeps = [&](Move move) {
        State next = root;
        State undo;
        rules.apply(next, move, undo);
        return can_force_win(rules, next, hero);
      };
      MoveList moves;
      rules.moves(root, moves);
      if (std::all_of(moves.begin(), moves.end(), keeps)) continue;  // whatever is chosen would do
      ++wins[static_cast<std::size_t>(hero)];
      ConstantEvaluator<Rules> evaluator;
      MctsTree<Rules> tree(rules, {});
      tree.start(root, 1, {});
      run(tree, evaluator, 4000);
      EXPECT_GT(tree.value(), kOne / 2) << teams << " teams, seed " << seed;
      EXPECT_TRUE(keeps(tree.best_edge(tree.root())->move)) << teams << " teams, seed " << seed;
    }
    for (int hero = 0; hero < teams; ++hero) EXPECT_GE(wins[static_cast<std::size_t>(hero)], 10) << teams;
  }
}

TEST(Mcts, KeepsTheTreeBelowThePositionThatWasReached) {
  const Rules rules(2, 21, 30, 2000, 6, false);
  HashEvaluator evaluator(rules);
  MctsTree<Rules> tree(rules, {});
  State s = initial(rules);
  tree.start(s, 1, {});
  run(tree, evaluator, 2000);
  // Play the expected line until the next decision but one.
  const std::vector<Move> line = tree.variation();
  const MctsNode* node = &tree.root();
  MoveList moves;
  int decisions = 0;
  for (const Move move : line) {
    moves.clear();
    rules.moves(s, moves);
    if (moves.size() > 1) {
      if (decisions++ == 2) break;
      for (const MctsEdge& edge : tree.edges(*node)) {
        if (edge.move == move) {
          node = &tree.child(edge);
          break;
        }
      }
    }
    State undo;
    rules.apply(s, move, undo);
  }
  const std::uint32_t visits = node->visits;
  const auto sums = node->sums;
  ASSERT_GT(visits, 50U);
  tree.start(s, 2, {});
  EXPECT_EQ(tree.root_visits(), visits);
  EXPECT_EQ(tree.root().sums, sums);
  // The kept tree goes on like one that was never copied.
  run(tree, evaluator, visits + 500);
  std::uint32_t below = 0;
  for (const auto& [move, count] : root_visits(tree)) below += count;
  EXPECT_EQ(below + 1, tree.root_visits());
}

TEST(Mcts, StartsAnewAtAPositionItDoesNotKnow) {
  const Rules rules(2, 21, 30, 2000, 6, false);
  HashEvaluator evaluator(rules);
  MctsTree<Rules> tree(rules, {});
  tree.start(initial(rules), 1, {});
  run(tree, evaluator, 300);
  State far = initial(rules);
  far.layer = 25;
  MoveList moves;
  do {
    ++far.node;
    moves.clear();
    rules.moves(far, moves);
  } while (moves.size() == 1);
  tree.start(far, 2, {});
  EXPECT_EQ(tree.root_visits(), 0U);
}

TEST(Mcts, GathersBatchesWithoutVisitingALeafTwice) {
  const Rules rules(2, 4, 60, 20000, 10, false);
  HashEvaluator evaluator(rules);
  MctsOptions options;
  options.batch = 16;
  MctsTree<Rules> tree(rules, options);
  tree.start(initial(rules), 1, {});
  std::size_t largest = 0;
  while (tree.root_visits() < 2000) {
    const auto leaves = tree.gather();
    std::vector<std::uint64_t> keys;
    for (const Leaf<Rules>& leaf : leaves)
      keys.push_back(static_cast<std::uint64_t>(leaf.from->layer) << 32 | leaf.from->node);
    largest = std::max(largest, leaves.size());
    evaluator.submit(leaves);
    tree.absorb();
  }
  EXPECT_EQ(largest, 16U);
  // As many leaves as visits: none was thrown away, none asked for twice in one batch.
  EXPECT_EQ(evaluator.leaves, tree.root_visits());
}

TEST(Mcts, PlaysOnWhenTheTreeIsFull) {
  const Rules rules(2, 4, 60, 20000, 10, false);
  HashEvaluator evaluator(rules);
  MctsOptions options;
  options.max_nodes = 100;
  options.max_moves = 400;
  MctsTree<Rules> tree(rules, options);
  tree.start(initial(rules), 1, {});
  run(tree, evaluator, 5000);
  EXPECT_EQ(tree.root_visits(), 5000U);
  EXPECT_NE(tree.best_edge(tree.root()), nullptr);
}

TEST(LeafQueue, GivesManyGamesTheAnswersTheyWouldGetAlone) {
  constexpr std::size_t kGames = 8;
  const Rules rules(2, 77, 40, 5000, 8);
  const auto start = [&](std::size_t game) {
    MctsOptions options;
    options.batch = 1 + game % 3;
    auto tree = std::make_unique<MctsTree<Rules>>(rules, options);
    State s = initial(rules);
    s.node = static_cast<std::uint32_t>(game);
    tree->start(s, game, {});
    return tree;
  };
  HashEvaluator together(rules);
  LeafQueue<Rules> queue(together);
  std::vector<std::unique_ptr<MctsTree<Rules>>> trees;
  std::vector<LeafSource<Rules>*> open;
  for (std::size_t game = 0; game < kGames; ++game) trees.push_back(start(game));
  do {
    open.clear();
    for (const auto& tree : trees) {
      if (tree->root_visits() < 400) open.push_back(tree.get());
    }
    queue.round(open);
  } while (!open.empty());
  EXPECT_GT(together.largest_batch, kGames) << "batches hold leaves of several games";
  for (std::size_t game = 0; game < kGames; ++game) {
    HashEvaluator alone(rules);
    const auto tree = start(game);
    run(*tree, alone, 400);
    EXPECT_EQ(root_visits(*trees[game]), root_visits(*tree)) << game;
  }
}

TEST(PlayoutEvaluator, DrawsByTheSeedOfTheLeafAlone) {
  const Rules rules(3, 5, 12);
  PlayoutEvaluator<Rules> evaluator(rules);
  const State s = initial(rules);
  MoveList moves;
  rules.moves(s, moves);
  std::vector<std::uint32_t> weights(moves.size());
  const auto ask = [&](std::uint64_t seed) {
    std::array<Leaf<Rules>, 1> leaf;
    leaf[0].from = &s;
    leaf[0].moves = moves.span();
    leaf[0].seed = seed;
    leaf[0].weights = weights;
    evaluator.submit(leaf);
    return leaf[0].values;
  };
  std::map<TeamValues, int> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    ++seen[ask(seed)];
    EXPECT_EQ(ask(seed), ask(seed));
  }
  EXPECT_GT(seen.size(), 1U);
}

TEST(PlayoutEvaluator, PlaysNothingAtADeadEndAndCountsItAsEven) {
  Rules rules(3, 5, 12, 40, 5, false);  // who plays on from there comes to an end with a winner
  rules.begin_dead_ends_at(3);
  PlayoutEvaluator<Rules> evaluator(rules);
  const State s = initial(rules);
  MoveList moves;
  rules.moves(s, moves);
  std::vector<std::uint32_t> weights(moves.size());
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::array<Leaf<Rules>, 1> leaf;
    leaf[0].from = &s;
    leaf[0].moves = moves.span();
    leaf[0].seed = seed;
    leaf[0].weights = weights;
    evaluator.submit(leaf);
    EXPECT_EQ(leaf[0].values, TeamValues{}) << seed;
  }
}

TEST(ModelEvaluator, JudgesADeadEndAsItStands) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Rules rules(3, seed, 12);
    rules.begin_dead_ends_at(0);
    graph::Model model;
    ModelEvaluator<Rules, graph::Model> evaluator(rules, model);
    const State s = initial(rules);
    std::array<Leaf<Rules>, 1> leaf;
    leaf[0].from = &s;
    evaluator.submit(leaf);
    TeamScores scores{};
    model.evaluate(rules, s, scores);
    for (std::size_t team = 0; team < 3; ++team) {
      EXPECT_EQ(leaf[0].values[team], squash(scores[team], model.value_unit())) << seed;
    }
  }
}

TEST(Mcts, ComesBackFromDeadEnds) {
  Rules rules(2, 5, 12, 40, 5, false);
  rules.begin_dead_ends_at(2);
  PlayoutEvaluator<Rules> evaluator(rules);
  MctsTree<Rules> tree(rules, {});
  tree.start(initial(rules), 1, {});
  run(tree, evaluator, 500);
  EXPECT_EQ(tree.value(), 0);
  EXPECT_LT(tree.best_edge(tree.root())->move.code, rules.move_count(initial(rules)));
}

TEST(FixedPoint, TakesSquareRootsExactly) {
  for (std::uint64_t x : {0ULL, 1ULL, 2ULL, 3ULL, 4ULL, 15ULL, 16ULL, 17ULL, 99980001ULL, 99980000ULL, 1ULL << 62,
                          (1ULL << 62) - 1, ~0ULL, 0xffffffffULL * 0xffffffffULL, 0xffffffffULL * 0xffffffffULL - 1}) {
    const std::uint64_t root = integer_sqrt(x);
    EXPECT_LE(root * root, x);
    if (root < UINT32_MAX) {
      EXPECT_GT((root + 1) * (root + 1), x);
    }
  }
}

TEST(FixedPoint, HalvesByWholeAndPartSteps) {
  EXPECT_EQ(halvings(0), 65536U);
  EXPECT_EQ(halvings(256), 32768U);
  EXPECT_EQ(halvings(128), 46341U);  // 2^16 / sqrt(2)
  EXPECT_EQ(halvings(1024), 4096U);
  EXPECT_EQ(halvings(1 << 20), 0U);
}

TEST(Evaluators, PreferQuickWinsAndLateLossesToAnyEvaluation) {
  const Score unit = 3000;
  EXPECT_EQ(value_of(kWin, unit), kOne);
  EXPECT_EQ(value_of(kWin - 3, unit), kOne - 3);
  EXPECT_EQ(value_of(3 - kWin, unit), 3 - kOne);
  EXPECT_GT(value_of(kWinBound, unit), value_of(kMaxEvaluation, unit));
  EXPECT_LT(value_of(-kWinBound, unit), value_of(-kMaxEvaluation, unit));
  for (const Score score : {0, 1, -1, 500, -500, 100'000, -100'000})
    EXPECT_EQ(value_of(score, unit), squash(score, unit));
}

TEST(FixedPoint, SquashesScoresIntoValues) {
  EXPECT_EQ(squash(0, 3000), 0);
  EXPECT_EQ(squash(3000, 3000), kOne / 2);
  EXPECT_EQ(squash(-3000, 3000), -kOne / 2);
  EXPECT_EQ(squash(9000, 3000), kOne / 4 * 3);
  EXPECT_LE(squash(kWin, 3000), kOne);
}

TEST(FixedPoint, GivesBonusesCloseToTheFormula) {
  for (const std::uint32_t parent : {1U, 10U, 1000U, 1000000U}) {
    for (const std::uint32_t visits : {0U, 1U, 7U, 4095U, 5000U}) {
      const double exact = 1.5 * std::sqrt(parent) * 0.25 / (1 + visits) * kOne;
      const auto bonus = exploration_bonus(exploration_rate(3 * kOne / 2, parent), kPriorOne / 4, visits);
      EXPECT_NEAR(static_cast<double>(bonus), exact, 1 + exact / 100) << parent << " " << visits;
    }
  }
}

}  // namespace
}  // namespace mz
