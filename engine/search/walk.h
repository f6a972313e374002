// A position that moves are played on and taken back from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/move_list.h"
#include "engine/rules.h"

namespace mz {

template <class G>
class Walk {
 public:
  using State = typename G::State;

  explicit Walk(const G& rules) : rules_(rules) {}

  void start(const State& from) {
    state_ = from;
    line_.clear();
  }
  // Where it stands is where it started from now on.
  void settle() { line_.clear(); }

  [[nodiscard]] const State& state() const { return state_; }
  // The moves played since the start.
  [[nodiscard]] std::span<const Move> line() const { return line_; }

  void play(Move move) {
    if (line_.size() == undos_.size()) undos_.emplace_back();
    rules_.apply(state_, move, undos_[line_.size()]);
    line_.push_back(move);
  }
  void play(std::span<const Move> moves) {
    for (const Move move : moves) play(move);
  }
  // Plays moves while there is only one and the line is shorter than `longest`. Unless the game is over then, moves() are those of the
  // position reached.
  void pass_forced(std::size_t longest = SIZE_MAX) {
    while (line_.size() < longest && rules_.kind(state_) != NodeKind::terminal) {
      look();
      if (moves_.size() != 1) break;
      play(moves_[0]);
    }
  }
  // Lists the moves here.
  void look() {
    moves_.clear();
    rules_.moves(state_, moves_);
  }
  [[nodiscard]] const MoveList& moves() const { return moves_; }

  void take_back_to(std::size_t length) {
    while (line_.size() > length) {
      line_.pop_back();
      rules_.undo(state_, undos_[line_.size()]);
    }
  }

 private:
  const G& rules_;
  State state_;
  MoveList moves_;
  std::vector<Move> line_;
  std::vector<typename G::Undo> undos_;  // of line_, and room kept from longer ones
};

}  // namespace mz
