// The clock of engines with a limit in milliseconds. Engines know no time: they look at a flag now and then, and this sets it.
//
// One clock serves one player at a time. start, end and stop may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace mz {

class ThinkingClock {
 public:
  ThinkingClock();
  ~ThinkingClock();
  ThinkingClock(const ThinkingClock&) = delete;
  ThinkingClock& operator=(const ThinkingClock&) = delete;

  // For EngineResources::stop; lives as long as the clock.
  [[nodiscard]] const std::atomic<bool>* flag() const { return &flag_; }

  // Before a decision: lowers the flag and raises it after so many milliseconds; 0: never by itself.
  void start(std::uint64_t milliseconds);
  // After the decision: the flag is no longer raised by time.
  void end();
  // Raises the flag now.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run();

  std::atomic<bool> flag_{false};
  std::mutex mutex_;  // guards limit_ and closing_
  std::condition_variable changed_;
  Time limit_ = Time::max();
  bool closing_ = false;
  std::thread thread_;  // waits for the limit
};

}  // namespace mz
