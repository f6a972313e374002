// Tournaments and ratings, through the real binary.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/functional/binary.h"
#include "tests/functional/running.h"

namespace {

using mz::test::kOnlyStderr;
using mz::test::run_binary;
using nlohmann::json;
namespace fs = std::filesystem;

class Ratings : public testing::Test {
 protected:
  Ratings() {
    std::string pattern = (fs::temp_directory_path() / "mz-ratings-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~Ratings() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/" + name; }
  // The ratings of the only group of the only configuration.
  static json ratings_of(const std::string& out) {
    const json tables = json::parse(out);
    EXPECT_EQ(tables.size(), 1U);
    EXPECT_EQ(tables[0]["groups"].size(), 1U);
    return tables[0]["groups"][0]["ratings"];
  }

  // Of each game in a match log the engines by seat and the digest of its play (engine/match_log.h).
  [[nodiscard]] std::multiset<std::string> games_in(const std::string& log, std::size_t seats) const {
    std::multiset<std::string> games;
    std::ifstream in(at(log));
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      const std::vector<std::string> field(std::istream_iterator<std::string>(words), {});
      std::string game = field.at(10);
      for (std::size_t seat = 0; seat < seats; ++seat) {
        game += " " + field.at(13 + static_cast<std::size_t>(field.at(9).at(seat) - '0'));
      }
      games.insert(game);
    }
    return games;
  }

  std::string folder_;
};

TEST_F(Ratings, a_tournament_without_names_plays_every_engine_in_every_way_it_can_play) {
  const auto run = run_binary("tournament --board hex8 --pairs 1 --max-moves 24 --json --log " + at("log"));
  ASSERT_EQ(run.code, 0);
  std::set<std::string> engines;
  for (const json& rating : ratings_of(run.out)) engines.insert(rating["engine"].get<std::string>());
  EXPECT_EQ(engines, (std::set<std::string>{
                         "random", "heuristic", "heuristic:weights=aggressive", "heuristic:weights=defensive",
                         "heuristic:weights=square8-2p", "heuristic:weights=hex8-2p", "heuristic:weights=territorial",
                         "minimax:nodes=10000", "descent:nodes=200", "mcts:sims=400", "mcts:sims=400,judge=playouts"}));
  EXPECT_EQ(games_in("log", 2).size(), 110U) << "two games of each of 55 pairs of engines";
}

TEST_F(Ratings, a_tournament_with_an_engine_that_cannot_play_does_not_begin) {
  for (const std::string wrong : {"nosuch", "minimax", "heuristic:weights=nosuch", "difficulty:11"}) {
    const auto run = run_binary("tournament random heuristic " + wrong + " --pairs 1 --max-moves 24 --log " + at("log"),
                                kOnlyStderr);
    EXPECT_TRUE(run.code == 2 || run.code == 3) << run.out;
    EXPECT_EQ(run.out.find(" against "), std::string::npos) << run.out;
    EXPECT_FALSE(fs::exists(at("log"))) << wrong;
  }
  EXPECT_EQ(run_binary("tournament random heuristic --anchor nosuch --pairs 1 --log " + at("log")).code, 2);
  EXPECT_FALSE(fs::exists(at("log")));
}

TEST_F(Ratings, options_of_the_game_are_taken_by_match_tournament_and_ladder) {
  const std::string flags = " --option swap=1 --pairs 1 --max-moves 24 --json --log ";
  const auto match = run_binary("match --a heuristic --b random" + flags + at("log"));
  ASSERT_EQ(match.code, 0);
  EXPECT_EQ(json::parse(match.out)["options"], (json{{"swap", 1}}));
  const auto tournament = run_binary("tournament random heuristic:random=30" + flags + at("log"));
  ASSERT_EQ(tournament.code, 0);
  const json tables = json::parse(tournament.out);
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables[0]["options"], (json{{"swap", 1}}));
  EXPECT_EQ(run_binary("tournament --option swap=1 random heuristic --pairs 1 --max-moves 24 --log " + at("log")).code,
            0)
      << "what follows the option are engines";
  const auto ladder = run_binary("ladder --to 2" + flags + at("log"));
  EXPECT_EQ(json::parse(ladder.out)["options"], (json{{"swap", 1}}));
  for (const std::string verb : {"match --a random --b random", "tournament random heuristic", "ladder"}) {
    const auto wrong = run_binary(verb + " --pairs 1 --option gravity=1 --log " + at("log"), kOnlyStderr);
    EXPECT_EQ(wrong.code, 2) << verb;
    EXPECT_NE(wrong.out.find("gravity"), std::string::npos) << wrong.out;
    EXPECT_EQ(run_binary(verb + " --pairs 1 --option swap --log " + at("log")).code, 2) << verb;
  }
}

