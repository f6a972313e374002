// `meshzero cmaes` through the binary: small runs, of which it is known what must hold, not how well they play.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "store/disk.h"
#include "tests/functional/binary.h"
#include "tests/functional/running.h"

namespace {

namespace fs = std::filesystem;
using mz::test::kOnlyStderr;
using mz::test::run_binary;
using nlohmann::json;

class Cmaes : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::path(testing::TempDir()) / ("cmaes-" + name + "-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream in(path(name));
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  mz::test::Ended tune(const std::string& out, const std::string& flags,
                       const char* redirect = mz::test::kOnlyStdout) const {
    return run_binary(
        "cmaes --board hex8 --population 4 --games 2 --openings 3 --seed 5 --json --out " + path(out) + " " + flags,
        redirect);
  }
  static std::string ringrift_profile(const std::string& name) {
    std::ifstream in(std::string(MESHZERO_SOURCE_DIR) + "/config/heuristics/" + name + ".json");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_)) all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  static std::vector<json> lines(const std::string& text) {
    std::vector<json> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line, nullptr, false));
    return all;
  }

 private:
  fs::path folder_;
};

}  // namespace

TEST_F(Cmaes, each_generation_reports_where_the_search_stands) {
  const auto run = tune("w.json", "--generations 2");
  ASSERT_EQ(run.code, 0);
  const auto report = lines(run.out);
  ASSERT_EQ(report.size(), 2U);
  for (std::size_t i = 0; i < report.size(); ++i) {
    const json& line = report[i];
    EXPECT_EQ(line["generation"], i + 1);
    // Two games for each point: four candidates, and from the second generation on points that are evaluated anew.
    EXPECT_EQ(line["games"], 2 * line["points"].get<int>());
    EXPECT_GE(line["points"], i == 0 ? 4 : 5);
    EXPECT_GE(line["distinct_games"], 2);
    EXPECT_LE(line["distinct_games"], line["games"]);
    EXPECT_GT(line["sigma"].get<double>(), 0);
    EXPECT_GE(line["condition"].get<double>(), 1);
    EXPECT_GE(line["mean"].get<double>(), 0);
    EXPECT_LE(line["mean"].get<double>(), line["generation_best"].get<double>());
    EXPECT_LE(line["generation_best"].get<double>(), 1);
  }
}

TEST_F(Cmaes, the_weights_it_writes_are_accepted_by_a_match) {
  ASSERT_EQ(tune("w.json", "--generations 1").code, 0);
  const auto match = run_binary("match --a heuristic:weights=" + path("w.json") +
                                " --b heuristic --board hex8 --pairs 1 --json --log " + path("log"));
  EXPECT_EQ(match.code, 0);
  EXPECT_EQ(json::parse(match.out)["games"], 2);
  const json weights = json::parse(read("w.json"));
  EXPECT_EQ(weights["weights"]["eliminated_rings"], 1000) << "the measure of the others is not tuned";
}

TEST_F(Cmaes, names_the_whole_match_that_decides_and_that_match_can_be_played) {
  const auto run =
      tune("w.json", "--generations 1 --option swap=1 --engine heuristic:random=10 --start aggressive", kOnlyStderr);
  ASSERT_EQ(run.code, 0) << run.out;
  const std::string command = "match --a heuristic:random=10,weights=" + path("w.json") +
                              " --b heuristic:random=10,weights=aggressive --board hex8 --players 2 --option swap=1 "
                              "--seed 6 --pairs 10000 --sprt elo0=0,elo1=10";
  EXPECT_NE(run.out.find("\n  meshzero " + command + "\n"), std::string::npos) << run.out;
  std::string shorter = command;
  shorter.replace(shorter.find("10000"), 5, "1");
  const auto match = run_binary(shorter + " --json --log " + path("log"));
  ASSERT_EQ(match.code, 0);
  EXPECT_EQ(json::parse(match.out)["options"], (json{{"swap", 1}}));
}

