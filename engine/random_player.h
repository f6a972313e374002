// Chooses uniformly among the legal moves: the weakest engine, and the one every game has.
#pragma once

#include "engine/game.h"

namespace mz {

class RandomPlayer final : public Player {
 public:
  // `position` must be a decision node with at least one move.
  Decision decide(const Position& position, Rng& rng) override;

 private:
  MoveList list_;
};

}  // namespace mz