TEST_F(Ratings, the_sound_lines_of_a_damaged_log_are_rated_and_the_damage_is_told) {
  const std::string match = "match --a heuristic --b random --pairs 3 --max-moves 60 --log " + at("log");
  ASSERT_EQ(run_binary(match).code, 0);
  std::ifstream in(at("log"));
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::size_t second = bytes.find('\n') + 1;
  bytes[second + 40] ^= 1;
  std::ofstream(at("log")) << bytes;

  const auto rated = run_binary("ratings --json --log " + at("log"));
  EXPECT_EQ(rated.code, 1);
  const json table = json::parse(rated.out).at(0);
  EXPECT_EQ(table["damaged_lines"], 1);
  EXPECT_EQ(table["first_damaged_line"], 2);
  for (const json& rating : ratings_of(rated.out)) EXPECT_EQ(rating["games"], 5);
  const auto told = run_binary("ratings --log " + at("log"), kOnlyStderr);
  EXPECT_EQ(told.code, 1);
  EXPECT_NE(told.out.find(at("log") + " is damaged: 1 line, the first of them line 2."), std::string::npos) << told.out;

  for (const std::string& verb : {match, "tournament random heuristic --pairs 1 --log " + at("log")}) {
    const auto refused = run_binary(verb, kOnlyStderr);
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.out.find("is damaged in line 2"), std::string::npos) << refused.out;
  }
  std::ifstream after(at("log"));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(after), {}), bytes);
}

TEST_F(Ratings, a_sound_log_has_no_damaged_lines) {
  ASSERT_EQ(run_binary("match --a heuristic --b random --pairs 1 --max-moves 60 --log " + at("log")).code, 0);
  const auto rated = run_binary("ratings --json --log " + at("log"));
  EXPECT_EQ(rated.code, 0);
  EXPECT_EQ(json::parse(rated.out).at(0)["damaged_lines"], 0);
  EXPECT_TRUE(json::parse(rated.out).at(0)["first_damaged_line"].is_null());
}

TEST_F(Ratings, a_file_that_is_no_match_log_is_kept) {
  for (const std::string verb : {"match --a random --b random", "tournament random heuristic", "ladder --to 2"}) {
    std::ofstream(at("p.json")) << "{\"precious\":1}";
    const auto run = run_binary(verb + " --pairs 1 --log " + at("p.json"), kOnlyStderr);
    EXPECT_EQ(run.code, 1);
    EXPECT_NE(run.out.find(at("p.json")), std::string::npos) << run.out;
    std::ifstream in(at("p.json"));
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "{\"precious\":1}");
  }
  EXPECT_EQ(run_binary("ratings --log " + at("p.json")).code, 1);
}

TEST_F(Ratings, a_pipe_is_neither_a_log_nor_a_file_of_weights) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  const std::string match = "match --a heuristic --b random --pairs 1 --max-moves 24 --log ";
  for (const std::string& verb : {match + at("pipe"), "ratings --log " + at("pipe"), match + "/dev/null",
                                  match + at("log") + " --c heuristic:weights=" + at("pipe") + " --players 3"}) {
    const auto run = run_binary(verb, kOnlyStderr);
    EXPECT_EQ(run.code, 4) << verb;
    EXPECT_NE(run.out.find("ordinary file"), std::string::npos) << run.out;
  }
}

