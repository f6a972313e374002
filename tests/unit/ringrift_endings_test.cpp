// RingRift turns, endings and last player standing. C and X numbers as in ringrift_rules_test.cpp.
#include <gtest/gtest.h>

#include "tests/unit/ringrift_scene.h"

namespace mz::test {
namespace {

// The last move of a turn that did something: what follows is the check for the end of the game.
Played end_of_turn(Scene scene) {
  scene.phase = "territory_processing";
  scene.flags = "a";
  Played at(scene);
  at.play({(at.moves("NT").empty() ? "ST " : "NT ") + std::to_string(scene.turn)});
  return at;
}

// The first `count` cells of a board in the order of its coordinates, collapsed for player `owner`, from cell `skip` on.
std::string cells(const std::string& board, int count, int owner, int skip = 0) {
  const bool hex = board == "hex8" || board == "hexagonal";
  const int size = board == "square8" ? 8 : board == "square19" ? 19 : board == "hex8" ? 4 : 12;
  std::string out;
  for (int x = hex ? -size : 0; x < (hex ? size + 1 : size); ++x) {
    for (int y = hex ? -size : 0; y < (hex ? size + 1 : size); ++y) {
      if (hex && std::abs(x + y) > size) continue;
      if (skip-- > 0) continue;
      if (count-- <= 0) return out;
      out += (out.empty() ? "" : " ") + std::to_string(x) + "," + std::to_string(y) + ":" + std::to_string(owner);
    }
  }
  return out;
}

// Two stacks side by side in the last cells of the board.
std::string last_stacks(const std::string& board) {
  if (board == "square8") return "7,6:1 7,7:2";
  if (board == "square19") return "18,17:1 18,18:2";
  return board == "hex8" ? "4,-1:1 4,0:2" : "12,-1:1 12,0:2";
}

struct Thresholds {
  std::string board;
  int players, rings, territory;
};

class Threshold : public testing::TestWithParam<Thresholds> {};

TEST_P(Threshold, Section2_RingsToWinOfTheTable) {
  const Thresholds& table = GetParam();
  const auto with = [&](int eliminated) {
    Scene scene{.board = table.board, .players = table.players, .turn = 2, .stacks = last_stacks(table.board)};
    scene.eliminated =
        std::to_string(eliminated) + ",0" + (table.players > 2 ? ",0" : "") + (table.players > 3 ? ",0" : "");
    return end_of_turn(scene).result();
  };
  EXPECT_EQ(with(table.rings - 1), "");
  EXPECT_EQ(with(table.rings), "1 by ring_threshold");
}

TEST_P(Threshold, Section2_TerritoryToWinOfTheTable) {
  const Thresholds& table = GetParam();
  const auto with = [&](int count) {
    return end_of_turn({.board = table.board,
                        .players = table.players,
                        .stacks = last_stacks(table.board),
                        .collapsed = cells(table.board, count, 2)})
        .result();
  };
  EXPECT_EQ(with(table.territory - 1), "");
  EXPECT_EQ(with(table.territory), "2 by territory_threshold");
}

INSTANTIATE_TEST_SUITE_P(RingRift, Threshold,
                         testing::Values(Thresholds{"square8", 2, 18, 33}, Thresholds{"square8", 3, 24, 22},
                                         Thresholds{"square8", 4, 30, 17}, Thresholds{"square19", 2, 72, 181},
                                         Thresholds{"square19", 3, 96, 121}, Thresholds{"square19", 4, 120, 91},
                                         Thresholds{"hex8", 2, 18, 31}, Thresholds{"hex8", 3, 24, 21},
                                         Thresholds{"hex8", 4, 30, 16}, Thresholds{"hexagonal", 2, 96, 235},
                                         Thresholds{"hexagonal", 3, 128, 157}, Thresholds{"hexagonal", 4, 160, 118}),
                         [](const auto& param) {
                           return param.param.board + "With" + std::to_string(param.param.players);
                         });

TEST(RingRiftEndings, FewerRingsLowerTheThresholdWithThem) {
  // 5 rings, 2 players: 5 * (2/3 + 1/3) = 5; 3 players: 5 * 4/3 = 6.67, rounded 7.
  const auto with = [](int players, const std::string& eliminated) {
    return end_of_turn(
               {.players = players, .stacks = "7,6:1 7,7:2", .eliminated = eliminated, .options = {{"rings", 5}}})
        .result();
  };
  EXPECT_EQ(with(2, "0,4"), "");
  EXPECT_EQ(with(2, "0,5"), "2 by ring_threshold");
  EXPECT_EQ(with(3, "0,6,0"), "");
  EXPECT_EQ(with(3, "0,7,0"), "2 by ring_threshold");
}

TEST(RingRiftEndings, ThresholdsMayBeGivenOrSwitchedOff) {
  const auto with = [](std::map<std::string, int> options) {
    return end_of_turn({.stacks = "7,6:1 7,7:2",
                        .collapsed = cells("square8", 40, 2),
                        .eliminated = "20,0",
                        .options = std::move(options)})
        .result();
  };
  EXPECT_EQ(with({}), "1 by ring_threshold");
  EXPECT_EQ(with({{"rings_to_win", 21}}), "2 by territory_threshold");
  EXPECT_EQ(with({{"rings_to_win", 0}}), "2 by territory_threshold");
  EXPECT_EQ(with({{"rings_to_win", 0}, {"territory_to_win", 41}}), "");
  EXPECT_EQ(with({{"rings_to_win", 0}, {"territory_to_win", 0}}), "");
}

TEST(RingRiftEndings, C90_AGoalReachedWithinATurnEndsTheGameOnlyAtTheEndOfTheTurn) {
  // The eighteenth ring goes under the landing of the first move.
  Played at({.stacks = "0,0:11 7,7:2 7,6:1", .markers = "2,0:2", .eliminated = "17,0"});
  at.play({"MS 1 0,0 2,0"});
  EXPECT_EQ(at.field('E'), "18,0");
  EXPECT_EQ(at.result(), "");
  at.play({"NL 1"});
  EXPECT_EQ(at.result(), "");
  at.play({"NT 1"});
  EXPECT_EQ(at.result(), "1 by ring_threshold");
  EXPECT_EQ(at.state(), "game_over, 0");
  EXPECT_TRUE(at.moves().empty());
}

TEST(RingRiftEndings, X18a_C91_OfTwoSeatsOverTheGoalTheLowerWins) {
  EXPECT_EQ(end_of_turn({.turn = 2, .stacks = "7,6:1 7,7:2", .eliminated = "18,20"}).result(), "1 by ring_threshold");
}

TEST(RingRiftEndings, X18b_C92_RingsComeBeforeTerritory) {
  EXPECT_EQ(
      end_of_turn({.turn = 2, .stacks = "7,6:1 7,7:2", .collapsed = cells("square8", 40, 2), .eliminated = "18,0"})
          .result(),
      "1 by ring_threshold");
}

TEST(RingRiftEndings, X18c_Territory) {
  EXPECT_EQ(end_of_turn({.turn = 2, .stacks = "7,6:1 7,7:2", .collapsed = cells("square8", 40, 2)}).result(),
            "2 by territory_threshold");
}

TEST(RingRiftEndings, C93_TerritoryNeedsMoreThanAllOthersTogether) {
  // Three players: 22 are enough, but not against 22.
  const auto with = [](int of_one) {
    return end_of_turn({.players = 3,
                        .stacks = "7,5:3 7,6:1 7,7:2",
                        .collapsed = cells("square8", of_one, 1) + " " + cells("square8", 22, 2, of_one)})
        .result();
  };
  EXPECT_EQ(with(22), "");
  EXPECT_EQ(with(23), "1 by territory_threshold");
}

TEST(RingRiftEndings, X18d_X18e_C94_ASoleSurvivorNeedsTheOthersToHaveNoRingAtAll) {
  EXPECT_EQ(end_of_turn({.turn = 2, .stacks = "7,7:2"}).result(), "2 by early_lps");
  Played buried = end_of_turn({.turn = 2, .stacks = "7,7:12"});
  EXPECT_EQ(buried.result(), "");
  EXPECT_EQ(buried.state(), "ring_placement, 1");  // C88
  Played in_hand = end_of_turn({.turn = 2, .stacks = "7,7:2", .hands = "1,0"});
  EXPECT_EQ(in_hand.state(), "ring_placement, 1");  // C89
}

TEST(RingRiftEndings, X18f_C20_WithAnEmptyBoardAndAHandTheSameSeatGoesOnAndItsTurnCountsOn) {
  Played at = end_of_turn({.turn = 2, .hands = "0,2"});
  EXPECT_EQ(at.result(), "");
  EXPECT_EQ(at.state(), "ring_placement, 2");
  EXPECT_EQ(at.field('Q'), "a");
}

TEST(RingRiftEndings, X18g_MostMarkersWinWhenCellsAndRingsAreLevel) {
  EXPECT_EQ(end_of_turn({.turn = 2, .markers = "0,0:1 3,3:2 5,5:2", .eliminated = "3,3"}).result(),
            "2 by stalemate_markers");
}

TEST(RingRiftEndings, X18h_TheLastActorWinsWhenEverythingIsLevel) {
  EXPECT_EQ(end_of_turn({.turn = 2, .eliminated = "3,3"}).result(), "2 by stalemate_last_actor");
  EXPECT_EQ(end_of_turn({.turn = 1, .eliminated = "3,3"}).result(), "1 by stalemate_last_actor");
}

TEST(RingRiftEndings, X18i_C97_EveryRungLooksAtAllPlayersAgain) {
  EXPECT_EQ(
      end_of_turn({.players = 3, .turn = 2, .collapsed = "0,0:1 0,1:1 0,2:2 0,3:2", .eliminated = "1,2,7"}).result(),
      "3 by stalemate_eliminated");
}

TEST(RingRiftEndings, StalemateGoesToTheMostTerritoryFirst) {
  EXPECT_EQ(end_of_turn({.turn = 2, .collapsed = "0,0:1 0,1:1 0,2:2", .eliminated = "1,9"}).result(),
            "1 by stalemate_territory");
}

TEST(RingRiftEndings, C95_HandsCountAsEliminatedWhenSomebodyStillHoldsRings) {
  // Nothing can be placed: every cell is collapsed, 32 each. 4 + 3 in hand beat 5 + 0.
  EXPECT_EQ(end_of_turn({.turn = 2, .collapsed = all_collapsed_but(""), .hands = "3,0", .eliminated = "4,5"}).result(),
            "1 by stalemate_eliminated");
  EXPECT_EQ(end_of_turn({.turn = 2, .collapsed = all_collapsed_but(""), .hands = "0,0", .eliminated = "4,5"}).result(),
            "2 by stalemate_eliminated");
}

TEST(RingRiftEndings, ReasonsAreTheCoarseWordsOfTheRecordings) {
  EXPECT_EQ(end_of_turn({.turn = 2, .stacks = "7,7:2"}).outcome().reason, "last_player_standing");
  EXPECT_EQ(end_of_turn({.stacks = "7,6:1 7,7:2", .eliminated = "18,0"}).outcome().reason, "ring_elimination");
  EXPECT_EQ(end_of_turn({.turn = 2, .collapsed = "0,0:1"}).outcome().reason, "territory_control");
}

TEST(RingRiftEndings, TheWinnerGetsOneAndEverybodyElseMinusOne) {
  const Outcome end = end_of_turn({.players = 3, .turn = 2, .stacks = "7,7:2"}).outcome();
  EXPECT_EQ(end.returns, (std::vector<float>{-1, 1, -1}));
}

// --- Rotation ---------------------------------------------------------------------------------------------------------

TEST(RingRiftRotation, X15_SeatsWithoutARingAnywhereArePassedOver) {
  Played at({.players = 3, .phase = "ring_placement", .stacks = "0,0:11 0,1:333 1,0:1333 1,1:333"});
  at.play({"NP 1", "NM 1", "NL 1", "FE 1 0,0 2"});
  EXPECT_EQ(at.state(), "ring_placement, 3");
}

TEST(RingRiftRotation, ASeatWithOnlyBuriedRingsGetsItsTurn) {  // C88
  Played at = end_of_turn({.players = 3, .stacks = "0,0:1 3,3:23"});
  EXPECT_EQ(at.state(), "ring_placement, 2");
  at.play({"NP 2", "NM 2", "NL 2", "NT 2"});
  EXPECT_EQ(at.state(), "ring_placement, 3");
}

// --- Last player standing over rounds ---------------------------------------------------------------------------------

// What a seat must look like at the start of its turn, and the count and winner expected after it.
struct Start {
  int seat;
  bool free;
  int count;
  bool two_is_out = false;
};

// Seat 2 stands in the corner, shut in by three tall stacks of another seat; with `out` it is gone.
std::string board_of(int players, bool two_is_out) {
  const std::string two = two_is_out ? "" : "0,0:22 ";
  if (players == 2) return two + "0,1:111 1,0:111 1,1:111";
  // Seat 1 is shut in at the opposite corner.
  return two + "0,1:333 1,0:333 1,1:333 7,7:11 7,6:333 6,7:333 6,6:333";
}

// Lets the turns begin one after the other and returns the counts of the rounds, then the result.
void expect_rounds(int players, int first_mover, const std::vector<Start>& starts, const std::string& winner) {
  std::string rounds = "0;.;0;0";
  int mover = first_mover;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Start& start = starts[i];
    Played at = end_of_turn(
        {.players = players, .turn = mover, .stacks = board_of(players, start.two_is_out), .rounds = rounds});
    if (i + 1 == starts.size()) {
      EXPECT_EQ(at.result(), winner);
      return;
    }
    ASSERT_EQ(at.state(), "ring_placement, " + std::to_string(start.seat)) << "turn " << i;
    rounds = at.field('L');
    const std::string seat = std::to_string(start.seat) + (start.free ? "+" : "-");
    ASSERT_NE(rounds.find(seat), std::string::npos) << "turn " << i << ": " << rounds;
    ASSERT_NE(rounds.find(";" + std::to_string(start.count) + ";"), std::string::npos)
        << "turn " << i << ": " << rounds;
    mover = start.seat;
  }
}

TEST(RingRiftRounds, X17a_C99_ThreeRoundsCountedFromSeatTwo) {
  expect_rounds(2, 1,
                {{2, false, 0},
                 {1, true, 0},
                 {2, false, 1},
                 {1, true, 1},
                 {2, false, 2},
                 {1, true, 2},
                 {2, false, 3},
                 {1, true, 3}},
                "1 by lps_rounds");
}

TEST(RingRiftRounds, X17b_ThreeRoundsCountedFromSeatOne) {
  expect_rounds(2, 2,
                {{1, true, 0}, {2, false, 0}, {1, true, 1}, {2, false, 1}, {1, true, 2}, {2, false, 2}, {1, true, 3}},
                "1 by lps_rounds");
}

TEST(RingRiftRounds, X17c_C100_ANewRoundBeginsWhenItsFirstSeatIsOut) {
  expect_rounds(3, 1,
                {{2, false, 0},
                 {3, true, 0},
                 {1, false, 0},
                 {2, false, 1},
                 {3, true, 1},
                 {1, false, 1, true},
                 {3, true, 1, true},
                 {1, false, 2, true},
                 {3, true, 2, true},
                 {1, false, 3, true},
                 {3, true, 3, true}},
                "3 by lps_rounds");
}

TEST(RingRiftRounds, C101_TheNumberOfRoundsIsAnOption) {
  Scene scene{.turn = 2, .stacks = board_of(2, false), .rounds = "2;2-;2;1", .options = {{"lps", 2}}};
  EXPECT_EQ(end_of_turn(scene).result(), "1 by lps_rounds");
  scene.options.clear();
  EXPECT_EQ(end_of_turn(scene).result(), "");
}

TEST(RingRiftRounds, C104_ARealActionOfAnotherSeatAtTheVerdictPreventsIt) {
  // Three rounds are counted for seat 1, but seat 2 can move again by now.
  Scene scene{.turn = 2, .stacks = board_of(2, false) + " 7,7:2", .rounds = "2;2-;3;1"};
  Played at = end_of_turn(scene);
  EXPECT_EQ(at.result(), "");
  EXPECT_EQ(at.field('L'), "2;1+2-;3;1");
}

TEST(RingRiftRounds, C104_TwoSeatsWithRealActionsBreakTheStreak) {
  Played at = end_of_turn({.turn = 1, .stacks = "0,0:1 7,7:2", .rounds = "2;1+2+;2;1"});
  EXPECT_EQ(at.field('L'), "2;2+;0;0");
}

TEST(RingRiftRounds, ARingInHandThatCanBePlacedIsARealAction) {
  // Seat 2 is shut in but could place elsewhere.
  Played at = end_of_turn({.turn = 1, .stacks = board_of(2, false), .hands = "0,1"});
  EXPECT_EQ(at.field('L'), "2;2+;0;0");
}

TEST(RingRiftRounds, RecoveryIsNoRealAction) {
  // Seat 1 controls nothing, has a marker and a buried ring: it may recover, but that does not count.
  Played at = end_of_turn({.turn = 2, .stacks = "3,3:12", .markers = "0,0:1", .rounds = "2;2+;0;0"});
  EXPECT_EQ(at.field('L'), "2;1-2+;0;0");
}

}  // namespace
}  // namespace mz::test
