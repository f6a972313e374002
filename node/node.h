// A running node: data directory, lock, port, log, intake, control loop and HTTP, put together.
//
// Threads: control (the caller's; node/supervisor.h), store (node/intake.h), http and its pools (api/listener.h),
// membership (node/node_membership.h), pairing (node/pairing_service.h), discovery (node/discovery_service.h), signals
// (node/stop_signal.h). Work happens in child processes (node/worker.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "api/listening_socket.h"
#include "engine/base/result.h"
#include "node/configuration.h"
#include "node/etcd_settings.h"
#include "node/supervisor.h"
#include "p2p/candidates.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/join_token.h"

namespace mz {

struct NodeOptions {
  std::filesystem::path data;
  std::uint16_t port = 0;
  std::optional<Reach> reach = {};  // nothing: as membership asks for (node/front_door.h)
  NodeLimits limits;
  bool foreground = false;           // also log to stderr
  std::vector<PeerAddress> peers;    // where members may be found
  std::optional<EtcdSettings> etcd;  // which decides who leads
  std::vector<NodeId> voters;        // whose majority elects the leader; none: whoever is there
  bool discovery = true;             // on the local network
  bool lead_last = false;            // only while nobody better is there
  std::optional<JoinToken> join;     // the cluster to enter before anything else
  std::optional<ClusterId> enter;    // the cluster to enter as soon as an admin of it approves
  bool pairing = true;               // machines may ask to join, and this one asks while it is alone
};

// From the configuration, with `auto` replaced by what fits this machine.
Result<NodeOptions> node_options(const Configuration& configuration);

// Runs until SIGTERM, SIGINT or SIGHUP. `on_ready` is called with the port once the node answers. Start it before any thread.
Result<void> run_node(const NodeOptions& options, const std::function<void(std::uint16_t)>& on_ready);

}  // namespace mz
