#include "node/schedule.h"

#include <gtest/gtest.h>

#include <map>

using mz::GameConfig;
using mz::Schedule;
using std::chrono::seconds;

namespace {

std::vector<GameConfig> configurations(int count) {
  std::vector<GameConfig> list;
  for (int i = 0; i < count; ++i)
    list.push_back({.game = "g", .board = "board" + std::to_string(i), .seats = 2, .options = {}});
  return list;
}

const Schedule::Time kNow{std::chrono::hours(1)};

// Plays one unit to its end, each game taking `cost` seconds. Returns the configuration, or none.
std::optional<std::size_t> play_one(Schedule& schedule, const std::vector<double>& cost) {
  const auto unit = schedule.next(kNow);
  if (!unit) return std::nullopt;
  for (std::uint32_t i = 0; i < unit->games; ++i) schedule.game_arrived(unit->entry);
  schedule.unit_finished(unit->entry, unit->games, 0, unit->games * cost[unit->entry]);
  return unit->entry;
}

}  // namespace

TEST(Schedule, the_largest_deficit_comes_first) {
  Schedule schedule(configurations(3), 100);
  schedule.set_games(0, 50);
  schedule.set_games(1, 20);
  schedule.set_games(2, 70);
  EXPECT_EQ(schedule.next(kNow)->entry, 1U);
}

TEST(Schedule, of_equal_deficits_the_one_that_waited_longest_comes_first) {
  Schedule schedule(configurations(3), 100);
  std::vector<std::size_t> order;
  for (int i = 0; i < 3; ++i) order.push_back(schedule.next(kNow)->entry);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Schedule, games_in_flight_count_so_two_workers_do_not_play_the_same_deficit) {
  Schedule schedule(configurations(1), 1);
  ASSERT_TRUE(schedule.next(kNow).has_value());
  EXPECT_FALSE(schedule.next(kNow).has_value());
  EXPECT_TRUE(schedule.in_flight(0));
}

TEST(Schedule, everything_reaches_its_target_exactly_and_then_nothing_is_given) {
  Schedule schedule(configurations(4), 1000);
  const std::vector<double> cost = {0.001, 0.01, 0.1, 1};
  while (play_one(schedule, cost)) {
  }
  EXPECT_TRUE(schedule.all_done());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(schedule.games(i), 1000U) << i;
}

TEST(Schedule, no_configuration_waits_longer_than_the_bound_whatever_the_others_cost) {
  Schedule schedule(configurations(12), 100'000);
  std::vector<double> cost(12, 0.5);
  for (std::size_t i = 8; i < 12; ++i) cost[i] = 9;  // slow boards whose deficit hardly shrinks
  std::map<std::size_t, int> waited;
  for (int unit = 0; unit < 1000; ++unit) {
    const auto played = play_one(schedule, cost);
    ASSERT_TRUE(played.has_value());
    for (std::size_t i = 0; i < 12; ++i) {
      waited[i] = i == *played ? 0 : waited[i] + 1;
      ASSERT_LE(waited[i], static_cast<int>(Schedule::kMaxWait + 11)) << "configuration " << i << ", unit " << unit;
    }
  }
}

TEST(Schedule, units_grow_to_ten_seconds_of_play_and_no_further) {
  Schedule schedule(configurations(1), 1'000'000);
  std::vector<std::uint32_t> sizes;
  for (int i = 0; i < 6; ++i) {
    const auto unit = schedule.next(kNow);
    sizes.push_back(unit->games);
    for (std::uint32_t game = 0; game < unit->games; ++game) schedule.game_arrived(0);
    schedule.unit_finished(0, unit->games, 0, unit->games * 0.1);
  }
  EXPECT_EQ(sizes, (std::vector<std::uint32_t>{1, 8, 64, 100, 100, 100}));
}

TEST(Schedule, slow_games_come_in_units_of_one) {
  Schedule schedule(configurations(1), 100);
  for (int i = 0; i < 3; ++i) {
    const auto unit = schedule.next(kNow);
    EXPECT_EQ(unit->games, 1U);
    schedule.game_arrived(0);
    schedule.unit_finished(0, 1, 0, 30);
  }
}

TEST(Schedule, what_a_failed_unit_did_not_deliver_is_played_again_after_a_while) {
  Schedule schedule(configurations(1), 1);
  ASSERT_TRUE(schedule.next(kNow).has_value());
  schedule.unit_failed(0, 1, "It broke.", kNow);
  EXPECT_FALSE(schedule.next(kNow + seconds(4)).has_value());
  EXPECT_EQ(schedule.held_because(0, kNow + seconds(4)), "It broke. Tried again in 1 s.");
  EXPECT_EQ(schedule.held_because(0, kNow + seconds(5)), "");
  EXPECT_TRUE(schedule.next(kNow + seconds(5)).has_value());
}

TEST(Schedule, failures_in_a_row_are_held_twice_as_long_up_to_ten_minutes_and_a_success_forgets_them) {
  Schedule schedule(configurations(1), 1000);
  Schedule::Time now = kNow;
  for (const int hold : {5, 10, 20, 40, 80, 160, 320, 600, 600}) {
    ASSERT_TRUE(schedule.next(now).has_value());
    schedule.unit_failed(0, 1, "It broke.", now);
    EXPECT_FALSE(schedule.next(now + seconds(hold) - std::chrono::milliseconds(1)).has_value()) << hold;
    now += seconds(hold);
  }
  ASSERT_TRUE(schedule.next(now).has_value());
  schedule.game_arrived(0);
  schedule.unit_finished(0, 1, 0, 1);
  ASSERT_TRUE(schedule.next(now).has_value());
  schedule.unit_failed(0, 8, "It broke.", now);
  EXPECT_TRUE(schedule.next(now + seconds(5)).has_value());
}

TEST(Schedule, a_held_configuration_does_not_stop_the_others) {
  Schedule schedule(configurations(2), 10);
  EXPECT_EQ(schedule.next(kNow)->entry, 0U);
  schedule.unit_failed(0, 1, "It broke.", kNow);
  EXPECT_EQ(schedule.next(kNow)->entry, 1U);
  EXPECT_EQ(schedule.next(kNow)->entry, 1U);
}

TEST(Schedule, a_game_that_does_not_count_is_played_again) {
  Schedule schedule(configurations(1), 1);
  ASSERT_TRUE(schedule.next(kNow).has_value());
  schedule.game_arrived(0);
  schedule.unit_finished(0, 1, 0, 1);
  EXPECT_TRUE(schedule.done(0));
  schedule.game_dropped(0);
  EXPECT_FALSE(schedule.done(0));
  EXPECT_TRUE(schedule.next(kNow).has_value());
}
