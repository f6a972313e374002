#include "node/clock_pair.h"

#include <gtest/gtest.h>

#include <vector>

namespace mz::platform {
namespace {

constexpr std::int64_t kLong = 900'000;  // far more than what counts as sleep

// A machine that never sleeps; its thread loses the core before the readings with these numbers, each time for long.
class Machine {
 public:
  explicit Machine(std::vector<int> late) : late_(std::move(late)) {}

  ClusterTime read() {
    const auto clock = [this] {
      for (const int reading : late_) now_ += reading == readings_ ? kLong : 0;
      ++readings_;
      return ++now_;
    };
    return read_together(clock, clock);
  }
  [[nodiscard]] int readings() const { return readings_; }

 private:
  std::vector<int> late_;
  std::int64_t now_ = 0;
  int readings_ = 0;
};

std::int64_t distance(const ClusterTime& time) { return time.boot - time.awake; }

TEST(ClockPair, AnUndisturbedThreadReadsEachClockAsOftenAsItMust) {
  Machine machine({});
  EXPECT_LE(distance(machine.read()), 2);
  EXPECT_EQ(machine.readings(), 3);
}

TEST(ClockPair, ALostCoreBetweenTheReadingsIsNoSleep) {
  for (int late = 0; late < 6; ++late) {
    Machine machine({late});
    EXPECT_LE(distance(machine.read()), 2) << late;
  }
  Machine machine({1, 2, 4});
  EXPECT_LE(distance(machine.read()), 2);
}

TEST(ClockPair, AThreadThatIsAlwaysLateStillGetsAnAnswer) {
  std::vector<int> always(1000);
  for (int i = 0; i < 1000; ++i) always[static_cast<std::size_t>(i)] = i;
  Machine machine(always);
  EXPECT_GT(machine.read().boot, 0);
  EXPECT_LE(machine.readings(), 2 * kClockReadings + 1);
}

}  // namespace
}  // namespace mz::platform
