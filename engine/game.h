// The type-erased face of a game, for everything that is not an inner loop: records, store, command line, workers.
//
// A Game is one configuration (board, seats, options); a Position is one state of it. Both come by name from the registry;
// a game registers itself (GameFamily) from its own files, so a new game edits none of these.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/rng.h"
#include "engine/base/sha256.h"
#include "engine/engine_spec.h"
#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/score.h"

namespace mz {

// What is played. `options` holds only values that differ from the game's defaults, so equal configurations compare equal.
struct GameConfig {
  std::string game = "ringrift";
  std::string board;
  int seats = 2;
  std::map<std::string, int> options;
  friend bool operator==(const GameConfig&, const GameConfig&) = default;
};

// How a game ended. winner is a seat counted from 0, or kNobody; reason is one of the game's fixed words, detail a finer one where
// several rules lead to the same reason, else empty.
struct Outcome {
  bool over = false;
  int winner = kNobody;
  std::string reason;
  std::string detail;
  std::vector<float> returns;  // per team, in [-1, 1]; empty while the game runs
};

class Position {
 public:
  virtual ~Position() = default;
  [[nodiscard]] virtual std::unique_ptr<Position> clone() const = 0;
  [[nodiscard]] virtual NodeKind kind() const = 0;
  [[nodiscard]] virtual int actor() const = 0;  // seat from 0; kNobody at chance and terminal nodes
  virtual void moves(MoveList& out) const = 0;  // replaces the content of `out`
  // Plays a move that `moves` lists; anything else is refused and changes nothing.
  virtual Result<void> play(Move move) = 0;
  // As `play` without the check: only for a move just taken from `moves` of this very position.
  virtual void apply(Move move) = 0;
  [[nodiscard]] virtual Move sample(Rng& rng) const = 0;  // an outcome of a chance node
  // Whether by this move the players of two seats exchange them and nothing changes on the board (the pie rule). Whoever knows who
  // sits where has to follow.
  [[nodiscard]] virtual bool exchanges_seats(Move move) const = 0;

  // Notation of one move, and back. `parse_move` accepts listed moves only.
  [[nodiscard]] virtual std::string move_text(Move move) const = 0;
  [[nodiscard]] virtual Result<Move> parse_move(std::string_view text) const = 0;
  // The complete position on one line; Game::parse reads it back.
  [[nodiscard]] virtual std::string text() const = 0;
  [[nodiscard]] virtual std::vector<std::uint8_t> pack() const = 0;
  [[nodiscard]] virtual std::uint64_t key(int seat = kNobody) const = 0;
  [[nodiscard]] virtual Outcome outcome() const = 0;
};

// A move that was open to the player, and how often its search took it.
struct VisitedMove {
  Move move;
  std::uint32_t visits = 0;
  friend bool operator==(const VisitedMove&, const VisitedMove&) = default;
};

// A move that was open to the player, and what it is worth to the acting team.
struct ScoredMove {
  Move move;
  Score score = 0;
  friend bool operator==(const ScoredMove&, const ScoredMove&) = default;
};

// What a player chose and, when it searched, why.
struct Decision {
  Move move;
  std::optional<double> value;  // expected return of the acting team, [-1, 1]; empty when the player does not estimate
  int score = 0;                // the same in units of the evaluation; a found win is near kWin (engine/search/score.h)
  bool full = true;             // it had the whole budget of the engine (engine/search/effort.h)
  std::uint64_t nodes = 0;      // positions evaluated or visited
  int depth = 0;                // turns looked ahead in full; 0 when the player does not search by depth
  std::vector<Move> variation;  // the play expected, beginning with `move`; empty when the player does not search
  // The moves that were visited, of players that count visits; empty where there was no choice.
  std::vector<VisitedMove> visited;
  // The move with those that are nearly as good, of players that compare scores and were asked to (EngineResources::compare_within).
  std::vector<ScoredMove> scored;
};

// A decision under way, of a player that searches in rounds. Searches of players made from the same specification by the same Game can
// go on side by side, with all positions of a round judged in one batch; each still decides what it would decide by itself.
class Search {
 public:
  virtual ~Search() = default;
  // One round of every search of `together`, which has this one among them. Returns how many positions were judged in one batch.
  virtual std::size_t round(std::span<Search* const> together) = 0;
  // To be asked after a round.
  [[nodiscard]] virtual bool finished() const = 0;
  // Of a finished search, once.
  virtual Decision result() = 0;
};

// Chooses moves for any seat of one Game. Holds search memory, so one object serves one game at a time and one thread.
class Player {
 public:
  virtual ~Player() = default;
  virtual void new_game() {}
  virtual Decision decide(const Position& position, Rng& rng) = 0;
  // The same for who has several games under way: the search that will decide, which belongs to the player and is dropped by its next
  // decision or game. Null where `decision` is made already, as it always is by a player that does not search in rounds.
  virtual Search* begin(const Position& position, Rng& rng, Decision& decision) {
    decision = decide(position, rng);
    return nullptr;
  }
  // SHA-256 in hexadecimal of the weights it really uses; empty for a player without weights.
  [[nodiscard]] virtual std::string weights_hash() const { return {}; }

