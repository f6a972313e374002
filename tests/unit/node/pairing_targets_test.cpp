#include "node/pairing_targets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace mz {
namespace {

const std::vector<PeerAddress> kThere{{.host = "10.0.0.9", .port = 8765}};

TEST(PairingTargets, AClusterIsTakenOnceUntilItsRequestHasEnded) {
  PairingTargets targets;
  targets.sighted("a", kThere);
  const auto taken = targets.take(100, 4);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].cluster, "a");
  EXPECT_EQ(taken[0].addresses, kThere);
  targets.sighted("a", kThere);
  EXPECT_TRUE(targets.take(1000, 4).empty());
  targets.ended("a", PairingOutcome::expired, 1000);
  EXPECT_EQ(targets.take(1000, 4).size(), 1U) << "there must be a request when a person looks";
}

TEST(PairingTargets, WhatCannotBeReachedIsTriedLessAndLessOften) {
  PairingTargets targets;
  targets.sighted("a", kThere);
  std::int64_t now = 0;
  for (const std::int64_t wait : {2, 4, 8, 16, 32, 60, 60}) {
    ASSERT_EQ(targets.take(now, 1).size(), 1U) << wait;
    targets.ended("a", PairingOutcome::failed, now);
    EXPECT_TRUE(targets.take(now + wait - 1, 1).empty()) << wait;
    now += wait;
  }
}

TEST(PairingTargets, WhatWasRefusedIsNotAskedAgainAndCannotBePushedOut) {
  PairingTargets targets;
  targets.sighted("a", kThere);
  ASSERT_EQ(targets.take(0, 1).size(), 1U);
  targets.ended("a", PairingOutcome::refused, 0);
  for (int i = 0; i < 1000; ++i) targets.sighted("x" + std::to_string(i), kThere);
  targets.sighted("a", kThere);
  const auto taken = targets.take(100'000, 2000);
  EXPECT_LE(taken.size(), PairingTargets::kMaxClusters);
  for (const auto& target : taken) EXPECT_NE(target.cluster, "a");
}

TEST(PairingTargets, TheAddressThatWasSeenLastComesFirstAndTheirNumberIsBounded) {
  PairingTargets targets;
  for (std::uint16_t port = 1; port <= 100; ++port) targets.sighted("a", {{.host = "10.0.0.9", .port = port}});
  targets.sighted("a", {{.host = "10.0.0.9", .port = 95}});
  const auto taken = targets.take(0, 1);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].addresses.size(), PairingTargets::kMaxAddresses);
  EXPECT_EQ(taken[0].addresses[0].port, 95);
  EXPECT_EQ(taken[0].addresses[1].port, 100);
}

TEST(PairingTargets, WhoHasWaitedLongestIsAskedFirst) {
  PairingTargets targets;
  for (const char* cluster : {"a", "b", "c"}) targets.sighted(cluster, kThere);
  std::vector<std::string> order;
  for (std::int64_t now = 0; now < 6; ++now) {
    const auto taken = targets.take(now, 1);
    ASSERT_EQ(taken.size(), 1U);
    order.push_back(taken[0].cluster);
    targets.ended(taken[0].cluster, PairingOutcome::expired, now);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "c", "a", "b", "c"}));
}

TEST(PairingTargets, BeyondTheLimitThoseGoThatCannotBeReachedAndThoseNotSeenForLong) {
  PairingTargets targets;
  targets.sighted("seen", kThere);
  targets.sighted("dead", kThere);
  for (std::size_t i = 2; i < PairingTargets::kMaxClusters; ++i) targets.sighted("x" + std::to_string(i), kThere);
  for (const auto& target : targets.take(0, 2)) {  // the first two by name
    const bool dead = target.cluster == "dead";
    targets.ended(target.cluster, dead ? PairingOutcome::failed : PairingOutcome::expired, 0);
  }
  targets.sighted("seen", kThere);
  targets.sighted("new1", kThere);  // in place of the dead one
  targets.sighted("new2", kThere);  // in place of the one that was seen longest ago
  std::set<std::string> known;
  for (const auto& target : targets.take(1000, 1000)) known.insert(target.cluster);
  EXPECT_EQ(known.size(), PairingTargets::kMaxClusters);
  EXPECT_TRUE(known.contains("seen"));
  EXPECT_TRUE(known.contains("new1"));
  EXPECT_TRUE(known.contains("new2"));
  EXPECT_FALSE(known.contains("dead"));
  EXPECT_FALSE(known.contains("x2"));
}

TEST(PairingTargets, WhatTheUserNamedIsNotPushedOut) {
  PairingTargets targets;
  const PeerAddress peer{.host = "192.0.2.7", .port = 8765};
  targets.named("wanted", {peer});
  for (std::uint16_t port = 1; port <= 100; ++port) {
    targets.sighted("wanted", {{.host = "10.0.0.9", .port = port}});
    targets.sighted("x" + std::to_string(port), kThere);
  }
  const auto taken = targets.take(0, 1000);
  const auto wanted =
      std::find_if(taken.begin(), taken.end(), [](const auto& target) { return target.cluster == "wanted"; });
  ASSERT_NE(wanted, taken.end());
  EXPECT_EQ(wanted->addresses.front(), peer);
  EXPECT_EQ(wanted->addresses.size(), 1 + PairingTargets::kMaxAddresses);
}

TEST(PairingTargets, RefusalsTakeNoRoomFromOthers) {
  PairingTargets targets;
  for (std::size_t i = 0; i < 2 * PairingTargets::kMaxClusters; ++i) {
    targets.sighted("x" + std::to_string(i), kThere);
    for (const auto& target : targets.take(0, 1)) targets.ended(target.cluster, PairingOutcome::refused, 0);
  }
  targets.sighted("a", kThere);
  ASSERT_EQ(targets.take(0, 1).size(), 1U);
}

TEST(PairingTargets, AnUnknownClusterThatEndsIsNoMatter) {
  PairingTargets targets;
  targets.ended("a", PairingOutcome::done, 0);
  EXPECT_TRUE(targets.take(0, 1).empty());
}

}  // namespace
}  // namespace mz
