// Events per hour over the last minutes, from counts in fixed intervals. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace mz {

class Rate {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::size_t kIntervals = 30;  // five minutes: a configuration's turn comes round several times

  explicit Rate(Time start) : start_(start) {}

  void add(Time now, std::uint64_t count = 1) {
    advance(now);
    counts_[index(now)] += count;
  }

  // Over the window, or since the start while that is shorter.
  double per_hour(Time now) {
    advance(now);
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    const double age = std::chrono::duration<double>(now - start_).count();
    const double whole = static_cast<double>(kInterval.count()) * (kIntervals - 1);
    const double running = std::fmod(age, static_cast<double>(kInterval.count()));
    const double seconds = std::min(age, whole + running);
    return seconds < 1 ? 0 : static_cast<double>(sum) * 3600 / seconds;
  }

 private:
  [[nodiscard]] std::int64_t number(Time now) const { return (now - start_) / kInterval; }
  [[nodiscard]] std::size_t index(Time now) const { return static_cast<std::size_t>(number(now)) % kIntervals; }

  // Empties the intervals that began since the last call.
  void advance(Time now) {
    const std::int64_t current = number(now);
    for (std::int64_t skipped = 0; current_ < current && skipped < static_cast<std::int64_t>(kIntervals); ++skipped) {
      ++current_;
      counts_[static_cast<std::size_t>(current_) % kIntervals] = 0;
    }
    if (current_ < current) {  // everything is old
      current_ = current;
      counts_.fill(0);
    }
  }

  Time start_;
  std::int64_t current_ = 0;
  std::array<std::uint64_t, kIntervals> counts_{};
};

}  // namespace mz
