#include "store/view.h"

#include <sys/stat.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "store/seal.h"

namespace mz {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE segments(
  segment_no INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL, games INTEGER NOT NULL, plies INTEGER NOT NULL, record_bytes INTEGER NOT NULL);
CREATE TABLE aliases(name TEXT PRIMARY KEY, segment_no INTEGER NOT NULL REFERENCES segments) WITHOUT ROWID;
CREATE TABLE configurations(
  game TEXT NOT NULL, board TEXT NOT NULL, seats INTEGER NOT NULL, options TEXT NOT NULL,
  games INTEGER NOT NULL, distinct_games INTEGER NOT NULL, plies INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY(game, board, seats, options)) WITHOUT ROWID;
CREATE TABLE games(
  game_no INTEGER PRIMARY KEY,
  game_id TEXT NOT NULL UNIQUE,
  play_hash TEXT NOT NULL,
  game TEXT NOT NULL, board TEXT NOT NULL, seats INTEGER NOT NULL, options TEXT NOT NULL,
  seed TEXT NOT NULL,
  engines TEXT NOT NULL, weights TEXT NOT NULL,
  winner INTEGER, reason TEXT NOT NULL,
  plies INTEGER NOT NULL, capped INTEGER NOT NULL,
  rules_hash TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  stored_at INTEGER,
  segment_no INTEGER REFERENCES segments);
CREATE INDEX games_by_play ON games(play_hash);
CREATE INDEX games_by_board ON games(board, seats);
CREATE INDEX games_by_segment ON games(segment_no);
CREATE TABLE records(
  game_no INTEGER PRIMARY KEY REFERENCES games,
  record BLOB NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE move_rows(
  game_no INTEGER NOT NULL REFERENCES games,
  ply INTEGER NOT NULL, seat INTEGER, code INTEGER NOT NULL, move TEXT NOT NULL,
  PRIMARY KEY(game_no, ply)) WITHOUT ROWID;
CREATE VIEW moves AS
  SELECT games.game_id AS game_id, ply, seat, move, code FROM move_rows JOIN games USING (game_no);
)sql";

// Everything a StoredGame needs, in the order read_game expects.
constexpr std::string_view kSelectGame =
    "SELECT games.game_no, games.stored_at, records.record FROM games JOIN records USING (game_no) ";

std::int64_t from_one(int seat) { return seat + 1; }

// 0 when there is no such file.
std::int64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_size) : 0;
}

// Undoes a transaction whose error is already on its way to the caller; a second one would not help.
void abandon(Database& database) { (void)database.execute("ROLLBACK").ok(); }

}  // namespace

GameRow make_row(const CheckedGame& game) {
  const GameRecord& record = game.record;
  GameRow row;
  row.game_id = to_hex(game.id);
  row.play_hash = to_hex(game.play_hash);
  row.game = record.config.game;
  row.board = record.config.board;
  row.seats = record.config.seats;
  row.options = options_json(record.config);
  row.seed = std::to_string(record.seed);
  auto engines = nlohmann::json::array();
  auto weights = nlohmann::json::array();
  for (const SeatEngine& seat : record.seats) {
    engines.push_back(seat.spec);
    weights.push_back(seat.weights_hash);
  }
  row.engines = engines.dump();
  row.weights = weights.dump();
  if (record.winner != kNobody) row.winner = from_one(record.winner);
  row.reason = record.reason;
  row.plies = static_cast<std::int64_t>(record.moves.size());
  row.capped = record.capped ? 1 : 0;
  row.rules_hash = to_hex(record.rules_hash);
  row.bytes = static_cast<std::int64_t>(game.bytes.size());
  row.record_sha256 = to_hex(sha256(game.bytes));
  return row;
}