TEST_F(Cmaes, a_resumed_run_equals_the_uninterrupted_one_whatever_the_threads) {
  const auto whole = tune("whole.json", "--generations 4 --threads 1");
  ASSERT_EQ(whole.code, 0);
  const auto first = tune("parts.json", "--generations 2 --threads 2");
  const auto rest = tune("parts.json", "--generations 4 --threads 3 --resume");
  ASSERT_EQ(rest.code, 0);
  EXPECT_EQ(first.out + rest.out, whole.out);
  EXPECT_EQ(read("parts.json"), read("whole.json"));
  EXPECT_EQ(read("parts.json.state"), read("whole.json.state"));
}

TEST_F(Cmaes, another_seed_or_start_gives_other_weights) {
  ASSERT_EQ(tune("a.json", "--generations 1").code, 0);
  ASSERT_EQ(tune("b.json", "--generations 1 --start aggressive").code, 0);
  EXPECT_NE(json::parse(read("a.json"))["weights"], json::parse(read("b.json"))["weights"]);
}

TEST_F(Cmaes, three_players_share_a_game_that_reaches_the_move_cap_by_standing) {
  const auto run = tune("w.json", "--players 3 --generations 1 --max-moves 24");
  ASSERT_EQ(run.code, 0);
  const json line = lines(run.out).at(0);
  EXPECT_EQ(line["games"], 12) << "two games of each of four candidates are rounded up to a cycle of three";
  EXPECT_EQ(line["capped"], line["games"]) << "no game of three players ends within 24 plies";
  EXPECT_LE(line["generation_best"].get<double>(), 1.0 / 3 + 1e-9);
}

TEST_F(Cmaes, a_run_is_neither_overwritten_nor_resumed_with_other_flags) {
  ASSERT_EQ(tune("w.json", "--generations 1").code, 0);
  const auto again = tune("w.json", "--generations 2", kOnlyStderr);
  EXPECT_EQ(again.code, 4);
  EXPECT_NE(again.out.find("--resume"), std::string::npos);
  const auto other = tune("w.json", "--generations 2 --resume --sigma 2", kOnlyStderr);
  EXPECT_EQ(other.code, 4);
  EXPECT_NE(other.out.find("saved with '--sigma 1', and now it is '--sigma 2'"), std::string::npos) << other.out;
  const auto rule = tune("w.json", "--generations 2 --resume --restarts none", kOnlyStderr);
  EXPECT_NE(rule.out.find("now it is '--restarts none'"), std::string::npos) << rule.out;
  EXPECT_EQ(tune("none.json", "--resume").code, 3);
}

TEST_F(Cmaes, a_file_that_is_there_is_not_replaced_by_a_new_run) {
  std::ofstream(path("mine.json")) << ringrift_profile("aggressive");
  const auto start = tune("mine.json", "--generations 1 --start " + path("mine.json"), kOnlyStderr);
  EXPECT_EQ(start.code, 4);
  EXPECT_NE(start.out.find("'" + path("mine.json") + "' exists"), std::string::npos) << start.out;
  EXPECT_NE(start.out.find("--out"), std::string::npos) << start.out;
  EXPECT_NE(start.out.find("--resume"), std::string::npos) << start.out;
  EXPECT_EQ(read("mine.json"), ringrift_profile("aggressive"));
  std::ofstream(path("other.json.new")) << "precious";
  EXPECT_EQ(tune("other.json", "--generations 1").code, 4);
  EXPECT_EQ(read("other.json.new"), "precious");
  EXPECT_EQ(names(), (std::vector<std::string>{"mine.json", "other.json.new"}))
      << "a refused run leaves nothing behind";
}

