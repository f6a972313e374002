#include "engine/random_player.h"

namespace mz {

Decision RandomPlayer::decide(const Position& position, Rng& rng) {
  position.moves(list_);
  Decision decision;
  decision.move = list_[rng.below(static_cast<std::uint32_t>(list_.size()))];
  return decision;
}

Search* BlunderingPlayer::begin(const Position& position, Rng& rng, Decision& decision) {
  Player& player = rng.chance(percent_, 100) ? static_cast<Player&>(random_) : *player_;
  return player.begin(position, rng, decision);
}

}  // namespace mz
