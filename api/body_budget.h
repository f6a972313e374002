// How much memory the bodies of requests may take together, and those of one sender.
//
// The announced length is reserved before a body is read, so what was begun can be finished. Large bodies share a budget. Small
// ones do not wait for it: heartbeats, votes and revocations get through while others send large bodies slowly. All bodies of
// one sender count against its share, so one alone can neither use the budget up nor fill the memory with small ones.
// Used by the reactor only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace mz {

class BodyBudget {
 public:
  struct Caps {
    std::uint64_t small = 0;       // bytes up to which a body counts against its sender's share only
    std::uint64_t per_sender = 0;  // bytes
    std::uint64_t large = 0;       // bytes of all larger ones
  };

  explicit BodyBudget(Caps caps) : caps_(caps) {}

  // False when it has to wait; then nothing is reserved.
  bool reserve(const std::string& sender, std::uint64_t bytes);
  // What was reserved before, in one.
  void release(const std::string& sender, std::uint64_t bytes);

 private:
  Caps caps_;
  std::uint64_t large_ = 0;
  std::map<std::string, std::uint64_t> by_sender_;
};

}  // namespace mz
