// The agreement of the cluster as routes see it: a prebuilt picture, and the door for messages of other members. Implemented
// in node/.
#pragma once

#include <algorithm>
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
  std::string state;         // alive, suspect, dead, left
  std::string left_because;  // of state left: leave, revoked, cloned
  std::vector<std::string> roles;
  std::vector<std::string> addresses;
  std::string version;            // of the program; empty while nothing of the member was heard
  std::uint64_t incarnation = 0;  // 0: only its address is known
  std::int64_t since = 0;         // seconds since 1970: this life of it is known
  // Seconds since 1970: a message of it reached this node. Never for this node, nor before the first one.
  std::optional<std::int64_t> heard;
  // The version of the protocol that it speaks, when that is not ours and the two refuse each other; 0 otherwise.
  std::uint32_t other_protocol = 0;

  [[nodiscard]] bool is_admin() const { return std::find(roles.begin(), roles.end(), "admin") != roles.end(); }
};

// Its name and short id, for people; control characters become spaces.
std::string called(const ClusterMember& member);

// A leader and the term it leads in.
struct Leadership {
  NodeId node;
  std::uint64_t term = 0;
  friend bool operator==(const Leadership&, const Leadership&) = default;
};

// Policy etcd: no answer of it, since then and for this reason (a sentence).
struct EtcdSilence {
  std::int64_t since = 0;  // seconds since 1970
  std::string why;
};

struct ClusterPicture {
  NodeId self;
  std::string role;                    // starting, looking, following, leading, frozen
  std::string policy;                  // available, majority, etcd
  std::optional<Leadership> leader;    // that this node goes by, itself included
  std::optional<Leadership> promised;  // the highest ballot that this node promised to go by; it never goes back
  std::optional<Leadership> released;  // the last one that let go of leading by itself
  std::vector<ClusterMember> members;
  std::vector<Leadership> rivals;               // other leaders that are heard of at this moment
  std::optional<std::int64_t> partition_since;  // seconds since 1970, while there are rivals
  std::uint64_t rivals_met = 0;                 // so often one appeared, since the start
  Leadership last_rival;                        // it may have been gone before this picture was made
  std::optional<EtcdSilence> etcd_silent;       // as this node sees it
  bool crowded = false;                         // somebody finds no place among the members
  std::uint64_t facts = 0;                      // signed events that this node holds

  [[nodiscard]] const ClusterMember* member(const NodeId& node) const {
    for (const ClusterMember& one : members) {
      if (one.node == node) return &one;
    }
    return nullptr;
  }
};

// In what other_protocol_text says of anybody.
inline constexpr std::string_view kOtherProtocolWords = " of the protocol and this node version ";
// That these members (at least one) and this node refuse each other, and what to do. All speak the same other version.
std::string other_protocol_text(const std::vector<const ClusterMember*>& members);

inline constexpr std::size_t kMaxListedEvents = 500;
inline constexpr std::size_t kMaxClusterBody = 4U << 20;  // messages of one request

class Cluster {
 public:
  virtual ~Cluster() = default;
  // Never null; does not wait.
  [[nodiscard]] virtual std::shared_ptr<const ClusterPicture> picture() const = 0;
  // Messages of that member; what has to go back on the same connection. Waits for the agreement thread, briefly.
  virtual Result<std::string> receive(const NodeId& from, std::string_view messages) = 0;
  // That member speaks this version of the protocol, which is not ours: one of the two has refused the other. Does not wait.
  virtual void speaks_otherwise(const NodeId& member, std::uint32_t protocol) = 0;
};

}  // namespace mz