TEST_F(Ratings, an_anchor_that_never_played_is_told) {
  ASSERT_EQ(run_binary("match --a heuristic --b random --pairs 1 --max-moves 60 --log " + at("log")).code, 0);
  const auto missing = run_binary("ratings --anchor minimax:nodes=7 --log " + at("log"), kOnlyStderr);
  EXPECT_EQ(missing.code, 0);
  EXPECT_NE(missing.out.find("'minimax:nodes=7' has no game in this log"), std::string::npos) << missing.out;
  EXPECT_EQ(run_binary("ratings --anchor heuristic --log " + at("log"), kOnlyStderr).out, "");
}

TEST_F(Ratings, an_anchor_may_have_another_name_than_in_the_log) {
  const std::string match = "match --board hex8 --pairs 1 --max-moves 40 --log " + at("log") + " --b difficulty:3 --a ";
  ASSERT_EQ(run_binary(match + "heuristic").code, 0);
  ASSERT_EQ(run_binary(match + "heuristic:weights=balanced --seed 2").code, 0);
  for (const std::string anchor : {"heuristic", "heuristic:weights=balanced", "difficulty:3", "heuristic:random=62"}) {
    const std::string verb = "ratings --log " + at("log") + " --anchor " + anchor;
    EXPECT_EQ(run_binary(verb, kOnlyStderr).out, "") << anchor;
    EXPECT_EQ(run_binary(verb).code, 0) << anchor;
  }
  ASSERT_EQ(
      run_binary("match --board square8 --pairs 1 --max-moves 40 --a random --b difficulty:3 --log " + at("log")).code,
      0);
  const auto two = run_binary("ratings --anchor difficulty:3 --log " + at("log"), kOnlyStderr);
  EXPECT_EQ(two.code, 2);
  EXPECT_NE(two.out.find("Choose one of: "), std::string::npos) << two.out;
}

TEST_F(Ratings, a_match_says_who_sat_on_every_seat) {
  const std::string match = "match --json --pairs 1 --max-moves 8 --a random --b heuristic ";
  const auto specs = [&](const std::string& flags) {
    const json result = json::parse(run_binary(match + flags + " --log " + at("log")).out);
    std::string text;
    for (const json& engine : result["participants"]) text += engine["spec"].get<std::string>() + " ";
    return text;
  };
  EXPECT_EQ(specs("--players 4"), "random heuristic heuristic heuristic ");
  EXPECT_EQ(specs("--players 4 --c difficulty:2"), "random heuristic heuristic:random=80 heuristic ");
  EXPECT_EQ(specs("--players 4 --d difficulty:2"), "random heuristic heuristic heuristic:random=80 ");
  for (const std::string wrong : {"--players 3 --d random", "--players 2 --c random", "--openings -1"}) {
    EXPECT_EQ(run_binary(match + wrong + " --log " + at("log")).code, 2) << wrong;
  }
  const json run = json::parse(run_binary(match + "--log " + at("log")).out);
  EXPECT_EQ(run["draws"], 0);
  EXPECT_EQ(run["capped"], 2);
  EXPECT_EQ(run["participants"][0]["weights_hash"], "");
  EXPECT_EQ(run["participants"][1]["weights_hash"].get<std::string>().size(), 64U);
}

TEST_F(Ratings, bounds_are_rounded_as_the_rating_is) {
  const std::string tournament = "tournament heuristic heuristic:random=50 heuristic:random=75 --board hex8 --pairs 4";
  ASSERT_EQ(run_binary(tournament + " --log " + at("log")).code, 0);
  const std::string verb = "ratings --anchor heuristic:random=50 --log " + at("log");
  const auto text = run_binary(verb).out;
  const auto tables = run_binary(verb + " --json").out;
  for (const json& rating : ratings_of(tables)) {
    const auto bound = [](const json& value) {
      return value.is_null() ? std::string("open") : std::to_string(std::lround(value.get<double>()));
    };
    EXPECT_NE(text.find("[" + bound(rating["elo_low"]) + ", " + bound(rating["elo_high"]) + "]"), std::string::npos)
        << text << rating;
  }
}

