// How a node of policy `etcd` stands with the registrar: asks when it is time to, understands the answers, and knows for how
// long it may act as leader. Election decides whether it wants to lead, and what becomes of it.
//
// At most one question is open; an answer to an earlier one is stale. A stale answer that grants something is given back.
// The lease counts from when the question left that the registrar granted, and only 0.8 of it: clocks may differ.
#pragma once

#include <optional>
#include <vector>

#include "engine/base/rng.h"
#include "p2p/agreement/registrar.h"
#include "p2p/agreement/standing.h"

namespace mz {

class Registration {
 public:
  struct Wish {
    bool lead = false;        // nobody is known to lead, and this node may
    std::uint64_t above = 0;  // terms up to this one are promised already
    Fitness fitness = Fitness::best;
  };

  Registration(const NodeId& self, Rng& rng) : self_(self), rng_(rng) {}

  void tick(const Wish& wish, Instant now);
  void answered(const RegistrarAnswer& answer, Instant now);
  // The leader has let go of it for this node: take it as soon as it can be had.
  void hurry(Instant now);
  // Leads no more, or would not any more: gives back what is held or about to be granted.
  void let_go(Instant now);

  [[nodiscard]] bool holds(Instant now) const { return lease_ != 0 && now < until_; }
  [[nodiscard]] const Ballot& ballot() const { return ballot_; }  // of what is held
  [[nodiscard]] Instant until() const { return until_; }
  // The highest term that the registrar told of.
  [[nodiscard]] std::uint64_t named_term() const { return named_term_; }
  [[nodiscard]] Instant next_wake() const;
  [[nodiscard]] std::vector<RegistrarQuestion> take_questions();

 private:
  struct Open {
    RegistrarQuestion question;
    Instant sent_at = 0;
  };
  void ask(RegistrarQuestion::Kind kind, Instant now);
  void release(std::uint64_t lease);
  void take(const Open& asked, const RegistrarAnswer& answer, Instant now);
  void see(const RegistrarAnswer& answer, Instant now);
  [[nodiscard]] Instant end_of(const Open& asked, const RegistrarAnswer& answer, Instant now) const;

  const NodeId self_;
  Rng& rng_;
  Wish wish_;  // as of the last tick
  std::uint64_t counter_ = 0;
  std::optional<Open> open_;
  Instant ask_at_ = 0;
  bool free_ = false;  // nobody held it when last asked
  Instant claim_at_ = 0;
  Instant hurried_until_ = INT64_MIN;
  std::uint64_t named_term_ = 0;

  std::uint64_t lease_ = 0;  // 0: nothing is held
  Ballot ballot_;
  Instant until_ = 0;

  std::vector<RegistrarQuestion> questions_;
};

}  // namespace mz
