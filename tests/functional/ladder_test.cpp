// `meshzero ladder` through the binary, on steps whose games are short.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/functional/binary.h"

namespace {

namespace fs = std::filesystem;
using mz::test::kOnlyStderr;
using mz::test::kOnlyStdout;
using mz::test::run_binary;
using nlohmann::json;

class Ladder : public testing::Test {
 protected:
  void SetUp() override {
    log_ = fs::path(testing::TempDir()) / ("ladder-" + std::to_string(::getpid()) + ".log");
    fs::remove(log_);
  }
  void TearDown() override { fs::remove(log_); }
  mz::test::Ended climb(const std::string& flags, const char* redirect = kOnlyStdout) const {
    return run_binary("ladder --board hex8 --players 2 --seed 3 --json --log " + log_.string() + " " + flags, redirect);
  }

 private:
  fs::path log_;
};

}  // namespace

TEST_F(Ladder, measures_each_step_against_the_one_below) {
  const auto run = climb("--from 1 --to 3 --pairs 200");
  EXPECT_EQ(run.code, 0) << run.out;
  const json report = json::parse(run.out);
  EXPECT_TRUE(report["sound"]);
  EXPECT_TRUE(report["quick"]);
  ASSERT_EQ(report["steps"].size(), 3U);
  EXPECT_EQ(report["steps"][0]["engine"], "random");
  EXPECT_FALSE(report["steps"][0].contains("games")) << "there is nothing below the lowest step";
  for (std::size_t i = 1; i < 3; ++i) {
    const json& step = report["steps"][i];
    EXPECT_EQ(step["level"], i + 1);
    EXPECT_TRUE(step["stronger"]);
    EXPECT_GT(step["score"], 0.5);
    EXPECT_GT(step["elo_low"], step["sprt"] == "accepted" ? -1000.0 : 0.0);
    EXPECT_GT(step["decisions"], 5);
  }
}

TEST_F(Ladder, fails_when_the_games_do_not_show_a_step_to_be_stronger) {
  const auto run = climb("--from 4 --to 5 --pairs 1", kOnlyStderr);
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("not shown to be stronger"), std::string::npos) << run.out;
}

TEST_F(Ladder, takes_games_found_in_the_log_for_played) {
  const auto first = json::parse(climb("--from 1 --to 2 --pairs 5").out);
  const auto again = json::parse(climb("--from 1 --to 2 --pairs 5").out);
  EXPECT_EQ(first["steps"][1]["score"], again["steps"][1]["score"]);
  EXPECT_EQ(first["steps"][1]["games"], again["steps"][1]["games"]);
}

TEST_F(Ladder, refuses_a_ladder_of_one_step) {
  const auto run = climb("--from 5 --to 5", kOnlyStderr);
  EXPECT_EQ(run.code, 2);
  EXPECT_NE(run.out.find("--from"), std::string::npos);
}
