// The line of the match log: the result of one game between engines, as text that is written once and never changed.
//
// A log is a sequence of lines, appended only. A line is
//   mzmatch1 INDEX PREVIOUS RULES GAME BOARD SEATS OPTIONS OPENING ORDER PLAY OUTCOME CAPPED PARTICIPANT... DIGEST
// separated by single spaces and ended by a newline:
//   INDEX        number of the line in the log, from 0
//   PREVIOUS     first 16 digits of the digest of the line before; zeros for the first
//   RULES        rules hash, 64 hexadecimal digits
//   GAME, BOARD, SEATS, OPTIONS   the configuration; options as name=value,... in order of name, or -
//   OPENING      seed of the opening, 16 hexadecimal digits: the games of a seat cycle share it
//   ORDER        digit s tells which participant sat on seat s when the game began, for example 10
//   PLAY         play hash (engine/record.h), 64 hexadecimal digits
//   OUTCOME      per seat W or L; all D when nobody won. Of who began there, also when the pie rule let engines exchange seats
//   CAPPED       1 when the game was stopped at a move cap, else 0; behind it :N when the match had a cap of N moves, which
//                lines of the first versions do not tell
//   PARTICIPANT  SPEC#WEIGHTS as many times as there are seats: engine specification and hash of its weights, or - instead
//   DIGEST       SHA-256 of everything before it in the line
// Bytes of names other than letters, digits and ._:/=,+- are written as % and two upper-case hexadecimal digits. One result
// has exactly one spelling. A changed line is found by its own digest, a lost, inserted or exchanged one by INDEX and
// PREVIOUS (lines lost at the end leave no trace in the rest). This guards against accidents; somebody who may write the
// file can forge all of it.
//
// Reading treats the text as hostile. Files, locks and flushing are the business of whoever holds the log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/game.h"
#include "engine/record.h"
#include "engine/stats/match_score.h"
#include "engine/stats/ratings.h"

namespace mz {

struct MatchResult {
  Digest rules_hash{};
  GameConfig config;
  std::vector<SeatEngine> participants;  // of the match, in its order: A, B, ... Equal ones are written out each time
  std::uint64_t opening_seed = 0;
  std::vector<int> order;  // order[seat]: index of the participant that began on that seat; a permutation
  Digest play_hash{};
  int winner = kNobody;  // seat on which the winner began
  bool capped = false;
  std::uint32_t max_moves = 0;  // cap of the match; 0: none, or not known
  friend bool operator==(const MatchResult&, const MatchResult&) = default;
};

// Where the next line connects.
struct MatchLogTail {
  std::uint64_t next_index = 0;
  std::string previous = "0000000000000000";
  friend bool operator==(const MatchLogTail&, const MatchLogTail&) = default;
};

inline constexpr std::size_t kMaxMatchLineBytes = 16U << 10;
inline constexpr std::size_t kMaxMatchNameBytes = 64;  // of a game, a board and an option
inline constexpr std::size_t kMaxMatchOptions = 32;

// The next line, newline included; advances `tail`. Refuses a result that is not one (seats, order, winner, lengths).
Result<std::string> append_match_line(MatchLogTail& tail, const MatchResult& result);

// Something wrong with a log: what, and in which line, counted from 1.
struct MatchLogFault {
  std::uint64_t line = 0;
  std::string text;
};

struct MatchLogReading {
  std::vector<MatchResult> results;   // of all sound lines, also those after a fault
  std::vector<MatchLogFault> faults;  // at most kMaxFaults; more are only counted
  std::uint64_t fault_count = 0;
  MatchLogTail tail;  // after the last sound line
  // Bytes up to the end of the last complete line. Fewer than all, and no fault there: the last line has no newline, so its writer
  // was cut off; cut the file to this length before appending. A last piece that no writer of a log can have left is a fault.
  std::uint64_t complete_bytes = 0;
  static constexpr std::size_t kMaxFaults = 100;
};

// Reads a whole log, or its continuation from `tail`. Never fails: a fault concerns its line only.
MatchLogReading read_match_log(std::string_view text, MatchLogTail tail = {});

// What identifies an engine in ratings: SHA-256 over specification and weights. Where the hash of the weights is known the name of
// their file is left out, so one file under two names is one engine.
std::string participant_id(const SeatEngine& engine);
// What must be equal for results to be comparable: configuration and rules, as one text.
std::string configuration_id(const MatchResult& result);
RatedGame rated_game(const MatchResult& result);
// The game as seen by one participant of the match (0 is side A), for engine/stats/sprt.h.
ScoredGame scored_game(const MatchResult& result, int participant);

}  // namespace mz
