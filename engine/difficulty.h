// The steps of `difficulty:N`: which engine each one is.
//
// A step is a specification with a budget in nodes or simulations, so it plays alike on every machine. Step 10 takes at most about
// 200 ms a move on one core of an ordinary machine. Which step is how much stronger than the one below is measured by `meshzero ladder`;
// docs/strength.md has the results.
#pragma once

#include <array>
#include <string_view>

#include "engine/base/result.h"
#include "engine/engine_spec.h"
#include "engine/game.h"

namespace mz {

using DifficultySteps = std::array<std::string_view, EngineSpec::kMaxLevel>;

// The steps of a configuration, from the weakest.
const DifficultySteps& difficulty_steps(const GameConfig& config);

// The same engine without `difficulty`: that of the step, with the time limit asked for. What is stored names engines so, because steps
// may change from version to version.
Result<EngineSpec> named_in_full(const GameConfig& config, const EngineSpec& spec);

// The engine of one step; refuses levels outside 1 to 10.
Result<EngineSpec> difficulty_engine(const GameConfig& config, std::uint64_t level);

}  // namespace mz
