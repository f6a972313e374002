// How well this machine is placed to lead a cluster.
#pragma once

#include <filesystem>

#include "p2p/agreement/standing.h"

namespace mz {

// fitness_linux.cpp and fitness_macos.cpp are twins: exactly one of them is compiled. Linux: by what it shows under /sys and
// /proc below `root`, a battery that is being used up, and whether the default route of IPv4 is wireless. macOS: by what provides
// its power; its network is not looked at, and `root` means nothing. What says nothing counts as the best.
Fitness machine_fitness(const std::filesystem::path& root = "/");

}  // namespace mz
