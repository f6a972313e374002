#include "engine/random_player.h"

namespace mz {

Decision RandomPlayer::decide(const Position& position, Rng& rng) {
  position.moves(list_);
  Decision decision;
  decision.move = list_[rng.below(static_cast<std::uint32_t>(list_.size()))];
  return decision;
}

Decision BlunderingPlayer::decide(const Position& position, Rng& rng) {
  return rng.chance(percent_, 100) ? random_.decide(position, rng) : player_->decide(position, rng);
}

}  // namespace mz
