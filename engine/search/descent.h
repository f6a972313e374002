// Unbounded best-first minimax with completion (after Cohen-Solal's "descent" family): each expansion follows the best line found so
// far to its end, adds all moves there with their evaluations, and takes the new scores back to the root. Lines that are played out
// are complete: they count with their real result and are not followed again, so that forced wins and losses are proven on the way.
//
// A node keeps a score per team and the mover takes the child that is best for itself, so any number of teams and any order of turns
// will do. The tree holds decisions only; forced moves are passed through. The move chosen is the one followed most often, unless a
// win is proven, and never a proven loss while there is another. Deterministic: equal children are taken in the game's own order. One
// thread; the arena is emptied, not freed, between decisions.
//
// The tree is limited as well: the expansion that fills the arena, 2^23 nodes in 320 MiB, ends the decision like a limit reached,
// with fewer expansions than asked for. An expansion adds as many nodes as the position has moves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/move_list.h"
#include "engine/search/model.h"
#include "engine/search/score.h"
#include "engine/search/search_player.h"

namespace mz {

template <class G, class M>
class Descent {
 public:
  using State = typename G::State;

  Descent(const G& rules, M model) : rules_(rules), model_(std::move(model)) {}

  // limits.nodes counts expansions; limits.depth is not used.
  SearchResult run(const State& root, const SearchLimits& limits);
  void forget() {}
  // Whether the last run proved its score.
  [[nodiscard]] bool complete() const { return nodes_.front().complete; }

 private:
  struct Node {
    TeamScores scores{};
    Move move;  // that led here
    std::uint32_t first = 0;
    std::uint32_t count = 0;  // 0 = not expanded
    std::uint32_t visits = 0;
    std::uint8_t team = 0;
    bool complete = false;
  };
  static constexpr std::size_t kMaxNodes = 1U << 23;
  static_assert(kMaxNodes * sizeof(Node) == 320U << 20);  // bytes

  // Plays moves while there is only one; returns how many. The moves of the decision reached are in moves_.
  int pass_forced();
  void expand(std::uint32_t at, int ply);
  // Takes the best child's scores over.
  void refresh(Node& node) const;
  [[nodiscard]] std::span<const Node> children(const Node& node) const {
    return std::span(nodes_).subspan(node.first, node.count);
  }
  [[nodiscard]] std::uint32_t most_promising(const Node& node) const;
  void descend();
  [[nodiscard]] const Node* chosen(const Node& node) const;
  void judge(Node& node, int ply);
  void judge_turns(std::size_t mover, int ply);
  [[nodiscard]] std::vector<Move> variation();

