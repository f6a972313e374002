// Who is known as a member, and who has a place.
#include "p2p/agreement/roster.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/p2p/mark_signer.h"

namespace mz {
namespace {

constexpr Instant kStart = 100 * kLease;

NodeId node(std::string_view name) { return node_called(name); }

Card card(const std::string& name, std::uint64_t incarnation = 1, Presence presence = Presence::present) {
  Card card;
  card.id = node(name);
  card.life = {.incarnation = incarnation, .boot_id = 1};
  card.presence = presence;
  card.signature = MarkSigner(card.id).sign_card({});
  return card;
}

class RosterTest : public testing::Test {
 protected:
  Roster::Merge merge(const Card& card, Instant now = kStart) { return roster_.merge(card, now, signer_); }

  // Members until there is room for no more; the first one is "member 0".
  void fill() {
    for (std::size_t i = roster_.members().size(); i < Roster::kMaxMembers; ++i) {
      EXPECT_EQ(merge(card("member " + std::to_string(i))), Roster::Merge::taken);
    }
  }
  bool knows(const std::string& name) { return roster_.find(node(name)) != nullptr; }

  MarkSigner signer_{node("self")};
  Roster roster_;
  const Card own_ = card("self");
};

TEST_F(RosterTest, TheDigestForgetsWhoWasPutOut) {
  merge(card("a"));
  const std::uint64_t without = roster_.digest(own_);
  merge(card("b"));
  EXPECT_NE(roster_.digest(own_), without);
  roster_.exclude(node("b"));
  EXPECT_EQ(roster_.digest(own_), without);
}

// Or each node that forgot somebody would be told again by those that did not.
TEST_F(RosterTest, TheDigestIsTheSameWhetherSomebodyWhoLeftIsKnownOrNot) {
  merge(card("a"));
  const std::uint64_t without = roster_.digest(own_);
  merge(card("b", 1, Presence::left));
  EXPECT_EQ(roster_.digest(own_), without);
  merge(card("b", 2));
  EXPECT_NE(roster_.digest(own_), without) << "it is back";
}

TEST_F(RosterTest, WhoIsPutOutTakesNoPlaceAndFindsNone) {
  for (std::size_t i = 0; i <= Roster::kMaxMembers; ++i) roster_.exclude(node("member " + std::to_string(i)));
  EXPECT_TRUE(roster_.members().empty());
  roster_.introduce(node("member 0"), "192.0.2.1:8765", kStart);
  EXPECT_EQ(merge(card("member 0")), Roster::Merge::refused);
  EXPECT_TRUE(roster_.members().empty());
  EXPECT_EQ(merge(card("a")), Roster::Merge::taken);
}

TEST_F(RosterTest, AMemberThatWasPutOutStaysSoWhateverItSays) {
  merge(card("a"));
  roster_.exclude(node("a"));
  EXPECT_EQ(merge(card("a", 2)), Roster::Merge::refused);
  EXPECT_TRUE(roster_.find(node("a"))->excluded);
  EXPECT_TRUE(roster_.active().empty());
}

TEST_F(RosterTest, AFullRosterForgetsWhoIsNoMemberAndWasSilentLongest) {
  merge(card("left", 1, Presence::left), kStart + 2);
  roster_.introduce(node("hearsay"), "192.0.2.1:8765", kStart + 1);
  merge(card("put out"), kStart);
  roster_.exclude(node("put out"));
  roster_.find(node("put out"))->heard = kStart + 3;
  fill();
  merge(card("a"), kStart + 10);
  EXPECT_FALSE(knows("hearsay"));
  EXPECT_TRUE(knows("left"));
  roster_.introduce(node("b"), "192.0.2.1:8765", kStart + 11);
  EXPECT_FALSE(knows("left"));
  EXPECT_TRUE(knows("put out"));
  merge(card("c"), kStart + 12);
  EXPECT_FALSE(knows("put out"));
  merge(card("d"), kStart + 13);
  EXPECT_FALSE(knows("b"));
  for (const char* name : {"a", "c", "d", "member 3"}) EXPECT_TRUE(knows(name)) << name;
  EXPECT_EQ(roster_.members().size(), Roster::kMaxMembers);
  EXPECT_FALSE(roster_.turned_away_at());
}

TEST_F(RosterTest, AFullRosterForgetsNoMemberAndSaysThatOneWasTurnedAway) {
  merge(card("cloned", 1, Presence::cloned));  // or it could come back as if nothing had been
  fill();
  EXPECT_EQ(merge(card("a"), kStart + 1), Roster::Merge::refused);
  EXPECT_EQ(roster_.turned_away_at(), kStart + 1);
  roster_.introduce(node("b"), "192.0.2.1:8765", kStart + 2);
  EXPECT_FALSE(knows("b"));
  EXPECT_EQ(roster_.turned_away_at(), kStart + 2);
  EXPECT_EQ(merge(card("member 3", 2), kStart + 3), Roster::Merge::taken) << "a member has its place";
}

TEST_F(RosterTest, NobodyIsTurnedAwayByTheNewsThatSomebodyLeftOrByAFalseCard) {
  merge(card("left", 1, Presence::left));
  fill();
  EXPECT_EQ(merge(card("a", 1, Presence::left)), Roster::Merge::refused);
  Card invented = card("b");
  invented.signature = MarkSigner(invented.id).sign({});
  EXPECT_EQ(merge(invented), Roster::Merge::refused);
  EXPECT_TRUE(knows("left"));
  EXPECT_FALSE(roster_.turned_away_at());
}

}  // namespace
}  // namespace mz
