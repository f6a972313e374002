// Watches the local network without announcing this node, and tells membership what is seen: for whoever joins a cluster
// before there is a DiscoveryService, or without a running node. Threads: that of the backend.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "node/node_membership.h"
#include "p2p/discovery/discovery.h"

namespace mz {

class LookAround {
 public:
  // Begins at once. `membership` outlives it.
  explicit LookAround(NodeMembership& membership);
  // What was seen counts no longer: nobody would notice when it vanishes.
  ~LookAround();
  LookAround(const LookAround&) = delete;
  LookAround& operator=(const LookAround&) = delete;

 private:
  NodeMembership& membership_;
  std::set<std::string> seen_;  // instances; of the backend's thread until it has ended
  std::unique_ptr<Discovery> backend_;
};

}  // namespace mz
