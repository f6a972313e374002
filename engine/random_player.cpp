#include "engine/random_player.h"

namespace mz {

Decision RandomPlayer::decide(const Position& position, Rng& rng) {
  position.moves(list_);
  return {.move = list_[rng.below(static_cast<std::uint32_t>(list_.size()))]};
}

}  // namespace mz
