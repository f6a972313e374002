#include "node/rate.h"

#include <gtest/gtest.h>

using mz::Rate;
using std::chrono::seconds;

namespace {
const Rate::Time kStart{std::chrono::hours(1)};
}

TEST(Rate, counts_since_the_start_while_the_window_is_not_full) {
  Rate rate(kStart);
  EXPECT_EQ(rate.per_hour(kStart), 0);
  rate.add(kStart + seconds(5), 10);
  EXPECT_DOUBLE_EQ(rate.per_hour(kStart + seconds(20)), 1800);  // 10 in 20 s
}

TEST(Rate, a_steady_stream_shows_its_rate) {
  Rate rate(kStart);
  for (int second = 0; second < 1000; ++second) rate.add(kStart + seconds(second));
  EXPECT_NEAR(rate.per_hour(kStart + seconds(999)), 3600, 13);  // one event more or less in 299 s
}

TEST(Rate, old_events_leave_the_window) {
  Rate rate(kStart);
  rate.add(kStart, 100);
  EXPECT_GT(rate.per_hour(kStart + seconds(299)), 0);
  EXPECT_EQ(rate.per_hour(kStart + seconds(300)), 0);
  rate.add(kStart + seconds(100'000), 1);
  EXPECT_NEAR(rate.per_hour(kStart + seconds(100'000)), 3600.0 / 290, 1e-9);
}
