#include "p2p/trust/private_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST_F(PrivateFileTest, WhatRootWritesForAnotherUserIsThatUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root writes for others";
  constexpr uid_t kUser = 12345;
  const auto owner = [](const std::filesystem::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_uid;
  };
  const std::filesystem::path own = folder_ / "own";
  ASSERT_TRUE(make_private_directory(own).ok());
  ASSERT_EQ(::chown(own.c_str(), kUser, kUser), 0);
  ASSERT_TRUE(write_private_file(own / "a", "abc").ok());
  ASSERT_TRUE(append_private_file(own / "b", Bytes{1}).ok());
  ASSERT_TRUE(append_private_file(own / "b", Bytes{2}).ok());
  ASSERT_TRUE(make_private_directory(own / "folder").ok());
  for (const char* name : {"a", "b", "folder"}) EXPECT_EQ(owner(own / name), kUser) << name;
  EXPECT_EQ(read_private_file(own / "b", 2).value(), (Bytes{1, 2}));
  // Others may come into this one: it is none that root was asked to work in.
  ASSERT_EQ(::chmod(own.c_str(), 0755), 0);
  ASSERT_TRUE(write_private_file(own / "c", "abc").ok());
  EXPECT_EQ(owner(own / "c"), 0U);
}

TEST_F(PrivateFileTest, WhatIsNoPlainFileIsRefusedAndNamed) {
  std::filesystem::create_directory(folder_ / "directory");
  ASSERT_TRUE(write_private_file(folder_ / "a", "abc").ok());
  std::filesystem::create_symlink(folder_ / "a", folder_ / "link");
  for (const auto& [name, what] : {std::pair("directory", "is a directory"), std::pair("link", "is a symbolic link")}) {
    const auto refused = read_private_file(folder_ / name, kHuge);
    ASSERT_FALSE(refused.ok()) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::refused);
    EXPECT_NE(refused.error().text.find(what), std::string::npos) << refused.error().text;
    EXPECT_EQ(refused.error().text.find("chmod"), std::string::npos) << refused.error().text;
  }
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
