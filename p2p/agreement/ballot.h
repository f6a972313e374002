// The number under which a node leads or asks to lead. No two nodes can issue the same one; the greater one wins.
#pragma once

#include <compare>
#include <cstdint>

#include "p2p/node_id.h"

namespace mz {

struct Ballot {
  std::uint64_t term = 0;  // 0: none
  NodeId node;

  [[nodiscard]] bool none() const { return term == 0; }
  friend constexpr auto operator<=>(const Ballot&, const Ballot&) = default;
};

// Terms up to this one are believed whoever names them: an etcd that named them counts no further, with 10,000 writes a second
// for 890 years.
inline constexpr std::uint64_t kMaxPlausibleTerm = std::uint64_t{1} << 48;
// Above that, and above what is known already, a node lets others raise the term by this in each H at most (Election::believes).
inline constexpr std::uint64_t kMaxTermJump = 1U << 20;
inline constexpr std::uint64_t kMaxTerm = std::uint64_t{1} << 62;

}  // namespace mz
