// Proofs by exhaustive search, on the type-erased interface and without any evaluation: the judge of the tactical suite.
//
// A seat "forces a win in k turns" when, whatever all the others do, the game is won before the seat would begin its turn number k + 1;
// the turn it is in counts as the first. Every move of every other seat is looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/game.h"

namespace mz::tactics {

class Prover {
 public:
  // Gives up after this many positions in one question.
  explicit Prover(std::uint64_t most_nodes) : most_nodes_(most_nodes) {}

  // Whether `seat` forces a win within `turns` turns of its own; nothing when the search was too large. `mover_before` is the seat
  // that made the move leading to `position`, so that a turn under way is not counted again.
  std::optional<bool> forces_win(const Position& position, int seat, int turns, int mover_before = kNobody) {
    nodes_ = 0;
    known_.clear();
    seat_ = seat;
    const bool under_way = mover_before == seat && position.actor() == seat;
    const bool proven = search(position, under_way ? turns - 1 : turns, under_way ? seat : kNobody);
    if (nodes_ > most_nodes_) return std::nullopt;
    return proven;
  }
  [[nodiscard]] std::uint64_t nodes() const { return nodes_; }

 private:
  // `turns`: further turns the seat may begin.
  bool search(const Position& position, int turns, int before) {
    if (++nodes_ > most_nodes_) return false;
    if (position.kind() == NodeKind::terminal) return position.outcome().winner == seat_;
    const int actor = position.actor();
    if (actor == seat_ && before != seat_) {
      if (turns == 0) return false;
      --turns;
    }
    const std::uint64_t key = position.key() ^ mix64(static_cast<std::uint64_t>(turns) * 8 + (before == seat_ ? 1 : 0));
    if (const auto it = known_.find(key); it != known_.end()) return it->second;
    auto list = std::make_unique<MoveList>();
    position.moves(*list);
    const bool own = actor == seat_;
    bool proven = !own;
    for (const Move move : *list) {
      const auto next = position.clone();
      next->apply(move);
      if (search(*next, turns, actor) == own) {
        proven = own;
        break;
      }
      if (nodes_ > most_nodes_) return false;
    }
    known_.emplace(key, proven);
    return proven;
  }

  std::uint64_t most_nodes_;
  std::uint64_t nodes_ = 0;
  std::unordered_map<std::uint64_t, bool> known_;
  int seat_ = 0;
};

// The moves after which `seat`, which is to act, still forces a win within `turns` turns, the running one included.
inline std::optional<std::vector<Move>> winning_moves(Prover& prover, const Position& position, int turns,
                                                      std::uint64_t* nodes = nullptr) {
  const int seat = position.actor();
  MoveList list;
  position.moves(list);
  std::vector<Move> found;
  for (const Move move : list) {
    const auto next = position.clone();
    next->apply(move);
    const bool same_turn = next->kind() != NodeKind::terminal && next->actor() == seat;
    const std::optional<bool> wins = prover.forces_win(*next, seat, same_turn ? turns : turns - 1, seat);
    if (nodes != nullptr) *nodes += prover.nodes();
    if (!wins) return std::nullopt;
    if (*wins) found.push_back(move);
  }
  return found;
}

// The moves after which no other seat forces a win in its next turn.
inline std::optional<std::vector<Move>> safe_moves(Prover& prover, const Position& position, int seats,
                                                   std::uint64_t* nodes = nullptr) {
  const int seat = position.actor();
  MoveList list;
  position.moves(list);
  std::vector<Move> found;
  for (const Move move : list) {
    const auto next = position.clone();
    next->apply(move);
    bool lost = false;
    for (int other = 0; other < seats && !lost; ++other) {
      if (other == seat) continue;
      const std::optional<bool> wins = prover.forces_win(*next, other, 1, seat);
      if (nodes != nullptr) *nodes += prover.nodes();
      if (!wins) return std::nullopt;
      lost = *wins;
    }
    if (!lost) found.push_back(move);
  }
  return found;
}

}  // namespace mz::tactics
