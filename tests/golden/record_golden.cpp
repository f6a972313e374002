// Writes the golden games of tests/golden: random games of our own in the format of the rules recordings, one file per board.
//
//   build/release/tests/record_golden tests/golden
//
// They are change detectors, recorded while the rules agreed with every reference recording: a later difference means that
// the rules, the notation or the move lists have changed. Half of the games choose a type of move first, so that rare types
// come up; every third ends by fewer rings or rounds than the default.
#include <zlib.h>

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/conformance.h"
#include "engine/game.h"

namespace {

using Json = nlohmann::ordered_json;

constexpr int kSmallBoardInterval = 25;  // plies between positions written in full
constexpr int kBigBoardInterval = 150;
constexpr std::size_t kMaxListWritten = 400;

struct Plan {
  mz::GameConfig config;
  bool by_type = false;
  std::uint64_t seed = 0;
};

// Type of a move in its notation: the letters before the first space, and for recoveries the mode.
std::string type_of(const std::string& text) {
  const std::string type = text.substr(0, 2);
  return type == "RS" ? type + text.substr(text.find_first_of("LFS", 3), 1) : type;
}

mz::Move choose(const mz::Position& position, const mz::MoveList& list, bool by_type, mz::Rng& rng) {
  if (!by_type) return list[rng.below(static_cast<std::uint32_t>(list.size()))];
  std::map<std::string, std::vector<mz::Move>> types;
  for (const mz::Move move : list) types[type_of(position.move_text(move))].push_back(move);
  const auto type =
      std::next(types.begin(), static_cast<std::ptrdiff_t>(rng.below(static_cast<std::uint32_t>(types.size()))));
  return type->second[rng.below(static_cast<std::uint32_t>(type->second.size()))];
}

Json record(const Plan& plan, const std::string& id) {
  const auto game = mz::make_game(plan.config).value();
  const auto position = game->initial();
  const bool big = plan.config.board == "square19" || plan.config.board == "hexagonal";
  const std::size_t interval = big ? kBigBoardInterval : kSmallBoardInterval;
  const auto option = [&](const char* name, int otherwise) {
    const auto at = plan.config.options.find(name);
    return at == plan.config.options.end() ? otherwise : at->second;
  };
  mz::Rng rng(plan.seed);
  Json plies = Json::array();
  Json full = Json::array();
  const std::string initial = position->text();
  mz::MoveList list;
  while (position->kind() == mz::NodeKind::decision) {
    position->moves(list);
    std::vector<std::string> texts;
    for (const mz::Move move : list) texts.push_back(position->move_text(move));
    std::sort(texts.begin(), texts.end());
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : "\n") + text;
    if (plies.size() % interval == 0) {
      full.push_back({{"k", plies.size()}, {"pos", position->text()}});
      if (texts.size() <= kMaxListWritten) full.back()["legal"] = texts;
    }
    const mz::Move move = choose(*position, list, plan.by_type, rng);
    const std::string text = position->move_text(move);
    position->apply(move);
    plies.push_back({text, texts.size(), mz::text_hash(joined), mz::text_hash(position->text())});
  }
  const mz::Outcome outcome = position->outcome();
  const std::size_t count = plies.size();
  return {{"v", 1},
          {"id", id},
          {"board", plan.config.board},
          {"n", plan.config.seats},
          {"seed", plan.seed},
          {"opt", {{"swap", option("swap", 0) != 0}, {"rings", option("rings", 0)}, {"lps", option("lps", 3)}}},
          {"init", initial},
          {"plies", std::move(plies)},
          {"full", std::move(full)},
          {"final", position->text()},
          {"res",
           {{"over", true},
            {"winner", outcome.winner + 1},
            {"reason", outcome.reason},
            {"sub", outcome.detail},
            {"plies", count}}}};
}

std::vector<Plan> plans(const std::string& board) {
  const bool big = board == "square19" || board == "hexagonal";
  std::vector<Plan> out;
  for (int seats = 2; seats <= 4; ++seats) {
    for (int i = 0; i < (big ? 2 : 6); ++i) {
      Plan plan;
      plan.config = {.game = "ringrift", .board = board, .seats = seats, .options = {}};
      if (seats == 2 && i % 2 == 0) plan.config.options["swap"] = 1;
      if (i % 3 == 2) plan.config.options.insert({{"rings", 4 + i}, {"lps", 2}});
      plan.by_type = i % 2 == 1;
      plan.seed = mz::derive_seed(static_cast<std::uint64_t>(seats), static_cast<std::uint64_t>(i));
      out.push_back(std::move(plan));
    }
  }
  return out;
}

bool write(const std::string& path, const std::string& board) {
  const gzFile file = gzopen(path.c_str(), "wb9");
  if (file == nullptr) return false;
  bool good = true;
  int number = 0;
  for (const Plan& plan : plans(board)) {
    const std::string id = board + "-" + std::to_string(plan.config.seats) + "-" + std::to_string(number++);
    const std::string line = record(plan, id).dump() + "\n";
    good = good && gzwrite(file, line.data(), static_cast<unsigned>(line.size())) == static_cast<int>(line.size());
  }
  return gzclose(file) == Z_OK && good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: record_golden FOLDER\n");
    return 2;
  }
  for (const std::string board : {"square8", "square19", "hex8", "hexagonal"}) {
    const std::string path = std::string(argv[1]) + "/" + board + ".jsonl.gz";
    if (!write(path, board)) {
      std::fprintf(stderr, "record_golden: cannot write %s\n", path.c_str());
      return 1;
    }
  }
  return 0;
}
