// All verbs of the command line, in the order in which --help lists them.
#pragma once

#include "node/verb.h"

namespace mz {

// Declare a verb here, then call it in add_verbs.

inline void add_verbs([[maybe_unused]] CLI::App& app, [[maybe_unused]] Action& action) {}

}  // namespace mz
