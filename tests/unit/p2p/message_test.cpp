#include "p2p/agreement/message.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/base/rng.h"
#include "p2p/agreement/standing.h"

namespace mz {
namespace {

NodeId node(const char* name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name), std::string_view(name).size()});
}

Card card() {
  Card card;
  card.id = node("a");
  card.life = {.incarnation = 3, .boot_id = 99};
  card.name = "mac";
  card.version = "1.2";
  card.roles = Card::kAdmin;
  card.addresses = {"10.0.0.1:8765", "[fe80::1%en0]:8765"};
  card.signature = {1, 2, 3};
  return card;
}

std::vector<ClusterMessage> one_of_each() {
  const Ballot ballot{.term = 7, .node = node("a")};
  const Event event{.feed = {.author = node("a"), .boot_id = 5},
                    .number = 2,
                    .previous = sha256(std::string_view("x")),
                    .topic = "leader",
                    .text = "7",
                    .signature = {9}};
  std::vector<Body> bodies{
      Heartbeat{.ballot = ballot, .sent_at = 5'000'000, .heard = true, .troubled = {{node("b"), MemberState::dead}}},
      HeartbeatAnswer{.ballot = {}, .sent_at = 1, .accepted = true, .reached = {node("b")}},
      Ask{.ballot = ballot, .binding = true, .sent_at = 12},
      Answer{.ballot = ballot, .binding = false, .yes = true, .sent_at = 12},
      Release{.ballot = ballot, .successor = node("c")},
      Cards{{card()}},
      Have{{{.feed = event.feed, .length = 3, .last = event.hash()}}},
      Events{.events = {event}, .more = true}};
  const std::array leaders{ballot, Ballot{}, Ballot{.term = 7, .node = node("b")}};
  std::vector<ClusterMessage> messages;
  for (Body& body : bodies) {
    const Ballot& leader = leaders[messages.size() % leaders.size()];
    messages.push_back({.from = node("a"),
                        .to = node("b"),
                        .life = {.incarnation = 300, .boot_id = 7},
                        .known = {.highest = ballot, .leader = leader, .leader_age = 1000},
                        .roster_digest = 1,
                        .events_digest = 2,
                        .body = std::move(body)});
  }
  return messages;
}

TEST(MessageTest, EveryKindIsReadBackToTheSameBytes) {
  const auto messages = one_of_each();
  ASSERT_EQ(messages.size(), std::variant_size_v<Body>);
  for (const ClusterMessage& message : messages) {
    const auto bytes = encode_cluster_message(message);
    const auto back = decode_cluster_message(bytes);
    ASSERT_TRUE(back) << message.body.index();
    EXPECT_EQ(back->from, message.from);
    EXPECT_EQ(back->life, message.life);
    EXPECT_EQ(back->known.leader, message.known.leader);
    EXPECT_EQ(back->body.index(), message.body.index());
    EXPECT_EQ(encode_cluster_message(*back), bytes);
  }
}

TEST(MessageTest, CutShortOrLengthenedItIsRefused) {
  for (const ClusterMessage& message : one_of_each()) {
    auto bytes = encode_cluster_message(message);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_cluster_message(std::span(bytes).first(size))) << message.body.index() << " cut to " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(decode_cluster_message(bytes));
  }
}

// It carries a certificate, and the others do not.
TEST(MessageTest, TheFirstEventOfAFeedMayHaveALongerSignatureThanTheOthers) {
  ClusterMessage message = one_of_each().back();
  Event& event = std::get<Events>(message.body).events.front();
  event.signature.assign(kMaxCardSignatureBytes, 9);
  for (const std::uint64_t number : {0, 1}) {
    event.number = number;
    EXPECT_EQ(decode_cluster_message(encode_cluster_message(message)).has_value(), number == 0);
  }
}

TEST(MessageTest, WhateverIsAcceptedHasOneSpelling) {
  Rng rng(1);
  const auto messages = one_of_each();
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = encode_cluster_message(messages[rng.below(static_cast<std::uint32_t>(messages.size()))]);
    for (std::uint32_t flips = 1 + rng.below(3); flips > 0; --flips) {
      bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<std::uint8_t>(rng.below(256));
    }
    const auto message = decode_cluster_message(bytes);
    if (!message) continue;
    ++accepted;
    EXPECT_EQ(encode_cluster_message(*message), bytes);
  }
  EXPECT_GT(accepted, 0);
}

TEST(MessageTest, AnotherVersionIsRefused) {
  auto bytes = encode_cluster_message(one_of_each().front());
  bytes[0] = ClusterMessage::kVersion + 1;
  EXPECT_FALSE(decode_cluster_message(bytes));
}

TEST(MessageTest, NothingIsAllocatedForNumbersThatAreTooLarge) {
  ByteWriter out;
  const ClusterMessage message = one_of_each().front();
  auto bytes = encode_cluster_message(message);
  // A list of cards that says it holds more than a cluster may have.
  ClusterMessage cards = message;
  cards.body = Cards{};
  bytes = encode_cluster_message(cards);
  ASSERT_EQ(bytes.back(), 0);
  bytes.pop_back();
  out.raw(bytes);
  out.varint(Roster::kMaxMembers + 2);
  EXPECT_FALSE(decode_cluster_message(out.bytes()));
}

Standing leader_of_majority() {
  Standing standing;
  standing.self = node("a");
  standing.policy = Policy::majority;
  standing.condition = Condition::taking_part;
  standing.promised = standing.following = {.term = 2, .node = node("a")};
  standing.lease_until = 1'000;
  return standing;
}

TEST(RoleTest, FollowsFromTheStandingAndTheTime) {
  Standing standing = leader_of_majority();
  EXPECT_EQ(part(standing, 999), Part::leading);
  EXPECT_EQ(part(standing, 1'000), Part::looking);  // the lease is over
  standing.policy = Policy::available;
  EXPECT_EQ(part(standing, 1'000), Part::looking);  // a claim, until the news of it went round
  standing.in_office = true;
  EXPECT_EQ(part(standing, 1'000), Part::leading);
  standing.promised.term = 3;  // a higher ballot was promised
  EXPECT_EQ(part(standing, 999), Part::looking);
  standing.following.node = standing.promised.node = node("b");
  standing.contact = 500;
  EXPECT_EQ(part(standing, 500 + kLease - 1), Part::following);
  EXPECT_EQ(part(standing, 500 + kLease), Part::looking);
  standing.condition = Condition::frozen;
  EXPECT_EQ(part(standing, 500), Part::frozen);
  standing.condition = Condition::starting;
  EXPECT_EQ(part(standing, 500), Part::starting);
}

}  // namespace
}  // namespace mz