Result<void> create_tables(Database& database, std::string_view kind) {
  if (auto made = database.execute(std::string("PRAGMA application_id = 0x4d5a474d; BEGIN;") + kTables); !made)
    return made;
  auto meta = database.prepare("INSERT INTO meta(key, value) VALUES (?1, ?2)");
  if (!meta) return meta.error();
  const auto put = [&meta](std::string_view key, auto value) { return meta->bind(1, key).bind(2, value).run(); };
  const std::vector<std::uint8_t> open_seal = unsealed();
  if (auto put_one = put("format", kGamesFormat); !put_one) return put_one;
  if (auto put_one = put("version", View::kVersion); !put_one) return put_one;
  if (auto put_one = put("kind", kind); !put_one) return put_one;
  if (auto put_one = put("seal", std::span<const std::uint8_t>(open_seal)); !put_one) return put_one;
  return database.execute("COMMIT");
}

Result<GameInserter> GameInserter::prepare(Database& database) {
  GameInserter inserter;
  inserter.database_ = &database;
  const auto set = [&database](Statement& target, std::string_view sql) -> Result<void> {
    auto statement = database.prepare(sql);
    if (!statement) return statement.error();
    target = std::move(*statement);
    return {};
  };
  if (auto ok =
          set(inserter.game_,
              "INSERT OR IGNORE INTO games(game_id, play_hash, game, board, seats, options, seed, engines, weights, "
              "winner, reason, plies, capped, rules_hash, bytes, stored_at, segment_no) "
              "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)");
      !ok) {
    return ok.error();
  }
  if (auto ok = set(inserter.record_, "INSERT INTO records(game_no, record, sha256) VALUES (?1,?2,?3)"); !ok)
    return ok.error();
  if (auto ok = set(inserter.move_, "INSERT INTO move_rows(game_no, ply, seat, code, move) VALUES (?1,?2,?3,?4,?5)");
      !ok) {
    return ok.error();
  }
  if (auto ok = set(inserter.known_play_, "SELECT count(*) FROM (SELECT 1 FROM games WHERE play_hash = ?1 LIMIT 2)");
      !ok) {
    return ok.error();
  }
  if (auto ok = set(inserter.count_,
                    "INSERT INTO configurations(game, board, seats, options, games, distinct_games, plies, bytes) "
                    "VALUES (?1,?2,?3,?4,1,?5,?6,?7) ON CONFLICT DO UPDATE SET games = games + 1, "
                    "distinct_games = distinct_games + ?5, plies = plies + ?6, bytes = bytes + ?7");
      !ok) {
    return ok.error();
  }
  return inserter;
}

Result<bool> GameInserter::insert(const CheckedGame& game, std::int64_t stored_at, std::int64_t segment) {
  const GameRow row = make_row(game);
  game_.bind(1, row.game_id).bind(2, row.play_hash).bind(3, row.game).bind(4, row.board).bind(5, row.seats);
  game_.bind(6, row.options).bind(7, row.seed).bind(8, row.engines).bind(9, row.weights);
  row.winner ? game_.bind(10, *row.winner) : game_.bind_null(10);
  game_.bind(11, row.reason).bind(12, row.plies).bind(13, row.capped).bind(14, row.rules_hash).bind(15, row.bytes);
  stored_at > 0 ? game_.bind(16, stored_at) : game_.bind_null(16);
  segment > 0 ? game_.bind(17, segment) : game_.bind_null(17);
  if (auto ran = game_.run(); !ran) return ran.error();
  if (database_->changes() == 0) return false;

  const std::int64_t number = database_->last_row();
  record_.bind(1, number).bind(2, std::span<const std::uint8_t>(game.bytes)).bind(3, row.record_sha256);
  if (auto ran = record_.run(); !ran) return ran.error();
  move_.bind(1, number);
  for (std::size_t ply = 0; ply < game.actors.size(); ++ply) {
    move_.bind(2, static_cast<std::int64_t>(ply));
    game.actors[ply] == kNobody ? move_.bind_null(3) : move_.bind(3, from_one(game.actors[ply]));
    move_.bind(4, std::int64_t{game.record.moves[ply].code}).bind(5, game.move_text(ply));
    if (auto ran = move_.run(); !ran) return ran.error();
  }

  known_play_.bind(1, row.play_hash);
  const auto known = known_play_.step();
  if (!known) return known.error();
  const std::int64_t is_new = known_play_.integer(0) == 1 ? 1 : 0;  // the game itself is there already
  known_play_.reset();
  count_.bind(1, row.game).bind(2, row.board).bind(3, row.seats).bind(4, row.options);
  count_.bind(5, is_new).bind(6, row.plies).bind(7, row.bytes);
  if (auto ran = count_.run(); !ran) return ran.error();
  return true;
}

