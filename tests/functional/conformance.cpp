// meshzero conformance through the real binary: output, exit codes, and what it says about bad input.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace {

struct Ended {
  int code = -1;
  std::string out;
};

Ended conformance(const std::string& arguments, const std::string& redirect = "2>/dev/null") {
  Ended run;
  FILE* pipe = popen((std::string(MESHZERO_BINARY) + " conformance " + arguments + " " + redirect).c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) run.out.append(buffer.data(), n);
  const int status = pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
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
  EXPECT_NE(conformance(path, "2>&1 >/dev/null").out.find("nowhere.jsonl"), std::string::npos);
}

TEST_F(Conformance, ALineThatIsNoRecordingFailsTheRun) {
  const std::string path = write("{\"exact\":false}\n{\"plies\":\n");
  EXPECT_EQ(conformance(path).code, 1);
  EXPECT_NE(conformance(path, "2>&1 >/dev/null").out.find("line 2"), std::string::npos);
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
