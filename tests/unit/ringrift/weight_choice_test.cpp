// A weight that changes scores may still be dead: as long as it counts alike after every move, nobody plays differently. So here every
// weight, moved to one of its bounds, has to change the move of an engine, on every board and with every number of seats.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "engine/game.h"
#include "engine/ringrift/weights.h"

namespace mz::ringrift {
namespace {

struct Table {
  std::string board;
  int seats;
  // Of the random games that are looked at. Any will do; these, the quickest of a dozen tried, need few games.
  std::uint64_t seed;
};
std::string name_of(const Table& table) { return table.board + "_" + std::to_string(table.seats) + "_seats"; }
void PrintTo(const Table& table, std::ostream* out) { *out << name_of(table); }

// Games with few rings come early to where hands are empty, stacks are stuck and seats drop out; 0: as many as the board has.
constexpr std::array<int, 4> kRings = {4, 3, 8, 0};

Result<std::unique_ptr<Game>> game_with(const Table& table, int rings) {
  GameConfig config;
  config.board = table.board;
  config.seats = table.seats;
  if (rings != 0) config.options["rings"] = rings;
  return make_game(config);
}

Move choice(const Game& game, const Position& position, const std::string& engine, const Weights& weights) {
  EngineResources resources;
  resources.read_weights = [&weights](const std::string&) -> Result<std::string> {
    return weights_json(weights, "moved");
  };
  const std::string separator = engine.find(':') == std::string::npos ? ":" : ",";
  auto player = game.make_player(engine + separator + "weights=<moved>", resources);
  if (!player) {
    ADD_FAILURE() << player.error().text;
    return {};
  }
  Rng rng(1);
  return (*player)->decide(position, rng).move;
}

// Takes out of `weights` those that change the choice when they move to one of their bounds.
void drop_effective(const Game& game, const Position& position, const std::string& engine,
                    std::vector<std::size_t>& weights) {
  const Move before = choice(game, position, engine, default_weights());
  std::erase_if(weights, [&](std::size_t weight) {
    for (const std::int32_t bound : {kFeatures[weight].low, kFeatures[weight].high}) {
      Weights moved = default_weights();
      moved.value[weight] = bound;
      if (choice(game, position, engine, moved) != before) return true;
    }
    return false;
  });
}

// Those of the weights that change no choice in positions of so many random games. Placements are left out but for the first of a
// game: they take long to judge, and the move of the stack placed comes right after.
std::vector<std::size_t> without_effect(const Table& table, const std::string& engine, std::vector<std::size_t> weights,
                                        std::uint64_t games) {
  MoveList moves;
  for (std::uint64_t i = 0; i < games && !weights.empty(); ++i) {
    const auto game = game_with(table, kRings[i % kRings.size()]);
    if (!game) {
      ADD_FAILURE() << game.error().text;
      return weights;
    }
    const auto position = (*game)->initial();
    Rng rng(derive_seed(table.seed, i));
    for (int ply = 0; position->kind() != NodeKind::terminal && !weights.empty(); ++ply) {
      position->moves(moves);
      const bool looked_at = ply == 0 || (moves.size() > 1 && rng.below(3) == 0 &&
                                          position->text().find("|ring_placement|") == std::string::npos);
      if (looked_at) drop_effective(**game, *position, engine, weights);
      position->apply(moves[rng.below(static_cast<std::uint32_t>(moves.size()))]);
    }
  }
  return weights;
}

class WeightsAt : public ::testing::TestWithParam<Table> {};

TEST_P(WeightsAt, AllChangeWhatIsPlayed) {
  const Table& table = GetParam();
  // Several times what is needed, and soon over where a weight is dead.
  const std::uint64_t games = table.board == "square8" || table.board == "hex8" ? 2000 : 100;
  const std::size_t rounds = index(Feature::lps_progress);
  std::vector<std::size_t> of_one_turn;
  std::vector<std::size_t> of_more_seats;
  for (std::size_t i = 0; i < kFeatureCount; ++i) {
    if (kFeatures[i].min_seats > table.seats) {
      of_more_seats.push_back(i);
    } else if (i != rounds) {
      of_one_turn.push_back(i);
    }
  }
  for (const std::size_t dead : without_effect(table, "heuristic", of_one_turn, games)) {
    ADD_FAILURE() << kFeatures[dead].name << " changes no move of the heuristic";
  }
  // A round is counted when the next one begins: what a move does about it shows turns later.
  for (const std::size_t dead : without_effect(table, "minimax:nodes=500", {rounds}, games)) {
    ADD_FAILURE() << kFeatures[dead].name << " changes no move of minimax";
  }
  EXPECT_EQ(without_effect(table, "heuristic", of_more_seats, 1), of_more_seats);
}

INSTANTIATE_TEST_SUITE_P(RingRift, WeightsAt,
                         ::testing::Values(Table{"square8", 2, 11}, Table{"square8", 3, 4}, Table{"square8", 4, 2},
                                           Table{"square19", 2, 11}, Table{"square19", 3, 11}, Table{"square19", 4, 4},
                                           Table{"hex8", 2, 4}, Table{"hex8", 3, 8}, Table{"hex8", 4, 8},
                                           Table{"hexagonal", 2, 17}, Table{"hexagonal", 3, 6},
                                           Table{"hexagonal", 4, 6}),
                         [](const auto& table) { return name_of(table.param); });

}  // namespace
}  // namespace mz::ringrift
