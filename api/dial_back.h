// Tells a member whether this node reaches it, for `meshzero doctor`. The member asks over a connection on which it has proven who
// it is. Dialled are only addresses of that very member: those of its card, and the one it asks from with the ports of its card.
// Whoever answers there must prove to be it, and hears nothing else, so no member can make this node knock at other doors.
//
// Thread-safe. Blocks its caller for kWhole at most; no more than kMaxAtOnce questions are worked on, the next is refused at once.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api/request.h"
#include "api/routes.h"
#include "p2p/node_id.h"

namespace mz {

class DialBack {
 public:
  static constexpr std::size_t kMaxAddresses = 10;
  static constexpr std::chrono::milliseconds kPerAddress{2000};
  static constexpr std::chrono::milliseconds kWhole{8000};
  static constexpr unsigned kMaxAtOnce = 1;
  static constexpr unsigned kPerMinute = 12;  // questions of one member

  // The right to one question, until it is destroyed.
  class Turn {
   public:
    Turn(DialBack& owner, bool given) : owner_(owner), given_(given) {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    [[nodiscard]] bool given() const { return given_; }

   private:
    DialBack& owner_;
    const bool given_;
  };
  Turn turn(const NodeId& member, std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now());

 private:
  std::mutex mutex_;  // guards what follows
  unsigned at_once_ = 0;
  std::map<NodeId, std::deque<std::chrono::steady_clock::time_point>> asked_;  // of the last minute
};

// Where a member that calls itself reachable at `card` and asks from `from` may be dialled. Loopback addresses mean this computer
// here, so they count only for somebody who asks from this computer.
std::vector<std::string> dial_back_addresses(const std::vector<std::string>& card, const Arrival& from);

std::span<const Route> dial_back_routes();

}  // namespace mz