TEST_F(Ratings, an_interrupted_match_is_a_failure_that_says_how_to_go_on) {
  mz::test::Running match({"match", "--a", "heuristic", "--b", "random", "--pairs", "1000000", "--log", at("log")});
  std::error_code missing;
  for (std::uintmax_t size = 0; size == 0 || size == static_cast<std::uintmax_t>(-1);) {
    std::this_thread::yield();
    size = fs::file_size(at("log"), missing);
  }
  match.signal(SIGINT);
  EXPECT_EQ(match.wait_for_end(), 1);
  EXPECT_NE(match.said().find("the same command goes on where this one stopped"), std::string::npos) << match.said();
}

TEST_F(Ratings, a_test_without_both_claims_or_with_one_twice_is_refused) {
  for (const std::string sprt :
       {"elo0=0", "elo1=10", "alpha=0.05", "elo0=0,elo0=5,elo1=10", "elo0=0,elo1=5,elo1=10",
        "elo0=0,elo1=10,beta=0.1,beta=0.1", "elo0=0,elo1=10,gamma=1", "elo0=0,elo1=x", ",", "''", "elo0=0,elo1=10,"}) {
    const auto run =
        run_binary("match --a random --b random --pairs 1 --sprt " + sprt + " --log " + at("log"), kOnlyStderr);
    EXPECT_EQ(run.code, 2) << sprt;
    EXPECT_NE(run.out.find("elo0=0,elo1=10,alpha=0.05,beta=0.05"), std::string::npos) << run.out;
  }
  EXPECT_EQ(
      run_binary("match --a random --b random --pairs 1 --max-moves 24 --sprt elo0=0,elo1=10 --log " + at("log")).code,
      0);
}

TEST_F(Ratings, a_file_of_weights_that_cannot_be_used_is_named) {
  std::ofstream(at("w.json")) << "{}";
  const std::string engine = "heuristic:weights=" + at("w.json");
  const auto run = run_binary("match --a " + engine + " --b random --pairs 1 --log " + at("log"), kOnlyStderr);
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("'" + at("w.json") + "'"), std::string::npos) << run.out;
  const auto tuning = run_binary("cmaes --start " + at("w.json") + " --out " + at("out.json"), kOnlyStderr);
  EXPECT_EQ(tuning.code, 1);
  EXPECT_NE(tuning.out.find("'" + at("w.json") + "'"), std::string::npos) << tuning.out;
}

TEST_F(Ratings, a_tournament_of_three_seats_plays_the_same_games_in_whatever_order_engines_are_named) {
  const std::string flags = " --board hex8 --players 3 --pairs 1 --max-moves 60 --log ";
  ASSERT_EQ(run_binary("tournament random heuristic" + flags + at("one")).code, 0);
  ASSERT_EQ(run_binary("tournament heuristic random" + flags + at("other")).code, 0);
  const auto games = games_in("one", 3);
  EXPECT_EQ(games, games_in("other", 3));
  // Each of the two alone against the other, on every seat.
  ASSERT_EQ(games.size(), 6U);
  std::map<int, int> lineups;  // by how many seats the heuristic has
  for (const std::string& game : games) {
    int seats = 0;
    for (std::size_t i = game.find(" heuristic#"); i != std::string::npos; i = game.find(" heuristic#", i + 1)) {
      ++seats;
    }
    ++lineups[seats];
  }
  EXPECT_EQ(lineups, (std::map<int, int>{{1, 3}, {2, 3}}));
}

