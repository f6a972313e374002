// What messages that come late, or in another order than they were sent in, may change about who leads: nothing.
#include "p2p/agreement/election.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mz {
namespace {

constexpr Instant kStart = 100 * kHeartbeat;

NodeId node(const char* name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name), std::string_view(name).size()});
}

// An election in which this node knows the members a and b.
class ElectionTest : public testing::Test {
 protected:
  ElectionTest() {
    for (const NodeId& id : {a_, b_}) roster_.introduce(id, "192.0.2.1:8765", kStart);
    election_.start(kStart);
  }

  // Whether this node follows `ballot` when its leader says that it leads.
  bool follows(const Ballot& ballot, Instant now) {
    const Heartbeat heartbeat{.ballot = ballot, .sent_at = now, .heard = true, .troubled = {}};
    return election_.heartbeat(ballot.node, {.incarnation = 1, .boot_id = 1}, heartbeat, now).accepted;
  }
  void release(const Ballot& ballot, Instant now) {
    election_.released(ballot.node, {.ballot = ballot, .successor = {}}, now);
  }
  // A member that answered a question of this node just now says whom it follows.
  void hear_of(const Ballot& leader, Instant now) {
    election_.observed({.highest = leader, .leader = leader, .leader_age = 0}, now, now);
  }
  // Everybody else says yes until this node leads.
  void win() {
    Instant now = kStart;
    while (!election_.leading() && now < kStart + 100 * kHeartbeat) {
      now = std::max(now + 1, election_.next_wake());
      election_.tick(now);
      while (!sent_.empty()) {
        const auto [to, body] = sent_.front();
        sent_.erase(sent_.begin());
        if (ledger_.next_write(now)) ledger_.written(true, now);
        election_.synced(now);
        const auto* ask = std::get_if<Ask>(&body);
        if (ask == nullptr) continue;
        const Answer yes{.ballot = ask->ballot, .binding = ask->binding, .yes = true, .sent_at = ask->sent_at};
        election_.answered(to, yes, now);
      }
    }
    won_at_ = now;
  }
  void acknowledge(const NodeId& from, Instant sent_at, Fitness fitness, Instant now) {
    HeartbeatAnswer answer{
        .ballot = election_.following(), .sent_at = sent_at, .accepted = true, .fitness = fitness, .reached = {}};
    roster_.find(from)->round_trip = std::max(roster_.find(from)->round_trip.value_or(sent_at), sent_at);
    election_.heartbeat_answered(from, answer, now);
  }
  template <class Kind>
  [[nodiscard]] bool has_sent() const {
    return std::any_of(sent_.begin(), sent_.end(),
                       [](const auto& each) { return std::holds_alternative<Kind>(each.second); });
  }
  [[nodiscard]] bool has_released() const { return has_sent<Release>(); }

  const NodeId self_ = node("self");
  const NodeId a_ = node("a");
  const NodeId b_ = node("b");
  Roster roster_;
  Ledger ledger_{Promise{}};
  Rng rng_{1};
  std::vector<std::pair<NodeId, Body>> sent_;
  Election election_{{.self = self_, .policy = Policy::available, .voters = {}, .fitness = Fitness::on_battery},
                     roster_,
                     ledger_,
                     rng_,
                     [this](const NodeId& to, Body body) { sent_.emplace_back(to, std::move(body)); }};
  Instant won_at_ = 0;
};

TEST_F(ElectionTest, ALateReleaseDoesNotBringBackTheLeaderThatReleasedAfterIt) {
  const Ballot early{.term = 1, .node = a_};
  const Ballot late{.term = 3, .node = a_};
  ASSERT_TRUE(follows(early, kStart));
  ASSERT_TRUE(follows(late, kStart + 10));
  release(late, kStart + 20);
  release(early, kStart + 30);  // has been on its way for long
  EXPECT_TRUE(election_.following().none());
  EXPECT_FALSE(follows(late, kStart + 40));
  hear_of(late, kStart + 50);
  EXPECT_TRUE(election_.following().none());
  EXPECT_EQ(election_.released_ballot(), late);
}

TEST_F(ElectionTest, ALateReleaseOfAnotherMemberDoesNotEither) {
  const Ballot early{.term = 1, .node = a_};
  const Ballot late{.term = 2, .node = b_};
  ASSERT_TRUE(follows(early, kStart));
  ASSERT_TRUE(follows(late, kStart + 10));
  release(late, kStart + 20);
  release(early, kStart + 30);
  EXPECT_FALSE(follows(late, kStart + 40));
  EXPECT_EQ(election_.released_ballot(), late);
}

TEST_F(ElectionTest, AnInventedReleaseHidesNoRealOne) {
  const Ballot real{.term = 2, .node = b_};
  ASSERT_TRUE(follows(real, kStart));
  release({.term = kMaxTerm, .node = a_}, kStart + 10);
  release(real, kStart + 20);
  EXPECT_FALSE(follows(real, kStart + 30));
  EXPECT_EQ(election_.released_ballot(), real);
}

