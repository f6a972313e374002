// The routes by which members agree, and by which people see what they agreed on.
#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "api/cluster.h"
#include "api/routes.h"

namespace mz {

std::span<const Route> cluster_routes();

// node_id, leader, ballot, members and so on, as `status` shows them.
nlohmann::json cluster_json(const ClusterPicture& picture);

}  // namespace mz
