// One simulated disaster: a cluster, drawn by the seed, goes through wild and quiet times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "p2p/agreement/standing.h"

namespace mz::sim {

struct Outcome {
  std::optional<std::string> violation;
  std::uint64_t elections = 0;
  std::uint64_t checks = 0;
  double virtual_seconds = 0;
};

// Without a policy the seed draws one of `available` and `majority`.
Outcome run_seed(std::uint64_t seed, bool trace, std::optional<Policy> policy = std::nullopt);

}  // namespace mz::sim
