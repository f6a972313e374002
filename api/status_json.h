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

// Among the alerts once a member has said so.
inline constexpr std::string_view kPutOutAlert =
    "This node was put out of its cluster: the members take nothing from it. To join again: `meshzero down`, `meshzero "
    "identity reset`, and `meshzero up --join TOKEN` with a new token of an admin.";

// `cluster` may be null. `put_out`: see kPutOutAlert.
std::string status_json(const NodeSnapshot& snapshot, Health health, const ClusterPicture* cluster, bool put_out);

}  // namespace mz
