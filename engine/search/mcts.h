// Monte Carlo tree search with PUCT selection and a value per team.
//
// The tree holds decisions only: a position with a single legal move is passed through without a node. A child is chosen by the mean
// value for the team that moves plus an exploration bonus from its prior. The moves of a decision are sorted by prior, so children are
// added in that order: of the moves without a child only the first can be chosen next. All arithmetic is in whole numbers
// (fixed_point.h), equal children are taken in the order of their moves, so one tree grows the same way on every machine.
//
// Leaves are gathered in batches: `gather` walks down until it has as many as asked for, counting walks under way as visits, `absorb`
// takes the answers. Between the two the owner hands the leaves to an Evaluator, possibly together with the leaves of other trees.
//
// Memory: most nodes are never looked at again, so a move costs six bytes until it has a child, and then an edge. Two arenas of nodes,
// moves, priors and edges, linked by index. When the game goes on, the part of the tree below the new position is copied from one arena to
// the other. Nothing is freed in between. One thread per tree.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/large_pages.h"
#include "engine/base/rng.h"
#include "engine/engine_spec.h"
#include "engine/game.h"
#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/search/effort.h"
#include "engine/search/evaluator.h"
#include "engine/search/fixed_point.h"
#include "engine/search/model.h"
#include "engine/search/root_noise.h"
#include "engine/search/score.h"
#include "engine/search/sequential_halving.h"

namespace mz {

// Parameters of the Dirichlet noise add up to this, so that about as many moves are favoured at every root, however many there are.
inline constexpr double kNoiseConcentration = 10;

// The defaults suit leaves whose values swing by as much as half a win from turn to turn, as those of playouts do.
struct MctsOptions {
  // How the moves of the root are visited: by PUCT as everywhere else, or by halving, with or without Gumbel noise. Halving begins every
  // decision with an empty tree.
  RootSearch root = RootSearch::puct;
  // So many hundredths of the priors of the root are drawn from a Dirichlet distribution, with PUCT only.
  std::uint32_t noise = 0;
  Value exploration = 4 * kOne;  // the factor c of the bonus
  Value unvisited_loss = 0;      // a child without visits is taken for this much worse than its parent
  std::size_t batch = 1;         // leaves gathered at a time
  // A full tree still plays, but grows no more: 128 MiB of nodes, at most as much of edges, and 192 MiB of moves.
  std::size_t max_nodes = 1U << 21;
  std::size_t max_moves = 1U << 25;
  // Visits that a decision is expected to take: room for them is set aside at once instead of being found little by little.
  std::uint64_t visits = 0;
};

inline constexpr std::uint32_t kNoNode = ~0U;

// One decision that was visited at least once.
//
//   byte  0      8     16     24     32     40      44          48          52            55    56       59    60       62      64
//        | sum of values per team (5 x int64) | visits | first edge | first move | move count | team | visited | kind | flight | forced |
struct MctsNode {
  static constexpr std::uint32_t kMaxMoves = (1U << 24) - 1;
  enum class Kind : std::uint8_t { open, pending, terminal };

  std::array<std::int64_t, kMaxSeats> sums{};
  std::uint32_t visits = 0;
  std::uint32_t first_edge = 0;       // in the arena of edges
  std::uint32_t first_move = 0;       // in the arenas of moves and priors
  std::uint32_t move_count : 24 = 0;  // 0 until the leaf is answered
  std::uint32_t team : 8 = 0;         // to move
  std::uint32_t visited : 24 = 0;     // so many moves, from the first, have a child
  Kind kind : 8 = Kind::open;
  std::uint16_t in_flight = 0;  // walks through here that wait for their leaf
  std::uint16_t forced = 0;     // moves without alternative between the edge to here and this decision
};
static_assert(sizeof(MctsNode) <= 64);

// A move with a child, with everything that choosing among them reads, so that a choice runs over one piece of memory.
//
//   byte  0      4       8        12      14     16
//        | move | child | visits | prior | mean |
struct MctsEdge {
  Move move;
  std::uint32_t child = 0;   // in the arena of nodes
  std::uint32_t visits = 0;  // walks taken, those in flight included
  std::uint16_t prior = 0;   // at least 1
  std::int16_t mean = 0;     // value of the child for the team that moves here, halved (fixed_point.h)
};
static_assert(sizeof(MctsEdge) == 16);

// What a move without a child takes.
inline constexpr std::size_t kMctsMoveBytes = sizeof(Move) + sizeof(std::uint16_t);

template <class G>
class MctsTree final : public LeafSource<G> {
 public:
  using State = typename G::State;
  using Node = MctsNode;
  using Edge = MctsEdge;