TEST_F(Cmaes, a_run_that_cannot_begin_leaves_no_lock_behind) {
  EXPECT_EQ(tune("none.json", "--resume").code, 3);
  EXPECT_EQ(tune("none.json", "--engine random").code, 2);
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_F(Cmaes, a_file_that_another_run_writes_is_named) {
  const auto held = mz::make_posix_disk()->lock(path("w.json.lock"), "");
  ASSERT_TRUE(held);
  const auto second = tune("w.json", "--generations 1", kOnlyStderr);
  EXPECT_EQ(second.code, 4);
  EXPECT_NE(second.out.find("'" + path("w.json") + "'"), std::string::npos) << second.out;
  EXPECT_EQ(second.out.find("meshzero down"), std::string::npos) << second.out;
}

TEST_F(Cmaes, damaged_states_and_impossible_flags_are_refused) {
  ASSERT_EQ(tune("w.json", "--generations 1").code, 0);
  std::string state = read("w.json.state");
  state[state.size() / 2 + state.size() / 4] ^= 1;
  std::ofstream(path("w.json.state")) << state;
  EXPECT_NE(tune("w.json", "--generations 2 --resume").code, 0);
  std::ofstream(path("w.json.state")) << "rubbish";
  EXPECT_NE(tune("w.json", "--generations 2 --resume").code, 0);
  EXPECT_EQ(tune("x.json", "--engine random").code, 2);
  EXPECT_EQ(tune("x.json", "--engine heuristic:weights=balanced").code, 2);
  EXPECT_EQ(tune("x.json", "--engine mcts:sims=10,judge=playouts").code, 2) << "no weight moves anything there";
  EXPECT_EQ(tune("x.json", "--engine heuristic:random=100").code, 2);
  EXPECT_EQ(tune("x.json", "--start no-such-file").code, 3);
  EXPECT_EQ(tune("x.json", "--games 0").code, 2);
  EXPECT_EQ(tune("x.json", "--population 1").code, 2);
}

TEST_F(Cmaes, a_run_that_ends_within_its_first_generation_can_be_resumed) {
  for (const int number : {SIGTERM, SIGKILL}) {
    const std::string out = "w" + std::to_string(number) + ".json";
    const std::vector<std::string> flags = {"cmaes", "--board",       "hex8", "--population", "4",      "--games",
                                            "20",    "--generations", "1",    "--out",        path(out)};
    mz::test::Running tuning(flags);
    while (!fs::exists(path(out) + ".state")) std::this_thread::yield();
    tuning.signal(number);
    EXPECT_EQ(tuning.wait_for_end(), number == SIGTERM ? 1 : -SIGKILL);
    if (number == SIGTERM) {
      EXPECT_NE(tuning.said().find("--resume goes on after generation 0"), std::string::npos) << tuning.said();
    }
    EXPECT_FALSE(fs::exists(path(out)));
    std::vector<std::string> again = flags;
    again.push_back("--resume");
    mz::test::Running resumed(again);
    EXPECT_EQ(resumed.wait_for_end(), 0) << resumed.said();
    EXPECT_TRUE(fs::exists(path(out)));
  }
}

TEST_F(Cmaes, the_way_out_of_a_damaged_state_is_named_and_works) {
  ASSERT_EQ(tune("w.json", "--generations 1").code, 0);
  std::ofstream(path("w.json.state")) << "rubbish";
  const auto resumed = tune("w.json", "--generations 2 --resume", kOnlyStderr);
  EXPECT_EQ(resumed.code, 1);
  EXPECT_NE(resumed.out.find("remove this file and '" + path("w.json") + "'"), std::string::npos) << resumed.out;
  EXPECT_NE(resumed.out.find("'" + path("w.json.state") + "'"), std::string::npos) << resumed.out;
  fs::remove(path("w.json"));
  fs::remove(path("w.json.state"));
  EXPECT_EQ(tune("w.json", "--generations 1").code, 0);
}

TEST_F(Cmaes, an_empty_name_is_refused_at_once) {
  const auto run = run_binary("cmaes --board hex8 --games 100000 --out ''", kOnlyStderr);
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.out.find("--out"), std::string::npos) << run.out;
}

TEST_F(Cmaes, a_name_that_no_engine_could_be_given_is_refused) {
  for (const std::string name : {"a,b.json", "\xc3\xa4.json"}) {
    EXPECT_EQ(run_binary("cmaes --board hex8 --generations 1 --out '" + path(name) + "'", kOnlyStderr).code, 2)
        << "no engine could name it";
  }
}
