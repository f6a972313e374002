#include "store/selfplay.h"

#include <algorithm>

namespace mz {
namespace {

constexpr std::uint64_t kChanceStream = 1000;  // seats use their own number, from 0
constexpr std::uint64_t kEngineStream = 2000;  // and this plus their number for who sits there

std::string_view name_of(MixBand band) { return mix_band_names()[static_cast<std::size_t>(band)]; }

}  // namespace

Result<SelfplayTable> SelfplayTable::open(const SelfplaySpec& spec) {
  SelfplayTable table;
  table.spec_ = spec;
  auto game = make_game(spec.config);
  if (!game) return game.error();
  table.game_ = std::move(*game);
  table.spec_.config = table.game_->config();
  if (spec.engines.size() != static_cast<std::size_t>(spec.config.seats)) {
    return Error{ErrorKind::usage, "Name one engine for all seats, or one for each of the " +
                                       std::to_string(spec.config.seats) + " seats."};
  }
  if (spec.max_moves && (*spec.max_moves == 0 || *spec.max_moves > GameRecord::kMaxMoves)) {
    return Error{ErrorKind::usage, "A move cap is a number from 1 to " + std::to_string(GameRecord::kMaxMoves) + "."};
  }
  if (spec.opening_random_moves > GameRecord::kMaxMoves) {
    return Error{ErrorKind::usage,
                 "At most " + std::to_string(GameRecord::kMaxMoves) + " moves of a seat can be random."};
  }
  if (spec.temperature_moves > GameRecord::kMaxMoves) {
    return Error{ErrorKind::usage,
                 "At most " + std::to_string(GameRecord::kMaxMoves) + " moves of a seat can follow a temperature."};
  }
  for (const std::string& engine : spec.engines) {
    if (auto added = table.add_seat(engine); !added) return added.error();
  }
  return table;
}

Result<void> SelfplayTable::add_seat(std::string_view text) {
  auto engines = engines_of_seat(text, spec_.mix, spec_.config);
  if (!engines) return engines.error();
  Seat seat;
  seat.engines = std::move(*engines);
  for (const std::string& engine : seat.engines) {
    std::string notes;
    if (spec_.opening_random_moves > 0 && engine != "random") {
      notes += ",opening=" + std::to_string(spec_.opening_random_moves);
    }
    // Random moves are drawn as it is.
    const bool tempered = wanted_temperature() && parse_engine_spec(engine)->kind != EngineKind::random;
    if (tempered) {
      notes += ",temperature=" + to_string(spec_.temperature) + "/" + std::to_string(spec_.temperature_moves);
    }
    if (text == kMixed) notes += ",mix=" + std::string(name_of(spec_.mix));
    if (!notes.empty()) notes[0] = '@';
    if (engine.size() + notes.size() > GameRecord::kMaxSpecBytes) {
      return Error{ErrorKind::usage,
                   "The specification of an engine is too long to be recorded. Give the file of its "
                   "weights a shorter name."};
    }
    auto player = make_player(engine);
    if (!player) return player.error();
    seat.tempered.push_back(tempered);
    seat.recorded.push_back({engine + notes, (*player)->weights_hash()});
    seat.seated = seat.recorded.size() - 1;
    seat.player = std::move(*player);
  }
  seats_.push_back(std::move(seat));
  return {};
}

bool SelfplayTable::wanted_temperature() const {
  return spec_.temperature.thousandths > 0 && spec_.temperature_moves > 0;
}

Result<std::unique_ptr<Player>> SelfplayTable::make_player(std::string_view engine) const {
  return game_->make_player(engine,
                            {.read_weights = spec_.read_weights,
                             .stop = nullptr,
                             .compare_within = wanted_temperature() ? temperature_reach(spec_.temperature) : 0});
}

std::size_t SelfplayTable::drawn(std::size_t seat, std::uint64_t seed) const {
  Rng rng(derive_seed(seed, kEngineStream + seat));
  return rng.below(static_cast<std::uint32_t>(seats_[seat].engines.size()));
}

// Only those who play have memory: a mixed seat makes its player anew when another engine is drawn.
Result<void> SelfplayTable::take_seats(std::uint64_t seed) {
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    Seat& seat = seats_[i];
    const std::size_t engine = drawn(i, seed);
    if (engine != seat.seated) {
      auto player = make_player(seat.engines[engine]);
      if (!player) return player.error();
      seat.player = std::move(*player);
      seat.seated = engine;
    }
    seat.player->new_game();
    seat.choices = 0;
  }
  return {};
}

Move SelfplayTable::choose(Seat& seat, const Position& position, Rng& rng, MoveList& list) const {
  const std::uint32_t tempered = seat.tempered[seat.seated] ? spec_.temperature_moves : 0;
  const std::uint32_t choice = seat.choices;
  if (choice < std::max(spec_.opening_random_moves, tempered)) {
    position.moves(list);
    seat.choices += list.size() > 1 ? 1 : 0;
    if (choice < spec_.opening_random_moves) return list[rng.below(static_cast<std::uint32_t>(list.size()))];
  }
  const Decision decision = seat.player->decide(position, rng);
  return choice < tempered ? draw_move(decision, spec_.temperature, rng) : decision.move;
}

Result<GameRecord> SelfplayTable::play(std::uint64_t seed) {
  const std::atomic<bool> never{false};
  return play(seed, never);
}

Result<GameRecord> SelfplayTable::play(std::uint64_t seed, const std::atomic<bool>& stop) {
  GameRecord record;
  record.rules_hash = game_->rules_hash();
  record.config = spec_.config;
  record.seed = seed;
  std::vector<Rng> streams;
  if (auto taken = take_seats(seed); !taken) return taken.error();
  for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
    record.seats.push_back(seats_[seat].recorded[seats_[seat].seated]);
    streams.emplace_back(derive_seed(seed, seat));
  }
  Rng chance(derive_seed(seed, kChanceStream));
  MoveList list;

  const auto position = game_->initial();
  const std::size_t cap = spec_.max_moves.value_or(GameRecord::kMaxMoves);
  while (position->kind() != NodeKind::terminal && record.moves.size() < cap) {
    if (stop.load(std::memory_order_relaxed)) return Error{ErrorKind::refused, "The game was given up before its end."};
    Move move;
    if (position->kind() == NodeKind::chance) {
      move = position->sample(chance);
    } else {
      const auto seat = static_cast<std::size_t>(position->actor());
      move = choose(seats_[seat], *position, streams[seat], list);
    }
    position->apply(move);
    record.moves.push_back(move);
  }
  const Outcome outcome = position->outcome();
  if (!outcome.over && !spec_.max_moves) {
    return Error{ErrorKind::failure, "The game with seed " + std::to_string(seed) + " has no end after " +
                                         std::to_string(cap) + " moves and cannot be stored. Give a move cap."};
  }
  record.capped = !outcome.over;
  record.winner = outcome.over ? outcome.winner : kNobody;
  record.reason = outcome.over ? outcome.reason : std::string(GameRecord::kMoveCap);
  return record;
}

bool SelfplayTable::would_play(const GameRecord& record) const {
  if (record.rules_hash != game_->rules_hash() || record.config != spec_.config) return false;
  for (std::size_t seat = 0; seat < seats_.size(); ++seat) {
    if (record.seats[seat] != seats_[seat].recorded[drawn(seat, record.seed)]) return false;
  }
  // Play is a function of the seed, so a cap only decides where the same game is cut.
  if (record.capped) return spec_.max_moves && record.moves.size() == *spec_.max_moves;
  return !spec_.max_moves || record.moves.size() <= *spec_.max_moves;
}

}  // namespace mz
