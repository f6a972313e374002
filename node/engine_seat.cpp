#include "node/engine_seat.h"

#include "node/engine_resources.h"

namespace mz {

Result<std::unique_ptr<EngineSeat>> EngineSeat::make(const Game& game, std::string_view spec) {
  auto parsed = parse_engine_spec(spec);
  if (!parsed) return parsed.error();
  std::unique_ptr<EngineSeat> seat(new EngineSeat);
  seat->spec_ = to_string(*parsed);
  seat->milliseconds_ = parsed->ms;
  // Only an engine with a limit in time looks at the flag; the longest limit makes any engine stoppable.
  if (parsed->ms == 0) parsed->ms = EngineSpec::kMaxMilliseconds;
  auto player = game.make_player(to_string(*parsed), engine_resources(seat->clock_.flag()));
  if (!player) return player.error();
  seat->player_ = std::move(*player);
  return seat;
}

Decision EngineSeat::decide(const Position& position, Rng& rng) {
  Decision decision = player_->decide(position, rng);
  clock_.end();
  return decision;
}

namespace {

class TimedPlayer final : public Player {
 public:
  explicit TimedPlayer(std::unique_ptr<EngineSeat> seat) : seat_(std::move(seat)) {}
  void new_game() override { seat_->new_game(); }
  Decision decide(const Position& position, Rng& rng) override {
    seat_->begin();
    return seat_->decide(position, rng);
  }
  [[nodiscard]] std::string weights_hash() const override { return seat_->weights_hash(); }

 private:
  std::unique_ptr<EngineSeat> seat_;
};

}  // namespace

Result<std::unique_ptr<Player>> make_seat_player(const Game& game, const SeatEngine& engine) {
  const auto spec = parse_engine_spec(engine.spec);
  if (!spec) return spec.error();
  if (spec->ms == 0) return game.make_player(engine.spec, engine_resources());
  auto seat = EngineSeat::make(game, engine.spec);
  if (!seat) return seat.error();
  return std::unique_ptr<Player>(std::make_unique<TimedPlayer>(std::move(*seat)));
}

}  // namespace mz
