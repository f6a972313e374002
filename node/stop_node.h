// Asks a running node to stop and waits until it has.
#pragma once

#include "node/data_directory.h"

namespace mz {

// The node itself is done within 10 seconds; the rest is for a machine that is very busy.
inline constexpr int kStopLimitSeconds = 20;

Result<void> stop_node(const RunningNode& node);

}  // namespace mz
