// Matches between engines: who sits where, on which openings, with which seeds - and one game of them.
//
// A match is a sequence of seat cycles. Cycle c plays one opening `seats` times; in its game r side A sits on seat r and the others
// follow in order. Everything is a function of (plan, c, r): any thread may play any game, at any time, again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/match_log.h"
#include "engine/record.h"

namespace mz {

struct MatchPlan {
  GameConfig config;
  // A, B, ... one per seat.
  std::vector<SeatEngine> participants;
  std::uint64_t seed = 1;
  std::uint64_t cycles = 100;   // at most
  std::uint64_t openings = 0;   // size of the pool that cycles take turns with; 0: each cycle has its own
  std::uint32_t max_moves = 0;  // a game that reaches it is capped and shared; 0: none
};

// Order of participants on the seats in game r of a cycle: order[seat] = participant.
std::vector<int> seat_order(int seats, int rotation);

std::uint64_t opening_seed(const MatchPlan& plan, std::uint64_t cycle);

// A start position that is random but gives no seat a large advantage. Every seat plays `opening_turns` random turns, each taken again,
// up to kTurnTries times, when it leaves the next seat a win that kOpeningScout finds; of up to kOpeningTries such lines the first is
// taken whose advantage is at most kFairOpening, else the most even one. Between two seats the advantage is the value kOpeningJudge
// finds; among more it is the share of wins of the best seat over kOpeningPlayouts random games, scaled to 0 for a fair share and 1 for
// all. Purely random turns will not do: on square8 they leave a win on the spot in two positions of three. What remains is what seat
// cycles cancel. With the pie rule only the first turn is random, and the engines decide who takes which seat.
//
// Among more than two a second random turn decides too much of a game that may last only five turns of a seat: on square8
// minimax:nodes=100000 stands 32 Elo above heuristic with four seats and two random turns, 68 with one (340 games each).
constexpr int opening_turns(int seats) { return seats == 2 ? 2 : 1; }
inline constexpr int kTurnTries = 12;
inline constexpr int kOpeningTries = 8;
inline constexpr int kOpeningPlayouts = 24;
inline constexpr double kFairOpening = 0.35;
inline constexpr double kDecided = 0.95;  // a value that only a found win has
inline constexpr std::string_view kOpeningScout = "minimax:depth=1,nodes=20000";
inline constexpr std::string_view kOpeningJudge = "minimax:depth=2,nodes=40000";
std::vector<Move> make_opening(const Game& game, std::uint64_t seed);

// Makes the player for a participant; engines that refer to files or clocks need somebody who has them.
using SeatMaker = std::function<Result<std::unique_ptr<Player>>(const Game& game, const SeatEngine& engine)>;

// Plays single games of one plan. Not shared between threads.
class MatchTable {
 public:
  // Without a maker participants are what their specification says, without files and clocks.
  static Result<MatchTable> open(const MatchPlan& plan, SeatMaker maker = {});
  // Another engine takes the place of a participant.
  Result<void> replace(std::size_t participant, const SeatEngine& engine);
  // The result of game `rotation` of `cycle`, and how long it was.
  struct Played {
    MatchResult result;
    std::uint32_t plies = 0;
    std::string stopped_at;         // text of the position in which a capped game was stopped
    std::vector<int> order_at_end;  // as result.order; another one when the pie rule was used
  };
  Played play(std::uint64_t cycle, int rotation);
  [[nodiscard]] const Game& game() const { return *game_; }
  // Who really plays: specifications in canonical form, with the hashes of the weights their players use. Results name these.
  [[nodiscard]] const std::vector<SeatEngine>& participants() const { return plan_.participants; }

 private:
  MatchPlan plan_;
  SeatMaker maker_;
  std::unique_ptr<Game> game_;
  std::vector<std::unique_ptr<Player>> players_;  // by participant
  std::uint64_t opening_cycle_ = ~0ULL;           // of which cycle opening_ is
  std::vector<Move> opening_;
};

}  // namespace mz
