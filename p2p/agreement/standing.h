// Where a node stands at one instant. The role is not stored anywhere: it follows from this, so that leader and role can
// not disagree.
#pragma once

#include <cstdint>

#include "p2p/agreement/ballot.h"
#include "p2p/agreement/timing.h"

namespace mz {

// How a leader may come about. `available` never needs a quorum: each connected part of the cluster has a leader.
// `majority` elects by more than half of a configured list of voters, and leads only while they answer.
enum class Policy : std::uint8_t { available, majority };

enum class Condition : std::uint8_t {
  starting,  // the incarnation is not on disk yet: nothing was said
  taking_part,
  frozen,  // another machine uses this identity
};

struct Standing {
  NodeId self;
  Policy policy = Policy::available;
  Condition condition = Condition::starting;
  Ballot promised;
  Ballot following;         // of the leader this node goes by, itself included; none without one
  Instant contact = 0;      // when that leader was last known to lead (not read when it is this node)
  Instant lease_until = 0;  // of this node as leader
};

enum class Role : std::uint8_t { starting, frozen, looking, following, leading };

inline Role role(const Standing& standing, Instant now) {
  if (standing.condition == Condition::starting) return Role::starting;
  if (standing.condition == Condition::frozen) return Role::frozen;
  if (standing.following.none()) return Role::looking;
  if (standing.following.node == standing.self) {
    const bool may_lead = standing.policy == Policy::available || now < standing.lease_until;
    return may_lead && standing.following == standing.promised ? Role::leading : Role::looking;
  }
  return now < standing.contact + kLease ? Role::following : Role::looking;
}

inline const char* role_name(Role role) {
  switch (role) {
    case Role::starting:
      return "starting";
    case Role::frozen:
      return "frozen";
    case Role::looking:
      return "looking";
    case Role::following:
      return "following";
    case Role::leading:
      return "leading";
  }
  return "";
}

}  // namespace mz
