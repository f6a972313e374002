// How the verbs that talk to a running node find it.
#pragma once

#include "node/configuration_flags.h"
#include "node/data_directory.h"

namespace mz {

struct FoundNode {
  DataDirectory data;
  RunningNode node;
};

// The node that runs on the data directory which these flags (and the rest of the configuration) name.
Result<FoundNode> find_node(const FlagValues& flags);

}  // namespace mz
