// What a node asks the registrar of policy `etcd`, a service outside of the cluster that lets one node at a time hold the
// leadership, and what it says. A leadership is held by a lease: it ends by itself when the lease is not renewed.
//
// The numbers of terms are the registrar's: each leadership gets a greater one than those before. Where the members have
// promised more than that (they had another policy before, or the registrar lost its data), a claim says so and the
// number begins above it.
#pragma once

#include <cstdint>

#include "p2p/agreement/ballot.h"
#include "p2p/agreement/timing.h"

namespace mz {

struct RegistrarQuestion {
  enum class Kind : std::uint8_t {
    look,     // who leads?
    claim,    // nobody? then this node, under a new lease
    renew,    // the lease, if this node still leads under it
    release,  // the lease; nobody waits for the answer
  };
  Kind kind = Kind::look;
  std::uint64_t number = 0;  // comes back in the answer; never 0
  std::uint64_t above = 0;   // of a claim: the new term is greater
  std::uint64_t lease = 0;   // to renew or release
};

struct RegistrarAnswer {
  std::uint64_t number = 0;
  bool answered = false;    // false: nothing was heard, or nothing that makes sense; the rest says nothing then
  bool granted = false;     // the claim succeeded, the lease was renewed
  Ballot holder;            // who leads now; none when nobody
  std::uint64_t lease = 0;  // under which it does
  Duration life = 0;        // of what was granted, from the moment at which the registrar granted it
};

// An answer that takes longer counts as none.
inline constexpr Duration kRegistrarPatience = kLease / 2;

}  // namespace mz
