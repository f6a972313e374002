// What the verbs about identity, tokens and members do: one call of a route, of the node that runs on the data directory
// through its control socket, or, when none runs, in this process and on the same files.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"
#include "node/configuration_flags.h"

namespace mz {

// The JSON answer of 2xx; otherwise an error with the sentence of the answer and the kind that fits its status.
Result<nlohmann::json> local_call(const FlagValues& flags, const std::string& method, const std::string& path,
                                  const nlohmann::json& body);

}  // namespace mz
