// Finds the tactical suite: plays random games with few rings on every board, asks at every late position whether exactly a few of
// many moves win or hold, proves it by exhaustive search, and prints one puzzle per line. The same arguments print the same lines.
//
//   make_tactics [SEED] > tests/golden/tactics.jsonl
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>

#include "engine/game.h"
#include "engine/ringrift/moves.h"
#include "tests/tactics/proof.h"
#include "tests/tactics/suite.h"

namespace mz::tactics {
namespace {

using ringrift::MoveType;

constexpr std::uint64_t kMostNodes = 60'000;  // per move of a puzzle, so that a test can check every proof again
constexpr int kGames = 400;                   // per configuration at most
constexpr int kLate = 40;                     // plies before the end that are looked at
constexpr std::size_t kFewest = 5;            // legal moves of a puzzle

struct Wanted {
  std::string theme;
  int count;
};

struct Setting {
  std::string board;
  int seats;
  std::map<std::string, int> options;
  std::vector<Wanted> wanted;
};

// Plays the winning side greedily by proof and the others at random, and notes which kinds of moves occur.
void note_line(Prover& prover, const Position& start, int turns, int seat, std::map<MoveType, int>& own,
               std::map<MoveType, int>& others, Rng& rng) {
  auto position = start.clone();
  int left = turns;
  int before = seat;  // the turn under way is the first
  for (int ply = 0; ply < 60 && position->kind() != NodeKind::terminal; ++ply) {
    const int actor = position->actor();
    if (actor == seat && before != seat) --left;
    if (left < 1) return;
    MoveList list;
    position->moves(list);
    Move move = list[rng.below(static_cast<std::uint32_t>(list.size()))];
    if (actor == seat && list.size() > 1) {
      const auto good = winning_moves(prover, *position, left);
      if (!good || good->empty()) return;
      move = good->front();
    }
    ++(actor == seat ? own : others)[ringrift::type_of(move)];
    position->apply(move);
    before = actor;
  }
}

std::string theme_of(Prover& prover, const Position& position, const std::vector<Move>& good, int turns) {
  Rng rng(7);
  std::map<MoveType, int> own;
  std::map<MoveType, int> others;
  auto next = position.clone();
  next->apply(good.front());
  ++own[ringrift::type_of(good.front())];
  note_line(prover, *next, turns, position.actor(), own, others, rng);
  if (others.contains(MoveType::forced_elimination) || own.contains(MoveType::forced_elimination))
    return "forced_elimination";
  if (own[MoveType::claim_region] > 0) return "territory";
  if (own[MoveType::continue_capture] > 0) return "chain";
  return "win_" + std::to_string(turns);
}

std::optional<Puzzle> ask(const Game& game, const Position& position) {
  MoveList list;
  position.moves(list);
  if (list.size() < kFewest || list.size() > 250) return std::nullopt;
  Prover prover(kMostNodes);
  Puzzle puzzle;
  puzzle.config = game.config();
  puzzle.position = position.text();
  const auto accept = [&](const std::vector<Move>& good) {
    if (good.empty() || good.size() * 4 > list.size()) return false;
    for (const Move move : good) puzzle.answers.push_back(position.move_text(move));
    return true;
  };
  const int most_turns = list.size() > 60 ? 2 : 3;
  for (int turns = 1; turns <= most_turns; ++turns) {
    puzzle.nodes = 0;
    const auto good = winning_moves(prover, position, turns, &puzzle.nodes);
    if (!good) break;
    if (good->empty()) continue;
    if (!accept(*good)) return std::nullopt;
    puzzle.asks = "win";
    puzzle.turns = turns;
    puzzle.theme = theme_of(prover, position, *good, turns);
    return puzzle;
  }
  puzzle.nodes = 0;
  const auto safe = safe_moves(prover, position, game.config().seats, &puzzle.nodes);
  if (!safe || !accept(*safe)) return std::nullopt;
  puzzle.asks = "defence";
  puzzle.theme = "defence";
  return puzzle;
}

void find(const Setting& setting, std::uint64_t seed) {
  const GameConfig config{
      .game = "ringrift", .board = setting.board, .seats = setting.seats, .options = setting.options};
  const auto game = make_game(config);
  if (!game) {
    std::cerr << game.error().text << "\n";
    std::exit(1);
  }
  std::map<std::string, int> left;
  int open = 0;
  for (const Wanted& wanted : setting.wanted) open += left[wanted.theme] = wanted.count;
  for (int i = 0; i < kGames && open > 0; ++i) {
    Rng rng(derive_seed(seed, static_cast<std::uint64_t>(i)));
    const auto random = (*game)->make_player("random").value();
    std::vector<std::unique_ptr<Position>> late;
    auto position = (*game)->initial();
    while (position->kind() != NodeKind::terminal) {
      late.push_back(position->clone());
      if (late.size() > kLate) late.erase(late.begin());
      position->apply(random->decide(*position, rng).move);
    }
    bool found = false;
    for (std::size_t at = late.size(); at-- > 0 && !found;) {
      const auto puzzle = ask(**game, *late[at]);
      if (!puzzle || left[puzzle->theme] <= 0) continue;
      --left[puzzle->theme];
      --open;
      found = true;  // one per game, so that no two are alike
      std::cout << to_json(*puzzle).dump() << std::endl;
    }
  }
  for (const auto& [theme, count] : left) {
    if (count > 0)
      std::cerr << setting.board << " " << setting.seats << ": " << count << " of theme " << theme << " not found\n";
  }
}

}  // namespace
}  // namespace mz::tactics

int main(int argc, char** argv) {
  using mz::tactics::Setting;
  const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
  const std::vector<Setting> settings = {
      {"square8",
       2,
       {{"rings", 3}},
       {{"win_1", 4}, {"win_2", 5}, {"win_3", 2}, {"defence", 5}, {"chain", 4}, {"forced_elimination", 3}}},
      {"square8", 2, {{"rings", 4}, {"rings_to_win", 9}, {"territory_to_win", 12}}, {{"territory", 5}}},
      {"square8", 3, {{"rings", 2}}, {{"win_1", 2}, {"win_2", 2}, {"defence", 2}, {"chain", 1}}},
      {"square8", 4, {{"rings", 2}}, {{"win_1", 2}, {"win_2", 1}, {"defence", 1}}},
      {"hex8",
       2,
       {{"rings", 3}},
       {{"win_1", 3}, {"win_2", 4}, {"win_3", 2}, {"defence", 4}, {"chain", 3}, {"forced_elimination", 2}}},
      {"hex8", 2, {{"rings", 4}, {"rings_to_win", 9}, {"territory_to_win", 12}}, {{"territory", 4}}},
      {"hex8", 3, {{"rings", 2}}, {{"win_1", 2}, {"win_2", 2}, {"defence", 2}}},
      {"hex8", 4, {{"rings", 2}}, {{"win_1", 2}, {"defence", 1}}},
      {"square19", 2, {{"rings", 2}}, {{"win_1", 3}, {"win_2", 3}, {"defence", 2}, {"chain", 2}}},
      {"hexagonal", 2, {{"rings", 2}}, {{"win_1", 3}, {"win_2", 3}, {"defence", 2}, {"chain", 2}}},
  };
  for (std::size_t i = 0; i < settings.size(); ++i) mz::tactics::find(settings[i], mz::derive_seed(seed, i));
  return 0;
}
