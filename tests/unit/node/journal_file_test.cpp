#include "node/journal_file.h"

#include <gtest/gtest.h>

#include <fstream>

namespace mz {
namespace {

class JournalFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "journalXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    file_ = folder_ / "cluster" / "journal";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // One run of a node: reads, adds these, writes. Returns all that is known at its end.
  std::vector<std::string> run(const std::vector<std::string>& texts) {
    Journal journal;
    JournalFile file(file_);
    if (auto entries = file.load()) journal.restore(std::move(*entries));
    for (const std::string& text : texts) {
      journal.add(JournalKind::member, JournalLevel::info, std::nullopt, text);
      EXPECT_TRUE(file.save(journal).ok());
    }
    std::vector<std::string> known;
    for (const JournalEntry& entry : journal.after(0, SIZE_MAX)) known.push_back(entry.text);
    return known;
  }

  std::filesystem::path folder_;
  std::filesystem::path file_;
};

TEST_F(JournalFileTest, EntriesSurviveARestart) {
  run({"one", "two"});
  EXPECT_EQ(run({"three"}), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(run({}), (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(JournalFileTest, ATornEndCostsTheTornEntryOnly) {
  run({"one", "two"});
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 5);
  EXPECT_EQ(run({"three"}), (std::vector<std::string>{"one", "three"}));
  EXPECT_EQ(run({}), (std::vector<std::string>{"one", "three"}));
}

TEST_F(JournalFileTest, AFileOfNoiseIsReplaced) {
  run({"one"});
  std::ofstream(file_, std::ios::binary) << "noise\n{\"number\":1}\n\xff\xfe";
  EXPECT_EQ(run({"two"}), std::vector<std::string>{"two"});
  EXPECT_EQ(run({}), std::vector<std::string>{"two"});
}

TEST_F(JournalFileTest, AFileThatOthersMayReadIsKeptAndTheyNoLongerMay) {
  run({"one"});
  std::filesystem::permissions(file_, std::filesystem::perms(0666));
  EXPECT_EQ(run({"two"}), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(std::filesystem::status(file_).permissions(), std::filesystem::perms(0600));
}

TEST_F(JournalFileTest, ALinkIsReplacedAndWhereItLedStaysAsItWas) {
  run({"one"});
  const std::filesystem::path elsewhere = folder_ / "elsewhere";
  std::filesystem::rename(file_, elsewhere);
  std::filesystem::permissions(elsewhere, std::filesystem::perms(0666));
  std::filesystem::create_symlink(elsewhere, file_);
  const auto refused = JournalFile(file_).load();
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text.find("is a symbolic link"), std::string::npos) << refused.error().text;
  EXPECT_EQ(run({"two"}), std::vector<std::string>{"two"});
  EXPECT_TRUE(JournalFile(file_).load().ok());
  EXPECT_EQ(std::filesystem::status(elsewhere).permissions(), std::filesystem::perms(0666));
}

TEST_F(JournalFileTest, TheFileStaysSmallHoweverMuchHappens) {
  const std::string text(Journal::kMaxTextBytes, 'x');
  Journal journal;
  JournalFile file(file_);
  std::uintmax_t largest = 0;
  for (std::size_t written = 0; written < 3 * JournalFile::kRewriteBytes; written += 1000 * text.size()) {
    for (int i = 0; i < 1000; ++i) journal.add(JournalKind::member, JournalLevel::info, std::nullopt, text);
    ASSERT_TRUE(file.save(journal).ok());
    largest = std::max(largest, std::filesystem::file_size(file_));
  }
  EXPECT_LE(largest, JournalFile::kRewriteBytes);
  EXPECT_EQ(JournalFile(file_).load()->back().number, journal.after(0, SIZE_MAX).back().number);
}

}  // namespace
}  // namespace mz
