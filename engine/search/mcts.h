// Monte Carlo tree search with PUCT selection and a value per team.
//
// The tree holds decisions only: a position with a single legal move is passed through without a node. A child is chosen by the mean
// value for the team that moves plus an exploration bonus from its prior; visited children come first in the list of edges, and as the
// rest is sorted by prior, only the first of the rest can be chosen next. All arithmetic is in whole numbers (fixed_point.h), equal
// children are taken in the order of their edges, so one tree grows the same way on every machine.
//
// Leaves are gathered in batches: `gather` walks down until it has as many as asked for, counting walks under way as visits, `absorb`
// takes the answers. Between the two the owner hands the leaves to an Evaluator, possibly together with the leaves of other trees.
//
// Memory: two arenas of nodes and edges, linked by index. When the game goes on, the part of the tree below the new position is copied
// from one arena to the other. Nothing is freed in between. One thread per tree.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/search/evaluator.h"
#include "engine/search/fixed_point.h"
#include "engine/search/model.h"
#include "engine/search/score.h"

namespace mz {

// The defaults suit leaves whose values swing by as much as half a win from turn to turn, as those of playouts do.
struct MctsOptions {
  Value exploration = 4 * kOne;  // the factor c of the bonus
  Value unvisited_loss = 0;      // a child without visits is taken for this much worse than its parent
  std::size_t batch = 1;         // leaves gathered at a time
  // A full tree still plays, but grows no more: 128 MiB of nodes and 512 MiB of edges.
  std::size_t max_nodes = 1U << 21;
  std::size_t max_edges = 1U << 25;
};

inline constexpr std::uint32_t kNoNode = ~0U;

// One decision that was visited at least once.
//
//   byte  0      8     16     24     32     40      44      48      52      56       58     59     60       62     64
//        | sum of values per team (5 x int64) | visits | edges | count | visited | flight | team | kind | forced | spare |
struct MctsNode {
  std::array<std::int64_t, kMaxSeats> sums{};
  std::uint32_t visits = 0;
  std::uint32_t first_edge = 0;  // in the arena of edges
  std::uint32_t edge_count = 0;  // 0 until the leaf is answered
  std::uint32_t visited = 0;     // so many edges, from the first, have a child
  std::uint16_t in_flight = 0;   // walks through here that wait for their leaf
  std::uint8_t team = 0;         // to move
  enum class Kind : std::uint8_t { open, pending, terminal } kind = Kind::open;
  std::uint16_t forced = 0;  // moves without alternative between the edge to here and this decision
};
static_assert(sizeof(MctsNode) <= 64);

// A move of a decision, with everything that choosing among them reads, so that a choice runs over one piece of memory.
//
//   byte  0      4       8        12      14     16
//        | move | child | visits | prior | mean |
struct MctsEdge {
  Move move;
  std::uint32_t child = kNoNode;
  std::uint32_t visits = 0;  // walks taken, those in flight included
  std::uint16_t prior = 0;   // at least 1
  std::int16_t mean = 0;     // value of the child for the team that moves here, halved (fixed_point.h)
};
static_assert(sizeof(MctsEdge) == 16);

template <class G>
class MctsTree {
 public:
  using State = typename G::State;
  using Node = MctsNode;
  using Edge = MctsEdge;

  MctsTree(const G& rules, const MctsOptions& options) : rules_(rules), options_(options) {
    for (std::size_t i = 0; i < options.batch; ++i) slots_.push_back(std::make_unique<Slot>());
  }

  // Makes `state`, a decision node with two moves or more, the root, and keeps what the tree knows below it. `seed` feeds the leaves
  // of this decision.
  void start(const State& state, std::uint64_t seed);
  void forget() { root_ = kNoNode; }

  // Walks to at most options.batch leaves and returns those that need an answer. Fewer, even none, when walks end in finished games,
  // in a full tree or at a leaf that is waiting already: then just go on.
  std::span<Leaf<G>> gather();
  void absorb();

  // Walks since `start`, and visits of the root, reused ones included.
  [[nodiscard]] std::uint64_t walks() const { return walks_; }
  [[nodiscard]] std::uint32_t root_visits() const { return arena_.nodes[root_].visits; }
  [[nodiscard]] const Node& root() const { return arena_.nodes[root_]; }
  [[nodiscard]] std::span<const Edge> edges(const Node& node) const {
    return std::span(arena_.edges).subspan(node.first_edge, node.edge_count);
  }
  [[nodiscard]] const Node* child(const Edge& edge) const {
    return edge.child == kNoNode ? nullptr : &arena_.nodes[edge.child];
  }

