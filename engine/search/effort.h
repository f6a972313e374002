// How much of its budget a decision gets.
//
// Of many games a value is learned, and from searches with a large budget a policy. Where only some decisions, drawn at random, get the whole
// budget and the others a small one, the same work makes several times as many games, and still gives good targets for the policy (Wu,
// "Accelerating Self-Play Learning in Go", 2019: playout cap randomization). What makes a search explore, noise at
// the root, belongs to those decisions only.
#pragma once

#include <cstdint>

#include "engine/base/rng.h"
#include "engine/engine_spec.h"

namespace mz {

struct Effort {
  std::uint64_t budget = 0;  // in what the engine counts
  bool full = true;
};

class EffortMix {
 public:
  // `budget` as the specification has it: 0 where only the clock limits the search.
  EffortMix(const EngineSpec& spec, std::uint64_t budget)
      : budget_(budget == 0 ? ~0ULL : budget),
        cheap_(spec.cheap),
        full_percent_(static_cast<std::uint32_t>(spec.full)) {}

  // Of the next decision. Draws nothing when all get the whole budget.
  [[nodiscard]] Effort draw(Rng& rng) const {
    if (cheap_ == 0 || rng.chance(full_percent_, 100)) return {budget_, true};
    return {cheap_, false};
  }

 private:
  std::uint64_t budget_;
  std::uint64_t cheap_;
  std::uint32_t full_percent_;
};

}  // namespace mz
