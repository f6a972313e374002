// Bytes as a packed position and as the text of one, on a board that the first byte picks: refused, or canonical and playable.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "engine/game.h"

namespace {

constexpr int kMaxPlies = 24;

// The twelve configurations.
const mz::Game& game_of(std::uint8_t choice) {
  static const auto games = [] {
    std::vector<std::unique_ptr<mz::Game>> all;
    for (const char* board : {"square8", "square19", "hex8", "hexagonal"}) {
      for (int seats = 2; seats <= 4; ++seats) {
        all.push_back(mz::make_game({.game = "ringrift", .board = board, .seats = seats, .options = {}}).value());
      }
    }
    return all;
  }();
  return *games[choice % games.size()];
}

void check(bool holds) {
  if (!holds) std::abort();
}

void play(mz::Position& position, std::span<const std::uint8_t> choices) {
  mz::MoveList list;
  for (int ply = 0; ply < kMaxPlies && position.kind() == mz::NodeKind::decision; ++ply) {
    position.moves(list);
    if (list.empty()) return;
    const std::size_t choice = choices.empty() ? 0 : choices[static_cast<std::size_t>(ply) % choices.size()];
    const mz::Move move = list[choice * 977 % list.size()];
    const auto parsed = position.parse_move(position.move_text(move));
    check(parsed.ok() && *parsed == move);
    position.apply(move);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const mz::Game& game = game_of(data[0]);
  const std::span bytes(data + 1, size - 1);
  if (const auto position = game.unpack(bytes)) {
    const auto packed = (*position)->pack();
    check(std::equal(packed.begin(), packed.end(), bytes.begin(), bytes.end()));
    play(**position, bytes);
  }
  const std::string text(bytes.begin(), bytes.end());
  if (const auto position = game.parse(text)) {
    check((*position)->text() == text);
    const auto again = game.unpack((*position)->pack());
    check(again.ok() && (*again)->key() == (*position)->key());
    play(**position, bytes);
  }
  return 0;
}
