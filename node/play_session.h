// A game in a terminal: people and engines on the seats, in words. Reads answers line by line, so a script can play too.
//
// The same seed and the same lines give the same game, unless an engine is limited in time. Nothing that is typed ends the game but
// `quit`, `resign` and the end of the input.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/game.h"
#include "node/bounded_lines.h"
#include "node/draw_board.h"
#include "node/engine_seat.h"
#include "store/drawn_position.h"

namespace mz {

struct PlayPlan {
  GameConfig config;
  std::vector<std::string> seats;  // "human" or an engine, one per seat
  std::string substitute;          // engine that plays on for somebody who resigns against several
  std::string hint;                // engine that gives hints; empty: a good one of the game
  std::string position;            // where the game starts; empty: at its beginning
  std::uint64_t seed = 1;
  bool colour = false;
};

class PlaySession {
 public:
  static constexpr std::string_view kHuman = "human";
  static constexpr std::size_t kMaxLineBytes = 4096;
  static constexpr std::size_t kMaxListed = 24;  // moves listed one by one
  static constexpr std::size_t kMaxStarts = 64;  // stacks or cells listed to choose from

  static Result<std::unique_ptr<PlaySession>> make(PlayPlan plan, std::ostream& out);

  // Until the game is over, or somebody leaves it.
  Result<void> run(BoundedLines& in);

 private:
  enum class Answer { move, undo, resign, leave };
  // One numbered line of a choice: a move, or a cell from which several moves start.
  struct Entry {
    std::string label;
    std::vector<std::size_t> moves;  // indices into legal_
    std::vector<Cell> cells;
  };

  PlaySession(PlayPlan plan, std::ostream& out) : plan_(std::move(plan)), out_(out) {}
  void read_legal();
  void show_board(const std::set<Cell>& pointed_out);
  // What a legal move of this position does, as the rest of a sentence.
  [[nodiscard]] std::string words_for(const std::string& move) const;
  void explain_game();
  void tell_new_seats();
  void play(Move move, const std::string& remark);
  [[nodiscard]] std::string seat_name(int seat) const;
  [[nodiscard]] std::size_t occupant(int seat) const;  // index into plan_.seats
  [[nodiscard]] bool is_human(int seat) const;
  [[nodiscard]] Rng rng_now(std::uint64_t purpose) const;
  Result<EngineSeat*> engine(const std::string& spec);
  Result<Move> think(const std::string& spec);
  void hint();
  void undo();
  bool resign(int seat);  // true: that ends the game
  void announce_end();

  Answer ask(BoundedLines& in, Move& chosen);
  [[nodiscard]] std::vector<Entry> entries(const std::vector<std::size_t>& scope) const;
  void show_choice(const std::vector<Entry>& choice, std::size_t moves);
  [[nodiscard]] std::vector<std::size_t> matching(const std::vector<std::size_t>& scope, const std::string& line) const;
  void help();
  void list_all();

  PlayPlan plan_;
  std::ostream& out_;
  std::unique_ptr<Game> game_;
  Goals goals_;
  std::unique_ptr<Position> start_;
  std::unique_ptr<Position> position_;
  std::vector<Move> moves_;
  std::vector<std::size_t> decisions_;  // lengths of moves_ at which a person chose
  std::vector<std::size_t> swaps_;      // lengths of moves_ before a swap of sides
  std::set<std::size_t> resigned_;      // indices into plan_.seats
  std::vector<std::unique_ptr<EngineSeat>> engines_;
  MoveList list_;
  std::vector<std::string> legal_;  // texts of list_
};

}  // namespace mz
