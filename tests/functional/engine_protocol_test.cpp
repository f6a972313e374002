// `meshzero engine` as another program sees it: lines in, lines out (docs/engine-protocol.md).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/functional/binary.h"
#include "tests/functional/conversation.h"

namespace {

using mz::test::Conversation;
using nlohmann::json;

class Engine {
 public:
  explicit Engine(std::vector<std::string> flags = {}) : talk(with_verb(std::move(flags))) {}
  json ask(const json& request) { return parse(talk.ask(request.dump())); }
  json ask_text(const std::string& line) { return parse(talk.ask(line)); }
  json hear() { return parse(talk.hear().value_or("")); }

  Conversation talk;

 private:
  static std::vector<std::string> with_verb(std::vector<std::string> flags) {
    flags.insert(flags.begin(), "engine");
    return flags;
  }
  static json parse(const std::string& line) { return json::parse(line, nullptr, false); }
};

std::string error_kind(const json& reply) {
  return reply.contains("error") ? reply["error"]["kind"].get<std::string>() : "no error: " + reply.dump();
}

}  // namespace

TEST(EngineProtocol, newgame_describes_the_start_of_the_game_asked_for) {
  Engine engine;
  const json reply = engine.ask(
      {{"command", "newgame"}, {"board", "hex8"}, {"players", 3}, {"options", {{"lps", 2}}}, {"seed", 9}, {"id", 17}});
  EXPECT_EQ(reply["reply"], "newgame");
  EXPECT_EQ(reply["id"], 17);
  EXPECT_EQ(reply["board"], "hex8");
  EXPECT_EQ(reply["players"], 3);
  EXPECT_EQ(reply["options"], json({{"lps", 2}}));
  EXPECT_EQ(reply["seed"], 9);
  EXPECT_EQ(reply["turn"], 1);
  EXPECT_EQ(reply["over"], false);
  // 61 empty cells, one to three rings each.
  EXPECT_EQ(reply["legal"], 183);
  EXPECT_EQ(reply["position"], "hex8|N3|T1|ring_placement|S |M |C |H 18,18,18|E 0,0,0|R 0,0,0|X -|K -|Q -|L 0;.;0;0");
}

TEST(EngineProtocol, legal_moves_can_be_played_and_nothing_else) {
  Engine engine;
  const json legal = engine.ask({{"command", "legal"}});
  ASSERT_EQ(legal["moves"].size(), 192U);
  const json after = engine.ask({{"command", "play"}, {"move", "PR 1 3,4 2"}});
  EXPECT_NE(after["position"].get<std::string>().find("|S 3,4:11|"), std::string::npos);
  EXPECT_EQ(after["turn"], 1);
  const json refused = engine.ask({{"command", "play"}, {"move", "MS 1 3,4 4,4"}});
  EXPECT_EQ(error_kind(refused), "illegal_move");
  // Two rings move at least two cells: 3,4 sees two or more in all eight directions of an 8 x 8 board.
  const auto& choices = refused["error"]["choices"];
  EXPECT_NE(std::find(choices.begin(), choices.end(), "MS 1 3,4 5,4"), choices.end());
  EXPECT_EQ(engine.ask({{"command", "play"}, {"move", "MS 1 3,4 5,4"}})["reply"], "play");
}

TEST(EngineProtocol, position_takes_the_text_of_a_position_and_moves_from_there) {
  Engine engine;
  // Worked example of the rules: the fourth marker in a row completes a line of 0,0 1,0 2,0 3,0.
  const std::string text =
      "square8|N2|T1|movement|S 0,0:1 5,5:2 7,7:211|M 1,0:1 2,0:1 3,0:1|C |H 0,0|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";
  const json reply = engine.ask({{"command", "position"}, {"text", text}, {"moves", {"MS 1 0,0 0,1"}}});
  EXPECT_NE(reply["position"].get<std::string>().find("|line_processing|"), std::string::npos) << reply;
  EXPECT_EQ(engine.ask({{"command", "legal"}})["moves"],
            json({"PL 1 0,0;1,0;2,0;3,0", "CL 1 0,0;1,0;2,0;3,0 0,0;1,0;2,0;3,0"}))
      << "a line of exactly four may be processed or chosen whole";
}

TEST(EngineProtocol, a_position_with_an_illegal_move_changes_nothing) {
  Engine engine;
  const std::string before = engine.ask({{"command", "play"}, {"move", "PR 1 0,0 1"}})["position"];
  const json refused = engine.ask({{"command", "position"}, {"moves", {"PR 1 3,3 1", "PR 2 3,3 1"}}});
  EXPECT_EQ(error_kind(refused), "illegal_move");
  EXPECT_NE(refused["error"]["text"].get<std::string>().find("Move 2"), std::string::npos);
  EXPECT_EQ(error_kind(engine.ask({{"command", "position"}, {"text", "square8|nonsense"}})), "position");
  const json legal = engine.ask({{"command", "legal"}});
  EXPECT_EQ(legal["moves"][0].get<std::string>().substr(0, 8), "MS 1 0,0")
      << "still the stack placed before: " << before;
}

