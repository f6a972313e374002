// Turns SIGTERM, SIGINT and SIGHUP into a flag and a wake-up. Construct it before any other thread starts, so that all of them
// inherit the blocked signals; a thread of its own ("signals") waits for one.
#pragma once

#include <atomic>
#include <csignal>
#include <thread>

#include "api/wake_pipe.h"

namespace mz {

class StopSignal {
 public:
  explicit StopSignal(const WakePipe& wake);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  [[nodiscard]] const std::atomic<bool>& requested() const { return requested_; }

 private:
  const WakePipe& wake_;
  sigset_t signals_{};
  std::atomic<bool> requested_{false};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace mz