  const G& rules_;
  M model_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> path_;
  State root_;
  State state_;
  typename G::Undo undo_;
  MoveList moves_;
  MoveList expanded_;
  std::vector<std::uint32_t> pending_;
  TurnEnd<G, M> end_;
};

template <class G, class M>
SearchResult Descent<G, M>::run(const State& root, const SearchLimits& limits) {
  root_ = root;
  nodes_.assign(1, Node{});
  nodes_.front().team = static_cast<std::uint8_t>(rules_.team(rules_.actor(root)));
  state_ = root;
  moves_.clear();
  rules_.moves(state_, moves_);
  if (moves_.size() == 1) {
    SearchResult forced;
    forced.move = moves_[0];
    forced.variation = {forced.move};
    return forced;
  }
  std::uint64_t expansions = 0;
  do {
    descend();
    ++expansions;
    // After every one: on a large board it judges more than a thousand positions.
    if (limits.stop != nullptr && limits.stop->load(std::memory_order_relaxed)) break;
  } while (expansions < limits.nodes && !nodes_.front().complete && nodes_.size() < kMaxNodes);
  SearchResult result;
  const Node* best = chosen(nodes_.front());
  result.move = best->move;
  result.score = best->scores[nodes_.front().team];
  result.nodes = expansions;
  result.variation = variation();
  // A proof is not weighed against visits: a move proven won is played, and one proven lost only when all are.
  if (!best->complete) {
    for (const Node& child : children(nodes_.front())) {
      if (!child.complete && child.visits > 0) result.visited.push_back({child.move, child.visits});
    }
  }
  return result;
}

template <class G, class M>
int Descent<G, M>::pass_forced() {
  int passed = 0;
  while (rules_.kind(state_) != NodeKind::terminal) {
    moves_.clear();
    rules_.moves(state_, moves_);
    if (moves_.size() != 1) break;
    rules_.apply(state_, moves_[0], undo_);
    ++passed;
  }
  return passed;
}

template <class G, class M>
void Descent<G, M>::descend() {
  state_ = root_;
  path_.assign(1, 0);
  int ply = 0;
  while (nodes_[path_.back()].count > 0) {
    const std::uint32_t next = most_promising(nodes_[path_.back()]);
    rules_.apply(state_, nodes_[next].move, undo_);
    ply += 1 + pass_forced();
    path_.push_back(next);
  }
  if (path_.size() == 1) {
    moves_.clear();
    rules_.moves(state_, moves_);
  }
  expand(path_.back(), ply);
  for (std::size_t i = path_.size(); i-- > 0;) {
    Node& node = nodes_[path_[i]];
    ++node.visits;
    refresh(node);
  }
}

// Adds all moves of the position in state_, whose list is in moves_.
template <class G, class M>
void Descent<G, M>::expand(std::uint32_t at, int ply) {
  const State here = state_;
  const auto first = static_cast<std::uint32_t>(nodes_.size());
  expanded_.clear();
  for (const Move move : moves_) expanded_.push(move);
  pending_.clear();
  for (const Move move : expanded_) {
    Node& node = nodes_.emplace_back();
    node.move = move;
    rules_.apply(state_, move, undo_);
    const int below = ply + 1 + pass_forced();
    judge(node, below);
    if (!node.complete && TurnEnd<G, M>::is_pending(rules_, model_, state_)) {
      pending_.push_back(static_cast<std::uint32_t>(nodes_.size() - 1));
    }
    state_ = here;
  }
  judge_turns(nodes_[at].team, ply);
  nodes_[at].first = first;
  nodes_[at].count = static_cast<std::uint32_t>(expanded_.size());
}

// The new nodes in the middle of a turn are judged where it ends, those first that look best to the team that moved, until the effort is
// spent. The others count as no better for it than the worst of these.
template <class G, class M>
void Descent<G, M>::judge_turns(std::size_t mover, int ply) {
  const auto score = [&](std::uint32_t at) -> Score& { return nodes_[at].scores[mover]; };
  std::sort(pending_.begin(), pending_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return score(a) != score(b) ? score(a) > score(b) : a < b; });
  const State here = state_;
  const TeamScores* least = nullptr;
  std::uint64_t effort = pending_.size();
  for (const std::uint32_t at : pending_) {
    TeamScores& scores = nodes_[at].scores;
    if (effort >= kTurnEffort) {
      if (least != nullptr && scores[mover] > (*least)[mover]) scores = *least;
      continue;
    }
    rules_.apply(state_, nodes_[at].move, undo_);
    const int below = std::min(ply + 1 + pass_forced(), kMaxPly - kMaxTurn);
    end_.judge(rules_, model_, state_, below, scores);
    effort += end_.take_effort();
    if (least == nullptr || scores[mover] < (*least)[mover]) least = &scores;
    state_ = here;
  }
}

template <class G, class M>
void Descent<G, M>::judge(Node& node, int ply) {
  if (rules_.kind(state_) == NodeKind::terminal) {
    for (int team = 0; team < rules_.teams(); ++team) {
      node.scores[static_cast<std::size_t>(team)] = final_score(rules_, state_, team, std::min(ply, kMaxPly));
    }
    node.complete = true;
    return;
  }
  node.team = static_cast<std::uint8_t>(rules_.team(rules_.actor(state_)));
  model_.evaluate(rules_, state_, node.scores);
  node.complete = moves_.empty();  // a dead end (rules.h): counts as it stands, and nothing follows
}

// The best child that is not complete; there is one as long as the node itself is not.
template <class G, class M>
std::uint32_t Descent<G, M>::most_promising(const Node& node) const {
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

template <class G, class M>
void Descent<G, M>::refresh(Node& node) const {
  const Node* best = nullptr;
  bool all_complete = true;
  for (const Node& child : children(node)) {
    all_complete &= child.complete;
    if (best == nullptr || child.scores[node.team] > best->scores[node.team]) best = &child;
  }
  node.scores = best->scores;
  node.complete = all_complete || (best->complete && best->scores[node.team] >= kWinBound);
}

template <class G, class M>
const typename Descent<G, M>::Node* Descent<G, M>::chosen(const Node& node) const {
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

template <class G, class M>
std::vector<Move> Descent<G, M>::variation() {
  std::vector<Move> line;
  state_ = root_;
  const Node* node = &nodes_.front();
  while (node->count > 0 && line.size() < static_cast<std::size_t>(kMaxPly)) {
    node = chosen(*node);
    line.push_back(node->move);
    rules_.apply(state_, node->move, undo_);
    while (rules_.kind(state_) != NodeKind::terminal) {
      moves_.clear();
      rules_.moves(state_, moves_);
      if (moves_.size() != 1) break;
      line.push_back(moves_[0]);
      rules_.apply(state_, moves_[0], undo_);
    }
  }
  return line;
}

// The engine `descent`.
template <class G, class M>
std::unique_ptr<Player> make_descent(const std::shared_ptr<const G>& rules, M model, const EngineRequest& request,
                                     std::string weights_hash) {
  SearchLimits limits;
  if (request.spec.nodes != 0) limits.nodes = request.spec.nodes;
  limits.stop = request.stop;
  return std::make_unique<SearchPlayer<G, M, Descent<G, M>>>(rules, std::move(model), limits, std::move(weights_hash));
}

}  // namespace mz
