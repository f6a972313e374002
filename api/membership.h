// What the routes about members ask of the running node beyond its keys (p2p/trust/node_trust.h): who else is there, and the
// steps that involve other machines. Implemented in node/.
//
// Thread-safe. join, leave, restore and promote wait for other machines, for seconds at most.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/candidates.h"
#include "p2p/trust/node_trust.h"

namespace mz {

struct MemberAddress {
  NodeId node;
  std::vector<std::string> addresses;  // HOST:PORT
};

class Membership {
 public:
  virtual ~Membership() = default;

  // Members other than this node that may take part, with where they were reached.
  [[nodiscard]] virtual std::vector<MemberAddress> others() const = 0;
  // This node is about to enter another cluster by a token: until that is decided it takes nobody in.
  [[nodiscard]] virtual bool is_entering() const = 0;
  // A member has said that this node was put out of its cluster. Does not wait.
  [[nodiscard]] virtual bool is_put_out() const = 0;
  // This node's own addresses, for those who join.
  [[nodiscard]] virtual MemberAddress self() const = 0;

  // Enters the token's cluster through one of these addresses or those known from before. Refused while this node has other
  // members in another cluster. A member of that cluster joins anew when its certificate has ended or no member confirms it;
  // one that was put out is refused.
  virtual Result<void> join(const JoinToken& token, const std::vector<PeerAddress>& peers) = 0;
  // Tells the others and starts a cluster of one. Refused, unless by force, while the others would lose the signing key by it.
  virtual Result<void> leave(bool by_force) = 0;
  // Takes over the authority in a backup. Refused while this node has other members of another cluster.
  virtual Result<void> restore(std::string_view passphrase, std::span<const std::uint8_t> backup) = 0;
  // Hands the authority's key to that member.
  virtual Result<void> promote(const NodeId& node) = 0;
  // A machine has been taken in; it says that it is reached there.
  virtual void admitted(const MemberAddress& member) = 0;
  // A machine at that address could not join by a token, and why.
  virtual void turned_away(const std::string& address, const Error& why) = 0;
  // A revocation has been added; passes it on.
  virtual void spread(const Revocation& revocation) = 0;
  // Addresses of members, from another one; hints, like all addresses.
  virtual void learn_members(const std::vector<MemberAddress>& members) = 0;
  // Revocations from another member; how many were new.
  virtual Result<std::size_t> learn_revocations(std::span<const std::uint8_t> list) = 0;
};

}  // namespace mz
