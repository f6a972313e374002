// An etcd in a box: leases, one key, numbers that only grow. Its clock is the time of the world, a little faster or slower.
//
// Every question is two requests (begin, finish), each of which is one step.
#pragma once

#include <map>

#include "p2p/agreement/registrar.h"

namespace mz::sim {

class Registrar {
 public:
  using Lease = std::uint64_t;  // 0: none

  void set_rate(Instant rate_ppm) { rate_ppm_ = rate_ppm; }
  void set_revision(std::uint64_t revision) { revision_ = revision; }

  [[nodiscard]] bool up() const { return up_; }
  [[nodiscard]] Instant changed_at() const { return changed_at_; }  // went away or came back
  void go_away(Instant now);
  // All leases live their whole life once more: nobody knows how often they were renewed just before.
  void come_back(Instant now);

  // The first request: a lease is granted, renewed or revoked.
  Lease begin(const RegistrarQuestion& question, Instant now);
  // The second: the key is read, or taken when it is free.
  RegistrarAnswer finish(const RegistrarQuestion& question, Lease lease, const NodeId& from, Instant now);

 private:
  [[nodiscard]] Duration life() const { return kLease * 1'000'000 / rate_ppm_; }
  void expire(Instant now);
  void drop(Lease lease);

  bool up_ = true;
  Instant changed_at_ = 0;
  Instant rate_ppm_ = 1'000'000;
  std::uint64_t revision_ = 1;
  Lease last_lease_ = 0;
  std::map<Lease, Instant> leases_;         // and when each ends
  std::map<Lease, std::uint64_t> seen_at_;  // the revision when it was granted
  Ballot holder_;
  Lease held_by_ = 0;
};

}  // namespace mz::sim
