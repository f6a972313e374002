#include "store/game_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "store/seal.h"
#include "store/sqlite.h"
#include "tests/unit/store/toy_games.h"

namespace mz {
namespace {

class GameFileTest : public testing::Test {
 protected:
  std::vector<CheckedGame> games(std::uint64_t count) {
    std::vector<CheckedGame> all;
    for (std::uint64_t seed = 0; seed < count; ++seed)
      all.push_back(check_game(toy_game(seed, seed % 2 == 0 ? 1 : 3), table_).value());
    std::sort(all.begin(), all.end(), [](const CheckedGame& a, const CheckedGame& b) { return a.id < b.id; });
    return all;
  }

  std::string write(const std::string& name, std::uint64_t count) {
    const std::string path = folder_.path(name);
    auto writer = GameFileWriter::create(*disk_, path).value();
    for (const CheckedGame& game : games(count)) EXPECT_TRUE(writer->add(game).ok());
    const auto published = writer->publish();
    EXPECT_TRUE(published.ok()) << published.error().text;
    return path;
  }

  Result<std::uint64_t> count(const std::string& path) {
    std::uint64_t games = 0;
    const auto read = read_game_file(path, table_, [&games](const CheckedGame&) -> Result<void> {
      ++games;
      return {};
    });
    if (!read) return read.error();
    return games;
  }

  // All values of all tables, as a person would see them.
  static std::string dump(const std::string& path) {
    auto database = Database::open_foreign(path);
    if (!database) return "unreadable";
    std::string all;
    for (const std::string sql :
         {"SELECT quote(key) || quote(CASE key WHEN 'seal' THEN '' ELSE value END) FROM meta",
          "SELECT quote(game_no) || quote(game_id) || quote(play_hash) || quote(game) || quote(board) || quote(seats) "
          "|| quote(options) || "
          "quote(seed) || quote(engines) || quote(weights) || quote(winner) || quote(reason) || quote(plies) || "
          "quote(capped) || "
          "quote(rules_hash) || quote(bytes) || quote(segment_no) FROM games",
          "SELECT quote(game_no) || quote(record) || quote(sha256) FROM records",
          "SELECT quote(game_no) || quote(ply) || quote(seat) || quote(code) || quote(move) FROM move_rows",
          "SELECT quote(game) || quote(board) || quote(seats) || quote(options) || quote(games) || "
          "quote(distinct_games) || quote(plies) || "
          "quote(bytes) FROM configurations",
          "SELECT count(*) || '' FROM segments", "SELECT count(*) || '' FROM aliases"}) {
      auto rows = database->prepare(sql);
      if (!rows) return "unreadable";
      for (;;) {
        const auto row = rows->step();
        if (!row) return "unreadable";
        if (!*row) break;
        all += std::string(rows->text(0)) + "\n";
      }
    }
    return all;
  }

  TestFolder folder_;
  std::unique_ptr<Disk> disk_ = make_posix_disk();
  GameTable table_;
};

TEST_F(GameFileTest, HoldsEveryGameAndNothingBeside) {
  const std::string path = write("a.db", 20);
  EXPECT_EQ(count(path).value(), 20U);
  EXPECT_EQ(disk_->list(folder_.path()).value(), std::vector<std::string>{"a.db"});
}

TEST_F(GameFileTest, IsTheSameBytesForTheSameGames) {
  EXPECT_EQ(read_bytes(write("a.db", 20)), read_bytes(write("b.db", 20)));
  EXPECT_NE(read_bytes(folder_.path("a.db")), read_bytes(write("c.db", 21)));
}

TEST_F(GameFileTest, FindsAChangeAtEveryByte) {
  const std::string path = write("a.db", 2);
  const auto whole = read_bytes(path);
  for (std::size_t at = 0; at < whole.size(); at += at < 4096 ? 1 : 17) {
    auto changed = whole;
    changed[at] ^= static_cast<std::uint8_t>(1U << at % 8);
    write_bytes(path, changed);
    ASSERT_FALSE(count(path).ok()) << "byte " << at;
  }
}

// Without a seal, what may go unnoticed must be a byte that no reader sees.
TEST_F(GameFileTest, FindsEveryChangedValueWithoutASeal) {
  const std::string path = write("a.db", 2);
  ASSERT_OK(unseal_file(path));
  ASSERT_EQ(count(path).value(), 2U);
  const auto whole = read_bytes(path);
  const std::string expected = dump(path);
  ASSERT_NE(expected, "unreadable");
  std::size_t found = 0;
  for (std::size_t at = 1; at < whole.size(); at += 61) {
    auto changed = whole;
    changed[at] ^= 0x21;
    write_bytes(path, changed);
    if (count(path).ok()) {
      EXPECT_EQ(dump(path), expected) << "byte " << at;
    } else {
      ++found;
    }
  }
  EXPECT_GT(found, 50U);
}

TEST_F(GameFileTest, LeavesNoTraceWhenItIsNotPublished) {
  {
    auto writer = GameFileWriter::create(*disk_, folder_.path("a.db")).value();
    for (const CheckedGame& game : games(3)) ASSERT_OK(writer->add(game));
  }
  EXPECT_TRUE(disk_->list(folder_.path()).value().empty());
}

TEST_F(GameFileTest, RefusesForgedRowsBehindAValidSeal) {
  const char* forgeries[] = {
      "UPDATE games SET winner = 2 - coalesce(winner, 1) + 1",
      "UPDATE games SET seed = '1' WHERE game_no = 1",
      "UPDATE move_rows SET move = 'x' WHERE game_no = 2 AND ply = 3",
      "DELETE FROM move_rows WHERE game_no = 2 AND ply = 3",
      "UPDATE records SET record = (SELECT record FROM records WHERE game_no = 2) WHERE game_no = 1",
      "UPDATE configurations SET games = games + 1",
      "DELETE FROM configurations",
      "UPDATE meta SET value = 2 WHERE key = 'version'",
      "CREATE TABLE more(x)",
      "CREATE TRIGGER t AFTER INSERT ON games BEGIN SELECT 1; END",
      "PRAGMA foreign_keys = OFF; DELETE FROM records WHERE game_no = 1",
      "PRAGMA foreign_keys = OFF; DELETE FROM games WHERE game_no = 1",
      "UPDATE games SET play_hash = upper(play_hash) WHERE game_no = 1",
  };
  for (const char* forgery : forgeries) {
    const std::string path = write("a.db", 4);
    ASSERT_OK(unseal_file(path));
    {
      auto database = Database::open(path).value();
      ASSERT_OK(database.execute(forgery));
    }
    ASSERT_OK(seal_file(path));
    ASSERT_OK(check_seal(path));
    EXPECT_FALSE(count(path).ok()) << forgery;
  }
}

}  // namespace
}  // namespace mz
