#include "store/checked_game.h"

namespace mz {
namespace {

// Names are printable and without spaces (engine/record.h), so this is unambiguous.
std::string key_of(const GameConfig& config) {
  std::string key = config.game + " " + config.board + " " + std::to_string(config.seats);
  for (const auto& [name, value] : config.options) key += " " + name + "=" + std::to_string(value);
  return key;
}

Result<CheckedGame> check(GameRecord record, std::vector<std::uint8_t> bytes, GameTable& table) {
  const auto game = table.get(record.config);
  if (!game) return game.error();
  if (auto replayed = replay(record, **game); !replayed) return replayed.error();

  CheckedGame checked;
  checked.id = game_id(record);
  checked.play_hash = play_hash(record);
  checked.actors.reserve(record.moves.size());
  checked.text_ends.reserve(record.moves.size());
  const auto position = (*game)->initial();
  for (const Move move : record.moves) {
    checked.actors.push_back(static_cast<std::int8_t>(position->actor()));
    checked.move_texts += position->move_text(move);
    checked.text_ends.push_back(static_cast<std::uint32_t>(checked.move_texts.size()));
    position->apply(move);
  }
  checked.record = std::move(record);
  checked.bytes = std::move(bytes);
  return checked;
}

}  // namespace

Result<std::shared_ptr<const Game>> GameTable::get(const GameConfig& config) {
  const std::string key = key_of(config);
  const std::lock_guard lock(mutex_);
  if (const auto found = games_.find(key); found != games_.end()) return found->second;
  auto made = make_game(config);
  if (!made) return made.error();
  if (games_.size() >= kMaxGames) games_.clear();
  std::shared_ptr<const Game> game = std::move(*made);
  games_.emplace(key, game);
  return game;
}

Result<CheckedGame> check_game(std::span<const std::uint8_t> bytes, GameTable& table) {
  auto record = decode_record(bytes);
  if (!record) return record.error();
  return check(std::move(*record), {bytes.begin(), bytes.end()}, table);
}

Result<CheckedGame> check_game(const GameRecord& record, GameTable& table) {
  if (auto valid = check_record(record); !valid) return valid.error();
  return check(record, encode_record(record), table);
}

std::string describe(const GameConfig& config) {
  std::string text = config.board + ", " + std::to_string(config.seats) + " seats";
  for (const auto& [name, value] : config.options) text += ", " + name + "=" + std::to_string(value);
  return text;
}

std::string options_json(const GameConfig& config) {
  std::string text = "{";
  for (const auto& [name, value] : config.options) {
    if (text.size() > 1) text += ",";
    text += '"';
    for (const char c : name) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += "\":" + std::to_string(value);
  }
  return text + "}";
}

}  // namespace mz