View::View(std::string path, Database writer, Database reader)
    : path_(std::move(path)), writer_(std::move(writer)), reader_(std::move(reader)) {}

View::~View() = default;

void View::destroy(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
}

std::uint64_t View::bytes_on_disk(const std::string& path) {
  return static_cast<std::uint64_t>(file_size(path) + file_size(path + "-wal"));
}

Result<std::unique_ptr<View>> View::open(const std::string& path) {
  // A view that was sealed when it was closed must still be what it was then. One with a log beside it was not closed.
  bool was_sealed = false;
  if (file_size(path) > 0 && file_size(path + "-wal") == 0) {
    const auto seal = check_seal(path);
    if (!seal) return seal.error();
    was_sealed = *seal == Seal::intact;
    if (was_sealed) {
      if (auto lifted = unseal_file(path); !lifted) return lifted.error();
    }
  }
  auto writer = Database::open(path);
  if (!writer) return writer.error();
  // The segments are the truth, so a commit need not reach the disk at once; WAL keeps the view consistent all the same.
  if (auto set = writer->execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384");
      !set) {
    return set.error();
  }
  const auto tables = writer->integer("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  if (*tables == 0) {
    if (auto created = create_tables(*writer, "view"); !created) return created.error();
  }
  auto meta = writer->prepare(
      "SELECT f.value, v.value, k.value FROM meta f, meta v, meta k "
      "WHERE f.key = 'format' AND v.key = 'version' AND k.key = 'kind'");
  const Error foreign{ErrorKind::corrupt, path + " is not a view of this program's version."};
  if (!meta) return foreign;
  const auto row = meta->step();
  if (!row || !*row || meta->text(0) != kGamesFormat || meta->integer(1) != kVersion || meta->text(2) != "view")
    return foreign;
  meta->reset();
  auto reader = Database::open_reader(path);
  if (!reader) return reader.error();
  std::unique_ptr<View> view(new View(path, std::move(*writer), std::move(*reader)));
  auto inserter = GameInserter::prepare(view->writer_);
  if (!inserter) return inserter.error();
  view->inserter_ = std::move(*inserter);
  view->known_whole_ = was_sealed || *tables == 0;
  return view;
}

Result<bool> View::check() {
  if (std::exchange(known_whole_, false)) return true;
  auto check = writer_.prepare("PRAGMA quick_check(1)");
  if (!check) return check.error().kind == ErrorKind::corrupt ? Result<bool>(false) : Result<bool>(check.error());
  const auto row = check->step();
  if (!row) return row.error().kind == ErrorKind::corrupt ? Result<bool>(false) : Result<bool>(row.error());
  return *row && check->text(0) == "ok";
}

Result<void> View::begin() { return writer_.execute("BEGIN IMMEDIATE"); }
Result<void> View::commit() { return writer_.execute("COMMIT"); }
void View::rollback() { abandon(writer_); }

