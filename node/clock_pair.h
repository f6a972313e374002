// Two clocks read as at one moment. Whether a machine slept is told by their distance, so a thread that loses its core between
// the two readings, as on an overloaded machine it may for long, must not look like sleep.
#pragma once

#include <cstdint>

#include "node/platform.h"

namespace mz::platform {

inline constexpr int kClockReadings = 16;             // at most
inline constexpr std::int64_t kCloseReadings = 1000;  // microseconds; near enough to take at once

// `boot` and `awake` read a clock each, in microseconds. Takes the pair of readings that were closest together.
template <class Boot, class Awake>
ClusterTime read_together(const Boot& boot, const Awake& awake) {
  ClusterTime closest;
  std::int64_t apart = INT64_MAX;
  std::int64_t before = boot();
  for (int reading = 0; reading < kClockReadings && apart > kCloseReadings; ++reading) {
    const std::int64_t between = awake();
    const std::int64_t after = boot();
    if (after - before < apart) {
      apart = after - before;
      closest = {.boot = after, .awake = between};
    }
    before = after;
  }
  return closest;
}

}  // namespace mz::platform