  MctsTree(const G& rules, const MctsOptions& options) : rules_(rules), options_(options) {
    for (std::size_t i = 0; i < options.batch; ++i) slots_.push_back(std::make_unique<Slot>());
  }

  // Makes `state`, a decision node with two moves or more, the root, and keeps what the tree knows below it. `seed` feeds the leaves
  // of this decision. One that does not get its full effort has no noise. Only halving looks at the budget of `effort`, which it
  // divides.
  void start(const State& state, std::uint64_t seed, const Effort& effort);
  void forget() { root_ = kNoNode; }

  // Walks to at most options.batch leaves and returns those that need an answer. Fewer, even none, when walks end in finished games,
  // in a full tree or at a leaf that is waiting already: then just go on.
  std::span<Leaf<G>> gather() override;
  void absorb() override;

  // Whether the search has reached its budget of visits, those kept from earlier decisions included, and whether it may be stopped.
  [[nodiscard]] bool finished(std::uint64_t visits) const { return root_visits() >= visits; }
  [[nodiscard]] bool can_decide() const { return root_visits() > 1; }
  [[nodiscard]] Decision decision() const;

  // Walks since `start`, and visits of the root, reused ones included.
  [[nodiscard]] std::uint64_t walks() const { return walks_; }
  [[nodiscard]] std::uint32_t root_visits() const { return arena_.nodes[root_].visits; }
  [[nodiscard]] const Node& root() const { return arena_.nodes[root_]; }
  // The moves of a decision in the order in which they get children, their priors, and the edges of those that have one.
  [[nodiscard]] std::span<const Move> moves(const Node& node) const {
    return std::span(arena_.moves).subspan(node.first_move, node.move_count);
  }
  [[nodiscard]] std::span<const std::uint16_t> priors(const Node& node) const {
    return std::span(arena_.priors).subspan(node.first_move, node.move_count);
  }
  [[nodiscard]] std::span<const Edge> edges(const Node& node) const {
    return std::span(arena_.edges).subspan(node.first_edge, node.visited);
  }
  [[nodiscard]] const Node& child(const Edge& edge) const { return arena_.nodes[edge.child]; }

  // The edge that wins at once, soonest, or else what halving found at the root, or the most visited one; among equals the better one, then
  // the one of the higher prior. Null where there is no edge.
  [[nodiscard]] const Edge* best_edge(const Node& node) const;
  // Whether the game is over after that move and what it forces, and won by whoever makes it.
  [[nodiscard]] bool wins_at_once(const Edge& edge) const {
    return child(edge).kind == Node::Kind::terminal && edge.mean > 0;
  }
  // Mean value of the root for its team.
  [[nodiscard]] Value value() const {
    const Node& node = root();
    return node.visits == 0 ? 0 : static_cast<Value>(node.sums[node.team] / static_cast<std::int64_t>(node.visits));
  }
  // The moves visited most, forced ones included.
  [[nodiscard]] std::vector<Move> variation() const;

 private:
  // Of the seed of a decision, beside those of its leaves.
  static constexpr std::uint64_t kNoiseStream = 0x6e6f697365ULL;

  template <class T>
  using Array = std::vector<T, LargePages<T>>;
  struct Arena {
    Array<Node> nodes;
    Array<Move> moves;
    Array<std::uint16_t> priors;
    Array<Edge> edges;
    void clear() {
      nodes.clear();
      moves.clear();
      priors.clear();
      edges.clear();
    }
  };
  // A leaf under way. The path is the nodes from the root to the leaf; `taken` says which of its edges each node was left by: their place
  // in the arena changes when another walk adds one.
  struct Slot {
    State state;
    MoveList moves;
    std::vector<std::uint32_t> path;
    std::vector<std::uint32_t> taken;
    std::vector<std::uint32_t> weights;
  };
  static constexpr int kReusedPositions = 4000;  // looked at in search of the new root

