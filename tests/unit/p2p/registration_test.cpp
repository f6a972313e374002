// The rules by which a node asks a registrar for the leadership, and for how long it believes the answer.
#include "p2p/agreement/registration.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mz {
namespace {

using Kind = RegistrarQuestion::Kind;

NodeId node(std::string_view name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

const NodeId kSelf = node("self");
const NodeId kOther = node("other");
constexpr Instant kStart = 1'000'000'000;
constexpr Duration kShort = 1000;

// A node that would lead, with a registrar played by the test.
class RegistrationTest : public testing::Test {
 protected:
  // What is asked at that moment, if anything.
  std::optional<RegistrarQuestion> asked(Instant now) {
    registration_.tick(wish_, now);
    const auto questions = registration_.take_questions();
    EXPECT_LE(questions.size(), 1U);
    return questions.empty() ? std::nullopt : std::optional(questions.front());
  }
  // Lets time pass until something is asked.
  RegistrarQuestion next(Instant& now) {
    for (const Instant end = now + 2 * kLease; now < end; now = std::max(now + 1, registration_.next_wake())) {
      if (const auto question = asked(now)) return *question;
    }
    ADD_FAILURE() << "nothing is asked";
    return {};
  }
  static RegistrarAnswer nobody(const RegistrarQuestion& question) {
    return {.number = question.number, .answered = true, .granted = false, .holder = {}, .lease = 0, .life = 0};
  }
  static RegistrarAnswer held_by(const RegistrarQuestion& question, const NodeId& who, std::uint64_t term = 7) {
    return {.number = question.number,
            .answered = true,
            .granted = false,
            .holder = {.term = term, .node = who},
            .lease = 70,
            .life = 0};
  }
  static RegistrarAnswer granted(const RegistrarQuestion& question, std::uint64_t term = 8, Duration life = kLease) {
    return {.number = question.number,
            .answered = true,
            .granted = true,
            .holder = {.term = term, .node = kSelf},
            .lease = 80,
            .life = life};
  }
  static RegistrarAnswer nothing(const RegistrarQuestion& question) {
    RegistrarAnswer answer;
    answer.number = question.number;
    return answer;
  }
  // The question that claims, and when it was asked; nobody holds it before.
  RegistrarQuestion claim(Instant& now) {
    for (int i = 0; i < 20; ++i) {
      const RegistrarQuestion question = next(now);
      if (question.kind == Kind::claim) return question;
      registration_.answered(nobody(question), now);
    }
    ADD_FAILURE() << "nothing is claimed";
    return {};
  }
  std::vector<std::uint64_t> given_back() {
    std::vector<std::uint64_t> leases;
    for (const RegistrarQuestion& question : registration_.take_questions()) {
      if (question.kind == Kind::release) leases.push_back(question.lease);
    }
    return leases;
  }

  Rng rng_{1};
  Registration registration_{kSelf, rng_};
  Registration::Wish wish_{.lead = true, .above = 5, .fitness = Fitness::best};
};

TEST_F(RegistrationTest, WhatNobodyHoldsIsClaimedAboveWhatIsPromised) {
  Instant now = kStart;
  const RegistrarQuestion question = claim(now);
  EXPECT_EQ(question.kind, Kind::claim);
  EXPECT_EQ(question.above, 5U);
  EXPECT_LT(now, kStart + 2 * kHeartbeat);
  registration_.answered(granted(question), now);
  EXPECT_TRUE(registration_.holds(now));
  EXPECT_EQ(registration_.ballot(), (Ballot{.term = 8, .node = kSelf}));
}

TEST_F(RegistrationTest, NothingIsClaimedWhileAnotherHoldsItOrALeaderIsHeard) {
  Instant now = kStart;
  for (int i = 0; i < 20; ++i) {
    const RegistrarQuestion question = next(now);
    EXPECT_EQ(question.kind, Kind::look);
    registration_.answered(held_by(question, kOther), now);
  }
  EXPECT_EQ(registration_.named_term(), 7U);
  wish_.lead = false;
  for (int i = 0; i < 5; ++i) {
    const RegistrarQuestion question = next(now);
    EXPECT_EQ(question.kind, Kind::look);
    registration_.answered(nobody(question), now);
  }
}

TEST_F(RegistrationTest, TheLeaseCountsFromTheSendingAndInPart) {
  Instant now = kStart;
  const RegistrarQuestion question = claim(now);
  const Instant sent = now;
  now += kHeartbeat;
  registration_.answered(granted(question), now);
  EXPECT_EQ(registration_.until(), sent + kLeaderLease);
  const RegistrarQuestion renewal = next(now);
  EXPECT_EQ(renewal.kind, Kind::renew);
  EXPECT_EQ(renewal.lease, 80U);
  const Instant again = now;
  registration_.answered(granted(renewal), now + kHeartbeat);
  EXPECT_EQ(registration_.until(), again + kLeaderLease);
}

TEST_F(RegistrationTest, ALongerLeaseThanAskedForIsNotBelievedAndAShorterOneIs) {
  Instant now = kStart;
  const RegistrarQuestion question = claim(now);
  registration_.answered(granted(question, 8, 100 * kLease), now);
  EXPECT_EQ(registration_.until(), now + kLeaderLease);
  registration_.let_go(now);
  (void)registration_.take_questions();
  const RegistrarQuestion second = claim(now);
  registration_.answered(granted(second, 9, kLease / 2), now);
  EXPECT_EQ(registration_.until(), now + kLeaderLease / 2);
}

TEST_F(RegistrationTest, WithoutAnswersTheLeaseEndsAndIsGivenBack) {
  Instant now = kStart;
  registration_.answered(granted(claim(now)), now);
  const Instant end = registration_.until();
  bool asked_again = false;
  while (now < end) {
    EXPECT_TRUE(registration_.holds(now));
    registration_.tick(wish_, now);
    for (const RegistrarQuestion& question : registration_.take_questions()) {
      EXPECT_EQ(question.kind, Kind::renew);
      asked_again = true;
      registration_.answered(nothing(question), now);
    }
    now = std::max(now + 1, registration_.next_wake());
  }
  EXPECT_TRUE(asked_again);
  EXPECT_FALSE(registration_.holds(now));
  registration_.tick(wish_, now);
  EXPECT_EQ(given_back(), (std::vector<std::uint64_t>{80}));
}

TEST_F(RegistrationTest, AGrantThatComesTooLateIsGivenBack) {
  Instant now = kStart;
  const RegistrarQuestion question = claim(now);
  now += kRegistrarPatience + kShort;
  EXPECT_TRUE(asked(now));  // it is not waited for any more
  registration_.answered(granted(question), now);
  EXPECT_FALSE(registration_.holds(now));
  EXPECT_EQ(given_back(), (std::vector<std::uint64_t>{80}));
}

TEST_F(RegistrationTest, AGrantForWhatIsNotWantedAnyMoreIsGivenBack) {
  Instant now = kStart;
  const RegistrarQuestion question = claim(now);
  registration_.let_go(now);  // another leader was heard of
  registration_.answered(granted(question), now);
  EXPECT_FALSE(registration_.holds(now));
  EXPECT_EQ(given_back(), (std::vector<std::uint64_t>{80}));
}

TEST_F(RegistrationTest, AnAnswerCountsOnce) {
  Instant now = kStart;
  registration_.answered(granted(claim(now)), now);
  const RegistrarQuestion renewal = next(now);
  registration_.answered(held_by(renewal, kOther), now);  // it is lost
  EXPECT_FALSE(registration_.holds(now));
  registration_.answered(granted(renewal), now);
  EXPECT_FALSE(registration_.holds(now));
}

TEST_F(RegistrationTest, ATermThatIsPromisedAlreadyIsGivenBack) {
  Instant now = kStart;
  registration_.answered(granted(claim(now), 5), now);
  EXPECT_FALSE(registration_.holds(now));
  EXPECT_EQ(given_back(), (std::vector<std::uint64_t>{80}));
}

TEST_F(RegistrationTest, WhatAnEarlierLifeHeldIsGivenBack) {
  Instant now = kStart;
  registration_.answered(held_by(next(now), kSelf), now);
  EXPECT_FALSE(registration_.holds(now));
  EXPECT_EQ(given_back(), (std::vector<std::uint64_t>{70}));
}

TEST_F(RegistrationTest, WhoShouldNotLeadLetsOthersGoFirst) {
  Instant best = kStart;
  (void)claim(best);
  registration_.let_go(best);
  wish_.fitness = Fitness::last_resort;
  Instant last = best;
  (void)claim(last);
  EXPECT_GE(last - best, 3 * kFitnessDelay);
}

TEST_F(RegistrationTest, TheNamedSuccessorClaimsAtOnceAndAgain) {
  Instant now = kStart;
  registration_.answered(held_by(next(now), kOther), now);
  registration_.hurry(now);
  const auto first = asked(now);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->kind, Kind::claim);
  registration_.answered(held_by(*first, kOther), now);  // being given back this moment
  const Instant before = now;
  const RegistrarQuestion look = next(now);
  EXPECT_LE(now - before, kHeartbeat / 4);
  registration_.answered(nobody(look), now);
  const auto second = asked(now);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->kind, Kind::claim);
}

}  // namespace
}  // namespace mz
