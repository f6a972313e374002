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
#include "engine/search_statistics.h"
#include "engine/temperature.h"

namespace mz {

// Of each seat, where nobody says otherwise: two turns, enough that hardly any two games are alike.
inline constexpr std::uint32_t kOpeningRandomMoves = 4;

// So many choices of a seat follow the temperature where nobody says otherwise: about the first half of a game on square8.
inline constexpr std::uint32_t kTemperatureMoves = 30;

// A seat resigns after so many turns in a row in which it expected to lose.
inline constexpr int kResignTurns = 3;
// So many percent of the games are played to their end all the same, where nobody says otherwise.
inline constexpr std::uint32_t kNoResignShare = 10;

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
  // With two seats: a seat resigns when in each of its last kResignTurns turns all that its searches expected was -resign or less, a
  // return in [-1, 1], here in thousandths; 0: never. Engines that do not search never do, and a share of the games, drawn by their
  // seeds, is played to the end, which tells how often the seat that would have resigned did not lose. Records of the seats that search
  // end in @resign=R/SHARE.
  std::uint32_t resign = 0;
  std::uint32_t no_resign_share = kNoResignShare;  // percent
  // Text of the file behind weights=FILE, the same for every table of a run; without it only profiles are known.
  std::function<Result<std::string>(const std::string& file)> read_weights{};
  // True once the games under way are given up: the decision that is being made ends soon, and nothing of them may be kept.
  const std::atomic<bool>* give_up = nullptr;
};

constexpr std::uint64_t selfplay_seed(std::uint64_t run_seed, std::uint64_t index) {
  return derive_seed(run_seed, index);
}

// Resignations of the games so far.
struct Resignations {
  std::uint64_t games = 0;    // that ended by one
  std::uint64_t checked = 0;  // that went on to their end although a seat wanted to resign
  std::uint64_t wrong = 0;    // of the checked ones: that seat did not lose

  Resignations& operator+=(const Resignations& more) {
    games += more.games;
    checked += more.checked;
    wrong += more.wrong;
    return *this;
  }
};

// Plays games of one specification, any number of them side by side. What is played does not depend on which games are under way
// together; what they share is the batches of their searches. Not shared between threads; each thread has its own.
class SelfplayTable {
 public:
  // Games at once that fill a batch well; more of them would only be lost more often by an interruption.
  static constexpr std::size_t kGamesAtOnce = 16;
  // What their trees may take together, as far as it can be told before: a few trees of a large budget fill it.
  static constexpr std::uint64_t kTreeBytes = 128ULL << 20;

  // Refuses a configuration or an engine that does not exist, with the valid choices.
  static Result<SelfplayTable> open(const SelfplaySpec& spec);

  // How many games are best played at once: one where no engine searches in rounds, for it would gain nothing.
  [[nodiscard]] std::size_t games_at_once() const;

  [[nodiscard]] std::size_t under_way() const { return under_way_; }

  // Keeps up to `at_once` games under way until `next_seed` gives no more and all have ended, or until `go_on`, asked before each
  // step, says no. `keep` takes each record as it ends; its first error ends everything. A game without an end within the longest record is
  // an error, too.
  Result<void> play_all(std::size_t at_once, const std::function<bool()>& go_on,
                        const std::function<std::optional<std::uint64_t>()>& next_seed,
                        const std::function<Result<void>(GameRecord)>& keep);

  // Batches of all searches so far, and the positions in them.
  [[nodiscard]] std::uint64_t batches() const { return batches_; }
  [[nodiscard]] std::uint64_t leaves() const { return leaves_; }
  [[nodiscard]] const Resignations& resignations() const { return resignations_; }

  // Whether this very specification, given the record's seed, would have produced the record.
  [[nodiscard]] bool would_play(const GameRecord& record) const;

 private:
  // What may sit on a seat, as records name it.
  struct Seat {
    std::vector<std::size_t> engines;  // in engines_
    std::vector<SeatEngine> recorded;  // by engine
    std::vector<bool> tempered;        // by engine: whether its moves are drawn
  };
  // The player on a seat of one game.
  struct Seated {
    std::size_t engine = 0;  // of its seat, which `player` is
    std::unique_ptr<Player> player;
    Rng rng{0};
    std::uint32_t choices = 0;  // real ones of this game, as long as somebody counts them
    int lost_turns = 0;         // in a row, the running one included, in which it expected to lose
    bool turn_counted = false;  // the running one
    bool draws = false;         // the move of the decision it is asked for
  };
  // A game under way, or room for one: its players serve the next game too, unless that draws other engines.
  struct Board {
    bool taken = false;
    GameRecord record;
    StatisticsWriter statistics;
    std::unique_ptr<Position> position;
    std::vector<Seated> seats;
    Rng chance{0};
    Search* search = nullptr;  // of the seat to move, when it is searching
    int mover = kNobody;       // of the last decision: a turn is what a seat decides in a row
    int giving_up = kNobody;   // the first seat that wanted to resign
    bool plays_on = false;     // all the same
  };

  // Puts the game with this seed under way.
  Result<void> begin(std::uint64_t seed);
  // With at least one game under way: one move of one game, or, when all of them are searching, one round of their searches. The record
  // of the game that ended by it. Fails only when a game cannot be stored: no end within the longest record.
  Result<std::optional<GameRecord>> step();
  Result<void> add_seat(std::string_view text);
  [[nodiscard]] bool wanted_temperature() const;
  [[nodiscard]] Result<std::unique_ptr<Player>> make_player(std::string_view engine) const;
  // The engine that sits on a seat in the game with this seed.
  [[nodiscard]] std::size_t drawn(std::size_t seat, std::uint64_t seed) const;
  Result<void> take_seats(Board& board, std::uint64_t seed) const;
  Board& free_board();
  void move(Board& board);
  static void apply(Board& board, Move move);
  void follow(Board& board, const Decision& decision) const;
  [[nodiscard]] bool was_searched(const Board& board, const Decision& decision) const;
  void weigh_resigning(Board& board, double value) const;
  [[nodiscard]] static bool resigned(const Board& board) { return board.giving_up != kNobody && !board.plays_on; }
  [[nodiscard]] bool ended(const Board& board) const;
  Result<GameRecord> finish(Board& board);
  void round();

  SelfplaySpec spec_;
  std::unique_ptr<Game> game_;
  std::vector<Seat> seats_;
  std::vector<std::string> engines_;  // of all seats, each once
  std::vector<Board> boards_;
  std::size_t under_way_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t leaves_ = 0;
  Resignations resignations_;
  // Scratch of move and round.
  std::unique_ptr<MoveList> list_ = std::make_unique<MoveList>();
  std::vector<std::vector<Search*>> together_;  // by engines_
};

}  // namespace mz
