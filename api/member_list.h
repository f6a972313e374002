// Members and where they are, as nodes tell each other in JSON: [{"node_id": ..., "addresses": ["HOST:PORT", ...]}, ...].
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "api/membership.h"

namespace mz {

inline constexpr std::size_t kMaxListedMembers = 1024;
inline constexpr std::size_t kMaxListedAddresses = 8;  // of one member

nlohmann::json members_json(const std::vector<MemberAddress>& members);

// Leaves out whatever is no such entry and whatever is beyond the limits.
std::vector<MemberAddress> read_members(const nlohmann::json& list);
std::vector<std::string> read_addresses(const nlohmann::json& list);

}  // namespace mz
