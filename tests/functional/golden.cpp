// The golden games (tests/golden/record_golden.cpp) through `meshzero conformance`, and the reference recordings where there
// are any: in the folder that MESHZERO_ORACLE names, or in ../shared/oracle beside the sources.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/functional/binary.h"

namespace {

namespace fs = std::filesystem;

using mz::test::Ended;

Ended conformance(const std::vector<std::string>& paths) {
  std::string arguments = "conformance";
  for (const std::string& path : paths) arguments += " '" + path + "'";
  return mz::test::run_binary(arguments);
}

std::string golden(const std::string& board) {
  return std::string(MESHZERO_SOURCE_DIR "/tests/golden/") + board + ".jsonl.gz";
}

std::string unpacked(const std::string& path) {
  std::string text;
  const gzFile file = gzopen(path.c_str(), "rb");
  std::array<char, 65536> buffer{};
  for (int n; (n = gzread(file, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  gzclose(file);
  return text;
}

TEST(GoldenGames, AreReplayedWithoutAMismatchOnEveryBoard) {
  const Ended run = conformance({golden("square8"), golden("square19"), golden("hex8"), golden("hexagonal")});
  EXPECT_EQ(run.code, 0) << run.out;
  // 18 games on each small board, 6 on each big one; plies as recorded.
  EXPECT_EQ(run.last_line(), "files=4 games=48 plies=17058 mismatches=0");
}

TEST(GoldenGames, OneChangedMoveIsFoundAndShown) {
  std::string text = unpacked(golden("square8"));
  const std::size_t at = text.find("[\"MS 1 ");
  ASSERT_NE(at, std::string::npos);
  text.replace(at + 2, 2, "OC");
  std::string folder = (fs::temp_directory_path() / "meshzero-test-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/changed.jsonl";
  std::ofstream(path) << text;
  const Ended run = conformance({path});
  fs::remove_all(folder);
  EXPECT_EQ(run.code, 1);
  EXPECT_TRUE(run.last_line().ends_with(" mismatches=1")) << run.last_line();
  EXPECT_NE(run.out.find("square8-2-0, ply 1"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("move      OC 1 "), std::string::npos);
}

TEST(ReferenceRecordings, AgreeWithTheRulesAtEveryPly) {
  const char* named = std::getenv("MESHZERO_ORACLE");
  const fs::path folder =
      named != nullptr ? fs::path(named) : fs::path(MESHZERO_SOURCE_DIR) / ".." / "shared" / "oracle";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no recordings; set MESHZERO_ORACLE to a folder that holds them";
  std::vector<std::string> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().string().ends_with(".jsonl.gz")) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  ASSERT_FALSE(paths.empty()) << folder << " holds no .jsonl.gz file";
  const Ended run = conformance(paths);
  EXPECT_EQ(run.code, 0) << run.out;
  EXPECT_TRUE(run.last_line().starts_with("files=" + std::to_string(paths.size()) + " ")) << run.last_line();
  EXPECT_TRUE(run.last_line().ends_with(" mismatches=0")) << run.last_line();
}

}  // namespace