Result<std::int64_t> View::add_segment(const SegmentSummary& summary, const std::vector<Digest>& replaced) {
  const std::string name = to_hex(summary.name);
  auto insert =
      writer_.prepare("INSERT INTO segments(name, bytes, games, plies, record_bytes) VALUES (?1,?2,?3,?4,?5)");
  if (!insert) return insert.error();
  insert->bind(1, name).bind(2, static_cast<std::int64_t>(summary.file_bytes));
  insert->bind(3, static_cast<std::int64_t>(summary.games)).bind(4, static_cast<std::int64_t>(summary.plies));
  insert->bind(5, static_cast<std::int64_t>(summary.record_bytes));
  if (auto ran = insert->run(); !ran) return ran.error();
  const std::int64_t segment = writer_.last_row();
  for (const Digest& old : replaced) {
    const std::string old_name = to_hex(old);
    for (const char* sql :
         {"UPDATE games SET segment_no = ?2 WHERE segment_no = (SELECT segment_no FROM segments WHERE name = ?1)",
          "UPDATE aliases SET segment_no = ?2 WHERE segment_no = (SELECT segment_no FROM segments WHERE name = ?1)",
          "INSERT OR REPLACE INTO aliases(name, segment_no) VALUES (?1, ?2)",
          "DELETE FROM segments WHERE name = ?1 AND segment_no != ?2"}) {
      auto statement = writer_.prepare(sql);
      if (!statement) return statement.error();
      if (auto ran = statement->bind(1, old_name).bind(2, segment).run(); !ran) return ran.error();
    }
  }
  return segment;
}

Result<bool> View::insert(const CheckedGame& game, std::int64_t stored_at, std::int64_t segment) {
  return inserter_->insert(game, stored_at, segment);
}

Result<void> View::close_sealed() {
  inserter_.reset();
  {
    const std::lock_guard lock(reader_mutex_);
    Database closed = std::move(reader_);
  }
  if (auto done = writer_.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE"); !done) return done;
  { Database closed = std::move(writer_); }
  return seal_file(path_);
}

Result<std::vector<SegmentSummary>> View::segments() const {
  const std::lock_guard lock(reader_mutex_);
  auto rows = reader_.prepare("SELECT name, bytes, games, plies, record_bytes FROM segments ORDER BY name");
  if (!rows) return rows.error();
  std::vector<SegmentSummary> all;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return all;
    SegmentSummary one;
    if (!from_hex(rows->text(0), one.name))
      return Error{ErrorKind::corrupt, path_ + " lists a segment without a name."};
    one.file_bytes = static_cast<std::uint64_t>(rows->integer(1));
    one.games = static_cast<std::uint64_t>(rows->integer(2));
    one.plies = static_cast<std::uint64_t>(rows->integer(3));
    one.record_bytes = static_cast<std::uint64_t>(rows->integer(4));
    all.push_back(one);
  }
}

Result<std::vector<std::pair<Digest, Digest>>> View::aliases() const {
  const std::lock_guard lock(reader_mutex_);
  auto rows =
      reader_.prepare("SELECT aliases.name, segments.name FROM aliases JOIN segments USING (segment_no) ORDER BY 1");
  if (!rows) return rows.error();
  std::vector<std::pair<Digest, Digest>> all;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return all;
    std::pair<Digest, Digest> one;
    if (!from_hex(rows->text(0), one.first) || !from_hex(rows->text(1), one.second)) {
      return Error{ErrorKind::corrupt, path_ + " lists a segment without a name."};
    }
    all.push_back(one);
  }
}

Result<std::vector<ConfigurationCount>> View::counts() const {
  const std::lock_guard lock(reader_mutex_);
  auto rows = reader_.prepare(
      "SELECT game, board, seats, options, games, distinct_games, plies, bytes FROM configurations "
      "ORDER BY game, board, seats, options");
  if (!rows) return rows.error();
  std::vector<ConfigurationCount> all;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return all;
    ConfigurationCount one;
    one.config.game = rows->text(0);
    one.config.board = rows->text(1);
    one.config.seats = static_cast<int>(rows->integer(2));
    const auto options = nlohmann::json::parse(rows->text(3), nullptr, false);
    if (!options.is_object()) return Error{ErrorKind::corrupt, path_ + " has a configuration with unreadable options."};
    for (const auto& [name, value] : options.items()) {
      if (value.is_number_integer()) one.config.options[name] = value.get<int>();
    }
    one.games = static_cast<std::uint64_t>(rows->integer(4));
    one.distinct_games = static_cast<std::uint64_t>(rows->integer(5));
    one.plies = static_cast<std::uint64_t>(rows->integer(6));
    one.bytes = static_cast<std::uint64_t>(rows->integer(7));
    all.push_back(std::move(one));
  }
}

