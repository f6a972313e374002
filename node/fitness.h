// How well this machine is placed to lead a cluster.
#pragma once

#include <filesystem>

#include "p2p/agreement/standing.h"

namespace mz {

// By what Linux shows under /sys and /proc below `root`: a battery that is being used up, and whether the default route of
// IPv4 is wireless. Other systems show nothing there and count as the best.
Fitness machine_fitness(const std::filesystem::path& root = "/");

}  // namespace mz
