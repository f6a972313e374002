#include "node/verbs/data_show.h"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "node/draw_board.h"
#include "node/exit_code.h"
#include "store/game_source.h"

namespace mz {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxListed = 20;
constexpr std::size_t kMinIdDigits = 4;

struct Flags {
  std::string path;
  std::string id;
  int ply = -1;
  bool all = false;
  bool json = false;
};

std::string result_of(const GameRecord& record) {
  const std::string winner =
      record.winner == kNobody ? "nobody wins" : "seat " + std::to_string(record.winner + 1) + " wins";
  return winner + " by " + record.reason + " after " + std::to_string(record.moves.size()) + " plies";
}

std::string engines_of(const GameRecord& record) {
  std::string text;
  for (const SeatEngine& seat : record.seats) text += (text.empty() ? "" : ", ") + seat.spec;
  return text;
}

std::string drawn(const Position& position, bool colour) {
  const std::string text = position.text();
  const auto parsed = parse_drawn(text);
  return (parsed ? draw_board(*parsed, colour) : "") + "  " + text + "\n";
}

// The position before move `ply`; ply == number of moves: the final one.
std::unique_ptr<Position> position_at(const CheckedGame& game, const Game& rules, std::size_t ply) {
  auto position = rules.initial();
  for (std::size_t i = 0; i < ply; ++i) position->apply(game.record.moves[i]);
  return position;
}

Json to_json(const CheckedGame& game, const Game& rules, std::size_t ply) {
  const GameRecord& record = game.record;
  Json engines = Json::array();
  for (const SeatEngine& seat : record.seats) engines.push_back(seat.spec);
  Json moves = Json::array();
  for (std::size_t i = 0; i < record.moves.size(); ++i) moves.push_back(std::string(game.move_text(i)));
  Json options = Json::object();
  for (const auto& [name, value] : record.config.options) options[name] = value;
  const std::string text = position_at(game, rules, ply)->text();
  return {{"id", to_hex(game.id)},
          {"play_hash", to_hex(game.play_hash)},
          {"game", record.config.game},
          {"board", record.config.board},
          {"seats", record.config.seats},
          {"options", options},
          {"seed", std::to_string(record.seed)},
          {"engines", engines},
          {"winner", record.winner == kNobody ? Json() : Json(record.winner + 1)},
          {"reason", record.reason},
          {"plies", record.moves.size()},
          {"capped", record.capped},
          {"moves", moves},
          {"ply", ply},
          {"state", Json::parse(position_json(record.config.game, text))}};
}

void print(const CheckedGame& game, const Game& rules, const Flags& flags) {
  const bool colour = ::isatty(STDOUT_FILENO) == 1;
  const GameRecord& record = game.record;
  std::printf("game %s\n%s: %s\nengines: %s; seed %s\n%s\n\n", to_hex(game.id).c_str(), record.config.game.c_str(),
              describe(record.config).c_str(), engines_of(record).c_str(), std::to_string(record.seed).c_str(),
              result_of(record).c_str());
  if (flags.all) {
    const auto position = rules.initial();
    for (std::size_t ply = 0; ply < record.moves.size(); ++ply) {
      std::printf("%s\n%zu. %s\n\n", drawn(*position, colour).c_str(), ply, std::string(game.move_text(ply)).c_str());
      position->apply(record.moves[ply]);
    }
    std::printf("%s", drawn(*position, colour).c_str());
    return;
  }
  if (flags.ply >= 0) {
    const auto ply = static_cast<std::size_t>(flags.ply);
    std::printf("%s", drawn(*position_at(game, rules, ply), colour).c_str());
    if (ply < record.moves.size()) std::printf("\n%zu. %s\n", ply, std::string(game.move_text(ply)).c_str());
    return;
  }
  for (std::size_t ply = 0; ply < record.moves.size(); ++ply) {
    std::printf("%4zu. %s\n", ply, std::string(game.move_text(ply)).c_str());
  }
  std::printf("\n%s", drawn(*position_at(game, rules, record.moves.size()), colour).c_str());
}

int list(const std::vector<CheckedGame>& games, std::uint64_t total, bool as_json) {
  if (as_json) {
    Json all = Json::array();
    for (const CheckedGame& game : games) {
      all.push_back({{"id", to_hex(game.id)},
                     {"board", game.record.config.board},
                     {"seats", game.record.config.seats},
                     {"plies", game.record.moves.size()}});
    }
    std::printf("%s\n", Json{{"total", total}, {"games", all}}.dump(2).c_str());
    return kExitOk;
  }
  for (const CheckedGame& game : games) {
    std::printf("%s  %s: %s\n", to_hex(game.id).c_str(), describe(game.record.config).c_str(),
                result_of(game.record).c_str());
  }
  if (total > games.size()) std::printf("and %llu more\n", static_cast<unsigned long long>(total - games.size()));
  return kExitOk;
}

int show(const Flags& flags) {
  const auto path = local_path(flags.path);
  if (!path) return report(path.error());
  if (!flags.id.empty() && flags.id.size() < kMinIdDigits) {
    return report({ErrorKind::usage, "Give at least " + std::to_string(kMinIdDigits) + " digits of the game id."});
  }
  const auto disk = make_posix_disk();
  GameTable table;
  std::vector<CheckedGame> found;
  std::uint64_t games = 0;
  std::set<Digest> seen;
  const auto read = read_games(*path, *disk, table, [&](const CheckedGame& game) -> Result<void> {
    if (!to_hex(game.id).starts_with(flags.id) || !seen.insert(game.id).second) return {};
    ++games;
    if (found.size() < kMaxListed) found.push_back(game);
    return {};
  });
  if (!read) return report(read.error());
  if (games == 0) return report({ErrorKind::not_found, "There is no game " + flags.id + " in " + *path + "."});
  if (games > 1) {
    if (!flags.id.empty())
      return report(
          {ErrorKind::usage, std::to_string(games) + " games begin with " + flags.id + ". Give more digits."});
    return list(found, games, flags.json);
  }
  const CheckedGame& game = found.front();
  const auto rules = table.get(game.record.config);
  if (!rules) return report(rules.error());
  const auto plies = static_cast<int>(game.record.moves.size());
  if (flags.ply > plies)
    return report({ErrorKind::not_found, "The game has " + std::to_string(plies) + " plies; give a ply from 0 to " +
                                             std::to_string(plies) + "."});
  if (flags.json) {
    std::printf("%s\n",
                to_json(game, **rules, static_cast<std::size_t>(flags.ply < 0 ? plies : flags.ply)).dump(2).c_str());
  } else {
    print(game, **rules, flags);
  }
  return kExitOk;
}

}  // namespace

void add_data_show(CLI::App& data, Action& action) {
  CLI::App* verb =
      data.add_subcommand("show", "One game with its moves and a drawn board; without an id, which games there are.");
  verb->footer(
      "On the board: 2:3 is a stack of seat 2, three rings high; (1) a marker, [1] territory of seat 1.\n"
      "Examples:\n"
      "  meshzero data show games.db\n"
      "  meshzero data show games.db 5f0c12 --ply 40\n"
      "  meshzero data show games.db 5f0c12 --all");
  auto flags = std::make_shared<Flags>();
  verb->add_option("PATH", flags->path, "Node directory, .db, segment, .jsonl or .jsonl.gz.")->required();
  verb->add_option("ID", flags->id, "The game id or its first digits.");
  verb->add_option("--ply", flags->ply, "Draw the position before this move.");
  verb->add_flag("--all", flags->all, "Draw the position before every move.");
  verb->add_flag("--json", flags->json, "Print JSON.");
  verb->callback([&action, flags] { action = [flags] { return show(*flags); }; });
}

}  // namespace mz
