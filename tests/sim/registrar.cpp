#include "tests/sim/registrar.h"

#include <algorithm>

namespace mz::sim {

void Registrar::go_away(Instant now) {
  if (!up_) return;
  expire(now);
  up_ = false;
  changed_at_ = now;
}

void Registrar::come_back(Instant now) {
  if (up_) return;
  up_ = true;
  changed_at_ = now;
  for (auto& [lease, end] : leases_) end = now + life();
}

void Registrar::drop(Lease lease) {
  leases_.erase(lease);
  seen_at_.erase(lease);
  if (held_by_ != lease) return;
  held_by_ = 0;
  holder_ = {};
  ++revision_;
}

void Registrar::expire(Instant now) {
  for (auto at = leases_.begin(); at != leases_.end();) {
    const auto [lease, end] = *at++;
    if (now >= end) drop(lease);
  }
}

Registrar::Lease Registrar::begin(const RegistrarQuestion& question, Instant now) {
  expire(now);
  switch (question.kind) {
    case RegistrarQuestion::Kind::look:
      return 0;
    case RegistrarQuestion::Kind::claim:
      leases_[++last_lease_] = now + life();
      seen_at_[last_lease_] = revision_;
      return last_lease_;
    case RegistrarQuestion::Kind::renew:
      if (!leases_.contains(question.lease)) return 0;
      leases_[question.lease] = now + life();
      return question.lease;
    case RegistrarQuestion::Kind::release:
      if (question.lease != 0) drop(question.lease);
      return 0;
  }
  return 0;
}

RegistrarAnswer Registrar::finish(const RegistrarQuestion& question, Lease lease, const NodeId& from, Instant now) {
  expire(now);
  RegistrarAnswer answer;
  answer.number = question.number;
  if (question.kind == RegistrarQuestion::Kind::claim) {
    if (!leases_.contains(lease)) return answer;  // such a request fails
    if (held_by_ == 0) {
      const std::uint64_t known = seen_at_[lease];
      const std::uint64_t floor = question.above > known ? question.above - known : 0;
      holder_ = {.term = floor + ++revision_, .node = from};
      held_by_ = lease;
    } else {
      drop(lease);
    }
  }
  answer.answered = true;
  answer.granted = lease != 0 && held_by_ == lease;
  answer.holder = holder_;
  answer.lease = held_by_;
  answer.life = answer.granted ? kLease : 0;
  return answer;
}

}  // namespace mz::sim
