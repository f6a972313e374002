#include "store/merge.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/export.h"
#include "store/game_source.h"
#include "store/game_store.h"
#include "store/segment.h"
#include "store/verify.h"
#include "tests/unit/store/toy_games.h"

namespace mz {
namespace {

class MergeTest : public testing::Test {
 protected:
  std::string at(const std::string& name) { return folder_.path(name); }

  void store_games(const std::string& name, std::uint64_t from, std::uint64_t to, bool searched = false) {
    auto store = GameStore::open(at(name), *disk_).value();
    for (std::uint64_t seed = from; seed < to; ++seed) {
      GameRecord record = toy_game(seed);
      if (searched) record.statistics = longest_statistics(record);
      ASSERT_OK(store->append(record));
    }
    ASSERT_OK(store->seal());
  }

  TestFolder folder_;
  std::unique_ptr<Disk> disk_ = make_posix_disk();
};

TEST_F(MergeTest, CountsWhatIsNew) {
  store_games("a", 0, 10);
  store_games("b", 5, 20);
  const auto first = merge_games({at("a"), at("b")}, at("ab.db"), *disk_);
  ASSERT_OK(first);
  EXPECT_EQ(first->inputs, (std::vector<std::uint64_t>{10, 15}));
  EXPECT_EQ(first->before, 0U);
  EXPECT_EQ(first->after, 20U);
  const auto again = merge_games({at("b")}, at("ab.db"), *disk_);
  ASSERT_OK(again);
  EXPECT_EQ(again->before, 20U);
  EXPECT_EQ(again->after, 20U);
}

TEST_F(MergeTest, PrefersTheSameRecordOfAGameInAnyOrder) {
  store_games("plain", 0, 5);
  store_games("searched", 0, 5, true);
  ASSERT_OK(merge_games({at("plain"), at("searched")}, at("1.db"), *disk_));
  ASSERT_OK(merge_games({at("searched"), at("plain")}, at("2.db"), *disk_));
  EXPECT_EQ(read_bytes(at("1.db")), read_bytes(at("2.db")));
  GameTable table;
  ASSERT_OK(read_games(at("1.db"), *disk_, table, [](const CheckedGame& game) -> Result<void> {
    EXPECT_EQ(game.record.statistics, longest_statistics(game.record)) << "nothing is lost";
    return {};
  }));
}

TEST_F(MergeTest, TakesNothingWhenOneInputIsDamaged) {
  store_games("a", 0, 10);
  store_games("out", 20, 25);
  ASSERT_OK(merge_games({at("a")}, at("bad.db"), *disk_));
  auto bytes = read_bytes(at("bad.db"));
  bytes[bytes.size() - 100] ^= 1;
  write_bytes(at("bad.db"), bytes);
  EXPECT_EQ(merge_games({at("a"), at("bad.db")}, at("out"), *disk_).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(verify_games(at("out"), *disk_).value().games, 5U);
  EXPECT_FALSE(merge_games({at("a"), at("bad.db")}, at("new.db"), *disk_).ok());
  EXPECT_FALSE(disk_->size(at("new.db")).ok());
}

TEST_F(MergeTest, LeavesSegmentsAlone) {
  store_games("a", 0, 10);
  const auto name = list_segments(*disk_, at("a")).value().at(0);
  EXPECT_EQ(merge_games({at("a")}, segment_path(at("a"), name), *disk_).error().kind, ErrorKind::refused);
}

TEST_F(MergeTest, ExportAccountsForEveryGame) {
  store_games("a", 0, 40);
  ExportChoice choice;
  choice.min_moves = 9;
  const auto done = export_games({at("a"), at("a")}, at("x.jsonl"), choice, false, *disk_);
  ASSERT_OK(done);
  EXPECT_EQ(done->read, 40U);
  EXPECT_GT(done->exported, 0U);
  EXPECT_GT(done->too_short, 0U);
  EXPECT_EQ(done->read, done->exported + done->other_configuration + done->not_completed + done->too_short);
  choice.board = "square8";
  const auto none = export_games({at("a")}, at("y.jsonl"), choice, false, *disk_);
  ASSERT_OK(none);
  EXPECT_EQ(none->other_configuration, 40U);
}

TEST_F(MergeTest, ShuffleIsAnOrderOfTheSameLines) {
  store_games("a", 0, 20);
  ExportChoice choice;
  ASSERT_OK(export_games({at("a")}, at("plain.jsonl"), choice, false, *disk_));
  choice.shuffle = 1;
  ASSERT_OK(export_games({at("a")}, at("one.jsonl"), choice, false, *disk_));
  choice.shuffle = 2;
  ASSERT_OK(export_games({at("a")}, at("two.jsonl"), choice, false, *disk_));
  const auto lines = [this](const std::string& name) {
    std::vector<std::string> all;
    EXPECT_TRUE(for_each_line(at(name), [&all](std::string_view line) -> Result<void> {
                  all.emplace_back(line);
                  return {};
                }).ok());
    return all;
  };
  auto plain = lines("plain.jsonl");
  auto one = lines("one.jsonl");
  auto two = lines("two.jsonl");
  EXPECT_NE(one, two);
  EXPECT_NE(one, plain);
  for (auto* list : {&plain, &one, &two}) std::sort(list->begin(), list->end());
  EXPECT_EQ(one, plain);
  EXPECT_EQ(two, plain);
  EXPECT_EQ(verify_games(at("one.jsonl"), *disk_).value().games, 20U);
}

TEST_F(MergeTest, VerifyListsAllDamageOfADirectory) {
  store_games("a", 0, 5);
  store_games("a", 5, 10);
  store_games("a", 10, 15);
  const auto names = list_segments(*disk_, at("a")).value();
  ASSERT_EQ(names.size(), 3U);
  for (const std::size_t i : {0U, 2U}) {
    const std::string path = segment_path(at("a"), names[i]);
    auto bytes = read_bytes(path);
    bytes[bytes.size() / 2] ^= 1;
    write_bytes(path, bytes);
  }
  const auto report = verify_games(at("a"), *disk_).value();
  EXPECT_EQ(report.games, 5U);
  EXPECT_GE(report.damage.size(), 2U);
}

TEST_F(MergeTest, ReadsPathsAsPeopleWriteThem) {
  EXPECT_EQ(local_path("file:///tmp/a.db").value(), "/tmp/a.db");
  EXPECT_EQ(local_path("a/b.jsonl").value(), "a/b.jsonl");
  EXPECT_EQ(local_path("file://host/a.db").error().kind, ErrorKind::usage);
  EXPECT_EQ(local_path("s3://bucket/a.db").error().kind, ErrorKind::usage);
  EXPECT_EQ(local_path("").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace mz
