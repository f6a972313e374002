// Tournaments and ratings, through the real binary.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/functional/binary.h"

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

TEST_F(Ratings, a_tournament_without_names_plays_one_engine_of_each_kind) {
  const auto run = run_binary("tournament --board hex8 --pairs 1 --max-moves 40 --json --log " + at("log"));
  ASSERT_EQ(run.code, 0);
  std::map<std::string, int> games;
  for (const json& rating : ratings_of(run.out)) games[rating["engine"]] = rating["games"];
  EXPECT_EQ(games, (std::map<std::string, int>{{"random", 8},
                                               {"heuristic", 8},
                                               {"minimax:nodes=10000", 8},
                                               {"descent:nodes=200", 8},
                                               {"mcts:sims=400", 8}}));
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
