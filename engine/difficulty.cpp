#include "engine/difficulty.h"

#include <string>

namespace mz {
namespace {

// The one-ply engine with fewer and fewer moves drawn at random, then searches with more and more nodes.
constexpr DifficultySteps kTwoSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=45",
    "heuristic:random=20",
    "heuristic",
    "minimax:nodes=8000",
    "minimax:nodes=25000",
    "minimax:nodes=80000",
    "minimax:nodes=160000",
    "minimax:nodes=300000",
};

// The same with the weights that were tuned for it.
constexpr DifficultySteps kSquare8TwoSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=45",
    "heuristic:random=20",
    "heuristic",
    "heuristic:weights=square8-2p",
    "minimax:nodes=8000,weights=square8-2p",
    "minimax:nodes=25000,weights=square8-2p",
    "minimax:nodes=80000,weights=square8-2p",
    "minimax:nodes=300000,weights=square8-2p",
};

// With more seats a search gains less over one-ply play, so more of the steps are below it.
constexpr DifficultySteps kMoreSeats = {
    "random",
    "heuristic:random=75",
    "heuristic:random=55",
    "heuristic:random=40",
    "heuristic:random=25",
    "heuristic:random=10",
    "heuristic",
    "minimax:nodes=15000",
    "minimax:nodes=60000",
    "minimax:nodes=200000",
};

}  // namespace

const DifficultySteps& difficulty_steps(const GameConfig& config) {
  if (config.seats > 2) return kMoreSeats;
  return config.game == "ringrift" && config.board == "square8" ? kSquare8TwoSeats : kTwoSeats;
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
