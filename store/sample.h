// Training samples as JSON Lines: one position of one game a line, the documented exchange format.
//
//   state        the full position before the move: its text, and for RingRift its parts (store/drawn_position.h)
//   outcome      1 the side to move won, 0 it lost, 0.5 nobody won or the game was capped
//   board_type, game_id (content id), move_number (plies played before), ply_to_end (plies still played), move (notation)
//   metadata     worker_id, engine_mode (the engines, one name when all seats share it), difficulty_band
//   search       where the engine searched: value (expected return of the side to move, -1 to 1), full (whether it had its whole budget)
//   policy       where it also counted visits and had its whole budget: notation of each move, at most 64, and its visits
//
// The first line of a game has two more fields: `samples`, the number of lines of this game in the file, and `record`, the
// canonical record in base64. So a file of samples is also a complete file of games: it can be verified, merged and
// exported again. A line is a function of the record, the ply and the worker id, byte for byte.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/record.h"
#include "engine/search_statistics.h"

namespace mz {

inline constexpr std::string_view kLocalWorker = "local";

// Which positions of a game are written: decisions only, the first and last five always, of the others every n-th.
std::vector<std::uint32_t> sampled_plies(const GameRecord& record, const Game& game, std::uint32_t every);

// Writes the lines of one game. Fast when plies ascend; any other order replays from the start.
class SampleFormatter {
 public:
  // `game` must be the game of the record, and the record must have been replayed before.
  SampleFormatter(GameRecord record, std::shared_ptr<const Game> game, const std::string& worker_id);

  // Without a newline. `samples` > 0: the first line of the game, which carries the record.
  std::string line(std::uint32_t ply, std::uint32_t samples);
  [[nodiscard]] const GameRecord& record() const { return record_; }

 private:
  // The fields search and policy of the position that is reached, or nothing.
  [[nodiscard]] std::string searched() const;

  GameRecord record_;
  std::shared_ptr<const Game> game_;
  std::string game_id_;
  std::string metadata_;
  std::vector<DecisionStatistics> statistics_;
  std::unique_ptr<Position> position_;
  std::uint32_t at_ = 0;  // plies played on position_
};

std::string to_base64(std::span<const std::uint8_t> bytes);
// Strict: padding required, no other characters, no stray bits.
bool from_base64(std::string_view text, std::vector<std::uint8_t>& bytes);

}  // namespace mz
