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

// A member that raises the term by more than this in one message is broken or hostile, and is not believed: at this pace
// the numbers last for ever.
inline constexpr std::uint64_t kMaxTermJump = 1U << 20;
inline constexpr std::uint64_t kMaxTerm = std::uint64_t{1} << 62;

}  // namespace mz
