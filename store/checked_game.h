// A record that has been replayed: the only form in which games enter a store, whatever they came from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/game.h"
#include "engine/record.h"

namespace mz {

// Games by configuration, made once and kept. May be used from any thread; the games live as long as the table.
class GameTable {
 public:
  Result<std::shared_ptr<const Game>> get(const GameConfig& config);

 private:
  static constexpr std::size_t kMaxGames = 64;  // a stranger can ask for any options; then start over
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Game>> games_;  // guarded by mutex_
};

struct CheckedGame {
  Digest id{};
  Digest play_hash{};
  GameRecord record;
  std::vector<std::uint8_t> bytes;       // encode_record(record)
  std::vector<std::int8_t> actors;       // seat that made each move, kNobody for chance
  std::string move_texts;                // notation of all moves, one after the other
  std::vector<std::uint32_t> text_ends;  // where each of them ends

  [[nodiscard]] std::string_view move_text(std::size_t ply) const {
    const std::uint32_t begin = ply == 0 ? 0 : text_ends[ply - 1];
    return std::string_view(move_texts).substr(begin, text_ends[ply] - begin);
  }
};

// Decodes and replays. Refuses everything replay refuses.
Result<CheckedGame> check_game(std::span<const std::uint8_t> bytes, GameTable& table);
Result<CheckedGame> check_game(const GameRecord& record, GameTable& table);

// "square8, 2 seats" and, when there are any, the options.
std::string describe(const GameConfig& config);
// The options as a JSON object with ascending names; "{}" when all are default.
std::string options_json(const GameConfig& config);

}  // namespace mz
