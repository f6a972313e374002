// The route that tells what was found on the network, and why it is or is not part of the cluster.
#pragma once

#include <span>

#include "api/routes.h"

namespace mz {

std::span<const Route> discovery_routes();

}  // namespace mz
