#include "p2p/trust/private_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace mz {
namespace {

constexpr std::size_t kHuge = 512U << 20;

class PrivateFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "privatefileXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(PrivateFileTest, ReadingASmallFileCostsLittleHoweverHighTheLimit) {
  ASSERT_TRUE(write_private_file(folder_ / "a", "abc").ok());
  const auto bytes = read_private_file(folder_ / "a", kHuge);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(*bytes, (Bytes{'a', 'b', 'c'}));
  EXPECT_LT(bytes->capacity(), 100U);
}

TEST_F(PrivateFileTest, AFileIsReadUpToTheLimitAndRefusedBeyond) {
  ASSERT_TRUE(write_private_file(folder_ / "a", "abc").ok());
  EXPECT_EQ(read_private_file(folder_ / "a", 3).value().size(), 3U);
  const auto refused = read_private_file(folder_ / "a", 2);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::refused);
  ASSERT_TRUE(write_private_file(folder_ / "empty", "").ok());
  EXPECT_TRUE(read_private_file(folder_ / "empty", 0).value().empty());
}

// The system says 0 for the size of this one, as if all of it had come since.
TEST_F(PrivateFileTest, AFileThatGrowsMeanwhileIsReadToItsEndOrToTheLimit) {
  const std::filesystem::path growing = "/proc/self/environ";
  std::ostringstream text;
  text << std::ifstream(growing, std::ios::binary).rdbuf();
  if (text.str().empty()) GTEST_SKIP() << growing << " is Linux's";
  const std::string all = text.str();
  const auto bytes = read_private_file(growing, kHuge);
  ASSERT_TRUE(bytes.ok()) << bytes.error().text;
  EXPECT_EQ(std::string(bytes->begin(), bytes->end()), all);
  EXPECT_EQ(read_private_file(growing, all.size()).value().size(), all.size());
  EXPECT_FALSE(read_private_file(growing, all.size() - 1).ok());
}

}  // namespace
}  // namespace mz