TEST(EngineProtocol, go_answers_with_a_legal_move_and_the_same_one_for_the_same_lines) {
  const std::vector<std::string> flags = {"--seed", "5", "--board", "hex8"};
  Engine first(flags);
  Engine second(flags);
  for (int ply = 0; ply < 12; ++ply) {
    const json a = first.ask({{"command", "go"}, {"engine", "heuristic"}});
    const json b = second.ask({{"command", "go"}, {"engine", "heuristic"}});
    ASSERT_EQ(a["reply"], "go") << a;
    EXPECT_EQ(a, b);
    const json played = first.ask({{"command", "play"}, {"move", a["move"]}});
    ASSERT_EQ(played["reply"], "play") << played;
    second.ask({{"command", "play"}, {"move", a["move"]}});
  }
}

TEST(EngineProtocol, another_seed_gives_another_game) {
  const auto game = [](const char* seed) {
    Engine engine({"--seed", seed});
    std::string moves;
    for (int ply = 0; ply < 6; ++ply) {
      const std::string move = engine.ask({{"command", "go"}, {"engine", "random"}})["move"];
      moves += move + "\n";
      engine.ask({{"command", "play"}, {"move", move}});
    }
    return moves;
  };
  EXPECT_NE(game("1"), game("2"));
}

TEST(EngineProtocol, lines_after_go_wait_for_its_answer) {
  Engine engine;
  engine.talk.write_all(
      "{\"command\":\"go\",\"id\":1}\n{\"command\":\"legal\",\"id\":2}\nrubbish\n{\"command\":\"go\",\"id\":3}\n");
  EXPECT_EQ(engine.hear()["id"], 1);
  EXPECT_EQ(engine.hear()["id"], 2);
  EXPECT_EQ(error_kind(engine.hear()), "not_json");
  EXPECT_EQ(engine.hear()["id"], 3);
}

TEST(EngineProtocol, stop_ends_a_search_that_would_last_for_hours) {
  Engine engine;
  engine.talk.say(R"({"command":"go","engine":"minimax:nodes=1000000000","id":"long"})");
  const json stop = engine.ask({{"command", "stop"}});
  EXPECT_EQ(stop["reply"], "stop");
  EXPECT_EQ(stop["thinking"], true);
  const json answer = engine.hear();
  EXPECT_EQ(answer["reply"], "go") << answer;
  EXPECT_EQ(answer["id"], "long");
  EXPECT_EQ(answer["stopped"], true);
  EXPECT_EQ(engine.ask({{"command", "play"}, {"move", answer["move"]}})["reply"], "play");
  EXPECT_EQ(engine.ask({{"command", "stop"}})["thinking"], false);
}

TEST(EngineProtocol, a_limit_in_milliseconds_ends_a_search) {
  Engine engine;
  const json answer = engine.ask({{"command", "go"}, {"engine", "minimax"}, {"ms", 50}});
  EXPECT_EQ(answer["reply"], "go") << answer;
  EXPECT_EQ(answer["engine"], "minimax:ms=50");
}

TEST(EngineProtocol, quit_ends_a_running_search_and_the_program) {
  Engine engine;
  engine.talk.say(R"({"command":"go","engine":"minimax:nodes=1000000000"})");
  engine.talk.say(R"({"command":"quit"})");
  const json answer = engine.hear();
  EXPECT_EQ(answer["reply"], "go");
  EXPECT_EQ(answer["stopped"], true);
  EXPECT_EQ(engine.hear()["reply"], "quit");
  EXPECT_EQ(engine.talk.exit_code(), 0);
}

// Sanitizers take memory as they please, so they are not put under such a limit.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(EngineProtocol, a_search_for_which_there_is_no_thread_is_refused_and_keeps_nothing_waiting) {
  Engine engine;
  ASSERT_EQ(engine.ask({{"command", "legal"}})["reply"], "legal");
  // What the program has and less than the stack of another thread takes.
  rlim_t pages = 0;
  std::ifstream("/proc/" + std::to_string(engine.talk.process()) + "/statm") >> pages;
  ASSERT_GT(pages, 0U);
  rlimit free{};
  ASSERT_EQ(prlimit(engine.talk.process(), RLIMIT_AS, nullptr, &free), 0);
  const rlimit tight{.rlim_cur = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (1U << 20),
                     .rlim_max = free.rlim_max};
  ASSERT_EQ(prlimit(engine.talk.process(), RLIMIT_AS, &tight, nullptr), 0);
  EXPECT_EQ(error_kind(engine.ask({{"command", "go"}})), "failure");
  EXPECT_EQ(engine.ask({{"command", "stop"}})["thinking"], false);
  ASSERT_EQ(prlimit(engine.talk.process(), RLIMIT_AS, &free, nullptr), 0);
  EXPECT_EQ(engine.ask({{"command", "go"}})["reply"], "go");
  EXPECT_EQ(engine.ask({{"command", "quit"}})["reply"], "quit");
  EXPECT_EQ(engine.talk.exit_code(), 0);
}
#endif