TEST_F(Ratings, a_match_says_how_many_of_its_games_were_in_the_log) {
  const std::string match = "match --a heuristic --b random --max-moves 60 --log " + at("log") + " --pairs ";
  const auto first = run_binary(match + "2");
  ASSERT_EQ(first.code, 0);
  EXPECT_EQ(first.out.find("in the match log already"), std::string::npos) << first.out;
  const auto longer = run_binary(match + "3");
  ASSERT_EQ(longer.code, 0);
  EXPECT_NE(longer.out.find("6 games: "), std::string::npos) << longer.out;
  EXPECT_NE(longer.out.find("\n4 of them were in the match log already"), std::string::npos) << longer.out;
}

TEST_F(Ratings, an_engine_that_is_named_twice_in_whatever_spelling_is_refused) {
  for (const std::string engines : {"random random", "heuristic:random=050 heuristic:random=50 random",
                                    "heuristic heuristic:weights=balanced random", "difficulty:1 random"}) {
    const auto run = run_binary("tournament " + engines + " --pairs 1 --max-moves 24 --log " + at("log"), kOnlyStderr);
    EXPECT_EQ(run.code, 2) << engines;
    EXPECT_NE(run.out.find("are one engine"), std::string::npos) << run.out;
    EXPECT_FALSE(fs::exists(at("log"))) << engines;
  }
}

TEST_F(Ratings, a_match_without_a_test_shows_none) {
  const std::string match = "match --a random --b random --pairs 1 --max-moves 24 --log " + at("log");
  EXPECT_TRUE(json::parse(run_binary(match + " --json").out)["sprt"].is_null());
  EXPECT_EQ(run_binary(match).out.find("LLR"), std::string::npos);
  const auto tested = run_binary(match + " --json --sprt elo0=0,elo1=10");
  EXPECT_EQ(json::parse(tested.out)["sprt"]["verdict"], "undecided");
  EXPECT_NE(run_binary(match + " --sprt elo0=0,elo1=10").out.find("LLR"), std::string::npos);
}

TEST_F(Ratings, an_interval_that_is_open_is_shown_so) {
  // The heuristic wins every game.
  const std::string match = "match --a heuristic --b random --pairs 2 --seed 2 --log " + at("log");
  const json json_result = json::parse(run_binary(match + " --json").out);
  ASSERT_TRUE(json_result["elo_open_above"]) << json_result;
  const auto text = run_binary(match).out;
  EXPECT_NE(text.find(", open]"), std::string::npos) << text;
}

TEST_F(Ratings, a_seed_is_a_whole_number_that_fits) {
  const std::string match = "match --a random --b random --pairs 1 --max-moves 24 --json --log " + at("log");
  for (const std::string seed :
       {"18446744073709551616", "99999999999999999999999999", "-1", "''", "1x", "' 1'", "1.5"}) {
    const auto run = run_binary(match + " --seed " + seed, kOnlyStderr);
    EXPECT_EQ(run.code, 2) << seed;
    EXPECT_NE(run.out.find("A seed is a whole number"), std::string::npos) << run.out;
    EXPECT_EQ(run_binary("play --seed " + seed + " </dev/null").code, 2) << seed;
    EXPECT_EQ(run_binary("selfplay --games 1 --seed " + seed + " --out " + at("games.db")).code, 2) << seed;
  }
  EXPECT_EQ(json::parse(run_binary(match + " --seed 18446744073709551615").out)["seed"], 18446744073709551615U);
  EXPECT_EQ(json::parse(run_binary(match + " --seed 010").out)["seed"], 10);
}

TEST_F(Ratings, a_log_that_the_system_lets_grow_no_further_is_told) {
  const std::string log = at("log");
  const std::string match = " match --a random --b random --pairs 200 --max-moves 24 --log " + log;
  const auto run = mz::test::run_program("ulimit -f 8; " MESHZERO_BINARY, match, kOnlyStderr);
  EXPECT_EQ(run.code, 1) << run.out;
  EXPECT_NE(run.out.find("Cannot write the match log " + log), std::string::npos) << run.out;
  EXPECT_EQ(run_binary("ratings --log " + log).code, 0) << "what was written is sound";
}

