#include "store/game_store.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "store/seal.h"
#include "store/segment.h"
#include "store/sqlite.h"
#include "tests/unit/store/fault_disk.h"
#include "tests/unit/store/toy_games.h"

namespace mz {
namespace {

constexpr const char* kStore = "/store";

class GameStoreTest : public testing::Test {
 protected:
  // On the fault disk; the view lies in a real folder.
  Result<std::unique_ptr<GameStore>> open() {
    return GameStore::open(kStore, disk_, {folder_.path("games.db"), [this] { return now_; }});
  }
  // Wholly on the real disk.
  Result<std::unique_ptr<GameStore>> open_real() { return GameStore::open(folder_.path("store"), *posix_); }

  static std::set<Digest> ids(const GameStore& store) {
    std::set<Digest> all;
    const auto visited = store.for_each([&](const StoredGame& game) -> Result<void> {
      EXPECT_EQ(game.summary.id, game_id(game.record));
      all.insert(game.summary.id);
      return {};
    });
    EXPECT_TRUE(visited.ok());
    return all;
  }

  TestFolder folder_;
  FaultDisk disk_;
  std::unique_ptr<Disk> posix_ = make_posix_disk();
  std::int64_t now_ = 1'700'000'000;
};

TEST_F(GameStoreTest, ShowsAGameOnlyAfterItIsSealed) {
  auto store = open().value();
  const GameRecord game = toy_game(1);
  EXPECT_EQ(store->append(game).value(), Appended::stored_new);
  EXPECT_EQ(store->account().pending, 1U);
  EXPECT_EQ(store->find(game_id(game)).error().kind, ErrorKind::not_found);
  EXPECT_EQ(store->seal().value(), 1U);
  const auto found = store->find(game_id(game));
  ASSERT_OK(found);
  EXPECT_EQ(found->record, game);
  EXPECT_EQ(found->summary.stored_at, 1'700'000'000);
  EXPECT_EQ(store->account().pending, 0U);
  EXPECT_EQ(store->account().stored, 1U);
  EXPECT_TRUE(store->problems().empty());
}

TEST_F(GameStoreTest, TakesAGameOnce) {
  auto store = open().value();
  EXPECT_EQ(store->append(toy_game(1)).value(), Appended::stored_new);
  EXPECT_EQ(store->append(toy_game(1)).value(), Appended::duplicate);
  ASSERT_OK(store->seal());
  EXPECT_EQ(store->append(toy_game(1)).value(), Appended::duplicate);
  EXPECT_EQ(store->seal().value(), 0U);
  EXPECT_EQ(ids(*store).size(), 1U);
}

TEST_F(GameStoreTest, RefusesWhatDoesNotReplay) {
  auto store = open().value();
  GameRecord game = toy_game(1);
  game.moves.pop_back();
  EXPECT_EQ(store->append(game).error().kind, ErrorKind::refused);
  game = toy_game(2);
  game.rules_hash[0] ^= 1;
  EXPECT_FALSE(store->append(game).ok());
  game = toy_game(3);
  game.config.board = "17x17";
  EXPECT_FALSE(store->append(game).ok());
  EXPECT_FALSE(store->append_bytes(std::vector<std::uint8_t>{1, 2, 3}).ok());
  EXPECT_EQ(store->account().accepted, 0U);
}

TEST_F(GameStoreTest, CountsPerConfiguration) {
  auto store = open().value();
  std::uint64_t plies = 0;
  std::set<Digest> plays;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const GameRecord game = toy_game(seed);
    ASSERT_OK(store->append(game));
    plies += game.moves.size();
    plays.insert(play_hash(game));
  }
  for (std::uint64_t seed = 0; seed < 7; ++seed) ASSERT_OK(store->append(toy_game(seed, 2)));
  ASSERT_OK(store->seal());
  const auto counts = store->counts();
  ASSERT_EQ(counts.size(), 2U);
  const auto& plain = counts[0].config.options.empty() ? counts[0] : counts[1];
  const auto& jokers = counts[0].config.options.empty() ? counts[1] : counts[0];
  EXPECT_EQ(plain.config, toy_config());
  EXPECT_EQ(plain.games, 400U);
  EXPECT_EQ(plain.distinct_games, plays.size());
  EXPECT_EQ(plain.plies, plies);
  EXPECT_EQ(jokers.config, toy_config(2));
  EXPECT_EQ(jokers.games, 7U);
}

TEST_F(GameStoreTest, PagesThroughTheNewestGames) {
  auto store = open().value();
  std::vector<Digest> in_order;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const GameRecord game = toy_game(seed, seed % 2 == 0 ? 1 : 3);
    ASSERT_OK(store->append(game));
    in_order.push_back(game_id(game));
  }
  ASSERT_OK(store->seal());
  std::vector<Digest> seen;
  std::optional<std::int64_t> cursor;
  int pages = 0;
  do {
    const auto page = store->recent(4, cursor).value();
    for (const GameSummary& game : page.games) seen.push_back(game.id);
    cursor = page.next;
    ++pages;
  } while (cursor);
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, std::vector<Digest>(in_order.rbegin(), in_order.rend()));
  EXPECT_TRUE(store->recent(4, {}, {"toy", "3x3", 3}).value().games.empty());
  EXPECT_EQ(store->recent(100, {}, {"toy", "3x3", 2}).value().games.size(), 10U);
  EXPECT_FALSE(store->recent(0).ok());
}