 protected:
  // `decide` of a player that has `begin`: the search goes on alone.
  Decision decide_alone(const Position& position, Rng& rng);
};

// What an engine specification refers to outside itself. engine/ has no files and no clock; whoever has them fills this in.
struct EngineResources {
  // Text of the file behind weights=FILE.
  std::function<Result<std::string>(const std::string& file)> read_weights;
  // Set by a timer of the owner when the time of the running decision is over, cleared before the next one; must outlive the
  // player. Without it specifications with ms=N are refused, as everything must be that is stored or reproduced.
  const std::atomic<bool>* stop = nullptr;
  // Set once and for all when nobody wants the running decision any more: it ends soon and is worth nothing. Must outlive the player;
  // not looked at beside `stop`.
  const std::atomic<bool>* give_up = nullptr;
  // For who draws between moves: decisions list all moves found worse than the best one by less than this, with exact scores. That
  // costs a search with a budget a part of its depth. 0: no list.
  Score compare_within = 0;
};

// What a game makes a player from.
struct EngineRequest {
  EngineSpec spec;  // never `random` or `difficulty`
  std::function<Result<std::string>(const std::string& file)>
      read_weights;                         // always there; refuses when nobody reads files
  const std::atomic<bool>* stop = nullptr;  // null exactly when spec.ms is 0
  Score compare_within = 0;                 // see EngineResources
};

class Game {
 public:
  virtual ~Game() = default;
  [[nodiscard]] virtual const GameConfig& config() const = 0;
  // Covers rules version, limits, move numbering and record format, not the configuration.
  [[nodiscard]] virtual const Digest& rules_hash() const = 0;
  [[nodiscard]] virtual std::unique_ptr<Position> initial() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Position>> parse(std::string_view text) const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Position>> unpack(std::span<const std::uint8_t> bytes) const = 0;
  // A player from an engine specification such as `random` or `minimax:nodes=20000`. An unknown or impossible one is refused with
  // the valid choices.
  [[nodiscard]] Result<std::unique_ptr<Player>> make_player(std::string_view text,
                                                            const EngineResources& resources = {}) const;
  // The kinds make_player knows for this game; `random` is always among them.
  [[nodiscard]] virtual std::vector<EngineKind> engines() const = 0;

 private:
  [[nodiscard]] virtual Result<std::unique_ptr<Player>> make_engine(const EngineRequest& request) const = 0;
};

// A whole game with all its boards. Construct one object of static lifetime per game in its own source file.
class GameFamily {
 public:
  GameFamily();
  GameFamily(const GameFamily&) = delete;
  GameFamily& operator=(const GameFamily&) = delete;
  virtual ~GameFamily() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::vector<std::string> boards() const = 0;
  [[nodiscard]] virtual std::vector<int> seat_counts() const = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Game>> make(const GameConfig& config) const = 0;

 private:
  friend std::vector<const GameFamily*> game_families();
  const GameFamily* next_ = nullptr;
};

// All games in this binary, by name.
std::vector<const GameFamily*> game_families();

// The game for a configuration, or which names are valid.
Result<std::unique_ptr<Game>> make_game(const GameConfig& config);

}  // namespace mz
