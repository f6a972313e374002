// RingRift lines and recovery slides. C and X numbers as in ringrift_rules_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/ringrift_scene.h"

namespace mz::test {
namespace {

// --- Lines ------------------------------------------------------------------------------------------------------------

// A run of `length` markers of player 1 along the row (square) or axis (hexagon) through the middle of a board.
std::string run(int length, int y = 0, int first_x = 0) {
  std::string out;
  for (int i = 0; i < length; ++i) {
    out += (i == 0 ? "" : " ") + std::to_string(first_x + i) + "," + std::to_string(y) + ":1";
  }
  return out;
}

Texts line_moves(const std::string& board, int players, int length) {
  const bool hex = board == "hex8" || board == "hexagonal";
  return Played({.board = board,
                 .players = players,
                 .phase = "line_processing",
                 .stacks = hex ? "-3,0:1 0,3:2" : "0,5:1 5,5:2",
                 .markers = run(length),
                 .flags = "a"})
      .moves();
}

struct Needed {
  std::string board;
  int players;
  int line;     // length of an exact line, 0 where there is none
  int offered;  // shortest run that is offered at all
};

class LineLength : public testing::TestWithParam<Needed> {};

TEST_P(LineLength, C2_C48_RunsAreOfferedFromTheLengthOfTheirBoardOn) {
  const auto& [board, players, line, offered] = GetParam();
  EXPECT_EQ(line_moves(board, players, offered - 1), Texts{"NL 1"});
  const Texts moves = line_moves(board, players, offered);
  EXPECT_EQ(std::count_if(moves.begin(), moves.end(), [](const std::string& m) { return m.starts_with("PL"); }),
            line == offered ? 1 : 0);
  // Windows are as long as a line: one in an exact run (the run itself), two in a run that is longer by one.
  EXPECT_EQ(std::count_if(moves.begin(), moves.end(), [](const std::string& m) { return m.starts_with("CL"); }),
            line == offered ? 1 : 3);
  EXPECT_FALSE(std::count(moves.begin(), moves.end(), "NL 1"));
}

INSTANTIATE_TEST_SUITE_P(RingRift, LineLength,
                         testing::Values(Needed{"square8", 2, 4, 4}, Needed{"square8", 3, 3, 3},
                                         Needed{"square8", 4, 3, 3}, Needed{"square19", 2, 4, 4},
                                         Needed{"square19", 4, 4, 4}, Needed{"hex8", 2, 4, 4}, Needed{"hex8", 3, 0, 4},
                                         Needed{"hex8", 4, 0, 4}, Needed{"hexagonal", 2, 4, 4},
                                         Needed{"hexagonal", 4, 4, 4}),
                         [](const auto& param) {
                           return param.param.board + "With" + std::to_string(param.param.players);
                         });

TEST(RingRiftLines, C48_OnHex8WithThreePlayersARunOfFourHasWindowsOfThree) {
  EXPECT_EQ(line_moves("hex8", 3, 4), (Texts{"CL 1 0,0;1,0;2,0;3,0 0,0;1,0;2,0", "CL 1 0,0;1,0;2,0;3,0 0,0;1,0;2,0;3,0",
                                             "CL 1 0,0;1,0;2,0;3,0 1,0;2,0;3,0"}));
}

TEST(RingRiftLines, OnlyOwnRunsOfTheMoverCount) {
  EXPECT_EQ(Played({.turn = 2,
                    .phase = "line_processing",
                    .stacks = "0,5:1 5,5:2",
                    .markers = "0,0:1 1,0:1 2,0:1 3,0:1 4,0:1",
                    .flags = "a"})
                .moves(),
            Texts{"NL 2"});
}

TEST(RingRiftLines, AreFoundOnAllFourAxesOfASquareAndAllThreeOfAHexagon) {
  for (const std::string markers :
       {"1,1:1 2,1:1 3,1:1 4,1:1", "1,1:1 1,2:1 1,3:1 1,4:1", "1,1:1 2,2:1 3,3:1 4,4:1", "1,4:1 2,3:1 3,2:1 4,1:1"}) {
    const Played at({.phase = "line_processing", .stacks = "7,7:1 7,0:2", .markers = markers, .flags = "a"});
    EXPECT_EQ(at.moves("PL").size(), 1U) << markers;
  }
  for (const std::string markers :
       {"0,0:1 1,0:1 2,0:1 3,0:1", "0,0:1 0,1:1 0,2:1 0,3:1", "0,0:1 1,-1:1 2,-2:1 3,-3:1"}) {
    const Played at(
        {.board = "hex8", .phase = "line_processing", .stacks = "-3,0:1 -4,0:2", .markers = markers, .flags = "a"});
    EXPECT_EQ(at.moves("PL").size(), 1U) << markers;
  }
  // Cells of a hexagon that only look like a diagonal.
  EXPECT_EQ(Played({.board = "hex8",
                    .phase = "line_processing",
                    .stacks = "-3,0:1 -4,0:2",
                    .markers = "-1,-1:1 0,0:1 1,1:1 2,2:1",
                    .flags = "a"})
                .moves(),
            Texts{"NL 1"});
}

const Scene kX5{.stacks = "0,0:1 5,5:2 7,7:211", .markers = "1,0:1 2,0:1 3,0:1"};

TEST(RingRiftLines, X5_C7_AnExactLineIsPaidWithOneRingAndThePhaseIsLeftByNoLineAction) {
  Played at(kX5);
  at.play({"MS 1 0,0 0,1"});
  EXPECT_EQ(at.moves(), (Texts{"CL 1 0,0;1,0;2,0;3,0 0,0;1,0;2,0;3,0", "PL 1 0,0;1,0;2,0;3,0"}));
  at.play({"PL 1 0,0;1,0;2,0;3,0"});
  EXPECT_EQ(at.field('C'), "0,0:1 1,0:1 2,0:1 3,0:1");
  EXPECT_EQ(at.field('R'), "4,0");
  EXPECT_EQ(at.field('Q'), "ae");
  EXPECT_EQ(at.moves(), (Texts{"ER 1 L 0,1 1", "ER 1 L 7,7 1"}));
  at.play({"ER 1 L 7,7 1"});
  EXPECT_EQ(at.field('S'), "0,1:1 5,5:2 7,7:21");
  EXPECT_EQ(at.field('E'), "1,0");
  EXPECT_EQ(at.field('Q'), "a");
  EXPECT_EQ(at.moves(), Texts{"NL 1"});
  at.play({"NL 1"});
  EXPECT_EQ(at.state(), "territory_processing, 1");
  EXPECT_EQ(at.moves(), Texts{"NT 1"});
  at.play({"NT 1"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
}

TEST(RingRiftLines, X5_ChoosingTheWholeOfAnExactLineIsTheSame) {
  Played processed(kX5);
  Played chosen(kX5);
  processed.play({"MS 1 0,0 0,1", "PL 1 0,0;1,0;2,0;3,0"});
  chosen.play({"MS 1 0,0 0,1", "CL 1 0,0;1,0;2,0;3,0 0,0;1,0;2,0;3,0"});
  EXPECT_EQ(processed.text(), chosen.text());
}

TEST(RingRiftLines, X6_C11_AnOverlongLineIsPaidOrAWindowOfItIsFree) {
  Scene scene = kX5;
  scene.markers += " 4,0:1";
  Played at(scene);
  at.play({"MS 1 0,0 0,1"});
  EXPECT_EQ(at.moves(),
            (Texts{"CL 1 0,0;1,0;2,0;3,0;4,0 0,0;1,0;2,0;3,0", "CL 1 0,0;1,0;2,0;3,0;4,0 0,0;1,0;2,0;3,0;4,0",
                   "CL 1 0,0;1,0;2,0;3,0;4,0 1,0;2,0;3,0;4,0"}));
  Played whole(scene);
  whole.play({"MS 1 0,0 0,1", "CL 1 0,0;1,0;2,0;3,0;4,0 0,0;1,0;2,0;3,0;4,0"});
  EXPECT_EQ(whole.field('R'), "5,0");
  EXPECT_EQ(whole.field('Q'), "ae");
  EXPECT_EQ(whole.state(), "line_processing, 1");
  at.play({"CL 1 0,0;1,0;2,0;3,0;4,0 1,0;2,0;3,0;4,0"});
  EXPECT_EQ(at.field('M'), "0,0:1");
  EXPECT_EQ(at.field('R'), "4,0");
  EXPECT_EQ(at.field('Q'), "a");
  EXPECT_EQ(at.state(), "territory_processing, 1");
}

TEST(RingRiftLines, C49_WhatAWindowLeavesMayBeALineAgain) {
  Played at({.phase = "line_processing", .stacks = "0,5:1 5,5:2", .markers = run(8), .flags = "a"});
  at.play({"CL 1 0,0;1,0;2,0;3,0;4,0;5,0;6,0;7,0 0,0;1,0;2,0;3,0"});
  EXPECT_EQ(at.moves(), (Texts{"CL 1 4,0;5,0;6,0;7,0 4,0;5,0;6,0;7,0", "PL 1 4,0;5,0;6,0;7,0"}));
}

TEST(RingRiftLines, C46_AMarkerSharedByCrossingRunsGoesWithTheFirst) {
  Played at({.phase = "line_processing",
             .stacks = "7,7:1 5,5:2",
             .markers = "0,0:1 0,1:1 0,2:1 0,3:1 1,0:1 2,0:1 3,0:1",
             .flags = "a"});
  EXPECT_EQ(at.moves("PL").size(), 2U);
  at.play({"PL 1 0,0;0,1;0,2;0,3"});
  EXPECT_EQ(at.field('M'), "1,0:1 2,0:1 3,0:1");
  EXPECT_EQ(at.moves(), Texts{"ER 1 L 7,7 1"});
}

const Scene kX7{.stacks = "0,0:1 5,5:2 7,7:211", .markers = "1,0:1 1,2:1 2,0:1 2,2:1 3,0:1 3,2:1 4,2:1"};

TEST(RingRiftLines, X7_C50_TwoLinesInARowOweOneRing) {
  Played at(kX7);
  at.play({"MS 1 0,0 0,1", "PL 1 0,0;1,0;2,0;3,0"});
  EXPECT_EQ(at.moves(),
            (Texts{"CL 1 1,2;2,2;3,2;4,2 1,2;2,2;3,2;4,2", "ER 1 L 0,1 1", "ER 1 L 7,7 1", "PL 1 1,2;2,2;3,2;4,2"}));
  at.play({"PL 1 1,2;2,2;3,2;4,2"});
  EXPECT_EQ(at.field('R'), "8,0");
  EXPECT_EQ(at.moves(), (Texts{"ER 1 L 0,1 1", "ER 1 L 7,7 1"}));
  at.play({"ER 1 L 0,1 1", "NL 1"});
  EXPECT_EQ(at.field('E'), "1,0");
}

TEST(RingRiftLines, X7_C51_PayingBetweenTheLinesCostsTwo) {
  Played at(kX7);
  at.play({"MS 1 0,0 0,1", "PL 1 0,0;1,0;2,0;3,0", "ER 1 L 7,7 1"});
  EXPECT_EQ(at.moves(), (Texts{"CL 1 1,2;2,2;3,2;4,2 1,2;2,2;3,2;4,2", "PL 1 1,2;2,2;3,2;4,2"}));
  at.play({"PL 1 1,2;2,2;3,2;4,2", "ER 1 L 7,7 1", "NL 1"});
  EXPECT_EQ(at.field('E'), "2,0");
}

TEST(RingRiftLines, X7_C50_AFreeWindowWipesTheCostOfTheLineBefore) {
  Scene scene = kX7;
  scene.markers += " 5,2:1";
  Played at(scene);
  at.play({"MS 1 0,0 0,1", "PL 1 0,0;1,0;2,0;3,0", "CL 1 1,2;2,2;3,2;4,2;5,2 1,2;2,2;3,2;4,2"});
  EXPECT_EQ(at.state(), "territory_processing, 1");
  EXPECT_EQ(at.field('E'), "0,0");
  EXPECT_EQ(at.field('Q'), "a");
}

TEST(RingRiftLines, C53_WithoutAStackNothingIsOwed) {
  Played at({.phase = "line_processing", .stacks = "5,5:12", .markers = run(4), .flags = "a"});
  at.play({"PL 1 0,0;1,0;2,0;3,0"});
  EXPECT_EQ(at.field('R'), "4,0");
  EXPECT_EQ(at.state(), "territory_processing, 1");
}

TEST(RingRiftLines, TheRingPaidMayHandTheStackOver) {
  Played at({.phase = "line_processing", .stacks = "5,5:21", .markers = run(4), .flags = "a"});
  at.play({"PL 1 0,0;1,0;2,0;3,0", "ER 1 L 5,5 1"});
  EXPECT_EQ(at.field('S'), "5,5:2");
  EXPECT_EQ(at.field('E'), "1,0");
}

TEST(RingRiftLines, FormatExample1) {
  Played at({.players = 3,
             .turn = 2,
             .phase = "line_processing",
             .stacks = "1,0:1122 4,2:133 7,3:3222",
             .markers = "0,1:2 0,5:2 1,3:1 2,3:3 2,5:2 2,7:3 3,1:2 4,0:2 5,0:2 6,0:2 6,7:3 7,0:2 7,1:1",
             .collapsed = "4,3:3 4,5:3",
             .hands = "12,11,9",
             .eliminated = "3,2,6",
             .flags = "a",
             .rounds = "2;2+;0;0"});
  EXPECT_EQ(at.moves(), (Texts{"CL 2 4,0;5,0;6,0;7,0 4,0;5,0;6,0", "CL 2 4,0;5,0;6,0;7,0 4,0;5,0;6,0;7,0",
                               "CL 2 4,0;5,0;6,0;7,0 5,0;6,0;7,0"}));
  at.play({"CL 2 4,0;5,0;6,0;7,0 4,0;5,0;6,0"});
  EXPECT_EQ(at.text(),
            "square8|N3|T2|territory_processing|S 1,0:1122 4,2:133 7,3:3222|M 0,1:2 0,5:2 1,3:1 2,3:3 2,5:2 2,7:3 "
            "3,1:2 6,7:3 "
            "7,0:2 7,1:1|C 4,0:2 4,3:3 4,5:3 5,0:2 6,0:2|H 12,11,9|E 3,2,6|R 0,3,2|X -|K -|Q a|L 2;2+;0;0");
}

// --- Recovery ---------------------------------------------------------------------------------------------------------

const Scene kX14{.stacks = "1,0:12 7,7:12", .markers = "0,0:1"};

TEST(RingRiftRecovery, X14_FallbacksAndStrikesAreListedOncePerExtractionStack) {
  EXPECT_EQ(Played(kX14).moves(),
            (Texts{"RS 1 0,0 0,1 F 1,0 -", "RS 1 0,0 0,1 F 7,7 -", "RS 1 0,0 1,0 S 1,0 -", "RS 1 0,0 1,0 S 7,7 -",
                   "RS 1 0,0 1,1 F 1,0 -", "RS 1 0,0 1,1 F 7,7 -", "SR 1"}));
}

TEST(RingRiftRecovery, X14_C83_AStrikeTakesTheTopRingAndTheMarkerThenARingIsExtracted) {
  Played elsewhere(kX14);
  elsewhere.play({"RS 1 0,0 1,0 S 7,7 -"});
  EXPECT_EQ(elsewhere.field('S'), "1,0:1 7,7:2");
  EXPECT_EQ(elsewhere.field('M'), "");
  EXPECT_EQ(elsewhere.field('E'), "2,0");
  EXPECT_EQ(elsewhere.state(), "line_processing, 1");
  EXPECT_EQ(elsewhere.field('Q'), "ar");
  Played same(kX14);
  same.play({"RS 1 0,0 1,0 S 1,0 -"});
  EXPECT_EQ(same.field('S'), "7,7:12");
  EXPECT_EQ(same.field('E'), "2,0");
}

TEST(RingRiftRecovery, X14_C85_AFallbackMovesTheMarkerAndLeavesNothingBehind) {
  Played at(kX14);
  at.play({"RS 1 0,0 0,1 F 7,7 -"});
  EXPECT_EQ(at.field('S'), "1,0:12 7,7:2");
  EXPECT_EQ(at.field('M'), "0,1:1");
  EXPECT_EQ(at.field('E'), "1,0");
}

TEST(RingRiftRecovery, IsForPlayersWithoutStacksWithAMarkerAndABuriedRing) {
  EXPECT_FALSE(Played(kX14).moves("SR").empty());
  EXPECT_TRUE(Played({.stacks = "1,0:12 5,5:1 7,7:12", .markers = "0,0:1"}).moves("SR").empty()) << "controls a stack";
  EXPECT_EQ(Played({.stacks = "1,0:12 7,7:12", .markers = "0,0:2"}).moves(), Texts{"NM 1"}) << "no marker";
  EXPECT_EQ(Played({.stacks = "1,0:2 7,7:2", .markers = "0,0:1"}).moves(), Texts{"NM 1"}) << "no buried ring";
}

TEST(RingRiftRecovery, MayBeReachedWithRingsInHandBySkippingThePlacement) {
  Scene scene = kX14;
  scene.phase = "ring_placement";
  scene.hands = "3,0";
  Played at(scene);
  EXPECT_TRUE(at.legal("SP 1"));
  at.play({"SP 1"});
  EXPECT_FALSE(at.moves("RS").empty());
}

TEST(RingRiftRecovery, MayBeDeclined) {
  Played at(kX14);
  at.play({"SR 1"});
  EXPECT_EQ(at.state(), "line_processing, 1");
  EXPECT_EQ(at.field('Q'), "-");
}

TEST(RingRiftRecovery, X16_ASlideThatMakesALineShutsOutTheOthers) {
  Played at({.stacks = "6,0:12 7,7:1212", .markers = "0,0:1 1,0:1 2,0:1 3,1:1"});
  EXPECT_EQ(at.moves(), (Texts{"RS 1 3,1 3,0 L1 6,0 -", "RS 1 3,1 3,0 L1 7,7 -", "SR 1"}));
  at.play({"RS 1 3,1 3,0 L1 6,0 -"});
  EXPECT_EQ(at.field('S'), "6,0:2 7,7:1212");
  EXPECT_EQ(at.field('C'), "0,0:1 1,0:1 2,0:1 3,0:1");
  EXPECT_EQ(at.field('M'), "");
  EXPECT_EQ(at.field('E'), "1,0");
}

TEST(RingRiftRecovery, C84_TheLowestOwnRingIsExtractedAndCapsMayMerge) {
  Played at({.stacks = "1,0:212 7,7:1212", .markers = "0,0:1"});
  Played other = Played({.stacks = "1,0:212 7,7:1212", .markers = "0,0:1"});
  at.play({"RS 1 0,0 0,1 F 1,0 -"});
  EXPECT_EQ(at.field('S'), "1,0:22 7,7:1212");
  other.play({"RS 1 0,0 0,1 F 7,7 -"});
  EXPECT_EQ(other.field('S'), "1,0:212 7,7:212");
}

TEST(RingRiftRecovery, X16_C80_FreeWindowsMustHoldTheDestination) {
  Played at({.stacks = "6,6:12", .markers = "0,0:1 1,0:1 2,0:1 3,0:1 4,1:1"});
  const Texts moves = at.moves("RS 1 4,1 4,0");
  EXPECT_EQ(moves, (Texts{"RS 1 4,1 4,0 L1 6,6 -", "RS 1 4,1 4,0 L2 - 1,0;2,0;3,0;4,0"}));
  at.play({"RS 1 4,1 4,0 L2 - 1,0;2,0;3,0;4,0"});
  EXPECT_EQ(at.field('M'), "0,0:1");
  EXPECT_EQ(at.field('C'), "1,0:1 2,0:1 3,0:1 4,0:1");
  EXPECT_EQ(at.field('S'), "6,6:12");
  EXPECT_EQ(at.field('E'), "0,0");
}

TEST(RingRiftRecovery, C80_ALongRunHasOneWindowPerPlaceOfTheDestination) {
  // Three markers on each side of 3,0: seven in a row, so every window of four holds the middle.
  const Played at({.stacks = "7,7:12", .markers = "0,0:1 1,0:1 2,0:1 3,1:1 4,0:1 5,0:1 6,0:1"});
  EXPECT_EQ(at.moves("RS 1 3,1 3,0 L2"),
            (Texts{"RS 1 3,1 3,0 L2 - 0,0;1,0;2,0;3,0", "RS 1 3,1 3,0 L2 - 1,0;2,0;3,0;4,0",
                   "RS 1 3,1 3,0 L2 - 2,0;3,0;4,0;5,0", "RS 1 3,1 3,0 L2 - 3,0;4,0;5,0;6,0"}));
}

TEST(RingRiftRecovery, X16_C81_ARunOfThreeOnAnEarlierAxisHidesALineAndTheSlideIsNotListed) {
  // The slide 4,4 to 3,3 makes a row of three and a column of four; the row comes first and is too short.
  const Played at({.stacks = "7,7:12", .markers = "1,3:1 2,3:1 3,0:1 3,1:1 3,2:1 4,4:1"});
  EXPECT_TRUE(at.moves("RS 1 4,4 3,3").empty());
  // It still keeps fallbacks away.
  for (const std::string& move : at.moves("RS")) EXPECT_NE(move.find(" L"), std::string::npos) << move;
  EXPECT_TRUE(at.legal("SR 1"));
}

TEST(RingRiftRecovery, C81_OnHex8WithThreePlayersSlidesThatMakeThreeLeaveOnlySkipping) {
  const Played at({.board = "hex8", .players = 3, .stacks = "-4,0:12 -4,4:3", .markers = "0,0:1 1,0:1 2,1:1"});
  EXPECT_EQ(at.moves(), Texts{"SR 1"});
}

// C82: windows come from the longest run, but what collapses is the first axis that is long enough. Sliding 4,4 to 3,3 makes a
// row of four (first axis) and a column of five.
TEST(RingRiftRecovery, C82_AFreeWindowOfTheLongestRunCollapsesTheExactRunOfAnEarlierAxis) {
  const Scene scene{.stacks = "7,7:12", .markers = "0,3:1 1,3:1 2,3:1 3,0:1 3,1:1 3,2:1 3,4:1 4,4:1"};
  const Texts moves = Played(scene).moves("RS 1 4,4 3,3");
  EXPECT_EQ(moves,
            (Texts{"RS 1 4,4 3,3 L1 7,7 -", "RS 1 4,4 3,3 L2 - 3,0;3,1;3,2;3,3", "RS 1 4,4 3,3 L2 - 3,1;3,2;3,3;3,4"}));
  for (const std::string& move : moves) {
    Played at(scene);
    at.play({move});
    EXPECT_EQ(at.field('C'), "0,3:1 1,3:1 2,3:1 3,3:1") << move;
    EXPECT_EQ(at.field('M'), "3,0:1 3,1:1 3,2:1 3,4:1") << move;
    EXPECT_EQ(at.field('E'), move.find(" L1 ") != std::string::npos ? "1,0" : "0,0") << move;
  }
}

TEST(RingRiftRecovery, C86_AfterASlideOtherLinesAreProcessedFreeOfChargeWithoutAStack) {
  Played at({.stacks = "7,7:12", .markers = "0,0:1 1,0:1 2,0:1 3,1:1 0,5:1 1,5:1 2,5:1 3,5:1"});
  at.play({"RS 1 3,1 3,0 L1 7,7 -", "PL 1 0,5;1,5;2,5;3,5"});
  EXPECT_EQ(at.field('R'), "8,0");
  EXPECT_EQ(at.field('E'), "1,0");
  EXPECT_EQ(at.state(), "territory_processing, 1");
}

TEST(RingRiftRecovery, FormatExample2) {
  Played at({.stacks = "0,4:12", .markers = "0,2:2 0,5:1", .hands = "17,17", .rounds = "2;1+2+;0;0"});
  EXPECT_EQ(at.moves(), (Texts{"RS 1 0,5 0,4 S 0,4 -", "RS 1 0,5 0,6 F 0,4 -", "RS 1 0,5 1,4 F 0,4 -",
                               "RS 1 0,5 1,5 F 0,4 -", "RS 1 0,5 1,6 F 0,4 -", "SR 1"}));
  at.play({"RS 1 0,5 0,4 S 0,4 -"});
  EXPECT_EQ(at.text(), "square8|N2|T1|line_processing|S |M 0,2:2|C |H 17,17|E 2,0|R 0,0|X -|K -|Q ar|L 2;1+2+;0;0");
}

}  // namespace
}  // namespace mz::test
