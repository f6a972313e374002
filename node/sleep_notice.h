// Hears from the system that this computer is about to sleep, and delays the sleep until the node is ready for it.
//
// A hint that may fail to come: batteries run out, a system without logind tells nothing, and one without polkit tells but
// does not wait. So nothing may rest on it; that a computer slept is known afterwards from its clocks (platform.h).
//
// One thread of its own ("sleep-notice"), or a queue of that name on macOS, from which the callbacks are called. A service that
// is not there, or went away, is looked for again and again in growing pauses; the log says so once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace mz {

class SleepNotice {
 public:
  static constexpr std::chrono::seconds kFirstRetry{1};  // to reach a system bus that went away or refused
  static constexpr std::chrono::seconds kLongestRetry{300};

  struct Callbacks {
    // The computer sleeps when it has returned, or when the system's patience is over: five seconds by default on Linux, thirty
    // on macOS.
    std::function<void()> about_to_sleep;
    // Once after each about_to_sleep: it slept, or it will not, or nobody can say any more.
    std::function<void()> woke;
    std::function<void(const char*)> name_thread;
  };

  // Returns when the thread has ended; no callback comes afterwards.
  virtual ~SleepNotice() = default;
};

std::unique_ptr<SleepNotice> watch_for_sleep(SleepNotice::Callbacks callbacks);

}  // namespace mz
