// The routes by which machines join, are renewed, promoted and put out, and by which people handle tokens.
#pragma once

#include <optional>
#include <span>

#include "api/routes.h"

namespace mz {

std::span<const Route> trust_routes();

// The refusal of a node that speaks another version of the protocol, for routes between nodes.
std::optional<HttpResponse> protocol_refusal(const RequestHead& head);

}  // namespace mz