TEST(EngineProtocol, the_end_of_input_lets_a_search_finish_and_ends_the_program) {
  Engine engine;
  engine.talk.say(R"({"command":"go"})");
  engine.talk.hang_up();
  EXPECT_EQ(engine.hear()["reply"], "go");
  EXPECT_EQ(engine.talk.exit_code(), 0);
}

TEST(EngineProtocol, bad_lines_are_answered_with_an_error_and_the_program_goes_on) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"this is no json", "not_json"},
      {"{\"command\":\"legal\"", "not_json"},
      {"\x01\xff\xfe", "not_json"},
      {"[1,2,3]", "command"},
      {"null", "command"},
      {"{}", "command"},
      {R"({"command":7})", "command"},
      {R"({"command":"frobnicate"})", "command"},
      {R"({"command":"go","engine":"minimax","nodes":1000000001})", "field"},
      {R"({"command":"legal","extra":1})", "field"},
      {R"({"command":"legal","id":[1]})", "field"},
      {R"({"command":"play"})", "field"},
      {R"({"command":"play","move":5})", "field"},
      {R"({"command":"play","move":"PR 2 0,0 1"})", "illegal_move"},
      {R"({"command":"position","moves":"PR 1 0,0 1"})", "field"},
      {R"({"command":"position","text":""})", "position"},
      {R"({"command":"newgame","players":9})", "field"},
      {R"({"command":"newgame","players":5})", "game"},
      {R"({"command":"newgame","players":1})", "game"},
      {R"({"command":"newgame","players":-2})", "field"},
      {R"({"command":"newgame","players":3,"options":{"swap":1}})", "game"},
      {R"({"command":"newgame","board":"hex8","board":"square8"})", "field"},
      {R"({"command":"newgame","options":{"lps":2,"lps":3}})", "field"},
      {R"({"command":"legal","command":"quit"})", "field"},
      {R"({"command":"newgame","seed":1.5})", "field"},
      {R"({"command":"newgame","board":"chess"})", "game"},
      {R"({"command":"newgame","game":"go"})", "game"},
      {R"({"command":"newgame","options":{"gravity":1}})", "game"},
      {R"({"command":"newgame","options":{"lps":9999999999}})", "field"},
      {R"({"command":"newgame","options":[]})", "field"},
      {R"({"command":"go","engine":"stockfish"})", "engine"},
      {R"({"command":"go","engine":"minimax"})", "engine"},
      {R"({"command":"go","engine":"heuristic","nodes":5})", "engine"},
      {R"({"command":"go","engine":"heuristic:weights=/nonexistent/file"})", "engine"},
      {R"({"command":"go","nodes":"many"})", "field"},
  };
  Engine engine;
  for (const auto& [line, kind] : bad) {
    const json reply = engine.ask_text(line);
    EXPECT_EQ(error_kind(reply), kind) << line;
    if (reply.contains("error")) {
      EXPECT_FALSE(reply["error"]["text"].get<std::string>().empty()) << line;
    }
  }
  EXPECT_EQ(engine.ask({{"command", "legal"}})["moves"].size(), 192U);
}

TEST(EngineProtocol, a_wrong_number_of_players_is_answered_with_the_right_ones) {
  Engine engine;
  const json reply = engine.ask({{"command", "newgame"}, {"players", "2"}});
  EXPECT_NE(reply["error"]["text"].get<std::string>().find("2 to 4"), std::string::npos) << reply;
}

TEST(EngineProtocol, newgame_lists_every_engine_that_go_takes) {
  Engine engine;
  EXPECT_EQ(engine.ask({{"command", "newgame"}})["engines"],
            json({"random", "heuristic", "minimax", "descent", "mcts", "difficulty"}));
  EXPECT_EQ(engine.ask({{"command", "go"}, {"engine", "difficulty:1"}})["reply"], "go");
}

TEST(EngineProtocol, the_variation_of_the_shortest_search_begins_with_its_move) {
  Engine engine;
  for (const std::string spec : {"mcts:sims=1", "minimax:nodes=1", "descent:nodes=1"}) {
    const json reply = engine.ask({{"command", "go"}, {"engine", spec}});
    ASSERT_FALSE(reply["variation"].empty()) << reply;
    EXPECT_EQ(reply["variation"][0], reply["move"]) << reply;
  }
}

