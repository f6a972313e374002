// The agreement of the cluster as routes see it: a prebuilt picture, and the door for messages of other members. Implemented
// in node/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/node_id.h"

namespace mz {

struct ClusterMember {
  NodeId node;
  std::string name;
  std::string state;  // alive, suspect, dead, left
  std::vector<std::string> roles;
  std::vector<std::string> addresses;
  std::uint64_t incarnation = 0;
  std::int64_t since = 0;  // seconds since 1970: this life of it is known
};

struct ClusterEvent {
  NodeId author;
  std::uint64_t number = 0;  // of the author since its start
  std::string topic;
  std::string text;
};

struct ClusterPicture {
  NodeId self;
  std::string role;    // starting, looking, following, leading, frozen
  std::string policy;  // available, majority
  std::optional<NodeId> leader;
  std::uint64_t term = 0;  // of the ballot under which that leader leads
  std::vector<ClusterMember> members;
  std::size_t leaders = 0;                      // that are heard of at this moment
  std::optional<std::int64_t> partition_since;  // seconds since 1970, while there are several
  std::uint64_t events = 0;
  std::vector<ClusterEvent> latest_events;  // the last ones of each feed, at most kShownEvents
};

inline constexpr std::size_t kShownEvents = 200;
inline constexpr std::size_t kMaxClusterBody = 4U << 20;  // messages of one request

class Cluster {
 public:
  virtual ~Cluster() = default;
  // Never null; does not wait.
  [[nodiscard]] virtual std::shared_ptr<const ClusterPicture> picture() const = 0;
  // Messages of that member; what has to go back on the same connection. Waits for the agreement thread, briefly.
  virtual Result<std::string> receive(const NodeId& from, std::string_view messages) = 0;
};

}  // namespace mz