  // The move that wins at once, soonest, or the most visited one; among equals the better one, then the one of the higher prior.
  [[nodiscard]] const Edge* best_edge(const Node& node) const;
  // Whether the game is over after that move and what it forces, and won by whoever makes it.
  [[nodiscard]] bool wins_at_once(const Edge& edge) const {
    const Node* after = child(edge);
    return after != nullptr && after->kind == Node::Kind::terminal && edge.mean > 0;
  }
  // Mean value of the root for its team.
  [[nodiscard]] Value value() const {
    const Node& node = root();
    return node.visits == 0 ? 0 : static_cast<Value>(node.sums[node.team] / static_cast<std::int64_t>(node.visits));
  }
  // The moves visited most, forced ones included.
  [[nodiscard]] std::vector<Move> variation() const;

 private:
  struct Arena {
    std::vector<Node> nodes;
    std::vector<Edge> edges;
    void clear() {
      nodes.clear();
      edges.clear();
    }
  };
  // A leaf under way. The path is the nodes from the root to the leaf and the edges between them.
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
  [[nodiscard]] bool is_leaf(const Node& node) const { return node.edge_count == 0 || (node.visited == 0 && full()); }
  [[nodiscard]] std::size_t choose(const Node& node) const;
  bool walk(Slot& slot);
  // Plays moves as long as there is only one and says how many they were; the moves of the decision that follows are left in `moves`.
  int pass_forced(State& state, MoveList& moves) const;
  void pass_known(State& state, MoveList& moves, int forced) const;
  void add_child(Edge& edge, const State& state, std::uint8_t parent_team, int forced);
  void back_up(const Slot& slot, const TeamValues& values, bool was_in_flight);
  void expand(Node& node, const MoveList& moves, std::span<std::uint32_t> weights);
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
  std::vector<std::pair<std::uint32_t, std::uint32_t>> order_;  // scratch of expand
  std::uint64_t seed_ = 0;
  std::uint64_t walks_ = 0;
  // Scratch of walk.
  mutable typename G::Undo undo_;
};

template <class G>
void MctsTree<G>::start(const State& state, std::uint64_t seed) {
  seed_ = seed;
  walks_ = 0;
  const std::optional<std::uint32_t> kept = root_ == kNoNode ? std::nullopt : find_below(rules_.key(state, kNobody));
  root_state_ = state;
  if (kept) return keep_only(*kept);
  arena_.clear();
  arena_.nodes.emplace_back();
  arena_.nodes[0].team = static_cast<std::uint8_t>(rules_.team(rules_.actor(state)));
  root_ = 0;
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
    const Node& node = arena_.nodes[place.node];
    for (const Edge& edge : std::span(arena_.edges).subspan(node.first_edge, node.visited)) {
      if (++looked == kReusedPositions) break;
      Place next{place.state, edge.child};
      rules_.apply(next.state, edge.move, undo_);
      pass_forced(next.state, moves);
      if (rules_.kind(next.state) == NodeKind::terminal || arena_.nodes[edge.child].edge_count == 0) continue;
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
  for (std::size_t i = 0; i < spare_.nodes.size(); ++i) {
    const std::span<const Edge> old = edges(spare_.nodes[i]);
    const std::uint32_t visited = spare_.nodes[i].visited;
    const auto first = static_cast<std::uint32_t>(spare_.edges.size());
    spare_.edges.insert(spare_.edges.end(), old.begin(), old.end());
    spare_.nodes[i].first_edge = first;
    for (std::uint32_t e = first; e < first + visited; ++e) {
      Edge& edge = spare_.edges[e];
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

// PUCT. Only the first unvisited edge can win among the unvisited ones: they share everything but the prior.
template <class G>
std::size_t MctsTree<G>::choose(const Node& node) const {
  const std::span<const Edge> all = edges(node);
  const std::uint64_t rate = exploration_rate(options_.exploration, node.visits + node.in_flight);
  std::size_t best = 0;
  std::int64_t most = INT64_MIN;
  for (std::size_t i = 0; i < node.visited; ++i) {
    const std::int64_t score = mean_value(all[i].mean) + exploration_bonus(rate, all[i].prior, all[i].visits);
    if (score > most) {
      most = score;
      best = i;
    }
  }
  if (node.visited < all.size() && !full()) {
    const std::int64_t own = node.visits == 0 ? 0 : node.sums[node.team] / static_cast<std::int64_t>(node.visits);
    const std::int64_t score = own - options_.unvisited_loss + exploration_bonus(rate, all[node.visited].prior, 0);
    if (score > most) best = node.visited;
  }
  return best;
}

template <class G>
void MctsTree<G>::add_child(Edge& edge, const State& state, std::uint8_t parent_team, int forced) {
  edge.child = static_cast<std::uint32_t>(arena_.nodes.size());
  Node& node = arena_.nodes.emplace_back();
  const bool over = rules_.kind(state) == NodeKind::terminal;
  node.kind = over ? Node::Kind::terminal : Node::Kind::open;
  node.forced = static_cast<std::uint16_t>(forced);  // fewer than the plies of a game
  node.team = over ? parent_team : static_cast<std::uint8_t>(rules_.team(rules_.actor(state)));
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
    const auto chosen = static_cast<std::uint32_t>(node.first_edge + choose(node));
    Edge& edge = arena_.edges[chosen];
    ++edge.visits;
    slot.taken.push_back(chosen);
    const std::uint8_t team = node.team;
    rules_.apply(slot.state, edge.move, undo_);
    if (edge.child == kNoNode) {
      ++node.visited;
      const int forced = pass_forced(slot.state, slot.moves);
      add_child(edge, slot.state, team, forced);  // moves nodes: `node` is no longer valid
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
        const std::uint32_t next = arena_.edges[node.first_edge + choose(node)].child;
        if (next == kNoNode) break;
        at = next;
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
    leaf.state = &slot.state;
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
    const bool room = leaf.edge_count == 0 && arena_.edges.size() + slot.moves.size() <= options_.max_edges;
    if (room) expand(leaf, slot.moves, slot.weights);
    back_up(slot, leaves_[i].values, true);
  }
  slots_used_ = 0;
}

// Edges sorted by prior, equal ones in the game's own order. Priors add up to kPriorOne but for rounding, and are never 0.
template <class G>
void MctsTree<G>::expand(Node& node, const MoveList& moves, std::span<std::uint32_t> weights) {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : weights) total += weight;
  if (total == 0) {
    std::fill(weights.begin(), weights.end(), 1U);
    total = weights.size();
  }
  const auto before = [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  };
  order_.clear();
  for (std::size_t i = 0; i < moves.size(); ++i) order_.emplace_back(weights[i], static_cast<std::uint32_t>(i));
  if (!std::is_sorted(order_.begin(), order_.end(), before)) std::sort(order_.begin(), order_.end(), before);
  node.first_edge = static_cast<std::uint32_t>(arena_.edges.size());
  node.edge_count = static_cast<std::uint32_t>(moves.size());
  for (const auto& [weight, i] : order_) {
    const std::uint64_t prior =
        std::clamp<std::uint64_t>(static_cast<std::uint64_t>(weight) * kPriorOne / total, 1, UINT16_MAX);
    Edge& edge = arena_.edges.emplace_back();
    edge.move = moves[i];
    edge.prior = static_cast<std::uint16_t>(prior);
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
      const std::uint8_t mover = arena_.nodes[slot.path[i - 1]].team;
      arena_.edges[slot.taken[i - 1]].mean = stored_mean(node.sums[mover], node.visits);
    }
  }
}

template <class G>
const MctsEdge* MctsTree<G>::best_edge(const Node& node) const {
  const std::span<const Edge> all = edges(node);
  const Edge* best = all.empty() ? nullptr : &all.front();
  const Edge* won = nullptr;
  for (const Edge& edge : all.first(node.visited)) {
    const bool wins = wins_at_once(edge);
    if (wins && (won == nullptr || child(edge)->forced < child(*won)->forced)) won = &edge;
    if (edge.visits > best->visits || (edge.visits == best->visits && edge.mean > best->mean)) best = &edge;
  }
  return won != nullptr ? won : best;
}

template <class G>
std::vector<Move> MctsTree<G>::variation() const {
  std::vector<Move> line;
  State s = root_state_;
  MoveList moves;
  const Node* node = &root();
  while (node != nullptr && node->visited > 0 && line.size() < static_cast<std::size_t>(kMaxPly)) {
    const Edge* edge = best_edge(*node);
    line.push_back(edge->move);
    rules_.apply(s, edge->move, undo_);
    node = child(*edge);
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

// One queue for the leaves of many trees: every tree gathers, the evaluator answers all leaves in one batch, every tree absorbs. An
// evaluator whose answers depend on the leaf alone gives each game what it would get by itself.
template <class G>
class LeafQueue {
 public:
  explicit LeafQueue(Evaluator<G>& evaluator) : evaluator_(evaluator) {}

  // Returns the size of the batch: 0 where all walks ended in finished games.
  std::size_t round(std::span<MctsTree<G>* const> trees) {
    batch_.clear();
    parts_.clear();
    for (MctsTree<G>* tree : trees) {
      parts_.push_back(tree->gather());
      batch_.insert(batch_.end(), parts_.back().begin(), parts_.back().end());
    }
    if (!batch_.empty()) evaluator_.submit(batch_);
    std::size_t at = 0;
    for (const std::span<Leaf<G>> part : parts_) {
      for (Leaf<G>& leaf : part) leaf.values = batch_[at++].values;  // weights were written in place
    }
    for (MctsTree<G>* tree : trees) tree->absorb();
    return batch_.size();
  }

 private:
  Evaluator<G>& evaluator_;
  std::vector<Leaf<G>> batch_;
  std::vector<std::span<Leaf<G>>> parts_;
};

}  // namespace mz
