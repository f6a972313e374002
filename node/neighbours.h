// Machines of other clusters that the running node has found on its network, as verbs tell people of them.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace mz {

struct Neighbour {
  std::string name;
  std::string node;     // the first characters of the ids
  std::string cluster;  // the same
  std::vector<std::string> addresses;
  bool pairing = false;  // a request between it and this node is open
};

// From the answer of GET /api/v1/discovery. Several addresses of one machine are one neighbour.
std::vector<Neighbour> neighbours_in(const nlohmann::json& discovery);

// Whether other members belong to this node's cluster, from the answer of GET /api/v1/status.
bool has_others(const nlohmann::json& status);

}  // namespace mz
