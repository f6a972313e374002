// Waits for many descriptors at once. What it costs to wait depends on how many are ready, where the system allows it: a
// cluster's leader holds thousands of connections of which few speak at a time.
//
// Two of them with one interface: EpollPoller on Linux, PollPoller anywhere. Used by one thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "store/descriptor.h"

namespace mz {

struct PollEvent {
  std::uint64_t key = 0;
  short events = 0;  // POLLIN, POLLOUT, POLLERR, POLLHUP
};

class PollPoller {
 public:
  [[nodiscard]] static bool valid() { return true; }
  // Reports `events` (and, always, errors and the end of both directions) of the descriptor under this key from now on.
  void watch(int descriptor, std::uint64_t key, short events);
  // Before the descriptor is closed.
  void forget(int descriptor);
  // Waits for something to report, and replaces `out` by it. Not everything that is ready need be in it.
  void wait(std::chrono::milliseconds limit, std::vector<PollEvent>& out);

 private:
  std::vector<pollfd> polled_;
  std::vector<std::uint64_t> keys_;                // of polled_, in its order
  std::unordered_map<int, std::size_t> place_of_;  // of a descriptor in polled_
};

#ifdef __linux__
class EpollPoller {
 public:
  EpollPoller();
  [[nodiscard]] bool valid() const { return epoll_.valid(); }
  void watch(int descriptor, std::uint64_t key, short events);
  void forget(int descriptor);
  void wait(std::chrono::milliseconds limit, std::vector<PollEvent>& out);

 private:
  Descriptor epoll_;
};
using Poller = EpollPoller;
#else
using Poller = PollPoller;
#endif

}  // namespace mz