TEST_F(ElectionTest, WhoReleasedMayLeadAgainUnderAHigherBallot) {
  ASSERT_TRUE(follows({.term = 1, .node = a_}, kStart));
  release({.term = 1, .node = a_}, kStart + 10);
  EXPECT_TRUE(follows({.term = 2, .node = a_}, kStart + 20));
}

// It should not lead, and hands over to a member that should; but not to one that should no more.
TEST_F(ElectionTest, ALateAnswerDoesNotBringBackAnOldFitness) {
  win();
  ASSERT_TRUE(election_.leading());
  Instant now = won_at_;
  const auto settle = [&](Fitness late, Fitness newest) {
    for (const Instant end = now + 2 * kSettled; now < end && !has_released(); now += kHeartbeat) {
      for (const NodeId& id : {a_, b_}) {
        acknowledge(id, now, newest, now);
        acknowledge(id, now - kHeartbeat, late, now);  // overtaken by the newer one
      }
      election_.tick(now);
    }
  };
  settle(Fitness::best, Fitness::last_resort);
  EXPECT_FALSE(has_released());
  settle(Fitness::last_resort, Fitness::best);
  EXPECT_TRUE(has_released());
}

TEST_F(ElectionTest, ANodeThatRestsHandsOverAndAsksForNothingUntilItIsOver) {
  win();
  ASSERT_TRUE(election_.leading());
  election_.rest(won_at_);
  EXPECT_TRUE(has_released());
  EXPECT_FALSE(election_.leading());
  // The next leader goes at once, and proposes this node.
  const Ballot next{.term = election_.known(won_at_).highest.term + 1, .node = a_};
  ASSERT_TRUE(follows(next, won_at_ + 10));
  election_.released(a_, {.ballot = next, .successor = self_}, won_at_ + 20);
  for (Instant now = won_at_; now < won_at_ + kRest; now = std::max(now + 1, election_.next_wake()))
    election_.tick(now);
  EXPECT_FALSE(has_sent<Ask>());
  EXPECT_GE(election_.next_wake(), won_at_ + kRest);  // nor is it woken in vain
  election_.tick(won_at_ + kRest);
  EXPECT_TRUE(has_sent<Ask>());
}

TEST_F(ElectionTest, ANodeThatResumesStandsAgain) {
  election_.rest(kStart);
  election_.resume();
  win();
  EXPECT_LT(won_at_, kStart + kRest);
}

// It granted a lease to the leader that it acknowledged last, and a short sleep does not take it back.
TEST_F(ElectionTest, AFollowerThatSleptVotesWhenTheLeaseIsOverThatItGaveBefore) {
  ASSERT_TRUE(follows({.term = 1, .node = a_}, kStart));
  election_.observe(kStart + kHeartbeat);
  const Ask ask{.ballot = {.term = 2, .node = b_}, .binding = true, .sent_at = kStart};
  EXPECT_FALSE(election_.asked(b_, ask, kStart + kLease - 1).yes);
  EXPECT_TRUE(election_.asked(b_, ask, kStart + kLease).yes);
}

TEST_F(ElectionTest, ALeaderThatSleptGrantedNothingAndNeedNotWait) {
  win();
  ASSERT_TRUE(election_.leading());
  election_.observe(won_at_ + kHeartbeat);
  const Ask ask{.ballot = {.term = 100, .node = b_}, .binding = true, .sent_at = won_at_};
  EXPECT_TRUE(election_.asked(b_, ask, won_at_ + kReach + kHeartbeat).yes);
}

// Of three voters one is gone, so the vote of the leader that hands over is needed.
TEST(ElectionOfAMajority, WhoeverIsProposedWaitsForTheVoteOfTheLeaderThatGoes) {
  const NodeId self = node("self");
  const NodeId leader = node("a");
  const NodeId absent = node("b");
  Roster roster;
  for (const NodeId& id : {leader, absent}) roster.introduce(id, "192.0.2.1:8765", kStart);
  Ledger ledger{Promise{}};
  Rng rng(1);
  std::vector<Ask> asks;
  Election election({.self = self, .policy = Policy::majority, .voters = {self, leader, absent}}, roster, ledger, rng,
                    [&](const NodeId& to, const Body& body) {
                      if (const Ask* ask = std::get_if<Ask>(&body); ask != nullptr && to == leader)
                        asks.push_back(*ask);
                    });
  election.start(kStart);
  const Ballot ballot{.term = 1, .node = leader};
  const Heartbeat heartbeat{.ballot = ballot, .sent_at = kStart, .heard = true, .troubled = {}};
  ASSERT_TRUE(election.heartbeat(leader, {.incarnation = 1, .boot_id = 1}, heartbeat, kStart).accepted);
  election.released(leader, {.ballot = ballot, .successor = self}, kStart + 10);
  election.undeliverable(absent, kStart + 10);
  ASSERT_TRUE(ledger.next_write(kStart + 20));
  ledger.written(true, kStart + 20);
  election.synced(kStart + 20);
  ASSERT_EQ(asks.size(), 1U);
  const Ask& ask = asks.front();
  election.answered(leader, {.ballot = ask.ballot, .binding = true, .yes = true, .sent_at = ask.sent_at}, kStart + 30);
  EXPECT_TRUE(election.leading());
}