  [[nodiscard]] bool full() const { return arena_.nodes.size() >= options_.max_nodes; }
  // Whether walks end here: nothing below is known, or nothing can be stored.
  [[nodiscard]] bool is_leaf(const Node& node) const { return node.move_count == 0 || (node.visited == 0 && full()); }
  // Edges stand in blocks that double when they are full: so large is the block of a node with so many.
  static constexpr std::size_t block_of(std::size_t edges) { return edges == 0 ? 0 : std::bit_ceil(edges); }
  // An edge of the node, or the number of its edges for a new one.
  [[nodiscard]] std::size_t choose(const Node& node) const;
  bool walk(Slot& slot);
  // Plays moves as long as there is only one and says how many they were; the moves of the decision that follows are left in `moves`.
  int pass_forced(State& state, MoveList& moves) const;
  void pass_known(State& state, MoveList& moves, int forced) const;
  std::uint32_t add_edge(Node& node);
  void add_child(const State& state, int parent_team, int forced);
  void back_up(const Slot& slot, const TeamValues& values, bool was_in_flight);
  void expand(Node& node, const MoveList& moves, std::span<std::uint32_t> weights);
  void set_room_aside();
  // With `noise`, once the root has its moves.
  void mix_noise_in();
  // With halving, the same: its moves in the order in which they are compared.
  void begin_halving();
  [[nodiscard]] bool halves() const { return options_.root != RootSearch::puct; }
  [[nodiscard]] bool has_noise() const { return effort_.full && options_.noise > 0; }
  [[nodiscard]] SequentialHalving::Known known(std::size_t root_move) const {
    const std::span<const Edge> all = edges(root());
    if (root_move >= all.size()) return {};
    return {all[root_move].visits, mean_value(all[root_move].mean)};
  }
  // The edge that a walk takes from a node, as `choose` gives it.
  [[nodiscard]] std::size_t next_of(std::uint32_t at);
  [[nodiscard]] std::optional<std::uint32_t> find_below(std::uint64_t key) const;
  void keep_only(std::uint32_t node);
  [[nodiscard]] TeamValues final_values(const State& state) const;

