// An engine that thinks for somebody who is waiting: it may be limited in time, and it can be told to stop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/game.h"
#include "engine/record.h"
#include "node/thinking_clock.h"

namespace mz {

// One decision at a time. `stop` may be called from another thread, everything else by one at a time.
class EngineSeat {
 public:
  static Result<std::unique_ptr<EngineSeat>> make(const Game& game, std::string_view spec);

  [[nodiscard]] const std::string& spec() const { return spec_; }  // canonical
  [[nodiscard]] std::string weights_hash() const { return player_->weights_hash(); }
  void new_game() { player_->new_game(); }

  // The clock starts with `begin`; a stop between `begin` and the end of `decide` counts for this decision.
  void begin() { clock_.start(milliseconds_); }
  Decision decide(const Position& position, Rng& rng);
  void stop() { clock_.stop(); }

 private:
  EngineSeat() = default;

  ThinkingClock clock_;
  std::unique_ptr<Player> player_;  // reads the clock's flag
  std::string spec_;
  std::uint64_t milliseconds_ = 0;
};

// For a match: the player with its files, and with its clock when it is limited in time.
Result<std::unique_ptr<Player>> make_seat_player(const Game& game, const SeatEngine& engine);

}  // namespace mz
