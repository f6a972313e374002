// What routes may ask of the running node. Each service is an interface declared in api/ and implemented in node/, so that
// HTTP knows nothing of how a node is put together. All are thread-safe and outlive the listener.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/node_state.h"
#include "api/principal.h"

namespace mz {

class Cluster;     // api/cluster.h
class DialBack;    // api/dial_back.h
class Discovered;  // api/discovery.h
class Journal;     // api/journal.h
class Membership;  // api/membership.h
class NodeTrust;   // p2p/trust/node_trust.h
class Pairing;     // api/pairing.h
class Sessions;    // api/sessions.h

// Knows the operators' bearer tokens and who was put out of the cluster. Called in the reactor: answers from memory, at once,
// in time that does not depend on how much of a wrong token is right.
class Credentials {
 public:
  virtual ~Credentials() = default;
  // The operator behind the token; nothing when it is unknown, expired or revoked.
  [[nodiscard]] virtual std::optional<Principal> verify(std::string_view token) const = 0;
  // Whether a node of that cluster is one of ours. Connections outlive the moment in which their node is put out or this one
  // changes clusters, so every request asks.
  [[nodiscard]] virtual bool is_member(const Digest& cluster, const NodeId& node) const = 0;
  // Whether it would be one if it had not been put out.
  [[nodiscard]] virtual bool was_put_out(const Digest& cluster, const NodeId& node) const = 0;
};

// A null pointer is a service that this node does not run; its routes answer 503.
struct NodeServices {
  const NodeState* state = nullptr;  // never null in a running node
  const Credentials* credentials = nullptr;
  Sessions* sessions = nullptr;
  NodeTrust* trust = nullptr;
  Membership* membership = nullptr;
  Cluster* cluster = nullptr;
  Journal* journal = nullptr;
  DialBack* dial_back = nullptr;
  Pairing* pairing = nullptr;
  const Discovered* discovery = nullptr;
  // Lower-case names other than addresses by which this node may be addressed over TLS.
  std::vector<std::string> names = {};
};

}  // namespace mz