// Sanitizers take memory as they please, so they are not put under such a limit.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_F(Ratings, more_threads_than_the_system_gives_are_refused) {
  // Stacks of 64 MiB, of which the limit holds a few.
  const std::string limited = "ulimit -s 65536; ulimit -v 700000; " MESHZERO_BINARY;
  for (const std::string& verb : {" match --a random --b random --pairs 2000 --log " + at("log"),
                                  " cmaes --generations 1 --games 2000 --out " + at("weights.json"),
                                  " selfplay --engine random --games 100000 --out " + at("games.db")}) {
    const auto run = mz::test::run_program(limited, verb + " --threads 64", kOnlyStderr);
    EXPECT_EQ(run.code, 1) << verb << run.out;
    EXPECT_NE(run.out.find("threads the system starts no more: "), std::string::npos) << verb << run.out;
    EXPECT_NE(run.out.find("Take fewer with --threads"), std::string::npos) << verb << run.out;
  }
}
#endif

TEST_F(Ratings, the_pie_rule_among_three_is_refused) {
  for (const std::string& verb :
       {"match --a random --b random --pairs 1 --log " + at("log"), std::string("play </dev/null"),
        "selfplay --games 1 --out " + at("games.db"), std::string("engine </dev/null")}) {
    const auto run = run_binary(verb + " --players 3 --option swap=1", kOnlyStderr);
    EXPECT_EQ(run.code, 2) << verb;
    EXPECT_NE(run.out.find("pie rule"), std::string::npos) << run.out;
  }
}

TEST_F(Ratings, one_engine_is_no_tournament) {
  const auto run = run_binary("tournament heuristic --log " + at("log"), kOnlyStderr);
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.out.find("at least two"), std::string::npos) << run.out;
}

TEST_F(Ratings, a_file_that_gets_other_weights_is_another_engine) {
  const std::string match =
      "match --a heuristic:weights=" + at("w.json") + " --b random --pairs 1 --max-moves 60 --json --log " + at("log");
  for (const char* profile : {"balanced", "aggressive"}) {
    fs::copy_file(std::string(MESHZERO_SOURCE_DIR) + "/config/heuristics/" + profile + ".json", at("w.json"),
                  fs::copy_options::overwrite_existing);
    ASSERT_EQ(run_binary(match).code, 0);
  }
  const auto run = run_binary("ratings --json --log " + at("log"));
  ASSERT_EQ(run.code, 0);
  std::set<std::string> hashes;
  for (const json& rating : ratings_of(run.out)) {
    if (rating["engine"] == "random") {
      EXPECT_EQ(rating["weights_hash"], "");
    } else {
      hashes.insert(rating["weights_hash"].get<std::string>());
    }
  }
  ASSERT_EQ(hashes.size(), 2U);

  const std::string anchor = " --anchor heuristic:weights=" + at("w.json");
  const auto ambiguous = run_binary("ratings --log " + at("log") + anchor, kOnlyStderr);
  EXPECT_EQ(ambiguous.code, 2);
  for (const std::string& hash : hashes) {
    const std::string name = "#" + hash.substr(0, 8);
    EXPECT_NE(ambiguous.out.find(name), std::string::npos) << ambiguous.out;
    const auto anchored = run_binary("ratings --json --log " + at("log") + anchor + name);
    ASSERT_EQ(anchored.code, 0);
    for (const json& rating : ratings_of(anchored.out)) {
      if (rating["weights_hash"] == hash) {
        EXPECT_EQ(rating["elo"], 0);
      }
    }
  }
}

TEST_F(Ratings, a_log_that_is_named_and_not_there_is_an_error) {
  const auto run = run_binary("ratings --json --log " + at("missing"), kOnlyStderr);
  EXPECT_NE(run.code, 0);
  EXPECT_NE(run.out.find("There is no match log " + at("missing")), std::string::npos) << run.out;
}

}  // namespace