  const G& rules_;
  MctsOptions options_;
  Arena arena_;
  Arena spare_;
  std::uint32_t root_ = kNoNode;
  State root_state_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t slots_used_ = 0;
  std::vector<Leaf<G>> leaves_;
  std::vector<std::pair<std::uint32_t, Move>> order_;  // scratch of expand
  SequentialHalving halving_;
  std::uint64_t seed_ = 0;
  Effort effort_;
  std::uint64_t walks_ = 0;
  // Scratch of walk.
  mutable typename G::Undo undo_;
};

template <class G>
void MctsTree<G>::start(const State& state, std::uint64_t seed, const Effort& effort) {
  seed_ = seed;
  effort_ = effort;
  walks_ = 0;
  std::optional<std::uint32_t> kept;
  if (root_ != kNoNode && !halves()) kept = find_below(rules_.key(state, kNobody));
  if (options_.noise > 0 && kept == root_) kept.reset();  // its priors may have noise already
  root_state_ = state;
  if (kept) {
    keep_only(*kept);
    mix_noise_in();
    return;
  }
  arena_.clear();
  set_room_aside();
  arena_.nodes.emplace_back();
  arena_.nodes[0].team = static_cast<std::uint8_t>(rules_.team(rules_.actor(state)));
  root_ = 0;
}

// Addresses only: the system gives memory for what is written to.
template <class G>
void MctsTree<G>::set_room_aside() {
  MoveList& moves = slots_.front()->moves;
  moves.clear();
  rules_.moves(root_state_, moves);  // hardly any later position has more
  const std::size_t nodes = std::min<std::uint64_t>(options_.visits, options_.max_nodes);
  const std::size_t all_moves = std::min<std::uint64_t>(nodes * moves.size(), options_.max_moves);
  arena_.nodes.reserve(nodes);
  arena_.moves.reserve(all_moves);
  arena_.priors.reserve(all_moves);
}

// The node of the position with this key, breadth first from the old root over what was visited.
template <class G>
std::optional<std::uint32_t> MctsTree<G>::find_below(std::uint64_t key) const {
  struct Place {
    State state;
    std::uint32_t node;
  };
  if (rules_.key(root_state_, kNobody) == key) return root_;
  std::deque<Place> places;
  places.push_back({root_state_, root_});
  MoveList moves;
  for (int looked = 0; !places.empty() && looked < kReusedPositions;) {
    const Place place = places.front();
    places.pop_front();
    for (const Edge& edge : edges(arena_.nodes[place.node])) {
      if (++looked == kReusedPositions) break;
      Place next{place.state, edge.child};
      rules_.apply(next.state, edge.move, undo_);
      pass_forced(next.state, moves);
      if (rules_.kind(next.state) == NodeKind::terminal || arena_.nodes[edge.child].move_count == 0) continue;
      if (rules_.key(next.state, kNobody) == key) return edge.child;
      places.push_back(next);
    }
  }
  return std::nullopt;
}

// Copies the tree below a node to the other arena, breadth first, and makes it the tree.
template <class G>
void MctsTree<G>::keep_only(std::uint32_t node) {
  if (node == root_) return;
  spare_.clear();
  spare_.nodes.push_back(arena_.nodes[node]);
  const auto append = [](auto& to, const auto& what) {
    const auto first = static_cast<std::uint32_t>(to.size());
    to.insert(to.end(), what.begin(), what.end());
    return first;
  };
  for (std::size_t i = 0; i < spare_.nodes.size(); ++i) {
    const Node old = spare_.nodes[i];
    const std::uint32_t first_edge = append(spare_.edges, edges(old));
    spare_.edges.resize(first_edge + block_of(old.visited));
    spare_.nodes[i].first_edge = first_edge;
    spare_.nodes[i].first_move = append(spare_.moves, moves(old));
    append(spare_.priors, priors(old));
    for (Edge& edge : std::span(spare_.edges).subspan(first_edge, old.visited)) {
      spare_.nodes.push_back(arena_.nodes[edge.child]);
      edge.child = static_cast<std::uint32_t>(spare_.nodes.size() - 1);
    }
  }
  std::swap(arena_, spare_);
  root_ = 0;
}

template <class G>
TeamValues MctsTree<G>::final_values(const State& state) const {
  TeamValues values{};
  for (int team = 0; team < rules_.teams(); ++team) {
    const Score score = final_score(rules_, state, team, 0);
    values[static_cast<std::size_t>(team)] = score > 0 ? kOne : score < 0 ? -kOne : 0;
  }
  return values;
}

template <class G>
int MctsTree<G>::pass_forced(State& state, MoveList& moves) const {
  int passed = 0;
  for (; rules_.kind(state) != NodeKind::terminal; ++passed) {
    moves.clear();
    rules_.moves(state, moves);
    if (moves.size() != 1) break;
    rules_.apply(state, moves[0], undo_);
  }
  return passed;
}

// To a decision that was reached before: its moves are not wanted, so a walk makes none where nothing was forced.
template <class G>
void MctsTree<G>::pass_known(State& state, MoveList& moves, int forced) const {
  for (int i = 0; i < forced; ++i) {
    moves.clear();
    rules_.moves(state, moves);
    rules_.apply(state, moves[0], undo_);
  }
  moves.clear();
}

// Priors of the root are a mixture of what the evaluator said and of chance.
template <class G>
void MctsTree<G>::mix_noise_in() {
  if (!has_noise()) return;
  const Node& node = arena_.nodes[root_];
  Rng rng(derive_seed(seed_, kNoiseStream));
  const std::vector<std::uint32_t> drawn = dirichlet_shares(node.move_count, kNoiseConcentration, rng);
  const auto mixed = [&](std::uint16_t prior, std::size_t i) {
    const std::uint64_t sum = std::uint64_t{prior} * (100 - options_.noise) + std::uint64_t{drawn[i]} * options_.noise;
    return static_cast<std::uint16_t>(std::clamp<std::uint64_t>(sum / 100, 1, UINT16_MAX));
  };
  order_.clear();
  for (std::size_t i = 0; i < node.move_count; ++i) {
    const std::uint16_t prior = mixed(arena_.priors[node.first_move + i], i);
    if (i < node.visited) {
      arena_.priors[node.first_move + i] = prior;
      arena_.edges[node.first_edge + i].prior = prior;
    } else {
      order_.emplace_back(prior, arena_.moves[node.first_move + i]);
    }
  }
  std::stable_sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  for (std::size_t i = 0; i < order_.size(); ++i) {
    arena_.priors[node.first_move + node.visited + i] = static_cast<std::uint16_t>(order_[i].first);
    arena_.moves[node.first_move + node.visited + i] = order_[i].second;
  }
}

template <class G>
void MctsTree<G>::begin_halving() {
  const Node& node = arena_.nodes[root_];
  const auto old_priors = std::vector<std::uint32_t>(priors(node).begin(), priors(node).end());
  std::vector<std::int64_t> worth = log_shares(old_priors);
  if (options_.root == RootSearch::gumbel && effort_.full) {
    Rng rng(derive_seed(seed_, kNoiseStream));
    const std::vector<std::int64_t> drawn = gumbel_deviates(worth.size(), rng);
    for (std::size_t i = 0; i < worth.size(); ++i) worth[i] += drawn[i];
  }
  const auto old_moves = std::vector<Move>(moves(node).begin(), moves(node).end());
  std::vector<std::uint32_t> order(worth.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return worth[a] > worth[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    arena_.moves[node.first_move + i] = old_moves[order[i]];
    arena_.priors[node.first_move + i] = static_cast<std::uint16_t>(old_priors[order[i]]);
  }
  std::stable_sort(worth.begin(), worth.end(), std::greater<>());
  halving_.start(std::move(worth), effort_.budget);
}

template <class G>
std::size_t MctsTree<G>::next_of(std::uint32_t at) {
  const Node& node = arena_.nodes[at];
  if (at != root_ || !halves()) return choose(node);
  const std::size_t next = halving_.next([this](std::size_t move) { return known(move); });
  return next < node.visited || !full() ? next : choose(node);
}

// PUCT. Only the first of the moves without a child can win among them: they share everything but the prior.
template <class G>
std::size_t MctsTree<G>::choose(const Node& node) const {
  const std::span<const Edge> all = edges(node);
  if (all.empty()) return 0;
  const bool may_grow = node.visited < node.move_count && !full();
  const std::uint16_t* next = arena_.priors.data() + node.first_move + node.visited;
  if (may_grow) __builtin_prefetch(next);
  const std::uint64_t rate = exploration_rate(options_.exploration, node.visits + node.in_flight);
  std::size_t best = 0;
  std::int64_t most = INT64_MIN;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::int64_t score = mean_value(all[i].mean) + exploration_bonus(rate, all[i].prior, all[i].visits);
    if (score > most) {
      most = score;
      best = i;
    }
  }
  if (may_grow) {
    const std::int64_t own = node.visits == 0 ? 0 : node.sums[node.team] / static_cast<std::int64_t>(node.visits);
    const std::int64_t score = own - options_.unvisited_loss + exploration_bonus(rate, *next, 0);
    if (score > most) best = node.visited;
  }
  return best;
}

// For the first move without a child, which will be the next node. Returns its place in the arena.
template <class G>
std::uint32_t MctsTree<G>::add_edge(Node& node) {
  const std::size_t size = block_of(node.visited);
  if (node.visited == size) {
    const std::size_t first = arena_.edges.size();
    arena_.edges.resize(first + block_of(size + 1));
    std::copy_n(arena_.edges.begin() + node.first_edge, size,
                arena_.edges.begin() + static_cast<std::ptrdiff_t>(first));
    node.first_edge = static_cast<std::uint32_t>(first);
  }
  const std::uint32_t at = node.first_edge + node.visited;
  Edge& edge = arena_.edges[at];
  edge = {};
  edge.move = moves(node)[node.visited];
  edge.prior = priors(node)[node.visited];
  edge.child = static_cast<std::uint32_t>(arena_.nodes.size());
  ++node.visited;
  return at;
}

template <class G>
void MctsTree<G>::add_child(const State& state, int parent_team, int forced) {
  Node& node = arena_.nodes.emplace_back();
  const bool over = rules_.kind(state) == NodeKind::terminal;
  node.kind = over ? Node::Kind::terminal : Node::Kind::open;
  node.forced = static_cast<std::uint16_t>(forced);  // fewer than the plies of a game
  node.team = static_cast<std::uint8_t>(over ? parent_team : rules_.team(rules_.actor(state)));
}

// One walk from the root. True when it ends at a leaf that needs an answer: its state, moves and path are then in the slot.
template <class G>
bool MctsTree<G>::walk(Slot& slot) {
  slot.state = root_state_;
  slot.path.assign(1, root_);
  slot.taken.clear();
  slot.moves.clear();
  for (;;) {
    const std::uint32_t at = slot.path.back();
    Node& node = arena_.nodes[at];
    if (node.kind == Node::Kind::terminal) {
      back_up(slot, final_values(slot.state), false);
      return false;
    }
    if (is_leaf(node)) {
      // Not known when the walk came to a decision of earlier walks: the root before its first one, or where the edges were full.
      if (slot.moves.empty()) rules_.moves(slot.state, slot.moves);
      node.kind = Node::Kind::pending;
      return true;
    }
    const std::size_t chosen = next_of(at);
    const bool is_new = chosen == node.visited;
    const std::uint32_t at_edge = is_new ? add_edge(node) : node.first_edge + static_cast<std::uint32_t>(chosen);
    Edge& edge = arena_.edges[at_edge];
    __builtin_prefetch(arena_.nodes.data() + edge.child);
    ++edge.visits;
    slot.taken.push_back(static_cast<std::uint32_t>(chosen));
    rules_.apply(slot.state, edge.move, undo_);
    if (is_new) {
      const int forced = pass_forced(slot.state, slot.moves);
      add_child(slot.state, static_cast<int>(node.team), forced);  // moves nodes: `node` is no longer valid
    } else {
      pass_known(slot.state, slot.moves, arena_.nodes[edge.child].forced);
    }
    slot.path.push_back(edge.child);
  }
}

template <class G>
std::span<Leaf<G>> MctsTree<G>::gather() {
  leaves_.clear();
  slots_used_ = 0;
  while (slots_used_ < slots_.size()) {
    Slot& slot = *slots_[slots_used_];
    // A walk that meets a waiting leaf would only wait for it too.
    bool waits = false;
    if (slots_used_ > 0) {
      std::uint32_t at = root_;
      while (arena_.nodes[at].kind == Node::Kind::open && !is_leaf(arena_.nodes[at])) {
        const Node& node = arena_.nodes[at];
        const std::size_t next = next_of(at);
        if (next == node.visited) break;
        at = arena_.edges[node.first_edge + next].child;
      }
      waits = arena_.nodes[at].kind == Node::Kind::pending;
    }
    if (waits) break;
    ++walks_;
    if (!walk(slot)) {
      if (slots_used_ == 0) break;  // let the owner look at its budget
      continue;
    }
    for (const std::uint32_t node : slot.path) ++arena_.nodes[node].in_flight;
    slot.weights.assign(slot.moves.size(), 0);
    ++slots_used_;
  }
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = *slots_[i];
    Leaf<G> leaf;
    leaf.from = &slot.state;
    leaf.moves = slot.moves.span();
    leaf.seed = derive_seed(seed_, walks_ * slots_.size() + i);
    leaf.weights = slot.weights;
    leaves_.push_back(leaf);
  }
  return leaves_;
}

