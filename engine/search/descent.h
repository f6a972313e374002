// Unbounded best-first minimax with completion (after Cohen-Solal's "descent" family): each expansion follows the best line found so
// far to its end, adds all moves there with their values, and takes the new ones back to the root. Lines that are played out are
// complete: they count with their real result and are not followed again, so that forced wins and losses are proven on the way.
//
// A node keeps a score per team and the mover takes the child that is best for itself, so any number of teams and any order of turns
// will do. The tree holds decisions only; forced moves are passed through. The move chosen is the one followed most often, unless a
// win is proven, and never a proven loss while there is another. Deterministic: equal children are taken in the game's own order. One
// thread; the arena is emptied, not freed, between decisions.
//
// The leaves of an expansion are the positions behind all moves of one decision, as siblings of one batch: `gather` makes them, `absorb`
// takes what an Evaluator said, as mcts does (mcts.h), so that the leaves of many games can be judged together.
//
// The tree is limited as well: the expansion that fills the arena, 2^23 nodes in 320 MiB, ends the decision like a limit reached,
// with fewer expansions than asked for. An expansion adds as many nodes as the position has moves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/rng.h"
#include "engine/game.h"
#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/search/effort.h"
#include "engine/search/evaluator.h"
#include "engine/search/fixed_point.h"
#include "engine/search/model.h"
#include "engine/search/score.h"
#include "engine/search/walk.h"

namespace mz {

struct DescentNode {
  TeamScores scores{};  // values (fixed_point.h) as long as no result is known, far below any result
  Move move;            // that led here
  std::uint32_t first = 0;
  std::uint32_t count = 0;  // 0 = not expanded
  std::uint32_t visits = 0;
  std::uint8_t team = 0;
  bool complete = false;
};
static_assert(kOne < kWinBound);

template <class G>
class Descent final : public LeafSource<G> {
 public:
  using State = typename G::State;

  static constexpr std::size_t kMaxNodes = 1U << 23;
  static_assert(kMaxNodes * sizeof(DescentNode) == 320U << 20);  // bytes

  explicit Descent(const G& rules) : rules_(rules), walk_(rules) {}

  // Begins the search of `root`, a decision with two moves or more. `seed` feeds its leaves. It searches alike
  // whatever the effort: that only says when it is finished.
  void start(const State& root, std::uint64_t seed, const Effort& effort);
  // Nothing is kept from one decision to the next.
  void forget() {}
  // One expansion.
  std::span<Leaf<G>> gather() override;
  void absorb() override;

  // Whether so many expansions were made, or nothing is left to search, or no room.
  [[nodiscard]] bool finished(std::uint64_t expansions) const {
    return expansions_ >= expansions || complete() || nodes_.size() >= kMaxNodes;
  }
  [[nodiscard]] bool can_decide() const { return expansions_ > 0; }
  [[nodiscard]] Decision decision();
  // Whether the decision is proven: nothing is left to search.
  [[nodiscard]] bool complete() const { return nodes_.front().complete; }

 private:
  using Node = DescentNode;

  // Takes the best child's scores over.
  void refresh(Node& node) const;
  [[nodiscard]] std::span<const Node> children(const Node& node) const {
    return std::span(nodes_).subspan(node.first, node.count);
  }
  [[nodiscard]] std::uint32_t most_promising(const Node& node) const;
  [[nodiscard]] std::size_t descend();
  void expand(std::size_t ply);
  [[nodiscard]] const Node* chosen(const Node& node) const;
  [[nodiscard]] std::vector<Move> variation();

  const G& rules_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> path_;  // of the expansion under way, from the root to the node that gets children
  Walk<G> walk_;                     // stands at that node between `gather` and `absorb`
  std::vector<Leaf<G>> leaves_;
  // Of leaves_: the node, and where its path ends in paths_.
  struct Asked {
    std::uint32_t node = 0;
    std::size_t path_end = 0;
  };
  std::vector<Asked> asked_;
  std::vector<Move> paths_;
  MoveList moves_;
  State root_;
  std::uint64_t seed_ = 0;
  std::uint64_t expansions_ = 0;
};

template <class G>
void Descent<G>::start(const State& root, std::uint64_t seed, const Effort& /*effort*/) {
  root_ = root;
  seed_ = seed;
  expansions_ = 0;
  nodes_.assign(1, Node{});
  nodes_.front().team = static_cast<std::uint8_t>(rules_.team(rules_.actor(root)));
}

template <class G>
std::span<Leaf<G>> Descent<G>::gather() {
  expand(descend());
  leaves_.assign(asked_.size(), Leaf<G>{});
  std::size_t path_begin = 0;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    Leaf<G>& leaf = leaves_[i];
    leaf.from = &walk_.state();
    leaf.path = std::span(paths_).subspan(path_begin, asked_[i].path_end - path_begin);
    leaf.seed = derive_seed(seed_, asked_[i].node);
    leaf.more_siblings = static_cast<std::uint32_t>(leaves_.size() - i - 1);
    leaf.mover = nodes_[path_.back()].team;
    path_begin = asked_[i].path_end;
  }
  return leaves_;
}

