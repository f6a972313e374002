// The routes by which machines pair and people confirm it (api/pairing.h).
#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "api/pairing.h"
#include "api/routes.h"

namespace mz {

std::span<const Route> pairing_routes();

nlohmann::json pairing_request_json(const PairingRequest& request);

}  // namespace mz
