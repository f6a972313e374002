// games.db: what a person asks about games, as SQLite tables over records that are kept elsewhere (a live view over
// segments) or nowhere else (a file for export and exchange, store/game_file.h). Same tables in both:
//
//   games           one row a game: ids, configuration, engines, result. Seats and winners are counted from 1.
//   moves           game_id, ply (from 0), seat (NULL: chance), move (notation), code
//   configurations  games, distinct games, plies and record bytes per configuration
//   records         the canonical record of each game and its SHA-256
//   segments        where a live view has its games from; aliases: segments that were compacted into others
//   meta            format, version, kind ('view' or 'file') and the seal (store/seal.h)
//
// `moves` is an SQL view over move_rows, which names games by their short row number. A game enters with all its rows in
// one transaction; foreign keys are always on.
//
// Threads: one thread at a time uses the writing functions, any other may use the reading ones meanwhile (they have a
// connection of their own and see committed games only).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "store/checked_game.h"
#include "store/game_store.h"
#include "store/segment.h"
#include "store/sqlite.h"

namespace mz {

inline constexpr std::string_view kGamesFormat = "meshzero games";

// What the tables say about a game, derived from its record alone. Used to insert rows and to verify rows.
struct GameRow {
  std::string game_id, play_hash, game, board, options, seed, engines, weights, reason, rules_hash, record_sha256;
  std::int64_t seats = 0, plies = 0, capped = 0, bytes = 0;
  std::optional<std::int64_t> winner;
};
GameRow make_row(const CheckedGame& game);

// Creates the tables in an empty database. kind: 'view' or 'file'.
Result<void> create_tables(Database& database, std::string_view kind);

// Inserts games into one database; keeps the prepared statements.
class GameInserter {
 public:
  static Result<GameInserter> prepare(Database& database);
  // False: the game was there already and nothing changed. stored_at 0: unknown. segment 0: none.
  Result<bool> insert(const CheckedGame& game, std::int64_t stored_at, std::int64_t segment);

 private:
  Database* database_ = nullptr;
  Statement game_, record_, move_, known_play_, count_;
};

class View {
 public:
  static constexpr std::int64_t kVersion = 1;

  // Creates the file when it is missing. Corrupt: the file is not a view of this version; delete it and open again.
  static Result<std::unique_ptr<View>> open(const std::string& path);
  // Removes a view and everything SQLite keeps beside it.
  static void destroy(const std::string& path);
  static std::uint64_t bytes_on_disk(const std::string& path);

  // Writing. begin ... commit is one transaction; rollback undoes it.
  Result<void> begin();
  Result<void> commit();
  void rollback();
  // Row number of the segment; games of a replaced segment move over to it.
  Result<std::int64_t> add_segment(const SegmentSummary& summary, const std::vector<Digest>& replaced);
  Result<bool> insert(const CheckedGame& game, std::int64_t stored_at, std::int64_t segment);
  // Writes everything into the main file and seals it (store/seal.h). The object can only be destroyed afterwards.
  Result<void> close_sealed();

  // Whether SQLite finds its structure whole. Free right after a sealed view was opened, else it reads the whole file.
  Result<bool> check();

  // Reading.
  Result<std::vector<SegmentSummary>> segments() const;
  Result<std::vector<std::pair<Digest, Digest>>> aliases() const;  // old name, segment that has its games now
  Result<std::vector<ConfigurationCount>> counts() const;
  Result<bool> contains(const Digest& id) const;
  Result<GamePage> recent(std::size_t limit, std::optional<std::int64_t> before, const GameFilter& filter) const;
  Result<StoredGame> find(const Digest& id) const;
  Result<void> for_each(const std::function<Result<void>(const StoredGame&)>& visit) const;

  ~View();

 private:
  View(std::string path, Database writer, Database reader);
  Result<StoredGame> read_game(Statement& row) const;

  std::string path_;
  Database writer_;
  std::optional<GameInserter> inserter_;
  bool known_whole_ = false;
  mutable std::mutex reader_mutex_;
  mutable Database reader_;  // guarded by reader_mutex_
};

}  // namespace mz
