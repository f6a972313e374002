// RingRift move by move: placement, movement, captures and the flow of a turn. C and X numbers are the corner cases and worked
// examples of the rules (docs/rules.md), FORMAT the description of the recorded games.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/ringrift_scene.h"

namespace mz::test {
namespace {

Played start(const std::string& board, int players, std::map<std::string, int> options = {}) {
  std::string hand = board == "square19" ? "72" : board == "hexagonal" ? "96" : "18";
  std::string hands = hand;
  for (int p = 1; p < players; ++p) hands += "," + hand;
  return Played(
      {.board = board, .players = players, .phase = "ring_placement", .hands = hands, .options = std::move(options)});
}

std::size_t count_ending(const Texts& texts, std::string_view end) {
  return static_cast<std::size_t>(
      std::count_if(texts.begin(), texts.end(), [&](const std::string& text) { return text.ends_with(end); }));
}

// --- Boards -----------------------------------------------------------------------------------------------------------

TEST(RingRiftBoards, C1_EveryCellTakesTheFirstPlacementOfOneToThreeRings) {
  for (const auto& [board, cells] : std::vector<std::pair<std::string, std::size_t>>{
           {"square8", 64}, {"square19", 361}, {"hex8", 61}, {"hexagonal", 469}}) {
    const Texts moves = start(board, 2).moves();
    EXPECT_EQ(moves.size(), 3 * cells) << board;
    for (const std::string count : {" 1", " 2", " 3"}) EXPECT_EQ(count_ending(moves, count), cells) << board << count;
  }
}

TEST(RingRiftBoards, InitialPositionsHoldTheRingSupplyOfTheBoard) {
  for (const auto& [board, rings] : std::vector<std::pair<std::string, std::string>>{
           {"square8", "18"}, {"square19", "72"}, {"hex8", "18"}, {"hexagonal", "96"}}) {
    const auto game = make_game({.game = "ringrift", .board = board, .seats = 3, .options = {}}).value();
    EXPECT_EQ(game->initial()->text(), board + "|N3|T1|ring_placement|S |M |C |H " + rings + "," + rings + "," + rings +
                                           "|E 0,0,0|R 0,0,0|X -|K -|Q -|L 0;.;0;0");
  }
}

TEST(RingRiftBoards, ALoneRingMovesAlongEveryRayToTheEdge) {
  // From a corner of the square 3 rays of 7; from its centre 27 cells; in the middle of a hexagon 6 rays of 4 and of 12.
  EXPECT_EQ(Played({.stacks = "0,0:1"}).moves("MS").size(), 21U);
  EXPECT_EQ(Played({.stacks = "3,3:1"}).moves("MS").size(), 27U);
  EXPECT_EQ(Played({.board = "hex8", .stacks = "0,0:1"}).moves("MS").size(), 24U);
  EXPECT_EQ(Played({.board = "hexagonal", .stacks = "0,0:1"}).moves("MS").size(), 72U);
  EXPECT_EQ(Played({.board = "square19", .stacks = "9,9:1"}).moves("MS").size(), 72U);
}

TEST(RingRiftBoards, HexagonsHaveNoNeighbourAcrossTheirCorners) {
  const Texts moves = Played({.board = "hex8", .stacks = "0,0:1"}).moves("MS");
  for (const std::string cell : {"1,0", "0,1", "-1,1", "-1,0", "0,-1", "1,-1"}) {
    EXPECT_TRUE(std::count(moves.begin(), moves.end(), "MS 1 0,0 " + cell)) << cell;
  }
  EXPECT_FALSE(std::count(moves.begin(), moves.end(), "MS 1 0,0 1,1"));
  EXPECT_FALSE(std::count(moves.begin(), moves.end(), "MS 1 0,0 -1,-1"));
}

// --- Placement --------------------------------------------------------------------------------------------------------

TEST(RingRiftPlacement, NeverOnAMarkerOrACollapsedCell) {
  const Played at({.phase = "ring_placement", .markers = "1,1:1 2,2:2", .collapsed = "3,3:1 4,4:2", .hands = "5,5"});
  for (const std::string cell : {"1,1", "2,2", "3,3", "4,4"}) EXPECT_TRUE(at.moves("PR 1 " + cell).empty()) << cell;
  EXPECT_EQ(count_ending(at.moves("PR"), " 1"), 60U);
}

TEST(RingRiftPlacement, OfOneRingOnTopOfAnyStackTakesItOver) {
  Played at({.phase = "ring_placement", .stacks = "3,3:22 5,5:1", .hands = "5,5"});
  EXPECT_EQ(at.moves("PR 1 3,3"), Texts{"PR 1 3,3 1"});
  EXPECT_EQ(at.moves("PR 1 5,5"), Texts{"PR 1 5,5 1"});
  at.play({"PR 1 3,3 1"});
  EXPECT_EQ(at.field('S'), "3,3:221 5,5:1");  // C24
  EXPECT_EQ(at.field('H'), "4,5");
  EXPECT_EQ(at.field('X'), "3,3");
  EXPECT_EQ(at.state(), "movement, 1");
  EXPECT_FALSE(at.legal("MS 1 3,3 5,3")) << "height 3 moves at least 3";
  EXPECT_TRUE(at.legal("MS 1 3,3 6,3"));
}

TEST(RingRiftPlacement, IsLimitedByTheHand) {
  const auto most = [](const std::string& hands) {
    return Played({.phase = "ring_placement", .stacks = "7,7:2", .hands = hands}).moves("PR 1 0,0").size();
  };
  EXPECT_EQ(most("1,5"), 1U);
  EXPECT_EQ(most("2,5"), 2U);
  EXPECT_EQ(most("9,5"), 3U);
}

TEST(RingRiftPlacement, C4_NeverBringsMoreRingsOntoTheBoardThanThePlayerOwns) {
  // 18 rings each: 17 of player 1 stand on the board, some of them buried under player 2.
  const Played one_left({.phase = "ring_placement", .stacks = "7,0:111112 7,2:1111112 7,4:111111", .hands = "5,5"});
  EXPECT_EQ(one_left.moves("PR 1 0,0"), Texts{"PR 1 0,0 1"});
  const Played none_left({.phase = "ring_placement", .stacks = "7,0:111112 7,2:1111112 7,4:1111111", .hands = "5,5"});
  EXPECT_TRUE(none_left.moves("PR").empty());
}

// Corner 0,0 with one open cell to the right.
TEST(RingRiftPlacement, C21_TheNewStackMustBeAbleToMoveItsOwnHeight) {
  const Played one({.phase = "ring_placement", .stacks = "7,7:2", .collapsed = "0,1:1 1,1:2 2,0:1", .hands = "5,5"});
  EXPECT_EQ(one.moves("PR 1 0,0"), Texts{"PR 1 0,0 1"});
  const Played two({.phase = "ring_placement", .stacks = "7,7:2", .collapsed = "0,1:1 1,1:2 3,0:1", .hands = "5,5"});
  EXPECT_EQ(two.moves("PR 1 0,0"), (Texts{"PR 1 0,0 1", "PR 1 0,0 2"}));
  const Played none({.phase = "ring_placement", .stacks = "7,7:2", .collapsed = "0,1:1 1,0:2 1,1:1", .hands = "5,5"});
  EXPECT_TRUE(none.moves("PR 1 0,0").empty());
}

TEST(RingRiftPlacement, ACaptureSavesAPlacementThatCannotMove) {
  // 0,0 sees the ring at 1,0 and can land behind it.
  const Played at({.phase = "ring_placement", .stacks = "1,0:2", .collapsed = "0,1:1 1,1:2", .hands = "5,5"});
  EXPECT_EQ(at.moves("PR 1 0,0"), (Texts{"PR 1 0,0 1", "PR 1 0,0 2", "PR 1 0,0 3"}));
}

TEST(RingRiftPlacement, C22_X11_WhereOneRingIsDeadTwoAndThreeAreNotListedEither) {
  const Played at({.phase = "ring_placement", .stacks = "0,1:2222 1,0:22 1,1:2222", .hands = "5,5"});
  EXPECT_TRUE(at.moves("PR 1 0,0").empty());
}

TEST(RingRiftPlacement, C23_NotOntoAStackTooTallToMoveAfterwards) {
  EXPECT_TRUE(Played({.phase = "ring_placement", .stacks = "0,0:222222", .hands = "5,5"}).legal("PR 1 0,0 1"));
  EXPECT_FALSE(Played({.phase = "ring_placement", .stacks = "0,0:2222222", .hands = "5,5"}).legal("PR 1 0,0 1"));
}

TEST(RingRiftPlacement, MayBeSkippedOnlyByAPlayerWhoseStacksCanAct) {
  EXPECT_TRUE(Played({.phase = "ring_placement", .stacks = "0,0:1 7,7:2", .hands = "5,5"}).legal("SP 1"));
  EXPECT_FALSE(Played({.phase = "ring_placement", .stacks = "7,7:2", .hands = "5,5"}).legal("SP 1"));
}

TEST(RingRiftPlacement, C26_IsMandatoryWhenEveryOwnStackIsBlocked) {
  // 0,0 is shut in by stacks that are too strong and too tall.
  const Played at({.phase = "ring_placement", .stacks = "0,0:11 0,1:222 1,0:222 1,1:222", .hands = "5,5"});
  EXPECT_FALSE(at.legal("SP 1"));
  EXPECT_FALSE(at.legal("NP 1"));
  EXPECT_FALSE(at.moves("PR").empty());
}

TEST(RingRiftPlacement, C13_WithNowhereToPlaceButAStackToMoveOnlySkippingIsLeft) {
  const Played at({.phase = "ring_placement",
                   .stacks = "0,0:11",
                   .markers = "1,0:1 2,0:2",
                   .collapsed = all_collapsed_but("0,0 1,0 2,0"),
                   .hands = "5,5"});
  EXPECT_EQ(at.moves(), Texts{"SP 1"});
}

TEST(RingRiftPlacement, WithAnEmptyHandThereIsOnlyTheBookkeepingMove) {
  EXPECT_EQ(Played({.phase = "ring_placement", .stacks = "0,0:1 7,7:2", .hands = "0,5"}).moves(), Texts{"NP 1"});
}

TEST(RingRiftPlacement, C27_ABlockedPlayerWithoutStacksPassesThroughTheWholeTurn) {
  Played at({.phase = "ring_placement",
             .stacks = "0,0:2",
             .markers = "1,0:2",
             .collapsed = all_collapsed_but("0,0 1,0"),
             .hands = "3,0"});
  for (const std::string_view only : {"NP 1", "NM 1", "NL 1", "NT 1"}) {
    EXPECT_EQ(at.moves(), Texts{std::string(only)});
    at.play({only});
  }
  EXPECT_EQ(at.state(), "ring_placement, 2");
}

TEST(RingRiftPlacement, OnlyWhatChangesTheBoardCountsAsActing) {  // C19, rules 5.4
  const Scene scene{.phase = "ring_placement", .stacks = "0,0:1 7,7:2", .hands = "5,5"};
  EXPECT_EQ(Played(scene).play({"SP 1"}).field('Q'), "-");
  EXPECT_EQ(Played(scene).play({"PR 1 3,3 1"}).field('Q'), "a");
  EXPECT_EQ(Played(scene).play({"SP 1", "MS 1 0,0 0,1"}).field('Q'), "a");
}

// --- The pie rule -----------------------------------------------------------------------------------------------------

TEST(RingRiftSwap, C105_C107_IsOfferedToPlayerTwoOnceAndCountsAsActing) {
  const auto game = make_game({.game = "ringrift", .board = "square8", .seats = 2, .options = {{"swap", 1}}}).value();
  const auto position = game->initial();
  const auto play = [&](std::string_view text) {
    const auto move = position->parse_move(text);
    ASSERT_TRUE(move) << text;
    ASSERT_TRUE(position->play(*move));
  };
  EXPECT_FALSE(position->parse_move("SW 1"));
  for (const std::string_view move : {"PR 1 0,0 1", "MS 1 0,0 0,1", "NL 1", "NT 1"}) play(move);
  EXPECT_TRUE(position->parse_move("SW 2"));
  const auto swapped = position->clone();
  play("SW 2");
  EXPECT_NE(position->text().find("|T2|ring_placement|S 0,1:1|M 0,0:1|"), std::string::npos) << position->text();
  EXPECT_NE(position->text().find("|Q a|"), std::string::npos);
  EXPECT_FALSE(position->parse_move("SW 2"));
  // Not after a move of player 2 either.
  const auto move = swapped->parse_move("PR 2 7,7 1");
  ASSERT_TRUE(swapped->play(*move));
  EXPECT_FALSE(swapped->parse_move("SW 2"));
}

TEST(RingRiftSwap, C106_IsNotOfferedUnlessTheOptionIsOnAndNeverToThree) {
  Played two({.phase = "ring_placement", .hands = "18,18"});
  two.play({"PR 1 0,0 1", "MS 1 0,0 0,1", "NL 1", "NT 1"});
  EXPECT_TRUE(two.moves("SW").empty());
  Played three = start("square8", 3, {{"swap", 1}});
  three.play({"PR 1 0,0 1", "MS 1 0,0 0,1", "NL 1", "NT 1"});
  EXPECT_TRUE(three.moves("SW").empty());
}

// --- Movement ---------------------------------------------------------------------------------------------------------

TEST(RingRiftMovement, C34_GoesAtLeastTheHeightAndHasNoMaximum) {
  const Texts moves = Played({.stacks = "0,0:111"}).moves("MS");
  EXPECT_EQ(moves.size(), 15U);  // distances 3 to 7 on three rays
  EXPECT_EQ(std::count(moves.begin(), moves.end(), "MS 1 0,0 2,0"), 0);
  EXPECT_EQ(std::count(moves.begin(), moves.end(), "MS 1 0,0 3,0"), 1);
  EXPECT_EQ(std::count(moves.begin(), moves.end(), "MS 1 0,0 7,7"), 1);
}

TEST(RingRiftMovement, StopsBeforeStacksAndCollapsedCells) {
  const Played at({.stacks = "0,0:1 4,0:111", .collapsed = "0,3:1"});
  EXPECT_EQ(at.moves("MS 1 0,0 "),
            (Texts{"MS 1 0,0 0,1", "MS 1 0,0 0,2", "MS 1 0,0 1,0", "MS 1 0,0 1,1", "MS 1 0,0 2,0", "MS 1 0,0 2,2",
                   "MS 1 0,0 3,0", "MS 1 0,0 3,3", "MS 1 0,0 4,4", "MS 1 0,0 5,5", "MS 1 0,0 6,6", "MS 1 0,0 7,7"}));
}

TEST(RingRiftMovement, C14_AfterAPlacementOnlyTheStackPlacedOnMayMove) {
  Played at({.phase = "ring_placement", .stacks = "0,0:1 7,7:2", .hands = "5,5"});
  at.play({"PR 1 3,3 1"});
  for (const std::string& move : at.moves())
    EXPECT_TRUE(move.starts_with("MS 1 3,3 ") || move.starts_with("OC 1 3,3 ")) << move;
  Played skipped({.phase = "ring_placement", .stacks = "0,0:1 3,3:1 7,7:2", .hands = "5,5"});
  skipped.play({"SP 1"});
  EXPECT_FALSE(skipped.moves("MS 1 0,0").empty());
  EXPECT_FALSE(skipped.moves("MS 1 3,3").empty());
}

TEST(RingRiftMovement, C16_ThereIsNoPassingWhileAnythingCanMove) {
  EXPECT_FALSE(Played({.stacks = "0,0:1 7,7:2"}).legal("NM 1"));
  EXPECT_EQ(Played({.stacks = "0,0:11 0,1:222 1,0:222 1,1:222"}).moves(), Texts{"NM 1"});
}

struct Landing {
  std::string to, stacks, markers, collapsed, eliminated;
};

class X1 : public testing::TestWithParam<Landing> {};

TEST_P(X1, MarkersOnThePathAndUnderTheLanding) {  // also C28, C30, C31, C32, C33
  Played at({.stacks = "0,0:1 7,7:2", .markers = "1,0:1 2,0:2 5,0:2 6,0:1"});
  EXPECT_EQ(at.moves("MS 1 0,0 ").size(), 7U + 7U + 6U);  // the row, the column, the diagonal before 7,7
  at.play({"MS 1 0,0 " + GetParam().to});
  EXPECT_EQ(at.field('S'), GetParam().stacks);
  EXPECT_EQ(at.field('M'), GetParam().markers);
  EXPECT_EQ(at.field('C'), GetParam().collapsed);
  EXPECT_EQ(at.field('E'), GetParam().eliminated);
  EXPECT_EQ(at.state(), "line_processing, 1");
}

INSTANTIATE_TEST_SUITE_P(RingRift, X1,
                         testing::Values(Landing{"4,0", "4,0:1 7,7:2", "0,0:1 2,0:1 5,0:2 6,0:1", "1,0:1", "0,0"},
                                         Landing{"5,0", "7,7:2", "0,0:1 2,0:1 6,0:1", "1,0:1", "1,0"},
                                         Landing{"6,0", "7,7:2", "0,0:1 2,0:1 5,0:1", "1,0:1", "1,0"},
                                         Landing{"7,0", "7,0:1 7,7:2", "0,0:1 2,0:1 5,0:1", "1,0:1 6,0:1", "0,0"}),
                         [](const auto& param) { return "To" + param.param.to.substr(0, 1); });

TEST(RingRiftMovement, X2_C29_LandingOnAMarkerMayHandTheStackOver) {
  Played at({.stacks = "0,0:21 4,4:2", .markers = "2,0:2"});
  at.play({"MS 1 0,0 2,0"});
  EXPECT_EQ(at.field('S'), "2,0:2 4,4:2");
  EXPECT_EQ(at.field('M'), "0,0:1");
  EXPECT_EQ(at.field('E'), "1,0");
  EXPECT_EQ(at.state(), "line_processing, 1");
}

TEST(RingRiftMovement, AfterAPlainMoveTheStackMayCaptureOrNot) {
  Played at({.stacks = "0,0:1 2,3:2 7,7:2"});
  at.play({"MS 1 0,0 0,3"});
  EXPECT_EQ(at.state(), "capture, 1");
  EXPECT_EQ(at.field('K'), "0,3");
  EXPECT_EQ(at.moves(), (Texts{"OC 1 0,3 2,3 3,3", "OC 1 0,3 2,3 4,3", "OC 1 0,3 2,3 5,3", "OC 1 0,3 2,3 6,3",
                               "OC 1 0,3 2,3 7,3", "SC 1"}));
  at.play({"SC 1"});
  EXPECT_EQ(at.state(), "line_processing, 1");
}

TEST(RingRiftMovement, C15_InCaptureOnlyTheStackThatMovedMayCapture) {
  // 5,5 could capture 5,6 too, but 0,3 has moved.
  Played at({.stacks = "0,0:1 2,3:2 5,5:1 5,6:2"});
  at.play({"MS 1 0,0 0,3"});
  for (const std::string& move : at.moves("OC")) EXPECT_TRUE(move.starts_with("OC 1 0,3 2,3 ")) << move;
}

// --- Captures ---------------------------------------------------------------------------------------------------------

TEST(RingRiftCapture, C35_TheFirstStackOnARayDecides) {
  EXPECT_TRUE(Played({.stacks = "0,0:1 2,0:22 4,0:2"}).moves("OC 1 0,0").empty());
  EXPECT_EQ(Played({.stacks = "0,0:1 2,0:2 4,0:2"}).moves("OC 1 0,0"), Texts{"OC 1 0,0 2,0 3,0"});
}

TEST(RingRiftCapture, C36_TheWholeSegmentIsAtLeastTheHeight) {
  EXPECT_EQ(Played({.stacks = "0,0:1111 1,0:2"}).moves("OC"),
            (Texts{"OC 1 0,0 1,0 4,0", "OC 1 0,0 1,0 5,0", "OC 1 0,0 1,0 6,0", "OC 1 0,0 1,0 7,0"}));
}

TEST(RingRiftCapture, C37_ComparesCapsNotHeights) {
  EXPECT_TRUE(Played({.stacks = "0,0:221 3,0:22"}).moves("OC").empty());
  EXPECT_FALSE(Played({.stacks = "0,0:221 3,0:112"}).moves("OC").empty());
  EXPECT_FALSE(Played({.stacks = "0,0:211 3,0:22"}).moves("OC").empty());
}

TEST(RingRiftCapture, C38_OfAnOwnStackTakesItsTopRingToTheBottom) {
  Played at({.stacks = "0,0:1 2,0:21 7,7:2"});
  at.play({"OC 1 0,0 2,0 5,0"});
  EXPECT_EQ(at.field('S'), "2,0:2 5,0:11 7,7:2");
}

TEST(RingRiftCapture, CollapsedCellsStopIt) {
  EXPECT_TRUE(Played({.stacks = "0,0:1 3,0:2", .collapsed = "2,0:1"}).moves("OC").empty());
  EXPECT_TRUE(Played({.stacks = "0,0:1 3,0:2", .collapsed = "4,0:1"}).moves("OC").empty());
  EXPECT_EQ(Played({.stacks = "0,0:1 3,0:2", .collapsed = "5,0:1"}).moves("OC"), Texts{"OC 1 0,0 3,0 4,0"});
}

struct Segment {
  std::string to, stacks, markers, collapsed, eliminated, state;
  Texts next;
};

class X3 : public testing::TestWithParam<Segment> {};

TEST_P(X3, CaptureWithMarkersOnTheWay) {  // also C40, C42
  Played at({.stacks = "0,0:11 2,0:12 6,0:2", .markers = "1,0:2 3,0:1 4,0:2"});
  EXPECT_EQ(at.moves("OC 1 0,0"), (Texts{"OC 1 0,0 2,0 3,0", "OC 1 0,0 2,0 4,0", "OC 1 0,0 2,0 5,0"}));
  at.play({"OC 1 0,0 2,0 " + GetParam().to});
  EXPECT_EQ(at.field('S'), GetParam().stacks);
  EXPECT_EQ(at.field('M'), GetParam().markers);
  EXPECT_EQ(at.field('C'), GetParam().collapsed);
  EXPECT_EQ(at.field('E'), GetParam().eliminated);
  EXPECT_EQ(at.state(), GetParam().state);
  if (!GetParam().next.empty()) {
    EXPECT_EQ(at.moves(), GetParam().next);  // C44: no way to stop
  }
}

INSTANTIATE_TEST_SUITE_P(
    RingRift, X3,
    testing::Values(
        Segment{"3,0",
                "2,0:1 3,0:21 6,0:2",
                "0,0:1 1,0:1 4,0:2",
                "",
                "1,0",
                "chain_capture, 1",
                {"CC 1 3,0 2,0 0,0", "CC 1 3,0 2,0 1,0", "CC 1 3,0 6,0 7,0"}},
        Segment{"4,0", "2,0:1 4,0:21 6,0:2", "0,0:1 1,0:1", "3,0:1", "1,0", "chain_capture, 1", {"CC 1 4,0 6,0 7,0"}},
        Segment{"5,0", "2,0:1 5,0:211 6,0:2", "0,0:1 1,0:1 4,0:1", "3,0:1", "0,0", "line_processing, 1", {}}),
    [](const auto& param) { return "To" + param.param.to.substr(0, 1); });

class X4 : public testing::TestWithParam<Segment> {};

TEST_P(X4, AnOptionalCaptureOfAnOwnStackThenAReversal) {  // also C38, C43
  Played at({.stacks = "0,0:1 4,0:21 7,7:2"});
  at.play({"MS 1 0,0 2,0"});
  EXPECT_EQ(at.moves(), (Texts{"OC 1 2,0 4,0 5,0", "OC 1 2,0 4,0 6,0", "OC 1 2,0 4,0 7,0", "SC 1"}));
  at.play({"OC 1 2,0 4,0 6,0"});
  EXPECT_EQ(at.field('S'), "4,0:2 6,0:11 7,7:2");
  EXPECT_EQ(at.field('M'), "0,0:1 2,0:1");
  EXPECT_EQ(at.moves(), (Texts{"CC 1 6,0 4,0 0,0", "CC 1 6,0 4,0 1,0", "CC 1 6,0 4,0 2,0", "CC 1 6,0 4,0 3,0"}));
  at.play({"CC 1 6,0 4,0 " + GetParam().to});
  EXPECT_EQ(at.field('S'), GetParam().stacks);
  EXPECT_EQ(at.field('M'), GetParam().markers);
  EXPECT_EQ(at.field('C'), GetParam().collapsed);
  EXPECT_EQ(at.field('E'), GetParam().eliminated);
  EXPECT_EQ(at.state(), "line_processing, 1");
}

INSTANTIATE_TEST_SUITE_P(RingRift, X4,
                         testing::Values(Segment{"3,0", "3,0:211 7,7:2", "0,0:1 2,0:1 6,0:1", "", "0,0", "", {}},
                                         Segment{"2,0", "2,0:21 7,7:2", "0,0:1 6,0:1", "", "1,0", "", {}},
                                         Segment{"1,0", "1,0:211 7,7:2", "0,0:1 6,0:1", "2,0:1", "0,0", "", {}},
                                         Segment{"0,0", "0,0:21 7,7:2", "6,0:1", "2,0:1", "1,0", "", {}}),
                         [](const auto& param) { return "To" + param.param.to.substr(0, 1); });

TEST(RingRiftCapture, C39_LosingTheTopRingOnAMarkerEndsTheChainWhenTheStackChangesHands) {
  Played at({.stacks = "0,0:1 2,0:2 6,0:2", .markers = "4,0:1"});
  at.play({"OC 1 0,0 2,0 4,0"});
  EXPECT_EQ(at.field('S'), "4,0:2 6,0:2");
  EXPECT_EQ(at.field('E'), "1,0");
  EXPECT_EQ(at.state(), "line_processing, 1");
}

TEST(RingRiftCapture, C41_EveryCapturedRingRaisesTheLeastDistance) {
  Played at({.stacks = "0,0:1 1,0:2 3,0:2 4,7:2"});
  at.play({"OC 1 0,0 1,0 2,0"});
  EXPECT_EQ(at.field('S'), "2,0:21 3,0:2 4,7:2");
  EXPECT_EQ(at.moves().front(), "CC 1 2,0 3,0 4,0");  // height 2: distance 2 is enough
  at.play({"CC 1 2,0 3,0 4,0"});
  EXPECT_EQ(at.moves(), Texts{"NL 1"});  // height 3 would have to land beyond 4,7, off the board
}

TEST(RingRiftCapture, ATallStackKeepsWhatIsBelowItsTopRing) {
  Played at({.stacks = "0,0:11 3,0:1122"});
  at.play({"OC 1 0,0 3,0 5,0"});
  EXPECT_EQ(at.field('S'), "3,0:112 5,0:211");
}

}  // namespace
}  // namespace mz::test
