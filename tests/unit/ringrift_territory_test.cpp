// RingRift territory and forced elimination. C and X numbers as in ringrift_rules_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/ringrift_scene.h"

namespace mz::test {
namespace {

Scene territory(Scene scene) {
  scene.phase = "territory_processing";
  scene.flags = "a";
  return scene;
}

const Scene kX8 = territory({.stacks = "0,0:12 5,5:211 6,6:2", .markers = "0,1:1 1,0:1 2,1:2 5,0:1", .hands = "5,5"});

TEST(RingRiftTerritory, X8_C59_C63_APocketIsTakenWithEveryMarkerConnectedToItsWallAndPaidWithACap) {
  Played at(kX8);
  EXPECT_EQ(at.moves(), (Texts{"CT 1 0,0", "ST 1"}));
  at.play({"CT 1 0,0"});
  EXPECT_EQ(at.field('C'), "0,0:1 0,1:1 1,0:1 2,1:1");
  EXPECT_EQ(at.field('M'), "5,0:1");
  EXPECT_EQ(at.field('S'), "5,5:211 6,6:2");
  EXPECT_EQ(at.field('E'), "2,0");
  EXPECT_EQ(at.field('R'), "4,0");
  EXPECT_EQ(at.field('Q'), "at");
  EXPECT_EQ(at.moves(), Texts{"ER 1 T 5,5 2"});  // C67: neither another region nor skipping
  at.play({"ER 1 T 5,5 2"});
  EXPECT_EQ(at.field('S'), "5,5:2 6,6:2");
  EXPECT_EQ(at.field('E'), "4,0");
  EXPECT_EQ(at.state(), "ring_placement, 2");  // C70: no NT afterwards
}

TEST(RingRiftTerritory, X8_MayBeSkipped) {
  Played at(kX8);
  at.play({"ST 1"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
  EXPECT_EQ(at.field('C'), "");
}

TEST(RingRiftTerritory, C72_APocketMayBeTakenByWhoeverIsToMoveAndCanPay) {
  Scene scene = kX8;
  scene.turn = 2;
  EXPECT_TRUE(Played(scene).legal("CT 2 0,0"));
}

struct Corner {
  std::string board, stacks, markers, region, collapsed, left;
};

class X9 : public testing::TestWithParam<Corner> {};

TEST_P(X9, C64_HowFarABorderSpreadsDependsOnTheBoard) {
  const Corner& corner = GetParam();
  Played at(territory({.board = corner.board, .stacks = corner.stacks, .markers = corner.markers}));
  EXPECT_TRUE(at.legal("CT 1 " + corner.region));
  at.play({"CT 1 " + corner.region});
  EXPECT_EQ(at.field('C'), corner.collapsed);
  EXPECT_EQ(at.field('M'), corner.left);
}

// A corner walled by its three neighbours, with two more markers trailing off. On hex8 the last one is reached by the offset
// (-1,-1), which is no neighbour.
INSTANTIATE_TEST_SUITE_P(RingRift, X9,
                         testing::Values(Corner{"hex8", "0,0:1 -1,0:2", "3,0:1 3,1:1 4,-1:1 2,0:2 1,-1:1", "4,0",
                                                "1,-1:1 2,0:1 3,0:1 3,1:1 4,-1:1 4,0:1", ""},
                                         Corner{"hexagonal", "0,0:1 -1,0:2", "11,0:1 11,1:1 12,-1:1 10,0:2 9,-1:1",
                                                "12,0", "11,0:1 11,1:1 12,-1:1 12,0:1", "9,-1:1 10,0:2"}),
                         [](const auto& param) { return param.param.board; });

TEST(RingRiftTerritory, X12_C56_APocketBetweenCollapsedCellsNeedsAMarkerSomewhereOrAStackInside) {
  const Scene scene = territory({.stacks = "4,4:1 6,6:2", .collapsed = "0,1:1 1,0:2"});
  EXPECT_EQ(Played(scene).moves(), Texts{"NT 1"});
  Scene marker = scene;
  marker.markers = "7,0:1";
  EXPECT_EQ(Played(marker).moves(), (Texts{"CT 1 0,0", "ST 1"}));
  marker.markers = "7,0:1 7,1:2";
  EXPECT_EQ(Played(marker).moves(), (Texts{"CT 1 0,0", "ST 1"})) << "two border colours, one region";
  Scene stack = scene;
  stack.stacks += " 0,0:2";
  EXPECT_EQ(Played(stack).moves(), (Texts{"CT 1 0,0", "ST 1"}));
}

TEST(RingRiftTerritory, X13_C57_AThirdPlayerWithOnlyBuriedRingsMakesEverySideARegion) {
  Played at(territory({.players = 3, .stacks = "0,0:1 4,4:31 6,6:2", .markers = "0,1:2 1,0:2"}));
  const Texts regions = at.moves("CT");
  ASSERT_EQ(regions.size(), 2U);
  EXPECT_EQ(std::count(regions.begin(), regions.end(), "CT 1 0,0"), 1);
  const std::string big = regions[regions[0] == "CT 1 0,0" ? 1 : 0];
  at.play({big});
  EXPECT_EQ(at.field('R'), "63,0,0");  // 61 cells and the two markers
  EXPECT_EQ(at.field('E'), "3,0,0");
  EXPECT_EQ(at.moves(), Texts{"ER 1 T 0,0 1"});
  at.play({"ER 1 T 0,0 1"});
  EXPECT_EQ(at.field('E'), "4,0,0");
  EXPECT_EQ(at.result(), "1 by territory_threshold");
}

// A wall of player 1 down the board, with one colour on each side.
TEST(RingRiftTerritory, C54_BothSidesOfAWallAreRegionsWhenEachLacksAColour) {
  const std::string wall = "3,0:1 3,1:1 3,2:1 3,3:1 3,4:1 3,5:1 3,6:1 3,7:1";
  Played at(territory({.turn = 2, .stacks = "0,0:1 7,7:2 5,5:2", .markers = wall}));
  // Player 2 could only pay for the left side: all its stacks stand on the right (C61).
  const Texts regions = at.moves("CT");
  ASSERT_EQ(regions.size(), 1U);
  EXPECT_TRUE(regions[0].starts_with("CT 2 0,0;0,1;")) << regions[0];  // C62: the border is player 1's
  at.play({regions[0]});
  EXPECT_EQ(at.field('R'), "0,32");
  EXPECT_EQ(at.field('E'), "0,1");
  const Played both(territory({.players = 3, .stacks = "0,0:1 1,1:1 7,7:2 5,5:1 0,7:3", .markers = wall}));
  // With a third colour on the left each side lacks one, and player 1 has stacks on both.
  EXPECT_EQ(both.moves("CT").size(), 2U);
}

TEST(RingRiftTerritory, C58_AWallOfTwoColoursCutsNothingOff) {
  EXPECT_EQ(Played(territory({.stacks = "0,0:2 4,4:1 6,6:2", .markers = "0,1:1 1,0:2"})).moves(), Texts{"NT 1"});
}

TEST(RingRiftTerritory, C59_DiagonalGapsDoNotConnectOnSquareBoards) {
  EXPECT_TRUE(Played(territory({.stacks = "0,0:2 4,4:1 6,6:2", .markers = "0,1:1 1,0:1"})).legal("CT 1 0,0"));
  // Hexagons have no such gaps: the corner of hex8 has three neighbours.
  EXPECT_EQ(Played(territory({.board = "hex8", .stacks = "4,0:2 0,0:1 -2,0:2", .markers = "3,0:1 3,1:1"})).moves(),
            Texts{"NT 1"});
}

TEST(RingRiftTerritory, C60_WithOneColourLeftOnTheBoardOnlyEmptyPocketsCount) {
  const Played at(territory({.stacks = "7,0:1 4,4:1", .markers = "0,1:1 1,0:1 6,0:1 7,1:1", .hands = "0,3"}));
  EXPECT_EQ(at.moves(), (Texts{"CT 1 0,0", "ST 1"}));  // and not the pocket of 7,0
}

TEST(RingRiftTerritory, C66_OwnStacksInsideAreLostAndCredited) {
  Played at(territory({.stacks = "0,0:11 4,4:1 6,6:2", .markers = "0,1:1 1,0:1"}));
  at.play({"CT 1 0,0"});
  EXPECT_EQ(at.field('E'), "2,0");
  EXPECT_EQ(at.field('S'), "4,4:1 6,6:2");
}

TEST(RingRiftTerritory, C68_OneOutsideStackPaysForOneRegionOnly) {
  Played at(territory({.stacks = "0,0:2 7,0:2 4,4:1 6,6:2", .markers = "0,1:1 1,0:1 6,0:1 7,1:1", .hands = "5,5"}));
  EXPECT_EQ(at.moves(), (Texts{"CT 1 0,0", "CT 1 7,0", "ST 1"}));
  at.play({"CT 1 7,0", "ER 1 T 4,4 1"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
}

TEST(RingRiftTerritory, C71_AfterOneRegionTheNextMayBeTakenOrSkipped) {
  Played at(territory({.stacks = "0,0:2 7,0:2 4,4:1 5,3:1 6,6:2", .markers = "0,1:1 1,0:1 6,0:1 7,1:1"}));
  at.play({"CT 1 7,0", "ER 1 T 4,4 1"});
  EXPECT_EQ(at.moves(), (Texts{"CT 1 0,0", "ST 1"}));
  at.play({"ST 1"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
}

TEST(RingRiftTerritory, InARecoveryTurnTheLowestBuriedRingPays) {
  Scene scene = territory({.stacks = "0,0:2 4,4:2122 6,6:2", .markers = "0,1:1 1,0:1"});
  scene.flags = "ar";
  Played at(scene);
  EXPECT_EQ(at.moves(), (Texts{"CT 1 0,0", "ST 1"}));
  at.play({"CT 1 0,0"});
  EXPECT_EQ(at.moves(), Texts{"ER 1 R 4,4 1"});
  at.play({"ER 1 R 4,4 1"});
  EXPECT_EQ(at.field('S'), "4,4:222 6,6:2");
  EXPECT_EQ(at.field('E'), "2,0");
}

TEST(RingRiftTerritory, WithoutAStackAndWithoutRecoveryNobodyCanPay) {
  EXPECT_EQ(Played(territory({.stacks = "0,0:2 4,4:2122 6,6:2", .markers = "0,1:1 1,0:1"})).moves(), Texts{"NT 1"});
}

// --- Forced elimination -----------------------------------------------------------------------------------------------

const Scene kX10{.phase = "ring_placement", .stacks = "0,0:11 0,1:222 1,0:222 1,1:222"};

TEST(RingRiftForcedElimination, X10_C9_C75_FollowsNoLineActionAtOnceWhenThereIsNoRegion) {
  Played at(kX10);
  for (const std::string_view only : {"NP 1", "NM 1", "NL 1"}) {
    EXPECT_EQ(at.moves(), Texts{std::string(only)});
    at.play({only});
  }
  EXPECT_EQ(at.state(), "forced_elimination, 1");
  EXPECT_EQ(at.moves(), Texts{"FE 1 0,0 2"});
  at.play({"FE 1 0,0 2"});
  EXPECT_EQ(at.result(), "2 by early_lps");
}

TEST(RingRiftForcedElimination, X10_C74_TheGameGoesOnWhileARingIsBuriedSomewhere) {
  Scene scene = kX10;
  scene.stacks = "0,0:11 0,1:222 1,0:1222 1,1:222";
  Played at(scene);
  at.play({"NP 1", "NM 1", "NL 1", "FE 1 0,0 2"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
  EXPECT_EQ(at.field('E'), "2,0");
}

TEST(RingRiftForcedElimination, C73_TakesOneWholeCapOfOneStack) {
  Scene scene = kX10;
  scene.stacks = "0,0:211 0,1:2222 1,0:2222 1,1:2222 7,7:1 7,6:222 6,7:222 6,6:222";
  Played at(scene);
  at.play({"NP 1", "NM 1", "NL 1"});
  EXPECT_EQ(at.moves(), (Texts{"FE 1 0,0 2", "FE 1 7,7 1"}));
  at.play({"FE 1 0,0 2"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
  EXPECT_EQ(at.field('E'), "2,0");
  EXPECT_TRUE(at.field('S').starts_with("0,0:2 "));
}

// Player 1 is shut in at 0,0; the corner 7,7 is a pocket of its markers.
const Scene kBlockedWithPocket{
    .phase = "ring_placement", .stacks = "0,0:11 0,1:222 1,0:222 1,1:222 7,7:2", .markers = "6,7:1 7,6:1"};

TEST(RingRiftForcedElimination, C9_WithARegionItComesOnlyAfterSkipping) {
  Played at(kBlockedWithPocket);
  at.play({"NP 1", "NM 1", "NL 1"});
  EXPECT_EQ(at.state(), "territory_processing, 1");
  EXPECT_EQ(at.moves(), (Texts{"CT 1 7,7", "ST 1"}));
  at.play({"ST 1"});
  EXPECT_EQ(at.state(), "forced_elimination, 1");
}

TEST(RingRiftForcedElimination, C9_TakingARegionAvertsIt) {
  Played at(kBlockedWithPocket);
  at.play({"NP 1", "NM 1", "NL 1", "CT 1 7,7", "ER 1 T 0,0 2"});
  EXPECT_FALSE(at.outcome().over && at.state().starts_with("forced"));
  EXPECT_EQ(at.result(), "2 by early_lps");  // the only stack of player 1 paid
}

TEST(RingRiftForcedElimination, C75_AnOwnLineAvertsIt) {
  Scene scene = kX10;
  scene.stacks += " 5,6:2";
  scene.markers = "2,7:1 3,7:1 4,7:1 5,7:1";
  Played at(scene);
  at.play({"NP 1", "NM 1"});
  EXPECT_EQ(at.moves("PL").size(), 1U);
  at.play({"PL 1 2,7;3,7;4,7;5,7", "ER 1 L 0,0 1", "NL 1"});
  EXPECT_EQ(at.state(), "territory_processing, 1");
  at.play({"NT 1"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
}

TEST(RingRiftForcedElimination, C76_NeverMeetsAPlayerWithoutStacks) {
  Played at({.phase = "ring_placement", .stacks = "3,3:12"});
  at.play({"NP 1", "NM 1", "NL 1"});
  EXPECT_EQ(at.moves(), Texts{"NT 1"});
}

TEST(RingRiftForcedElimination, C18_ListsNothingForAPlayerWhoCouldAct) {
  EXPECT_TRUE(Played({.phase = "forced_elimination", .stacks = "0,0:1 7,7:2"}).moves().empty());
}

}  // namespace
}  // namespace mz::test
