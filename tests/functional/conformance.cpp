// meshzero conformance through the real binary: output, exit codes, and what it says about bad input.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/functional/binary.h"

namespace {

using mz::test::Ended;
using mz::test::kOnlyStderr;

Ended conformance(const std::string& arguments, const std::string& redirect = mz::test::kOnlyStdout) {
  return mz::test::run_binary("conformance " + arguments, redirect);
}

class Conformance : public testing::Test {
 protected:
  Conformance() {
    std::string name = (std::filesystem::temp_directory_path() / "meshzero-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~Conformance() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& content) {
    const std::string path = (folder_ / "games.jsonl").string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(Conformance, WithoutFilesIsAUsageError) { EXPECT_EQ(conformance("").code, 2); }

TEST_F(Conformance, AMissingFileIsNamedOnStderrAndTheSummaryStillComesLast) {
  const std::string path = (folder_ / "nowhere.jsonl").string();
  const Ended run = conformance(path);
  EXPECT_EQ(run.code, 3);
  EXPECT_TRUE(run.out.ends_with("\nfiles=1 games=0 plies=0 mismatches=0\n")) << run.out;
  EXPECT_NE(conformance(path, kOnlyStderr).out.find("nowhere.jsonl"), std::string::npos);
}

TEST_F(Conformance, ALineThatIsNoRecordingFailsTheRun) {
  const std::string path = write("{\"exact\":false}\n{\"plies\":\n");
  EXPECT_EQ(conformance(path).code, 1);
  EXPECT_NE(conformance(path, kOnlyStderr).out.find("line 2"), std::string::npos);
}

TEST_F(Conformance, JsonHasTheTotalsAndOneEntryPerFile) {
  const std::string path = write("{\"exact\":false}\n");
  const Ended run = conformance("--json --threads 2 " + path);
  EXPECT_EQ(run.code, 0);
  const auto json = nlohmann::json::parse(run.out);
  EXPECT_EQ(json.at("games"), 0);
  EXPECT_EQ(json.at("mismatches"), 0);
  EXPECT_EQ(json.at("files").at(0).at("path"), path);
}

}  // namespace