// An etcd may have named the terms for a while, and this node was not there.
TEST_F(ElectionTest, TermsAsAnEtcdCountsThemAreFollowedAndVotedForByWhoeverComesLate) {
  const Ballot first{.term = 5'000'000, .node = a_};
  ASSERT_TRUE(follows(first, kStart)) << "without a promise";
  const Ballot second{.term = 5'000'000'000, .node = b_};
  hear_of(second, kStart + 10);
  EXPECT_EQ(election_.following(), second);
  const Ask ask{.ballot = {.term = 5'000'000'000'000, .node = b_}, .binding = true, .sent_at = kStart};
  EXPECT_TRUE(election_.asked(b_, ask, kStart + 20).yes);
}

TEST_F(ElectionTest, AMemberThatNamesTheLastTermMovesNobodyNearIt) {
  for (int i = 0; i < 10'000; ++i) {
    hear_of({.term = kMaxTerm, .node = a_}, kStart + i);  // within one H
    EXPECT_FALSE(follows({.term = kMaxTerm, .node = a_}, kStart + i));
  }
  EXPECT_TRUE(election_.following().none());
  win();
  ASSERT_TRUE(election_.leading());
  EXPECT_LT(election_.following().term, kMaxPlausibleTerm + 3 * kMaxTermJump);
}

// A hostile member was at it for five seconds while this node slept, and is gone.
TEST_F(ElectionTest, WhoeverWasAbsentCatchesUpWithTheOthersInNoMoreTimeThanTheyWereLedOn) {
  constexpr int kBeats = 10;
  const Ballot leader{.term = kMaxPlausibleTerm + kBeats * kMaxTermJump, .node = a_};
  int beats = 0;
  for (Instant now = kStart; election_.following() != leader && beats <= kBeats; now += kHeartbeat, ++beats) {
    election_.observed({.highest = leader, .leader = leader, .leader_age = 0}, std::nullopt, now);
    follows(leader, now);
  }
  EXPECT_EQ(election_.following(), leader);
  EXPECT_LE(beats, kBeats);
}

// How long a node that knows no other member waits, from its start, before it leads.
Duration silence_before_leading(bool admin, const Ballot& promised) {
  const Roster nobody;
  Ledger ledger({.incarnation = 1, .ballot = promised});
  Rng rng(1);
  Election election({.self = node("self"), .voters = {}, .admin = admin}, nobody, ledger, rng,
                    [](const NodeId&, const Body&) {});
  election.start(kStart);
  Instant now = kStart;
  while (!election.in_office() && now < kStart + 2 * kLease) {
    election.tick(now);
    if (ledger.next_write(now)) ledger.written(true, now);
    election.synced(now);
    if (!election.in_office()) now = std::max(now + 1, election.next_wake());
  }
  return now - kStart;
}

TEST(ElectionAlone, WhoeverFoundsAClusterLeadsAtOnceAndWhoeverEnteredOneWaitsForNews) {
  EXPECT_LT(silence_before_leading(true, {}), kHeartbeat);
  EXPECT_GE(silence_before_leading(false, {}), kReach);
  EXPECT_GE(silence_before_leading(true, {.term = 1, .node = node("a")}), kReach);
}

// What a node acknowledged in its last life is unknown, and it acknowledges nothing without a promise.
TEST(ElectionAlone, OnlyANodeThatNeverPromisedAnythingVotesAtOnceAfterItsStart) {
  for (const bool promised : {false, true}) {
    Roster roster;
    roster.introduce(node("a"), "192.0.2.1:8765", kStart);
    Ledger ledger({.incarnation = 1, .ballot = {.term = promised ? 1U : 0U, .node = promised ? node("a") : NodeId{}}});
    Rng rng(1);
    Election election({.self = node("self"), .voters = {}}, roster, ledger, rng, [](const NodeId&, const Body&) {});
    election.start(kStart);
    const Ask ask{.ballot = {.term = 2, .node = node("a")}, .binding = true, .sent_at = kStart};
    EXPECT_EQ(election.asked(node("a"), ask, kStart).yes, !promised);
    EXPECT_TRUE(election.asked(node("a"), ask, kStart + kLease).yes);
  }
}

}  // namespace
}  // namespace mz
