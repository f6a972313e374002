// One question of this node to another, in JSON, and what can be made of the answer. All of it may be made up by a stranger.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "api/http_connection.h"
#include "p2p/candidates.h"

namespace mz {

// With the version of the protocol. An answer is at most 4 MiB.
Result<HttpAnswer> post_to_peer(HttpConnection& connection, const std::string& path, const nlohmann::json& body,
                                Deadline deadline);

// What the other side says went wrong, for a person here: unreachable when it asks to come back later, otherwise refused.
Error refusal_of(const HttpAnswer& answer, const nlohmann::json& body, const PeerAddress& address);

}  // namespace mz
