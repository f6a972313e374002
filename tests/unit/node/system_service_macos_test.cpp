// The service of macOS, on any system, with a launchctl played by the test.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "node/system_service.h"

namespace mz {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

class LaunchdService : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "launchdXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    // Ends with the codes that the file of its word holds, one after the other, and then with 0.
    std::ofstream(folder_ / "launchctl") << "#!/bin/sh\n"
                                            "cd '" +
                                                folder_.string() +
                                                "' || exit 99\n"
                                                "echo \"$1\" >>said\n"
                                                "[ -s \"$1\" ] || exit 0\n"
                                                "code=$(head -n 1 \"$1\")\n"
                                                "tail -n +2 \"$1\" >rest && mv rest \"$1\"\n"
                                                "echo \"failed: $code\"\n"
                                                "exit \"$code\"\n";
    fs::permissions(folder_ / "launchctl", fs::perms::owner_all);
    path_ = std::getenv("PATH");
    home_ = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "";
    ::setenv("PATH", (folder_.string() + ":" + path_).c_str(), 1);
    ::setenv("HOME", folder_.c_str(), 1);
  }
  void TearDown() override {
    ::setenv("PATH", path_.c_str(), 1);
    ::setenv("HOME", home_.c_str(), 1);
    fs::remove_all(folder_);
  }

  static SystemService service() { return SystemService::find(ServiceKind::user, {}).value(); }
  void ends_with(const std::string& word, const std::string& codes) { std::ofstream(folder_ / word) << codes; }
  [[nodiscard]] Words said() const {
    std::ifstream in(folder_ / "said");
    Words words;
    for (std::string word; std::getline(in, word);) words.push_back(word);
    return words;
  }

  fs::path folder_;
  std::string path_;
  std::string home_;
};

constexpr char kThere[] = "0\n";
constexpr char kGone[] = "113\n";

TEST_F(LaunchdService, HasStoppedOnceLaunchdNoLongerHasIt) {
  ends_with("print", std::string(kThere) + kThere + kThere + kGone);
  ends_with("bootout", "36\n");
  const auto stopped = service().stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().text;
  EXPECT_EQ(said(), (Words{"print", "bootout", "print", "print", "print"}));
}

TEST_F(LaunchdService, MayHaveEndedByItselfBeforeItIsStopped) {
  ends_with("print", std::string(kThere) + kGone);
  ends_with("bootout", "3\n");
  EXPECT_TRUE(service().stop().ok());
}

TEST_F(LaunchdService, IsNotStoppedByWhoeverMayNot) {
  ends_with("bootout", "1\n");
  const auto stopped = service().stop();
  ASSERT_FALSE(stopped.ok());
  EXPECT_NE(stopped.error().text.find("`launchctl bootout` failed: failed: 1"), std::string::npos);
}

TEST_F(LaunchdService, IsBegunAgainWhileLaunchdStillRefusesItsLabel) {
  ends_with("print", std::string(kThere) + kThere + kGone);
  ends_with("bootstrap", "5\n37\n");
  const auto started = service().start(true);
  EXPECT_TRUE(started.ok()) << started.error().text;
  EXPECT_EQ(said(), (Words{"print", "print", "bootout", "print", "enable", "bootstrap", "bootstrap", "bootstrap"}));
}

TEST_F(LaunchdService, FailsAtOnceWhenWaitingWouldNotHelp) {
  ends_with("print", kGone);
  ends_with("bootstrap", "125\n");
  const auto started = service().start(false);
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().text.find("`launchctl bootstrap` failed"), std::string::npos);
  EXPECT_EQ(said(), (Words{"print", "enable", "bootstrap"}));
}

}  // namespace
}  // namespace mz
