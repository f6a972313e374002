// Compares the rules of this program with games and single positions that another implementation recorded.
//
// A recording gives, for every ply, the number of legal moves, a hash of their sorted notations and a hash of the position
// reached; at some plies also the position and the list themselves. Comparing plays the recording through Game and
// Position and stops at the first ply after which the two could only drift further apart (another position, a move that
// is not legal here). Pure; reading files and JSON is node/recording_file.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/game.h"

namespace mz {

struct RecordedPly {
  std::string move;
  std::size_t legal_count = 0;  // before the move
  std::string legal_hash;       // before the move: text_hash of the sorted notations joined by newlines
  std::string position_hash;    // after the move: text_hash of the position
};

// The position before ply `ply` in full, with the sorted legal list where it was written down.
struct RecordedPosition {
  std::size_t ply = 0;
  std::string text;
  std::optional<std::vector<std::string>> legal;
};

struct RecordedEnd {
  bool over = false;
  int winner = kNobody;
  std::string reason;
  std::string detail;  // which of the rules behind `reason` it was; empty when not recorded
};

// What ranks the seats when a game is over, one number per seat.
struct Ranking {
  std::vector<int> territory;   // collapsed cells
  std::vector<int> eliminated;  // rings credited
  std::vector<int> markers;
  std::vector<int> hand;
  std::vector<int> on_board;  // own rings inside stacks
  std::vector<int> out_ply;   // index of the ply after which the seat had no ring anywhere, -1 = never
  friend bool operator==(const Ranking&, const Ranking&) = default;
};

struct RecordedGame {
  std::string id;
  GameConfig config;
  std::string initial;
  std::vector<RecordedPly> plies;
  std::vector<RecordedPosition> positions;  // ascending by ply
  std::string final_position;
  RecordedEnd end;
  std::optional<Ranking> ranking;
};

// One position and one move. `listed` false: the move must be refused and nothing else is compared.
struct RecordedVector {
  std::string id;
  GameConfig config;
  std::string before;
  std::string move;
  std::size_t legal_count = 0;
  std::string legal_hash;
  std::optional<std::vector<std::string>> legal;
  bool listed = true;
  std::string after;
  std::optional<RecordedEnd> end;
};

struct Mismatch {
  std::string id;  // of the recording
  std::size_t ply = 0;
  std::string what;      // one sentence
  std::string position;  // before the ply
  std::string move;      // the recorded one, empty when the mismatch is not about a ply
  std::string expected;
  std::string got;
  // For legal lists. When the recording holds only the hash, `expected_known` is false and `extra` is our whole list.
  bool expected_known = true;
  std::vector<std::string> missing;  // recorded, not legal here
  std::vector<std::string> extra;    // legal here, not recorded
};

struct Comparison {
  std::size_t plies = 0;  // moves checked
  std::size_t mismatches = 0;
  std::optional<Mismatch> first;
};

// First 16 lower-case hexadecimal digits of SHA-256.
std::string text_hash(std::string_view text);

// Both need the game of the recording's own configuration.
Comparison compare(const RecordedGame& recorded, const Game& game);
Comparison compare(const RecordedVector& recorded, const Game& game);

}  // namespace mz
