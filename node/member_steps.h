// The steps of membership that one machine takes with another: joining, renewal, promotion, learning of revocations. Each
// blocks its caller until its deadline at most.
#pragma once

#include <optional>
#include <string>
#include <vector>

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
  std::vector<MemberAddress> members;  // the admin among them
  NodeId admin;
  PeerAddress admin_address;  // where it answered
};

// Goes to the admin node of the token by way of these addresses. An address that does not answer is tried again until the
// deadline; a refusal is final. `own` is where this node will be reached.
Result<Admitted> ask_to_join(const NodeTrust& trust, const JoinToken& token, const std::vector<PeerAddress>& peers,
                             const std::vector<std::string>& own, Deadline deadline);

// A new certificate from the member at this address, if it is an admin; adopts it. Also when the current one has expired.
Result<void> ask_for_renewal(NodeTrust& trust, const PeerAddress& address, Deadline deadline);

// Makes the member at this address, which must be `node`, an admin.
Result<void> hand_over_authority(NodeTrust& trust, const NodeId& node, const PeerAddress& address, Deadline deadline);

struct Exchanged {
  NodeId node;  // who answered
  Bytes revocations;
  std::vector<MemberAddress> members;
};

// What came of an attempt to meet a member.
struct Meeting {
  CandidateState state = CandidateState::unreachable;
  std::string reason;             // one sentence
  std::optional<Exchanged> said;  // of a member
};

// Tells the member at this address which nodes were put out and where others are, and learns the same from it.
Meeting meet(const NodeTrust& trust, const std::vector<MemberAddress>& members, const PeerAddress& address,
             Deadline deadline);

}  // namespace mz
