// `meshzero play` as a person types it, or a script pipes it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/functional/binary.h"
#include "tests/functional/conversation.h"

namespace {

struct Game {
  int code = -1;
  std::string text;
  [[nodiscard]] bool says(const std::string& words) const { return text.find(words) != std::string::npos; }
  [[nodiscard]] std::size_t times(const std::string& words) const {
    std::size_t count = 0;
    for (std::size_t at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
    return count;
  }
};

Game play(std::vector<std::string> flags, const std::string& typed) {
  flags.insert(flags.begin(), "play");
  mz::test::Conversation talk(flags);
  talk.write_all(typed);
  talk.hang_up();
  Game game;
  while (const auto line = talk.hear()) game.text += *line + "\n";
  game.code = talk.exit_code();
  return game;
}

// Seat 1 to move, with two stacks of one ring. From 0,0 the row is open up to the stack on 3,0, the diagonal up to the one on 7,7.
const std::string kMovement =
    "square8|N2|T1|movement|S 0,0:1 3,0:22 6,1:1 7,7:2|M |C |H 0,5|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";

}  // namespace

TEST(Play, a_person_who_always_takes_the_first_choice_gets_to_the_end_of_the_game) {
  std::string ones;
  for (int i = 0; i < 20'000; ++i) ones += "1\n";
  const Game game = play({"--board", "hex8", "--engine", "random", "--hint", "heuristic"}, ones);
  EXPECT_EQ(game.code, 0);
  EXPECT_TRUE(game.says("The game is over after "))
      << game.text.substr(game.text.size() > 2000 ? game.text.size() - 2000 : 0);
  EXPECT_TRUE(game.says(" wins ("));
  EXPECT_TRUE(game.says("has no line to process."));
}

TEST(Play, a_move_can_be_named_in_notation_with_or_without_the_seat_or_by_its_cells) {
  const std::vector<std::string> ways = {"MS 1 0,0 0,4\n", "ms 0,0 0,4\n", "0,0 0,4\n", "0,4\n"};
  for (const std::string& typed : ways) {
    const Game game = play({"--position", kMovement, "--seat2", "human"}, typed);
    EXPECT_TRUE(game.says("Seat 1 moves the stack on 0,0 to 0,4.  [MS 1 0,0 0,4]")) << typed << game.text;
    EXPECT_EQ(game.code, 0);
  }
}

TEST(Play, recovery_is_explained_to_a_seat_that_has_no_stack) {
  // A marker of seat 1 on 4,4 and a ring of it buried on 0,0.
  const std::string position =
      "square8|N2|T1|movement|S 0,0:12 7,7:2|M 4,4:1|C |H 0,5|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";
  const Game game = play({"--position", position, "--seat2", "human"}, "quit\n");
  EXPECT_TRUE(game.says("Recovery: no stack is yours")) << game.text;
  EXPECT_TRUE(game.says("buried ring")) << game.text;
  EXPECT_FALSE(game.says("move a stack")) << game.text;
  EXPECT_TRUE(play({"--position", kMovement, "--seat2", "human"}, "quit\n").says("Movement: move a stack"));
}

TEST(Play, a_cell_with_a_count_places_so_many_rings) {
  const Game game = play({"--seat2", "human"}, "3,4\n3,4 2\n");
  EXPECT_TRUE(game.says("PR 1 3,4 3")) << "the cell alone lists what can be placed there";
  EXPECT_TRUE(game.says("Seat 1 places 2 rings on 3,4."));
}

TEST(Play, the_targets_of_a_chosen_stack_are_listed_and_marked_on_the_board) {
  const Game game = play({"--position", kMovement, "--seat2", "human"}, "0,0\n");
  // One ring moves one cell or more: right up to 2,0 before the stack; down seven; diagonally six before 7,7. A cap of one
  // cannot jump over a cap of two.
  EXPECT_TRUE(game.says("15) ")) << game.text;
  EXPECT_FALSE(game.says("16) "));
  EXPECT_FALSE(game.says("OC 1"));
  EXPECT_TRUE(game.says(" 0  1:1   *    *   2:2   .")) << game.text;
}

TEST(Play, the_price_of_landing_on_a_marker_is_told_before_and_after) {
  // Seat 1 can move its stack of two rings onto the marker on 0,2, or its single ring onto the one on 6,3.
  const std::string position =
      "square8|N2|T1|movement|S 0,0:11 3,0:222 6,1:1|M 0,2:2 6,3:1|C |H 0,5|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";
  const Game game = play({"--position", position, "--seat2", "human"}, "0,0\n0,0 0,2\n");
  EXPECT_TRUE(game.says("Landing on a marker removes it and eliminates the top ring")) << game.text;
  EXPECT_TRUE(game.says("(moves the stack on 0,0 to 0,2, a marker: the top ring is eliminated")) << game.text;
  EXPECT_TRUE(game.says("(moves the stack on 0,0 to 0,3)")) << "no marker is there\n" << game.text;
  EXPECT_TRUE(game.says("Seat 1 moves the stack on 0,0 to 0,2, a marker: the top ring is eliminated and credited"));
  const Game single = play({"--position", position, "--seat2", "human"}, "6,1 6,3\n");
  EXPECT_TRUE(single.says("Seat 1 moves the stack on 6,1 to 6,3, a marker: the ring is eliminated")) << single.text;
}

TEST(Play, the_game_begins_with_what_wins_and_how_the_board_is_read) {
  const Game game = play({"--option", "rings_to_win=7,territory_to_win=12"}, "");
  EXPECT_TRUE(game.says("with 7 eliminated rings credited to your seat")) << game.text;
  EXPECT_TRUE(game.says("with 12 cells of territory"));
  EXPECT_TRUE(game.says("column,row"));
  EXPECT_TRUE(game.says("seat 1: 18 rings in hand, 0 of 7 eliminated, 0 of 12 territory"));
  EXPECT_EQ(game.times("You win "), 1U);
  EXPECT_EQ(play({}, "help\n").times("You win "), 2U);
  EXPECT_TRUE(play({"--board", "hex8"}, "").says("A cell is written x,y"));
}

TEST(Play, no_name_of_the_program_reaches_the_player) {
  const Game game = play({"--board", "hex8", "--seat1", "heuristic", "--seat2", "random", "--seed", "3"}, "");
  EXPECT_TRUE(game.says("The game is over after "));
  EXPECT_FALSE(game.says("_")) << game.text;
}

TEST(Play, a_cell_may_be_typed_with_a_space) {
  for (const std::string typed : {"0 4\n", "0, 4\n", "0 ,4\n", "0,0 0, 4\n", "MS 0, 0 0 ,4\n"}) {
    EXPECT_TRUE(play({"--position", kMovement, "--seat2", "human"}, typed)
                    .says("Seat 1 moves the stack on 0,0 to 0,4.  [MS 1 0,0 0,4]"))
        << typed;
  }
}

TEST(Play, phases_are_explained_in_words) {
  EXPECT_TRUE(play({}, "").says("Placement: put one to three rings on an empty cell"));
  EXPECT_TRUE(
      play({"--position", kMovement}, "").says("Movement: move a stack in a straight line by at least its height"));
  const std::string line =
      "square8|N2|T1|movement|S 0,0:1 5,5:2 7,7:211|M 1,0:1 2,0:1 3,0:1|C |H 0,5|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";
  const Game game = play({"--position", line, "--seat2", "human"}, "MS 0,0 0,1\nPL 0,0;1,0;2,0;3,0\nER L 7,7 1\n");
  EXPECT_TRUE(game.says("Line: collapse a line of your markers.")) << game.text;
  EXPECT_TRUE(game.says("Line: pay for the collapsed line"));
  EXPECT_TRUE(game.says("Seat 1 collapses the line of 4 cells 0,0 1,0 2,0 3,0, for the price of one ring."));
  EXPECT_TRUE(game.says("Seat 1 pays 1 ring of the stack on 7,7 for the line."));
  EXPECT_TRUE(game.says("Seat 1 has no area to take."));
}

TEST(Play, undo_takes_back_the_last_decision_of_a_person_and_all_that_followed) {
  const Game game = play({"--engine", "random"}, "PR 1 3,4 1\nundo\nundo\nquit\n");
  EXPECT_TRUE(game.says("Taken back: 1 move."));
  EXPECT_TRUE(game.says("There is no decision of yours to take back."));
  EXPECT_TRUE(game.says("The game is left after 0 moves"));
  const Game further = play({"--engine", "random", "--position", kMovement}, "0,0 0,4\nundo\nquit\n");
  EXPECT_TRUE(further.says("The game is left after 0 moves")) << "also what the engine answered is taken back\n"
                                                              << further.text;
  EXPECT_TRUE(further.says("Seat 2 (random)"));
}

TEST(Play, resigning_against_one_loses_and_against_several_hands_over_to_the_engine) {
  const Game two = play({"--engine", "random"}, "resign\n");
  EXPECT_EQ(two.code, 0);
  EXPECT_TRUE(two.says("Seat 1 resigns. Seat 2 (random) wins after 0 moves."));
  const Game three = play({"--engine", "random", "--players", "3", "--board", "hex8"}, "resign\n");
  EXPECT_EQ(three.code, 0);
  EXPECT_TRUE(three.says("The engine random plays on for it."));
  EXPECT_TRUE(three.says("The game is over after "));
}

TEST(Play, the_pie_rule_exchanges_who_sits_where) {
  // Seat 2 has not moved yet and may swap.
  const std::string text = "square8|N2|T2|ring_placement|S 3,4:1|M 3,3:1|C |H 17,18|E 0,0|R 0,0|X -|K -|Q s|L 2;2+;0;0";
  const Game game = play({"--option", "swap=1", "--position", text, "--seat1", "random", "--seat2", "human"}, "SW\n");
  EXPECT_TRUE(game.says("Seat 2 swaps sides")) << game.text;
  EXPECT_TRUE(game.says("Seat 2 (random) ")) << "the engine goes on with seat 2";
  EXPECT_TRUE(game.says("Seat 1> ")) << "and the person with seat 1";
  EXPECT_TRUE(game.says("You are now seat 1."));
  EXPECT_TRUE(play({"--option", "swap=1", "--position", text, "--seat1", "random", "--seat2", "human"}, "SW\nundo\n")
                  .says("You are now seat 2."));
  EXPECT_TRUE(play({"--option", "swap=1", "--position", text, "--seat1", "random", "--seat2", "human"}, "SW\nundo\n")
                  .says("Taken back"));
}

TEST(Play, a_hint_names_a_legal_move_and_plays_nothing) {
  const Game game = play({"--position", kMovement, "--hint", "heuristic"}, "hint\nquit\n");
  EXPECT_TRUE(game.says("heuristic suggests: MS 1 0,0 ")) << game.text;
  EXPECT_TRUE(game.says("left after 0 moves"));
}

TEST(Play, a_wrong_name_is_refused_before_the_game) {
  const auto run = mz::test::run_binary("play --seat1 nosuch </dev/null", mz::test::kOnlyStderr);
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.out.find("human"), std::string::npos) << run.out;
  for (const char* flag : {"--hint", "--engine"}) {
    const std::string two = "play --seat1 random --seat2 random </dev/null ";
    EXPECT_EQ(mz::test::run_binary(two + flag + " nosuch").code, 2) << flag;
  }
}

TEST(Play, bad_answers_are_explained_and_asked_again) {
  const std::string typed =
      "\n0\n193\n-1\n99999999999999999999\nPR 2 0,0 1\nfrobnicate\nxx yy zz\n;;;\n\x01\xff\x7f\n9,9\n" +
      std::string(100'000, 'x') + "\nback\nboard\nmoves\nhelp\nPR 1 0,0 1\n";
  const Game game = play({"--seat2", "human"}, typed);
  EXPECT_EQ(game.code, 0);
  EXPECT_TRUE(game.says("'frobnicate' is none of the 192 moves possible here."));
  EXPECT_TRUE(game.says("'9,9' is none of the 192 moves"));
  EXPECT_TRUE(game.says("longer than 4096 bytes"));
  EXPECT_TRUE(game.says("Seat 1 places 1 ring on 0,0.")) << "the last answer was a good one";
  EXPECT_TRUE(game.says("The input has ended. The game is left after 1 move;"));
}

TEST(Play, engines_play_each_other_and_the_seed_decides_the_game) {
  const std::vector<std::string> flags = {"--board", "hex8", "--seat1", "heuristic", "--seat2", "random", "--seed"};
  const auto with_seed = [&](const std::string& seed) {
    std::vector<std::string> all = flags;
    all.push_back(seed);
    return play(all, "");
  };
  const Game first = with_seed("3");
  EXPECT_EQ(first.code, 0);
  EXPECT_TRUE(first.says("The game is over after "));
  EXPECT_EQ(first.text, with_seed("3").text);
  EXPECT_NE(first.text, with_seed("4").text);
}

TEST(Play, wrong_flags_are_usage_errors_that_name_the_choices) {
  using mz::test::kOnlyStderr;
  using mz::test::run_binary;
  EXPECT_EQ(run_binary("play --seat3 random </dev/null").code, 2);
  EXPECT_EQ(run_binary("play --board chess </dev/null").code, 2);
  EXPECT_EQ(run_binary("play --position nonsense </dev/null").code, 2);
  const auto engine = run_binary("play --seat2 nobody </dev/null", kOnlyStderr);
  EXPECT_EQ(engine.code, 2);
  EXPECT_NE(engine.out.find("heuristic"), std::string::npos);
}
