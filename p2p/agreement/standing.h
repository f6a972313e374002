// Where a node stands at one instant. The part it plays is not stored anywhere: it follows from this, so that leader and part can
// not disagree.
#pragma once

#include <cstdint>

#include "p2p/agreement/ballot.h"
#include "p2p/agreement/timing.h"

namespace mz {

// How a leader may come about. `available` never needs a quorum: each connected part of the cluster has a leader.
// `majority` elects by more than half of a configured list of voters, and leads only while they answer. `etcd`: whom an etcd
// outside of the cluster lets lead (registrar.h).
enum class Policy : std::uint8_t { available, majority, etcd };

constexpr const char* policy_name(Policy policy) {
  return policy == Policy::available ? "available" : policy == Policy::majority ? "majority" : "etcd";
}

// How well a node is placed to lead; of two members the better one leads rather. It delays candidates and decides who takes
// over; no rule of voting reads it.
enum class Fitness : std::uint8_t {
  last_resort,  // may vanish any moment: leads only while nobody better is there
  on_battery,   // will go to sleep: likewise
  wireless,
  best,
};
constexpr bool should_lead(Fitness fitness) { return fitness >= Fitness::wireless; }

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
  bool in_office = false;   // of this node as leader: nobody in reach can be leading besides it
  Instant lease_until = 0;  // of this node as leader
};

enum class Part : std::uint8_t { starting, frozen, looking, following, leading };

inline Part part(const Standing& standing, Instant now) {
  if (standing.condition == Condition::starting) return Part::starting;
  if (standing.condition == Condition::frozen) return Part::frozen;
  if (standing.following.none()) return Part::looking;
  if (standing.following.node == standing.self) {
    const bool may_lead = (standing.policy == Policy::majority || standing.in_office) &&
                          (standing.policy == Policy::available || now < standing.lease_until);
    return may_lead && standing.following == standing.promised ? Part::leading : Part::looking;
  }
  return now < standing.contact + kLease ? Part::following : Part::looking;
}

inline const char* part_name(Part part) {
  switch (part) {
    case Part::starting:
      return "starting";
    case Part::frozen:
      return "frozen";
    case Part::looking:
      return "looking";
    case Part::following:
      return "following";
    case Part::leading:
      return "leading";
  }
  return "";
}

}  // namespace mz
