// The greatest of the values noted lately: of the last half to whole minute. Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

namespace mz {

class RecentMaximum {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kHalf{30};

  void note(double value, Clock::time_point now = Clock::now()) {
    const std::lock_guard lock(mutex_);
    turn(now);
    current_ = std::max(current_, value);
  }
  // 0 when nothing was noted.
  [[nodiscard]] double value(Clock::time_point now = Clock::now()) const {
    const std::lock_guard lock(mutex_);
    turn(now);
    return std::max(current_, before_);
  }

 private:
  void turn(Clock::time_point now) const {
    if (now < since_ + kHalf) return;
    before_ = now < since_ + 2 * kHalf ? current_ : 0;
    current_ = 0;
    since_ = now;
  }

  mutable std::mutex mutex_;  // guards the rest; held for a comparison
  mutable double current_ = 0;
  mutable double before_ = 0;
  mutable Clock::time_point since_;
};

}  // namespace mz