TEST(EngineProtocol, an_unknown_command_is_answered_with_the_commands) {
  Engine engine;
  EXPECT_EQ(engine.ask_text(R"({"command":"undo"})")["error"]["choices"],
            json({"newgame", "position", "legal", "play", "go", "stop", "quit"}));
}

TEST(EngineProtocol, a_line_beyond_the_limit_is_skipped_and_answered_once) {
  Engine engine;
  engine.talk.write_all(std::string((1U << 20) + 1, 'x') + "\n");
  EXPECT_EQ(error_kind(engine.hear()), "too_long");
  EXPECT_EQ(engine.ask({{"command", "legal"}})["reply"], "legal");
  // Nesting as deep as a line can hold must not exhaust the stack.
  EXPECT_EQ(error_kind(engine.ask_text(std::string((1U << 20) - 1, '['))), "not_json");
}

TEST(EngineProtocol, after_the_end_of_the_game_there_is_nothing_to_play_or_to_think_about) {
  Engine engine;
  // Seat 2 has no ring left anywhere: when the turn of seat 1 ends, seat 1 has won.
  const std::string text = "square8|N2|T1|territory_processing|S 0,0:1|M |C |H 0,0|E 0,0|R 0,0|X -|K -|Q a|L 0;.;0;0";
  const json end = engine.ask({{"command", "position"}, {"text", text}, {"moves", {"NT 1"}}});
  EXPECT_EQ(end["over"], true) << end;
  EXPECT_EQ(end["winner"], 1);
  EXPECT_EQ(end["turn"], 0);
  EXPECT_EQ(end["reason"], "last_player_standing");
  EXPECT_EQ(error_kind(engine.ask({{"command", "go"}})), "over");
  EXPECT_EQ(error_kind(engine.ask({{"command", "play"}, {"move", "NT 1"}})), "over");
}

TEST(EngineProtocol, every_engine_thinks_about_a_position_that_leads_to_a_dead_end) {
  // Who skips the capture has not acted and comes to forced elimination, where nothing is legal for a seat that could act (C18).
  const std::string two = "square8|N2|T1|capture|S 0,0:1 0,2:2|M |C |H 17,17|E 0,0|R 0,0|X -|K 0,0|Q -|L 0;.;0;0";
  const std::string three =
      "square8|N3|T1|capture|S 0,0:1 0,2:2 7,7:3|M |C |H 17,17,17|E 0,0,0|R 0,0,0|X -|K 0,0|Q -|L 0;.;0;0";
  const std::vector<std::string> engines = {"random",
                                            "heuristic",
                                            "minimax:nodes=2000",
                                            "minimax:nodes=2000,variant=maxn",
                                            "descent:nodes=500",
                                            "mcts:sims=100",
                                            "mcts:sims=100,judge=playouts"};
  for (const int players : {2, 3}) {
    Engine engine;
    engine.ask({{"command", "newgame"}, {"board", "square8"}, {"players", players}});
    const json start = engine.ask({{"command", "position"}, {"text", players == 2 ? two : three}});
    ASSERT_EQ(start["reply"], "position") << start;
    // The capture from 0,0 over 0,2 to 0,3 and up to 0,7, and skipping it.
    const json legal = engine.ask({{"command", "legal"}})["moves"];
    ASSERT_EQ(legal.size(), 6U);
    const json dead =
        engine.ask({{"command", "position"}, {"text", players == 2 ? two : three}, {"moves", {"SC 1", "NL 1"}}});
    ASSERT_EQ(dead["legal"], 0);
    ASSERT_EQ(dead["over"], false);
    for (const std::string& name : engines) {
      engine.ask({{"command", "position"}, {"text", players == 2 ? two : three}});
      const std::string answer = engine.talk.ask(json({{"command", "go"}, {"engine", name}}).dump());
      ASSERT_NE(answer, "") << name << " ended the program";
      const json reply = json::parse(answer);
      EXPECT_NE(std::find(legal.begin(), legal.end(), reply["move"]), legal.end()) << name << ": " << reply;
    }
    EXPECT_EQ(engine.ask({{"command", "quit"}})["reply"], "quit");
    EXPECT_EQ(engine.talk.exit_code(), 0);
  }
}

TEST(EngineProtocol, flags_that_name_no_game_or_engine_are_usage_errors) {
  EXPECT_EQ(mz::test::run_binary("engine --board chess </dev/null").code, 2);
  EXPECT_EQ(mz::test::run_binary("engine --option swap </dev/null").code, 2);
  EXPECT_EQ(mz::test::run_binary("engine --engine nobody </dev/null").code, 2);
}
