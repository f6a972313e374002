#include "tests/unit/store/toy_games.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace mz {

std::vector<std::uint8_t> longest_statistics(const GameRecord& record) {
  const auto game = make_game(record.config).value();
  const auto position = game->initial();
  StatisticsWriter writer;
  MoveList moves;
  for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
    const bool decides = position->kind() == NodeKind::decision;
    if (decides) position->moves(moves);
    if (decides && moves.size() > 1) {
      Decision decision;
      decision.value = -1;
      for (const Move move : moves) decision.visited.push_back({move, 0xffffffff});
      writer.add(ply, decision);
    }
    position->apply(record.moves[ply]);
  }
  return writer.take();
}

TestFolder::TestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mz-store-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::uint8_t> read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace mz
