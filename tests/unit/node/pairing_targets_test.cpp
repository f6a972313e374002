#include "node/pairing_targets.h"

#include <gtest/gtest.h>

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

TEST(PairingTargets, AnUnknownClusterThatEndsIsNoMatter) {
  PairingTargets targets;
  targets.ended("a", PairingOutcome::done, 0);
  EXPECT_TRUE(targets.take(0, 1).empty());
}

}  // namespace
}  // namespace mz
