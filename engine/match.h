// Matches between engines: who sits where, on which openings, with which seeds - and one game of them.
//
// A match is a sequence of seat cycles. Cycle c plays one opening `seats` times; in its game r side A sits on seat r and the others
// follow in order. Everything is a function of (plan, c, r): any thread may play any game, at any time, again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/match_log.h"
#include "engine/record.h"

namespace mz {

struct MatchPlan {
  GameConfig config;
  // A, B, ... one per seat. With more than two seats and two engines named, B is meant for every other seat.
  std::vector<SeatEngine> participants;
  std::uint64_t seed = 1;
  std::uint64_t cycles = 100;   // at most
  std::uint64_t openings = 0;   // size of the pool that cycles take turns with; 0: each cycle has its own
  std::uint32_t max_moves = 0;  // a game that reaches it is capped and shared; 0: none
};

// Order of participants on the seats in game r of a cycle: order[seat] = participant.
std::vector<int> seat_order(int seats, int rotation);

std::uint64_t opening_seed(const MatchPlan& plan, std::uint64_t cycle);

// A start position that is random but gives no seat a large advantage. Both seats play `kOpeningTurns` random turns each; of up to
// kOpeningTries such lines the first is taken in which, over kOpeningPlayouts random games from there, no seat wins more than
// 1.5 times its fair share, else the most even one. Random play judges coarsely: what remains is what seat cycles cancel.
inline constexpr int kOpeningTurns = 2;
inline constexpr int kOpeningTries = 8;
inline constexpr int kOpeningPlayouts = 24;
std::vector<Move> make_opening(const Game& game, std::uint64_t seed);

// Plays single games of one plan. Not shared between threads.
class MatchTable {
 public:
  static Result<MatchTable> open(const MatchPlan& plan);
  // The result of game `rotation` of `cycle`, and how long it was.
  struct Played {
    MatchResult result;
    std::uint32_t plies = 0;
  };
  Played play(std::uint64_t cycle, int rotation);
  [[nodiscard]] const Game& game() const { return *game_; }

 private:
  MatchPlan plan_;
  std::unique_ptr<Game> game_;
  std::vector<std::unique_ptr<Player>> players_;  // by participant
  std::uint64_t opening_cycle_ = ~0ULL;           // of which cycle opening_ is
  std::vector<Move> opening_;
};

}  // namespace mz
