#include "engine/difficulty.h"

#include <algorithm>
#include <initializer_list>
#include <string>

namespace mz {
namespace {

constexpr DifficultySteps ending(DifficultySteps steps, std::initializer_list<std::string_view> last) {
  std::copy(last.begin(), last.end(), steps.end() - static_cast<std::ptrdiff_t>(last.size()));
  return steps;
}

// The one-ply engine with fewer and fewer moves drawn at random, then with better weights, then searches with more and more nodes. The
// tuned weights are better also where they were not tuned: docs/strength.md says where that was measured.
constexpr DifficultySteps kSquare8TwoSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=60",
    "heuristic:random=45",
    "heuristic:random=20",
    "heuristic",
    "heuristic:weights=square8-2p",
    "minimax:nodes=8000,weights=hex8-2p",
    "minimax:nodes=20000,weights=hex8-2p",
    "minimax:nodes=200000,weights=hex8-2p",
};

constexpr DifficultySteps kHex8TwoSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=62",
    "heuristic:random=50",
    "heuristic:random=30",
    "heuristic:random=12",
    "heuristic",
    "heuristic:weights=hex8-2p",
    "minimax:nodes=8000,weights=hex8-2p",
    "minimax:nodes=200000,weights=hex8-2p",
};

// With more seats a search gains less over one-ply play, so more of the steps are below it.
constexpr DifficultySteps kSquare8ThreeSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=55",
    "heuristic:random=40",
    "heuristic:random=25",
    "heuristic:random=10",
    "heuristic",
    "heuristic:weights=square8-2p",
    "minimax:nodes=15000,weights=square8-2p",
    "minimax:nodes=200000,weights=square8-2p",
};

constexpr DifficultySteps kHex8ThreeSeats =
    ending(kSquare8ThreeSeats,
           {"heuristic:weights=hex8-2p", "minimax:nodes=4000,weights=hex8-2p", "minimax:nodes=100000,weights=hex8-2p"});

constexpr DifficultySteps kSquare8FourSeats = {
    "random",
    "heuristic:random=80",
    "heuristic:random=65",
    "heuristic:random=50",
    "heuristic:random=35",
    "heuristic:random=22",
    "heuristic:random=10",
    "heuristic",
    "minimax:nodes=8000,weights=square8-2p",
    "minimax:nodes=200000,weights=square8-2p",
};

constexpr DifficultySteps kHex8FourSeats =
    ending(kSquare8FourSeats, {"minimax:nodes=25000", "minimax:nodes=100000,weights=hex8-2p"});

// On boards of 361 and 469 cells a turn has more ends than a small budget looks at, and a node takes twice as long.
constexpr DifficultySteps kSquare19TwoSeats = {
    "random",
    "heuristic:random=70",
    "heuristic:random=55",
    "heuristic:random=40",
    "heuristic:random=25",
    "heuristic:random=12",
    "heuristic",
    "minimax:nodes=25000",
    "minimax:nodes=60000",
    "minimax:nodes=140000,weights=hex8-2p",
};

// Here three random moves of four leave nothing of what the evaluation knows: heuristic:random=75 scores 0.51 of 80 games against random.
constexpr DifficultySteps kHexagonalTwoSeats = {
    "random",
    "heuristic:random=55",
    "heuristic:random=45",
    "heuristic:random=36",
    "heuristic:random=26",
    "heuristic:random=14",
    "heuristic",
    "minimax:nodes=25000",
    "minimax:nodes=25000,weights=hex8-2p",
    "minimax:nodes=140000,weights=hex8-2p",
};

constexpr DifficultySteps kMoreSeatsLarge =
    ending(kSquare8FourSeats, {"minimax:nodes=40000", "minimax:nodes=140000,weights=hex8-2p"});

}  // namespace

const DifficultySteps& difficulty_steps(const GameConfig& config) {
  const bool square19 = config.board == "square19";
  const bool square8 = config.board == "square8";
  if (square19 || config.board == "hexagonal") {
    if (config.seats > 2) return kMoreSeatsLarge;
    return square19 ? kSquare19TwoSeats : kHexagonalTwoSeats;
  }
  if (config.seats == 3) return square8 ? kSquare8ThreeSeats : kHex8ThreeSeats;
  if (config.seats == 4) return square8 ? kSquare8FourSeats : kHex8FourSeats;
  return square8 ? kSquare8TwoSeats : kHex8TwoSeats;
}

Result<EngineSpec> named_in_full(const GameConfig& config, const EngineSpec& spec) {
  if (spec.kind != EngineKind::difficulty) return spec;
  Result<EngineSpec> step = difficulty_engine(config, spec.level);
  if (step && spec.ms != 0) step->ms = spec.ms;
  return step;
}

Result<EngineSpec> difficulty_engine(const GameConfig& config, std::uint64_t level) {
  if (level < 1 || level > EngineSpec::kMaxLevel) {
    return Error{ErrorKind::usage,
                 "The difficulty is a number from 1 to " + std::to_string(EngineSpec::kMaxLevel) + "."};
  }
  return parse_engine_spec(difficulty_steps(config)[static_cast<std::size_t>(level - 1)]);
}

}  // namespace mz