Result<bool> View::contains(const Digest& id) const {
  const std::string hex = to_hex(id);
  const std::lock_guard lock(reader_mutex_);
  auto row = reader_.prepare("SELECT 1 FROM games WHERE game_id = ?1");
  if (!row) return row.error();
  return row->bind(1, hex).step();
}

Result<StoredGame> View::read_game(Statement& row) const {
  auto record = decode_record(row.blob(2));
  if (!record) return Error{record.error().kind, path_ + ": " + record.error().text};
  StoredGame game;
  game.record = std::move(*record);
  GameSummary& s = game.summary;
  s.id = game_id(game.record);
  s.play_hash = play_hash(game.record);
  s.config = game.record.config;
  s.seed = game.record.seed;
  s.engines = game.record.seats;
  s.winner = game.record.winner;
  s.reason = game.record.reason;
  s.plies = static_cast<std::uint32_t>(game.record.moves.size());
  s.capped = game.record.capped;
  s.stored_at = row.integer(1);
  return game;
}

Result<GamePage> View::recent(std::size_t limit, std::optional<std::int64_t> before, const GameFilter& filter) const {
  std::string sql = std::string(kSelectGame) + "WHERE games.game_no < ?1";
  if (!filter.game.empty()) sql += " AND games.game = ?2";
  if (!filter.board.empty()) sql += " AND games.board = ?3";
  if (filter.seats != 0) sql += " AND games.seats = ?4";
  sql += " ORDER BY games.game_no DESC LIMIT ?5";

  const std::lock_guard lock(reader_mutex_);
  auto rows = reader_.prepare(sql);
  if (!rows) return rows.error();
  rows->bind(1, before.value_or(INT64_MAX)).bind(5, static_cast<std::int64_t>(limit) + 1);
  if (!filter.game.empty()) rows->bind(2, filter.game);
  if (!filter.board.empty()) rows->bind(3, filter.board);
  if (filter.seats != 0) rows->bind(4, std::int64_t{filter.seats});
  GamePage page;
  std::int64_t last = 0;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return page;
    if (page.games.size() == limit) {
      page.next = last;
      return page;
    }
    auto game = read_game(*rows);
    if (!game) return game.error();
    last = rows->integer(0);
    page.games.push_back(std::move(game->summary));
  }
}

Result<StoredGame> View::find(const Digest& id) const {
  const std::string hex = to_hex(id);
  const std::lock_guard lock(reader_mutex_);
  auto row = reader_.prepare(std::string(kSelectGame) + "WHERE games.game_id = ?1");
  if (!row) return row.error();
  const auto found = row->bind(1, hex).step();
  if (!found) return found.error();
  if (!*found) return Error{ErrorKind::not_found, "There is no game " + hex + " here."};
  return read_game(*row);
}

Result<void> View::for_each(const std::function<Result<void>(const StoredGame&)>& visit) const {
  // Chunked, so that a visitor may take its time without holding a read transaction or the mutex.
  constexpr std::size_t kChunk = 256;
  std::string after;
  for (;;) {
    std::vector<StoredGame> chunk;
    {
      const std::lock_guard lock(reader_mutex_);
      auto rows =
          reader_.prepare(std::string(kSelectGame) + "WHERE games.game_id > ?1 ORDER BY games.game_id LIMIT ?2");
      if (!rows) return rows.error();
      rows->bind(1, after).bind(2, static_cast<std::int64_t>(kChunk));
      for (;;) {
        const auto row = rows->step();
        if (!row) return row.error();
        if (!*row) break;
        auto game = read_game(*rows);
        if (!game) return game.error();
        chunk.push_back(std::move(*game));
      }
    }
    if (chunk.empty()) return {};
    for (const StoredGame& game : chunk) {
      if (auto visited = visit(game); !visited) return visited;
    }
    after = to_hex(chunk.back().summary.id);
  }
}

}  // namespace mz
