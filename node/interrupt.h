// SIGINT, SIGTERM and SIGHUP as a flag, for verbs that work in a loop and can stop between two steps.
#pragma once

#include <atomic>

namespace mz {

// From the first call on these signals set the flag instead of ending the program; a second SIGINT ends it.
const std::atomic<bool>& stop_on_signals();

}  // namespace mz