TEST_F(GameStoreTest, SealsByItselfWhenTheOldestGameHasWaitedLongEnough) {
  auto store = open().value();
  ASSERT_OK(store->append(toy_game(1)));
  now_ += GameStore::kSealSeconds - 1;
  ASSERT_OK(store->tick());
  EXPECT_EQ(store->account().pending, 1U);
  now_ += 1;
  ASSERT_OK(store->tick());
  EXPECT_EQ(store->account().pending, 0U);
  EXPECT_EQ(store->account().stored, 1U);
}

TEST_F(GameStoreTest, KeepsAWholeSegmentOfGamesOutOfMemory) {
  auto store = open().value();
  GameRecord game = played(SelfplayTable::open({{"ringrift", "square19", 2, {}}, {"random", "random"}, {}}).value(), 1);
  game.statistics = longest_statistics(game);
  constexpr std::uint64_t kGames = 260;
  ASSERT_GT(game.statistics.size() * kGames, GameStore::kSealBytes);
  for (std::uint64_t i = 0; i < kGames; ++i) {
    game.seed = i;  // replay does not look at the seed, so this is another game
    ASSERT_OK(store->append(game));
  }
  const auto account = store->account();
  EXPECT_EQ(account.accepted, kGames);
  EXPECT_GT(account.stored, kGames / 2);
  EXPECT_EQ(account.accepted, account.stored + account.pending);
}

TEST_F(GameStoreTest, RefusesASecondOwner) {
  const auto first = open_real();
  ASSERT_OK(first);
  const auto second = open_real();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::refused);
}

TEST_F(GameStoreTest, RebuildsTheSameViewFromTheSegments) {
  std::set<Digest> before;
  std::vector<ConfigurationCount> counts;
  {
    auto store = open_real().value();
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      ASSERT_OK(store->append(toy_game(seed, seed % 3 == 0 ? 2 : 1)));
      if (seed % 20 == 19) ASSERT_OK(store->seal());
    }
    before = ids(*store);
    counts = store->counts();
  }
  const std::string view = folder_.path("store/games.db");
  const auto damage = {
      +[](std::vector<std::uint8_t>& bytes) { bytes.clear(); },
      +[](std::vector<std::uint8_t>& bytes) { bytes.assign(5000, 'x'); },
      +[](std::vector<std::uint8_t>& bytes) { bytes.resize(bytes.size() / 2); },
      +[](std::vector<std::uint8_t>& bytes) { bytes[bytes.size() / 2] ^= 1; },
  };
  for (const auto& change : damage) {
    auto bytes = read_bytes(view);
    change(bytes);
    write_bytes(view, bytes);
    const auto store = open_real();
    ASSERT_OK(store);
    EXPECT_EQ(ids(**store), before);
    ASSERT_EQ((*store)->counts().size(), counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      EXPECT_EQ((*store)->counts()[i].games, counts[i].games);
      EXPECT_EQ((*store)->counts()[i].distinct_games, counts[i].distinct_games);
      EXPECT_EQ((*store)->counts()[i].plies, counts[i].plies);
    }
  }
}

