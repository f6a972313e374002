#include "node/thinking_clock.h"

namespace mz {

ThinkingClock::ThinkingClock() : thread_([this] { run(); }) {}

ThinkingClock::~ThinkingClock() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ThinkingClock::run() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (limit_ == Time::max()) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() >= limit_) {
      flag_ = true;
      limit_ = Time::max();
    } else {
      changed_.wait_until(lock, limit_);
    }
  }
}

void ThinkingClock::start(std::uint64_t milliseconds) {
  {
    const std::lock_guard lock(mutex_);
    flag_ = false;
    limit_ =
        milliseconds == 0 ? Time::max() : std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  }
  changed_.notify_one();
}

void ThinkingClock::end() {
  const std::lock_guard lock(mutex_);
  limit_ = Time::max();
}

void ThinkingClock::stop() { flag_ = true; }

}  // namespace mz
