// The snapshot of a node as JSON, as the page and scripts read it. Seats are counted from 1 in JSON.
#pragma once

#include <string>

#include "api/cluster.h"
#include "api/node_state.h"

namespace mz {

std::string health_json(Health health, const std::string& version);
// Among the alerts while the node is frozen.
inline constexpr std::string_view kFrozenAlert =
    "Another machine runs with the identity of this node, so both are frozen: they play on, but take no part in their "
    "cluster. On each of the two: `meshzero down`, `meshzero identity reset`, and join again.";

// `cluster` may be null.
std::string status_json(const NodeSnapshot& snapshot, Health health, const ClusterPicture* cluster);

}  // namespace mz