template <class G>
void MctsTree<G>::absorb() {
  for (std::size_t i = 0; i < slots_used_; ++i) {
    Slot& slot = *slots_[i];
    Node& leaf = arena_.nodes[slot.path.back()];
    leaf.kind = Node::Kind::open;
    const bool room = leaf.move_count == 0 && slot.moves.size() <= Node::kMaxMoves &&
                      arena_.moves.size() + slot.moves.size() <= options_.max_moves;
    if (room) {
      expand(leaf, slot.moves, slot.weights);
      if (slot.path.size() == 1) {
        if (halves()) begin_halving();
        mix_noise_in();
      }
    }
    back_up(slot, leaves_[i].values, true);
  }
  slots_used_ = 0;
}

// Moves sorted by prior, equal ones in the game's own order. Priors add up to kPriorOne but for rounding, and are never 0.
template <class G>
void MctsTree<G>::expand(Node& node, const MoveList& moves, std::span<std::uint32_t> weights) {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : weights) total += weight;
  if (total == 0) {
    std::fill(weights.begin(), weights.end(), 1U);
    total = weights.size();
  }
  node.first_move = static_cast<std::uint32_t>(arena_.moves.size());
  node.move_count = static_cast<std::uint32_t>(moves.size()) & Node::kMaxMoves;  // the caller has no more
  if (std::is_sorted(weights.rbegin(), weights.rend())) {
    arena_.moves.insert(arena_.moves.end(), moves.begin(), moves.end());
  } else {
    order_.clear();
    for (std::size_t i = 0; i < moves.size(); ++i) order_.emplace_back(weights[i], moves[i]);
    std::stable_sort(order_.begin(), order_.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; i < moves.size(); ++i) {
      weights[i] = order_[i].first;
      arena_.moves.push_back(order_[i].second);
    }
  }
  std::uint32_t last = 0;
  std::uint16_t prior = 1;
  for (const std::uint32_t weight : weights) {
    if (weight != last) {
      const std::uint64_t share = static_cast<std::uint64_t>(weight) * kPriorOne / total;
      prior = static_cast<std::uint16_t>(std::clamp<std::uint64_t>(share, 1, UINT16_MAX));
      last = weight;
    }
    arena_.priors.push_back(prior);
  }
}

