// The canonical record of one finished game: the unit that is stored, exchanged, counted and named.
//
// Canonical means: one game has exactly one byte string, and decode refuses every other spelling of it.
//   game_id   = SHA-256 of the record without its statistics part
//   play_hash = SHA-256 of (configuration, options, moves): games with the same play are one "distinct game"
//
// Layout, in the spellings of engine/base/bytes.h:
//   identity    "MZGR", version u8 = 1, rules hash 32 bytes,
//               game text, board text, seats u8, options: count, then name text and zigzag value in ascending order of names,
//               seed u64, per seat: spec text, weights u8 0, or u8 1 and 32 bytes,
//               moves: count, then one varint each,
//               capped u8 0 or 1, winner u8 (0 nobody, else seat + 1), reason text
//   statistics  one blob, empty when there are none
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/game.h"

namespace mz {

// Who sat on a seat: the engine specification in canonical form and the hash of the weights it really used.
struct SeatEngine {
  std::string spec;          // e.g. "heuristic"; printable ASCII, at most kMaxSpecBytes
  std::string weights_hash;  // 64 lower-case hexadecimal digits, or empty for engines without weights
  friend bool operator==(const SeatEngine&, const SeatEngine&) = default;
};

struct GameRecord {
  static constexpr std::string_view kMoveCap = "move_cap";
  static constexpr std::string_view kResignation = "resignation";
  static constexpr std::size_t kMaxBytes = 1U << 20;  // of one encoded record, statistics included
  static constexpr std::size_t kMaxMoves = 100'000;
  static constexpr std::size_t kMaxSpecBytes = 512;
  static constexpr std::size_t kMaxNameBytes =
      32;  // of a game, board, option or reason: printable ASCII without spaces
  static constexpr std::size_t kMaxOptions = 32;
  static constexpr std::size_t kMaxStatisticsBytes = kMaxBytes / 2;

  Digest rules_hash{};
  GameConfig config;
  std::uint64_t seed = 0;         // of this game; everything random in it derives from here
  std::vector<SeatEngine> seats;  // config.seats entries
  std::vector<Move> moves;        // chance outcomes included
  bool capped = false;            // stopped at a move cap; then nobody won and the position is not terminal
  int winner = kNobody;
  // The game's word for the ending; exactly when capped kMoveCap. kResignation: the position is not terminal, and of two seats the one
  // whose turn it was gave up.
  std::string reason;
  // What searches found out (engine/search_statistics.h); not part of the identity, and looked at by `replay` only.
  std::vector<std::uint8_t> statistics;
  friend bool operator==(const GameRecord&, const GameRecord&) = default;
};

// Whether a record made from outside input keeps the limits and can be encoded; says which one it breaks.
Result<void> check_record(const GameRecord& record);

// Encoding a record that check_record refuses is a bug of the caller and aborts.
std::vector<std::uint8_t> encode_record(const GameRecord& record);
// Refuses anything encode_record could not have produced, without reading past the span or allocating beyond the limits.
Result<GameRecord> decode_record(std::span<const std::uint8_t> bytes);

Digest game_id(const GameRecord& record);
Digest play_hash(const GameRecord& record);

// Plays the whole record through the rules. Fails with the first move that is not legal, when hash, result or reason
// differ from what the rules say, or when its statistics do not fit the positions. `game` must be the game of record.config.
Result<void> replay(const GameRecord& record, const Game& game);

}  // namespace mz
