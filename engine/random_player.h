// Chance as a player: uniform among the legal moves, always or now and then.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/game.h"

namespace mz {

// The weakest engine, and the one every game has.
class RandomPlayer final : public Player {
 public:
  // `position` must be a decision node with at least one move.
  Decision decide(const Position& position, Rng& rng) override;

 private:
  MoveList list_;
};

// Another player that draws a share of its moves at random, which makes the lower steps of a difficulty ladder.
class BlunderingPlayer final : public Player {
 public:
  BlunderingPlayer(std::unique_ptr<Player> player, std::uint64_t percent)
      : player_(std::move(player)), percent_(static_cast<std::uint32_t>(percent)) {}

  void new_game() override { player_->new_game(); }
  Decision decide(const Position& position, Rng& rng) override { return decide_alone(position, rng); }
  Search* begin(const Position& position, Rng& rng, Decision& decision) override;
  [[nodiscard]] std::string weights_hash() const override { return player_->weights_hash(); }

 private:
  std::unique_ptr<Player> player_;
  std::uint32_t percent_;
  RandomPlayer random_;
};

}  // namespace mz