// A view that was not closed carries no seal, so damage may come to light only when it is used.
TEST_F(GameStoreTest, ReplacesAViewThatTurnsOutDamagedWhileItIsUsed) {
  std::set<Digest> expected;
  {
    auto store = open_real().value();
    for (std::uint64_t seed = 0; seed < 200; ++seed) ASSERT_OK(store->append(toy_game(seed)));
    ASSERT_OK(store->seal());
  }
  const std::string view = folder_.path("store/games.db");
  ASSERT_OK(unseal_file(view));
  auto bytes = read_bytes(view);
  constexpr std::size_t kPage = 4096;
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(4 * kPage), bytes.end(), 0xee);
  write_bytes(view, bytes);
  auto store = open_real();
  ASSERT_OK(store);
  for (std::uint64_t seed = 200; seed < 210; ++seed) {
    if (const auto appended = (*store)->append(toy_game(seed)); !appended) {
      EXPECT_EQ(appended.error().kind, ErrorKind::corrupt);  // the view could not be asked; tick repairs it
      ASSERT_OK((*store)->tick());
      ASSERT_OK((*store)->append(toy_game(seed)));
    }
  }
  ASSERT_OK((*store)->seal());
  ASSERT_OK((*store)->tick());
  for (std::uint64_t seed = 0; seed < 210; ++seed) expected.insert(game_id(toy_game(seed)));
  EXPECT_EQ(ids(**store), expected);
}

TEST_F(GameStoreTest, SealsItsViewWhenItIsClosed) {
  {
    auto store = open_real().value();
    ASSERT_OK(store->append(toy_game(1)));
    ASSERT_OK(store->seal());
  }
  EXPECT_EQ(check_seal(folder_.path("store/games.db")).value(), Seal::intact);
  ASSERT_OK(open_real());
}

TEST_F(GameStoreTest, OffersTablesThatAPersonCanQuery) {
  auto store = open_real().value();
  const GameRecord game = toy_game(5);
  ASSERT_OK(store->append(game));
  ASSERT_OK(store->seal());
  auto database = Database::open_reader(folder_.path("store/games.db")).value();
  EXPECT_EQ(database.integer("SELECT count(*) FROM games WHERE board = '3x3' AND seats = 2").value(), 1);
  EXPECT_EQ(database.integer("SELECT count(*) FROM moves WHERE game_id = '" + to_hex(game_id(game)) + "'").value(),
            static_cast<std::int64_t>(game.moves.size()));
  EXPECT_EQ(database.integer("SELECT count(*) FROM moves WHERE seat IS NULL").value(), 2) << "two cards are dealt";
  EXPECT_EQ(database.integer("SELECT code FROM moves WHERE ply = 2").value(), game.moves[2].code);
  EXPECT_EQ(database.integer("SELECT coalesce(winner, 0) FROM games").value(), game.winner + 1);
}

TEST_F(GameStoreTest, JoinsSmallSegmentsAndKeepsTheirNamesAsAliases) {
  std::set<Digest> before;
  {
    auto store = open().value();
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      ASSERT_OK(store->append(toy_game(seed)));
      ASSERT_OK(store->seal());
      ++now_;
      ASSERT_OK(store->tick());
    }
    before = ids(*store);
    EXPECT_EQ(before.size(), 40U);
    EXPECT_EQ(store->find(game_id(toy_game(3))).value().summary.stored_at, 1'700'000'003)
        << "its own time, not the compaction's";
    EXPECT_TRUE(store->problems().empty());
  }
  const auto names = list_segments(disk_, kStore).value();
  EXPECT_LT(names.size(), 20U);
  std::size_t aliases = 0;
  for (const Digest& name : names) aliases += Segment::load(disk_, kStore, name).value().replaced().size();
  EXPECT_EQ(aliases + names.size(), 40U + 1U) << "each of the 40 is there or has an alias; one is new";
  const auto store = open();
  ASSERT_OK(store);
  EXPECT_EQ(ids(**store), before);
}

