// One game of self-play: everything in it follows from the configuration, the engines and one seed.
//
// A run of many games gives game i the seed derive_seed(run seed, i). Inside a game, chance and each seat draw from
// generators of their own, derived from the game's seed, so engines do not disturb one another and a game can be played
// again from its record alone. No clock, no thread number, no state that outlives the game.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/named_engines.h"
#include "engine/record.h"
#include "engine/temperature.h"

namespace mz {

// Of each seat, where nobody says otherwise: two turns, enough that hardly any two games are alike.
inline constexpr std::uint32_t kOpeningRandomMoves = 4;

// So many choices of a seat follow the temperature where nobody says otherwise: about the first half of a game on square8.
inline constexpr std::uint32_t kTemperatureMoves = 30;

struct SelfplaySpec {
  GameConfig config;
  std::vector<std::string> engines;        // one per seat: a specification or a mode (engine/named_engines.h)
  std::optional<std::uint32_t> max_moves;  // all plies count; a game that reaches it is marked as capped
  // The first so many real choices of each seat (more than one legal move) are made at random, because engines that hardly use
  // chance would play the same game again and again. Records say so: the engine's name then ends in @opening=N.
  std::uint32_t opening_random_moves = 0;
  MixBand mix = MixBand::canonical;  // of seats whose engine is `mixed`; their records end in @mix=BAND
  // Within the first so many real choices of each seat, those at random among them, moves are drawn (engine/temperature.h). Records of
  // seats whose engine is not `random` end in @temperature=T/N.
  Temperature temperature{};
  std::uint32_t temperature_moves = kTemperatureMoves;
  // Text of the file behind weights=FILE, the same for every table of a run; without it only profiles are known.
  std::function<Result<std::string>(const std::string& file)> read_weights{};
};

constexpr std::uint64_t selfplay_seed(std::uint64_t run_seed, std::uint64_t index) {
  return derive_seed(run_seed, index);
}

// Plays games of one specification, one at a time. Not shared between threads; each thread has its own.
class SelfplayTable {
 public:
  // Refuses a configuration or an engine that does not exist, with the valid choices.
  static Result<SelfplayTable> open(const SelfplaySpec& spec);

  // The record of the game with this seed. Fails only when the game cannot be stored: no end within the longest record.
  Result<GameRecord> play(std::uint64_t seed);
  // Gives up with the kind `refused` soon after `stop` becomes true.
  Result<GameRecord> play(std::uint64_t seed, const std::atomic<bool>& stop);

  // Whether this very specification, given the record's seed, would have produced the record.
  [[nodiscard]] bool would_play(const GameRecord& record) const;

 private:
  // What may sit on a seat, as records name it, and the player that sits there now.
  struct Seat {
    std::vector<std::string> engines;
    std::vector<SeatEngine> recorded;  // by engine
    std::vector<bool> tempered;        // by engine: whether its moves are drawn
    std::size_t seated = 0;            // of which engine `player` is
    std::unique_ptr<Player> player;
    std::uint32_t choices = 0;  // real ones of this game, as long as somebody counts them
  };

  Result<void> add_seat(std::string_view text);
  [[nodiscard]] bool wanted_temperature() const;
  [[nodiscard]] Result<std::unique_ptr<Player>> make_player(std::string_view engine) const;
  // The engine that sits on a seat in the game with this seed.
  [[nodiscard]] std::size_t drawn(std::size_t seat, std::uint64_t seed) const;
  Result<void> take_seats(std::uint64_t seed);
  Move choose(Seat& seat, const Position& position, Rng& rng, MoveList& list) const;

  SelfplaySpec spec_;
  std::unique_ptr<Game> game_;
  std::vector<Seat> seats_;
};

}  // namespace mz
