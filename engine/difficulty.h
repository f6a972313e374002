// The steps of `difficulty:N`: which engine each one is.
//
// A step is a specification with a budget in nodes or simulations, so it plays alike on every machine. Step 10 takes at most about
// 200 ms a move on one core of an ordinary machine. Which step is how much stronger than the one below is measured by `meshzero ladder`;
// docs/strength.md has the results.
//
// The tables stand in config/difficulty/GAME.json and are part of the program: "format" ("meshzero difficulty 1"), "game", and "steps", which
// has for every board and number of seats the ten specifications from the weakest.
#pragma once

#include <array>
#include <string_view>

#include "engine/base/result.h"
#include "engine/engine_spec.h"
#include "engine/game.h"

namespace mz {

using DifficultySteps = std::array<std::string_view, EngineSpec::kMaxLevel>;

struct DifficultyTable {
  std::string_view game;
  std::string_view board;
  int seats = 0;
  DifficultySteps steps;
};

// The steps of a configuration, from the weakest. Null where there are none.
const DifficultySteps* difficulty_steps(const GameConfig& config);

// The same engine without `difficulty`: that of the step, with the time limit asked for. What is stored names engines so, because steps
// may change from version to version.
Result<EngineSpec> named_in_full(const GameConfig& config, const EngineSpec& spec);

// The engine of one step; refuses levels outside 1 to 10 and configurations without steps.
Result<EngineSpec> difficulty_engine(const GameConfig& config, std::uint64_t level);

}  // namespace mz
