// The steps of membership that one machine takes with another: joining, renewal, promotion, learning of revocations. Each
// blocks its caller until its deadline at most.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "api/dial.h"
#include "api/membership.h"
#include "engine/base/result.h"
#include "p2p/candidates.h"
#include "p2p/trust/node_trust.h"

namespace mz {

// What a machine has after an admin node took it in; not yet adopted.
struct Admitted {
  Certificate certificate;
  Certificate authority;
  Bytes revocations;                   // of the cluster, as they came: nothing of them has been checked
  std::vector<MemberAddress> members;  // the admin among them
  NodeId admin;
  PeerAddress admin_address;  // where it answered
};

// Where the cluster of a token may be entered.
struct WaysIn {
  std::vector<PeerAddress> named;                   // by the user
  std::function<std::vector<PeerAddress>()> found;  // known otherwise by now; asked again and again
  std::function<bool()> looking;                    // more may be found; without named ones that is waited for
};

// Goes to the admin node of the token by one of these ways. Who is there must prove to be of the token's cluster before it hears
// anything of the token, so a way may be anybody's claim: one at which somebody else answers is given up, one at which nobody
// does is tried again until the deadline. What the cluster itself refuses is refused. `nobody` is the error when there was no
// way at all. `own` is where this node will be reached.
Result<Admitted> ask_to_join(const NodeTrust& trust, const JoinToken& token, const WaysIn& ways,
                             const std::vector<std::string>& own, const std::function<Error()>& nobody,
                             Deadline deadline);

// The list of revocations in the answer of that node.
Result<Bytes> read_revocations(const nlohmann::json& answer, const PeerAddress& address);

// A new certificate from the member at this address, also when the current one has expired; adopts it, and gives the list of
// revocations that came with it. not_found: it is no admin.
Result<Bytes> ask_for_renewal(NodeTrust& trust, const PeerAddress& address, Deadline deadline);

// Makes the member at this address, which must be `node`, an admin.
Result<void> hand_over_authority(NodeTrust& trust, const NodeId& node, const PeerAddress& address, Deadline deadline);

struct Exchanged {
  NodeId node;  // who answered
  Bytes revocations;
  std::vector<MemberAddress> members;
};

// Says this to whoever holds this node's own key at the address; what it answered.
Result<std::string> tell_own_key(const NodeTrust& trust, const std::string& messages, const PeerAddress& address,
                                 Deadline deadline);

// What came of an attempt to meet a member.
struct Meeting {
  CandidateState state = CandidateState::unreachable;
  std::string reason;             // one sentence
  bool put_out = false;           // the member says that this node was put out of the cluster
  std::optional<Exchanged> said;  // of a member
};

// Tells the member at this address which nodes were put out and where others are, and learns the same from it.
Meeting meet(const NodeTrust& trust, const std::vector<MemberAddress>& members, const PeerAddress& address,
             Deadline deadline);

}  // namespace mz