template <class G>
void Descent<G>::absorb() {
  for (std::size_t i = 0; i < leaves_.size(); ++i) nodes_[asked_[i].node].scores = leaves_[i].values;
  for (std::size_t i = path_.size(); i-- > 0;) {
    Node& node = nodes_[path_[i]];
    ++node.visits;
    refresh(node);
  }
  ++expansions_;
}

// Follows the best line to a position without children; returns how many moves that is ahead.
template <class G>
std::size_t Descent<G>::descend() {
  walk_.start(root_);
  walk_.look();
  path_.assign(1, 0);
  std::size_t ply = 0;
  while (nodes_[path_.back()].count > 0) {
    const std::uint32_t next = most_promising(nodes_[path_.back()]);
    walk_.play(nodes_[next].move);
    walk_.pass_forced();
    ply += walk_.line().size();
    walk_.settle();
    path_.push_back(next);
  }
  return ply;
}

// Adds all moves of the position reached. Those that do not end the game become leaves.
template <class G>
void Descent<G>::expand(std::size_t ply) {
  asked_.clear();
  paths_.clear();
  moves_.clear();
  for (const Move move : walk_.moves()) moves_.push(move);
  Node& parent = nodes_[path_.back()];
  parent.first = static_cast<std::uint32_t>(nodes_.size());
  parent.count = static_cast<std::uint32_t>(moves_.size());
  for (const Move move : moves_) {
    const auto at = static_cast<std::uint32_t>(nodes_.size());
    Node& node = nodes_.emplace_back();  // `parent` is no longer valid
    node.move = move;
    walk_.play(move);
    walk_.pass_forced();
    const State& state = walk_.state();
    if (rules_.kind(state) == NodeKind::terminal) {
      const auto ahead = static_cast<int>(std::min<std::size_t>(ply + walk_.line().size(), kMaxPly));
      for (int team = 0; team < rules_.teams(); ++team)
        node.scores[static_cast<std::size_t>(team)] = final_score(rules_, state, team, ahead);
      node.complete = true;
    } else {
      node.team = static_cast<std::uint8_t>(rules_.team(rules_.actor(state)));
      node.complete = walk_.moves().empty();  // a dead end (rules.h): counts as it stands, and nothing follows
      paths_.insert(paths_.end(), walk_.line().begin(), walk_.line().end());
      asked_.push_back({at, paths_.size()});
    }
    walk_.take_back_to(0);
  }
}

// The best child that is not complete; there is one as long as the node itself is not.
template <class G>
std::uint32_t Descent<G>::most_promising(const Node& node) const {
  std::uint32_t best = node.first;
  bool any = false;
  for (std::uint32_t i = node.first; i < node.first + node.count; ++i) {
    const Node& child = nodes_[i];
    if (child.complete || (any && child.scores[node.team] <= nodes_[best].scores[node.team])) continue;
    best = i;
    any = true;
  }
  return best;
}

template <class G>
void Descent<G>::refresh(Node& node) const {
  const Node* best = nullptr;
  bool all_complete = true;
  for (const Node& child : children(node)) {
    all_complete &= child.complete;
    if (best == nullptr || child.scores[node.team] > best->scores[node.team]) best = &child;
  }
  node.scores = best->scores;
  node.complete = all_complete || (best->complete && best->scores[node.team] >= kWinBound);
}

template <class G>
const DescentNode* Descent<G>::chosen(const Node& node) const {
  const auto certainty = [&](const Node& child) {
    if (!child.complete) return 0;
    return child.scores[node.team] >= kWinBound ? 1 : child.scores[node.team] <= -kWinBound ? -1 : 0;
  };
  const Node* best = nullptr;
  for (const Node& child : children(node)) {
    if (best != nullptr) {
      const int now = certainty(child);
      const int before = certainty(*best);
      const Score score = child.scores[node.team];
      const Score best_score = best->scores[node.team];
      // Among proven results the score has the distance in it, so it comes before the visits.
      const bool better = now != before                  ? now > before
                          : now != 0                     ? score > best_score
                          : child.visits != best->visits ? child.visits > best->visits
                                                         : score > best_score;
      if (!better) continue;
    }
    best = &child;
  }
  return best;
}

template <class G>
Decision Descent<G>::decision() {
  const Node& root = nodes_.front();
  const Node* best = chosen(root);
  Decision decision;
  decision.move = best->move;
  decision.nodes = expansions_;
  decision.variation = variation();
  const Score score = best->scores[root.team];
  if (is_found_result(score)) {
    decision.score = score;
    decision.value = score > 0 ? 1 : -1;
  } else {
    decision.value = static_cast<double>(score) / kOne;
  }
  // A proof is not weighed against visits: a move proven won is played, and one proven lost only when all are.
  if (!best->complete) {
    for (const Node& child : children(root)) {
      if (!child.complete && child.visits > 0) decision.visited.push_back({child.move, child.visits});
    }
  }
  return decision;
}

template <class G>
std::vector<Move> Descent<G>::variation() {
  std::vector<Move> line;
  walk_.start(root_);
  const Node* node = &nodes_.front();
  while (node->count > 0 && line.size() < static_cast<std::size_t>(kMaxPly)) {
    node = chosen(*node);
    walk_.play(node->move);
    walk_.pass_forced();
    line.insert(line.end(), walk_.line().begin(), walk_.line().end());
    walk_.settle();
  }
  return line;
}

}  // namespace mz
