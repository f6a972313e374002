#include "p2p/candidates.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

NodeId some_node(std::uint8_t mark) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(mark);
  return NodeId(bytes);
}

PeerAddress at(const std::string& text) { return PeerAddress::parse(text).value(); }

TEST(PeerAddress, IsAHostAndAPort) {
  EXPECT_EQ(at("studio.local:8765"), (PeerAddress{"studio.local", 8765}));
  EXPECT_EQ(at("[fe80::1%eth0]:80"), (PeerAddress{"fe80::1%eth0", 80}));
  EXPECT_EQ(at("[fe80::1%eth0]:80").text(), "[fe80::1%eth0]:80");
  EXPECT_EQ(at("10.0.0.1:65535").text(), "10.0.0.1:65535");
  for (const char* wrong : {"", "studio", ":80", "studio:", "studio:0", "studio:65536", "studio:8a", "fe80::1:80",
                            "http://studio:80", "a b:80", "[]:80", "studio:+80"}) {
    EXPECT_FALSE(PeerAddress::parse(wrong).ok()) << wrong;
  }
}

TEST(PeerAddress, KnowsThisComputer) {
  for (const char* here : {"127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "[::ffff:127.0.0.1]:80", "localhost:80"}) {
    EXPECT_TRUE(at(here).is_loopback()) << here;
  }
  for (const char* elsewhere : {"10.0.0.1:80", "[fe80::1%lo]:80", "[::2]:80", "localhost.example:80"}) {
    EXPECT_FALSE(at(elsewhere).is_loopback()) << elsewhere;
  }
}

TEST(Candidates, AreTriedAtGrowingIntervals) {
  Candidates table;
  table.add(at("a:1"), CandidateSource::fixed);
  EXPECT_EQ(table.due(0, 9).size(), 1U);
  double now = 0;
  for (const double wait : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0}) {
    table.failed(at("a:1"), now);
    EXPECT_TRUE(table.due(now + wait - 0.1, 9).empty()) << wait;
    EXPECT_EQ(table.due(now + wait, 9).size(), 1U) << wait;
    now += wait;
  }
  table.worked(at("a:1"), some_node(1), now);
  table.failed(at("a:1"), now);
  EXPECT_EQ(table.due(now + 1, 9).size(), 1U) << "it begins anew";
}

TEST(Candidates, ThoseNamedByTheUserAndThoseThatWorkedComeFirst) {
  Candidates table;
  table.add(at("a:1"), CandidateSource::exchanged);
  table.add(at("b:1"), CandidateSource::known, some_node(1));
  table.add(at("c:1"), CandidateSource::fixed);
  EXPECT_EQ(table.due(0, 2), (std::vector{at("c:1"), at("b:1")}));
}

TEST(Candidates, AFloodOfMadeUpAddressesDoesNotDisplaceTheGoodOnes) {
  Candidates table;
  table.add(at("fixed:1"), CandidateSource::fixed);
  table.worked(at("known:1"), some_node(1), 0);
  for (std::size_t i = 0; i < 2 * Candidates::kMaxCandidates; ++i) {
    table.add({"made-up" + std::to_string(i), 1}, CandidateSource::exchanged);
  }
  EXPECT_EQ(table.all().size(), Candidates::kMaxCandidates);
  EXPECT_TRUE(table.all().contains(at("fixed:1")));
  EXPECT_TRUE(table.all().contains(at("known:1")));
}

TEST(Candidates, WhatWorkedIsRememberedForTheNextStart) {
  Candidates before;
  before.add(at("never:1"), CandidateSource::exchanged, some_node(2));
  before.worked(at("studio:1"), some_node(1), 0);
  Candidates after;
  after.add_known_text(before.known_text() + "damaged line\n");
  EXPECT_EQ(after.all().size(), 1U);
  EXPECT_EQ(after.addresses_of(some_node(1)), (std::vector{at("studio:1")}));
}

const Claim kClaim{.name = "studio", .cluster = "abcdefghijklmnop", .node = "qrstuvwxyz234567"};

TEST(Candidates, AnAdvertIsTriedAtOnceAndAgainWhenItChanges) {
  Candidates table;
  table.announced(at("a:1"), kClaim, CandidateState::fresh, "not met yet");
  EXPECT_EQ(table.due(0, 9).size(), 1U);
  table.failed(at("a:1"), 0, CandidateState::unreachable, "nobody there");
  table.announced(at("a:1"), kClaim, CandidateState::fresh, "not met yet");
  EXPECT_TRUE(table.due(0, 9).empty()) << "the same again is no news";
  EXPECT_EQ(table.all().at(at("a:1")).state, CandidateState::unreachable);
  Claim other = kClaim;
  other.node = "aaaaaaaaaaaaaaaa";
  table.announced(at("a:1"), other, CandidateState::fresh, "not met yet");
  EXPECT_EQ(table.due(0, 9).size(), 1U);
}