// One seed, one run: crash at every operation of a life with seals and a compaction; nothing that seal reported is lost.
TEST_F(GameStoreTest, LosesOnlyUnsealedGamesWhereverTheMachineStops) {
  std::vector<GameRecord> games;
  for (std::uint64_t seed = 0; seed < 34; ++seed) games.push_back(toy_game(seed));
  const auto live = [&](FaultDisk& disk, const std::string& view, std::set<Digest>& sealed) {
    auto store = GameStore::open(kStore, disk, {view, [] { return std::int64_t{5}; }});
    if (!store) return false;
    for (const GameRecord& game : games) {
      if (!(*store)->append(game)) return false;
      if (!(*store)->seal()) return false;
      sealed.insert(game_id(game));
      if (!(*store)->tick()) return false;
    }
    return true;
  };
  FaultDisk probe;
  std::set<Digest> all;
  ASSERT_TRUE(live(probe, folder_.path("probe.db"), all));
  const int operations = probe.operations();
  ASSERT_LT(list_segments(probe, kStore).value().size(), 10U) << "the life must contain a compaction";
  ASSERT_GT(operations, 200);
  // Every operation around the compaction, every 7th before it.
  for (int at = 0; at < operations; at += at < operations - 90 ? 7 : 1) {
    FaultDisk disk;
    disk.fail_at(at, FaultDisk::Fault::crash);
    std::set<Digest> sealed;
    const std::string view = folder_.path("crash-" + std::to_string(at) + ".db");
    EXPECT_FALSE(live(disk, view, sealed));
    disk.crash(static_cast<std::uint64_t>(at));
    const auto store = GameStore::open(kStore, disk, {view, {}});
    ASSERT_TRUE(store.ok()) << "operation " << at << ": " << store.error().text;
    EXPECT_TRUE((*store)->problems().empty()) << "operation " << at << ": " << (*store)->problems().front();
    const auto found = ids(**store);
    EXPECT_TRUE(std::includes(found.begin(), found.end(), sealed.begin(), sealed.end())) << "operation " << at;
    for (const std::string& path : disk.files()) EXPECT_FALSE(path.ends_with(".part")) << path;
  }
}

TEST_F(GameStoreTest, KeepsPendingGamesWhenTheDiskIsFullAndSealsThemLater) {
  for (int at = 0; at < 12; ++at) {
    FaultDisk disk;
    auto store = GameStore::open(kStore, disk, {folder_.path("full-" + std::to_string(at) + ".db"), {}}).value();
    ASSERT_OK(store->append(toy_game(1)));
    ASSERT_OK(store->append(toy_game(2)));
    disk.fail_at(at, FaultDisk::Fault::disk_full);
    if (!store->seal()) {
      EXPECT_EQ(store->account().pending, 2U);
      ASSERT_OK(store->seal());
    }
    EXPECT_EQ(store->account().stored, 2U);
    EXPECT_EQ(ids(*store).size(), 2U);
  }
}

TEST_F(GameStoreTest, LeavesADamagedSegmentAloneAndSaysSo) {
  Digest name;
  {
    auto store = open().value();
    ASSERT_OK(store->append(toy_game(1)));
    ASSERT_OK(store->seal());
    ASSERT_OK(store->append(toy_game(2)));
    ASSERT_OK(store->seal());
    name = list_segments(disk_, kStore).value()[0];
  }
  disk_.mutate(segment_path(kStore, name), [](std::vector<std::uint8_t>& bytes) { bytes[20] ^= 1; });
  std::remove(folder_.path("games.db").c_str());
  const auto store = open();
  ASSERT_OK(store);
  ASSERT_EQ((*store)->problems().size(), 1U);
  EXPECT_NE((*store)->problems()[0].find(to_hex(name)), std::string::npos);
  EXPECT_EQ(ids(**store).size(), 1U);
  EXPECT_EQ(list_segments(disk_, kStore).value().size(), 2U);
}

TEST_F(GameStoreTest, TakesGamesFromManyThreadsAndAnswersMeanwhile) {
  auto store = open().value();
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (std::uint64_t i = 0; i < 50; ++i) {
        EXPECT_TRUE(store->append(toy_game(t * 25 + i)).ok());  // neighbours share half of their games
        if (i % 10 == 0) {
          EXPECT_TRUE(store->seal().ok());
        }
        EXPECT_TRUE(store->recent(10).ok());
        (void)store->counts();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_OK(store->seal());
  EXPECT_EQ(ids(*store).size(), 125U);
  const auto account = store->account();
  EXPECT_EQ(account.accepted, 125U);
  EXPECT_EQ(account.stored, 125U);
  EXPECT_EQ(account.duplicates, 75U);
}

}  // namespace
}  // namespace mz
