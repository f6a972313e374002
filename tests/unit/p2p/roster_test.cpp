// Who is known as a member, and who has a place.
#include "p2p/agreement/roster.h"

#include <gtest/gtest.h>

#include <string>

namespace mz {
namespace {

constexpr Instant kStart = 100 * kLease;

NodeId node(const std::string& name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

Card card(const std::string& name, std::uint64_t incarnation = 1, Presence presence = Presence::present) {
  Card card;
  card.id = node(name);
  card.life = {.incarnation = incarnation, .boot_id = 1};
  card.presence = presence;
  card.signature = {1};
  return card;
}

class OneMarkSigner final : public Signer {
 public:
  Signature sign(std::span<const std::uint8_t>) override { return {1}; }
  bool verify(const NodeId&, std::span<const std::uint8_t>, const Signature& signature) override {
    return signature == Signature{1};
  }
  Signature sign_card(std::span<const std::uint8_t>) override { return {1}; }
  bool verify_card(const NodeId&, std::span<const std::uint8_t>, const Signature& signature) override {
    return signature == Signature{1};
  }
};

class RosterTest : public testing::Test {
 protected:
  Roster::Merge merge(const Card& card, Instant now = kStart) { return roster_.merge(card, now, signer_); }

  OneMarkSigner signer_;
  Roster roster_;
  const Card own_ = card("self");
};

TEST_F(RosterTest, TheDigestForgetsWhoWasPutOut) {
  merge(card("a"));
  const std::uint64_t without = roster_.digest(own_);
  merge(card("b"));
  EXPECT_NE(roster_.digest(own_), without);
  roster_.exclude(node("b"), kStart);
  EXPECT_EQ(roster_.digest(own_), without);
}

}  // namespace
}  // namespace mz