TEST(Candidates, AnAnnouncedAddressThatFailedIsTriedOnWhileItsNodeAnswersUntilItWorks) {
  Candidates table;
  const auto wanted = [](const PeerAddress&, const Candidate& candidate) { return candidate.is_to_be_met(true); };
  table.announced(at("a:1"), kClaim, CandidateState::fresh, "not met yet");
  table.worked(at("a:1"), some_node(1), 0);
  EXPECT_FALSE(table.take(1000, wanted)) << "its node answers and was met there";
  double now = 1000;
  table.failed(at("a:1"), now, CandidateState::unreachable, "nobody there");
  for (const double wait : {1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0}) {
    EXPECT_FALSE(table.take(now + wait - 0.1, wanted)) << wait;
    now += wait;
    EXPECT_EQ(table.next_due(wanted), now);
    ASSERT_EQ(table.take(now, wanted), at("a:1")) << wait;
    table.failed(at("a:1"), now, CandidateState::unreachable, "nobody there");
  }
  ASSERT_EQ(table.take(now + 60, wanted), at("a:1"));
  table.worked(at("a:1"), some_node(1), now + 60);
  EXPECT_EQ(table.all().at(at("a:1")).state, CandidateState::member);
  EXPECT_FALSE(table.next_due(wanted));
}

TEST(Candidates, WhatFailedOfAMemberIsDueWhenItAnswersAgain) {
  Candidates table;
  for (const char* address : {"a:1", "b:1"}) {
    table.worked(at(address), some_node(address[0] == 'a' ? 1 : 2), 0);
    table.announced(at(address), kClaim, CandidateState::fresh, "");
  }
  table.answering({some_node(1), some_node(2)});
  for (int i = 0; i < 10; ++i) {
    table.failed(at("a:1"), 100);
    table.failed(at("b:1"), 100);
  }
  table.answering({some_node(1), some_node(2)});
  EXPECT_TRUE(table.due(101, 9).empty()) << "they answered all the time, elsewhere";
  table.answering({some_node(2)});
  EXPECT_TRUE(table.due(101, 9).empty());
  table.answering({some_node(1), some_node(2)});
  EXPECT_EQ(table.due(101, 9), std::vector{at("a:1")});
}

TEST(Candidates, WhatIsOnlyKnownOfAMemberThatAnswersIsLeftAlone) {
  Candidates table;
  table.add(at("a:1"), CandidateSource::known, some_node(1));
  table.add(at("b:1"), CandidateSource::exchanged, some_node(1));
  table.failed(at("a:1"), 0);
  EXPECT_FALSE(table.all().at(at("a:1")).is_to_be_met(true));
  EXPECT_TRUE(table.all().at(at("a:1")).is_to_be_met(false));
  EXPECT_FALSE(table.all().at(at("b:1")).is_to_be_met(false));
}

TEST(Candidates, ANodeThatWasUpgradedIsTriedWhereItWas) {
  Candidates table;
  Claim claim = kClaim;
  claim.protocol = 1;
  table.announced(at("a:1"), claim, CandidateState::other_version, "another version");
  claim.protocol = 2;
  table.announced(at("a:1"), claim, CandidateState::fresh, "not met yet");
  EXPECT_EQ(table.all().at(at("a:1")).state, CandidateState::fresh);
  table.failed(at("a:1"), 0, CandidateState::other_version, "another version, as it said itself");
  claim.protocol = 3;
  table.announced(at("a:1"), claim, CandidateState::fresh, "not met yet");
  EXPECT_EQ(table.due(0, 9).size(), 1U);
}

TEST(Candidates, AnAdvertCannotUndoWhatAHandshakeHasShown) {
  Candidates table;
  table.worked(at("a:1"), some_node(1), 0);
  table.announced(at("a:1"), kClaim, CandidateState::other_cluster, "another cluster");
  EXPECT_EQ(table.all().at(at("a:1")).state, CandidateState::member);
  table.add(at("b:1"), CandidateSource::fixed);
  table.announced(at("b:1"), kClaim, CandidateState::other_cluster, "another cluster");
  EXPECT_EQ(table.all().at(at("b:1")).state, CandidateState::fresh) << "the user named it, so it is tried";
}

TEST(Candidates, AWithdrawnAdvertTakesAwayOnlyWhatNothingElseKnows) {
  Candidates table;
  table.announced(at("a:1"), kClaim, CandidateState::fresh, "");
  table.worked(at("b:1"), some_node(1), 0);
  table.announced(at("b:1"), kClaim, CandidateState::fresh, "");
  table.withdrawn(at("a:1"));
  table.withdrawn(at("b:1"));
  EXPECT_FALSE(table.all().contains(at("a:1")));
  EXPECT_TRUE(table.all().contains(at("b:1")));
}

TEST(Candidates, OneThatIsBeingTriedIsNotTakenTwice) {
  Candidates table;
  const auto any = [](const PeerAddress&, const Candidate&) { return true; };
  table.add(at("a:1"), CandidateSource::fixed);
  EXPECT_EQ(table.take(0, any), at("a:1"));
  EXPECT_FALSE(table.take(0, any));
  EXPECT_FALSE(table.next_due(any));
  table.failed(at("a:1"), 0);
  EXPECT_FALSE(table.take(0.5, any));
  EXPECT_EQ(table.next_due(any), 1.0);
  table.try_all_again();
  EXPECT_EQ(table.take(0.5, any), at("a:1"));
}

}  // namespace
}  // namespace mz
