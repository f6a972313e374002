// The games of one node: sealed segments on disk (the truth) and games.db, an SQLite view over them (for questions).
//
//   DIR/objects/ab/<sha256>.seg   sealed segments, immutable, named by the SHA-256 of their bytes (store/segment.h)
//   DIR/incoming/*.part           the segment being written; never read again after a crash
//   DIR/games.db                  the view (store/view.h), rebuilt from the segments whenever it does not fit them
//   DIR/store.lock                held while a GameStore is open
//
// Life of a game: append (checked by full replay, pending in memory) -> seal (durable in a segment, then visible in the
// view). A crash at any moment loses pending games only; what seal reported is there for ever. The store seals by itself
// when the pending games reach kSealBytes, and in `tick` when the oldest of them has waited kSealSeconds.
//
// Every function may be called from any thread. append, seal and tick exclude each other and may take a while (replay,
// fsync); counts, recent and find do not wait for them and see sealed games only. One process opens a directory at a
// time; a second one is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/game.h"
#include "engine/record.h"
#include "store/disk.h"

namespace mz {

// One line of a list of games. Seats are counted from 0 here.
struct GameSummary {
  Digest id{};
  Digest play_hash{};
  GameConfig config;
  std::uint64_t seed = 0;
  std::vector<SeatEngine> engines;  // one per seat
  int winner = kNobody;
  std::string reason;
  std::uint32_t plies = 0;
  bool capped = false;
  std::int64_t stored_at = 0;  // seconds since 1970; when this store took it in
};

struct GamePage {
  std::vector<GameSummary> games;    // newest first
  std::optional<std::int64_t> next;  // cursor for the following page; none when this was the last
};

struct GameFilter {
  std::string game;   // empty: any
  std::string board;  // empty: any
  int seats = 0;      // 0: any
};

struct StoredGame {
  GameSummary summary;
  GameRecord record;
};

// What is sealed for one configuration. Options count: games with other options are another configuration.
struct ConfigurationCount {
  GameConfig config;
  std::uint64_t games = 0;
  std::uint64_t distinct_games = 0;  // different play_hash
  std::uint64_t plies = 0;
  std::uint64_t bytes = 0;  // of the uncompressed records
};

// Conservation account: accepted = stored + pending, since this object was opened; duplicates and refused are apart.
struct StoreAccount {
  std::uint64_t accepted = 0;
  std::uint64_t stored = 0;
  std::uint64_t pending = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t refused = 0;
};

enum class Appended { stored_new, duplicate };

class GameStore {
 public:
  static constexpr std::uint64_t kSealBytes = 12U << 20;  // weight (store/segment.h) of pending games
  static constexpr std::int64_t kSealSeconds = 60;
  static constexpr std::size_t kMaxPage = 1000;  // games per `recent`

  struct Options {
    std::string view_path;                // where games.db lies; empty: DIR/games.db
    std::function<std::int64_t()> clock;  // seconds since 1970; empty: the system clock
  };

  // Takes the lock, removes leftovers of a crash, and brings the view up to date with the segments (rebuilding it when
  // it is missing, damaged or of another version). `disk` must outlive the store.
  static Result<std::unique_ptr<GameStore>> open(const std::string& directory, Disk& disk, Options options);
  static Result<std::unique_ptr<GameStore>> open(const std::string& directory, Disk& disk);
  // Closes without sealing: call seal first to keep pending games. Puts a seal on games.db (store/seal.h).
  ~GameStore();
  GameStore(const GameStore&) = delete;
  GameStore& operator=(const GameStore&) = delete;

  // Replays the game and keeps it for the next seal. A game that is already here, sealed or pending, is a success and
  // changes nothing. Refused: a record that does not replay, or whose rules_hash is not this binary's. When the pending
  // games fill a segment they are sealed first; if the disk does not let that happen, this game is not taken.
  Result<Appended> append(const GameRecord& record);
  Result<Appended> append_bytes(std::span<const std::uint8_t> encoded);

  // Makes every pending game durable and visible; returns how many that were. After an error they are still pending, and
  // a later seal tries again.
  Result<std::uint64_t> seal();
  // Seals when the oldest pending game is kSealSeconds old, and compacts small segments when there are many. Call it
  // about once a second.
  Result<void> tick();

  [[nodiscard]] std::vector<ConfigurationCount> counts() const;
  [[nodiscard]] StoreAccount account() const;
  // Newest first; `before` is GamePage::next of the page before, none for the first page; limit 1..kMaxPage.
  Result<GamePage> recent(std::size_t limit, std::optional<std::int64_t> before = std::nullopt,
                          const GameFilter& filter = {}) const;
  // not_found when no sealed game has this id.
  Result<StoredGame> find(const Digest& id) const;
  // Every sealed game once, in the order of their ids. Stops at the first error, of its own or of `visit`.
  Result<void> for_each(const std::function<Result<void>(const StoredGame&)>& visit) const;

  // Bytes of all segments and of the view on disk.
  Result<std::uint64_t> bytes_on_disk() const;
  // Sentences about files that could not be used when the store was opened; empty when all is well.
  [[nodiscard]] std::vector<std::string> problems() const;

 private:
  struct Impl;
  explicit GameStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mz
