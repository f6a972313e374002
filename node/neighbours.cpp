#include "node/neighbours.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "p2p/node_id.h"

namespace mz {

using nlohmann::json;

std::vector<Neighbour> neighbours_in(const json& discovery) {
  std::vector<Neighbour> found;
  for (const json& candidate : discovery.value("candidates", json::array())) {
    const std::string state = candidate.value("state", "");
    const std::string cluster = candidate.value("cluster", "");
    if ((state != "other_cluster" && state != "pairing") || cluster.empty()) continue;
    const std::string node = candidate.value("node_id", "").substr(0, NodeId::kShortLength);
    auto known = std::find_if(found.begin(), found.end(), [&](const Neighbour& each) { return each.node == node; });
    if (known == found.end()) {
      known = found.insert(found.end(), {.name = candidate.value("name", ""),
                                         .node = node,
                                         .cluster = cluster.substr(0, NodeId::kShortLength),
                                         .addresses = {}});
    }
    known->addresses.push_back(candidate.value("address", ""));
    known->pairing = known->pairing || state == "pairing";
  }
  return found;
}

bool has_others(const json& status) {
  const json members = status.value("members", json::array());
  const std::string self = status.value("node_id", "");
  return std::any_of(members.begin(), members.end(), [&](const json& member) {
    return member.value("node_id", "") != self && member.value("state", "") != "left";
  });
}

}  // namespace mz
