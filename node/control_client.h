// How a verb talks to the node of its data directory: over the Unix socket, as this machine's user, so that it needs no token.
#pragma once

#include <chrono>

#include <nlohmann/json.hpp>

#include "api/http_connection.h"
#include "node/running_node.h"

namespace mz {

// The node's JSON answer. An error answer is an Error of the same kind with the node's own sentence.
Result<nlohmann::json> ask_node(const DataDirectory& data, const HttpQuestion& question,
                                std::chrono::milliseconds limit = std::chrono::seconds(10));

// The same for an answer that is at hand.
Result<nlohmann::json> understood_answer(int status, const std::string& text);

// POST with a JSON body.
Result<nlohmann::json> tell_node(const DataDirectory& data, const std::string& path, const nlohmann::json& body,
                                 std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace mz
