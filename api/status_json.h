// The snapshot of a node as JSON, as the page and scripts read it. Seats are counted from 1 in JSON.
#pragma once

#include <string>

#include "api/cluster.h"
#include "api/node_state.h"

namespace mz {

std::string health_json(Health health, const std::string& version);
// `cluster` may be null.
std::string status_json(const NodeSnapshot& snapshot, Health health, const ClusterPicture* cluster);

}  // namespace mz
