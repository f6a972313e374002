#include "api/journal.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

NodeId node(std::string_view name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

class JournalTest : public testing::Test {
 protected:
  void add(JournalKind kind, const std::string& text) { journal_.add(kind, JournalLevel::info, node("a"), text); }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const JournalEntry& entry : journal_.after(0, SIZE_MAX)) texts.push_back(entry.text);
    return texts;
  }

  std::int64_t now_ = kNow;
  Journal journal_{[this] { return now_; }};
};

TEST_F(JournalTest, EntriesAreNumberedAndReadInPages) {
  for (const char* text : {"one", "two", "three"}) add(JournalKind::token, text);
  const auto first = journal_.after(0, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].number, 1U);
  EXPECT_EQ(first[0].at, kNow);
  const auto rest = journal_.after(first[1].number, 2);
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].text, "three");
  EXPECT_TRUE(journal_.after(3, 2).empty());
}

TEST_F(JournalTest, AFloodOfOneKindPushesOutItselfOnly) {
  add(JournalKind::revocation, "put out");
  for (std::size_t i = 0; i < 2 * Journal::kMaxPerKind; ++i) add(JournalKind::member, std::to_string(i));
  const auto kept = texts();
  ASSERT_EQ(kept.size(), Journal::kMaxPerKind + 1);
  EXPECT_EQ(kept.front(), "put out");
  EXPECT_EQ(kept[1], std::to_string(Journal::kMaxPerKind));
  EXPECT_EQ(kept.back(), std::to_string(2 * Journal::kMaxPerKind - 1));
}

TEST_F(JournalTest, NumbersGoOnAfterARestartAndTheEpochIsAnother) {
  add(JournalKind::node, "started");
  add(JournalKind::token, "made");
  Journal next([] { return kNow; });
  next.restore(journal_.after(0, SIZE_MAX));
  EXPECT_TRUE(next.take_unsaved().empty());
  next.add(JournalKind::node, JournalLevel::warn, std::nullopt, "again");
  const auto all = next.after(0, SIZE_MAX);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].number, 3U);
  EXPECT_NE(next.epoch(), journal_.epoch());
}

TEST_F(JournalTest, WhatIsNewIsHandedOutOnce) {
  add(JournalKind::leader, "one");
  EXPECT_TRUE(journal_.has_unsaved());
  EXPECT_EQ(journal_.take_unsaved().size(), 1U);
  EXPECT_FALSE(journal_.has_unsaved());
  EXPECT_TRUE(journal_.take_unsaved().empty());
}

TEST_F(JournalTest, ANameFromElsewhereCannotBreakTheLine) {
  add(JournalKind::member, "evil\n2026-01-01 info \x1b[31mforged\x7f");
  EXPECT_EQ(texts().front(), "evil 2026-01-01 info  [31mforged ");
  add(JournalKind::member, std::string(Journal::kMaxTextBytes - 1, 'x') + "\xe2\x82\xac");  // a sign of three bytes
  EXPECT_EQ(texts().back(), std::string(Journal::kMaxTextBytes - 1, 'x'));
}

TEST_F(JournalTest, AnEntryReadsBackFromItsJson) {
  journal_.add(JournalKind::clone, JournalLevel::error, node("b"), "two of it");
  journal_.add(JournalKind::admin, JournalLevel::warn, std::nullopt, "somebody");
  for (const JournalEntry& entry : journal_.after(0, 2)) {
    const nlohmann::json content = journal_entry_json(entry);
    EXPECT_EQ(read_journal_entry(content), entry);
    for (const auto& [name, value] : content.items()) {
      nlohmann::json damaged = content;
      damaged[name] = nlohmann::json::array();
      EXPECT_EQ(read_journal_entry(damaged).has_value(), name == "node") << name;
    }
  }
  EXPECT_FALSE(read_journal_entry("text"));
}

}  // namespace
}  // namespace mz
