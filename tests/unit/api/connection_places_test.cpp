#include "api/connection_places.h"

#include <gtest/gtest.h>

using mz::ConnectionPlaces;

namespace {

ConnectionPlaces places() { return ConnectionPlaces({.strangers = 4, .per_address = 2, .members = 2}); }

}  // namespace

TEST(ConnectionPlaces, the_oldest_stranger_without_a_request_goes_first) {
  ConnectionPlaces all = places();
  for (std::uint64_t id = 1; id <= 3; ++id) all.enter(id, "");
  EXPECT_EQ(all.to_evict(""), std::nullopt);
  all.enter(4, "");
  EXPECT_EQ(all.to_evict(""), 1U);
  all.set_busy(1, true);
  EXPECT_EQ(all.to_evict(""), 2U);
  all.leave(2);
  EXPECT_EQ(all.to_evict(""), std::nullopt);
}

TEST(ConnectionPlaces, when_all_are_busy_the_oldest_goes_and_the_newcomer_stays) {
  ConnectionPlaces all = places();
  for (std::uint64_t id = 1; id <= 4; ++id) {
    all.enter(id, "");
    all.set_busy(id, true);
  }
  EXPECT_EQ(all.to_evict(""), 1U);
}

TEST(ConnectionPlaces, one_address_pushes_out_its_own_only) {
  ConnectionPlaces all = places();
  all.enter(1, "a");
  all.enter(2, "b");
  all.enter(3, "b");
  EXPECT_EQ(all.to_evict("b"), 2U);
  EXPECT_EQ(all.to_evict("a"), std::nullopt);
}

TEST(ConnectionPlaces, members_do_not_take_the_places_of_strangers) {
  ConnectionPlaces all = places();
  for (std::uint64_t id = 1; id <= 4; ++id) all.enter(id, "a");
  for (std::uint64_t id = 1; id <= 3; ++id) all.become_member(id);
  EXPECT_EQ(all.strangers(), 1U);
  EXPECT_EQ(all.to_evict("a"), std::nullopt);
  EXPECT_EQ(all.surplus_member(), 1U);
  all.leave(1);
  EXPECT_EQ(all.surplus_member(), std::nullopt);
}

TEST(ConnectionPlaces, an_ipv6_address_counts_as_its_network_and_this_computer_not_at_all) {
  EXPECT_EQ(mz::address_group("2001:db8:1:2:3:4:5:6", false), mz::address_group("2001:db8:1:2::9", false));
  EXPECT_NE(mz::address_group("2001:db8:1:2::1", false), mz::address_group("2001:db8:1:3::1", false));
  EXPECT_EQ(mz::address_group("fe80::1%eth0", false), mz::address_group("fe80::2%eth0", false));
  EXPECT_EQ(mz::address_group("fe80::1%eth0", false), mz::address_group("fe80::1", false));
  EXPECT_NE(mz::address_group("192.0.2.1", false), mz::address_group("192.0.2.2", false));
  EXPECT_EQ(mz::address_group("127.0.0.1", true), "");
}
