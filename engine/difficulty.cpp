#include "engine/difficulty.h"

#include <string>

#include "engine/difficulty_tables.h"

namespace mz {

const DifficultySteps* difficulty_steps(const GameConfig& config) {
  for (const DifficultyTable& table : kDifficultyTables) {
    if (table.game == config.game && table.board == config.board && table.seats == config.seats) return &table.steps;
  }
  return nullptr;
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
  const DifficultySteps* steps = difficulty_steps(config);
  if (steps == nullptr) {
    return Error{ErrorKind::usage, "There are no levels of difficulty for " + config.game + " on " + config.board +
                                       " with " + std::to_string(config.seats) +
                                       " seats. Name an engine with its budget instead."};
  }
  return parse_engine_spec((*steps)[static_cast<std::size_t>(level - 1)]);
}

}  // namespace mz