template <class G>
void MctsTree<G>::back_up(const Slot& slot, const TeamValues& values, bool was_in_flight) {
  const int teams = rules_.teams();
  for (std::size_t i = 0; i < slot.path.size(); ++i) {
    Node& node = arena_.nodes[slot.path[i]];
    for (int team = 0; team < teams; ++team)
      node.sums[static_cast<std::size_t>(team)] += values[static_cast<std::size_t>(team)];
    ++node.visits;
    if (was_in_flight) --node.in_flight;
    if (i > 0) {
      const Node& parent = arena_.nodes[slot.path[i - 1]];
      arena_.edges[parent.first_edge + slot.taken[i - 1]].mean = stored_mean(node.sums[parent.team], node.visits);
    }
  }
}

template <class G>
const MctsEdge* MctsTree<G>::best_edge(const Node& node) const {
  const Edge* best = nullptr;
  const Edge* won = nullptr;
  for (const Edge& edge : edges(node)) {
    if (wins_at_once(edge) && (won == nullptr || child(edge).forced < child(*won).forced)) won = &edge;
    const bool better =
        best == nullptr || edge.visits > best->visits || (edge.visits == best->visits && edge.mean > best->mean);
    if (better) best = &edge;
  }
  if (won != nullptr) return won;
  if (best == nullptr || !halves() || &node != &root()) return best;
  return &edges(node)[halving_.best([this](std::size_t move) { return known(move); })];
}

template <class G>
Decision MctsTree<G>::decision() const {
  Decision decision;
  const Edge* best = best_edge(root());
  decision.move = best != nullptr ? best->move : moves(root()).front();
  decision.value = static_cast<double>(value()) / kOne;
  decision.nodes = walks();
  decision.variation = variation();
  if (best != nullptr && wins_at_once(*best)) return decision;  // that is not weighed against visits
  for (const Edge& edge : edges(root())) decision.visited.push_back({edge.move, edge.visits});
  return decision;
}

template <class G>
std::vector<Move> MctsTree<G>::variation() const {
  std::vector<Move> line;
  State s = root_state_;
  MoveList moves;
  const Node* node = &root();
  while (node->visited > 0 && line.size() < static_cast<std::size_t>(kMaxPly)) {
    const Edge* edge = best_edge(*node);
    line.push_back(edge->move);
    rules_.apply(s, edge->move, undo_);
    node = &child(*edge);
    while (rules_.kind(s) != NodeKind::terminal) {
      moves.clear();
      rules_.moves(s, moves);
      if (moves.size() != 1) break;
      line.push_back(moves[0]);
      rules_.apply(s, moves[0], undo_);
    }
  }
  return line;
}

}  // namespace mz
