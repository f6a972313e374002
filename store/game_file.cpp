#include "store/game_file.h"

#include <sys/stat.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "store/lines.h"
#include "store/seal.h"
#include "store/sqlite.h"
#include "store/view.h"

namespace mz {
namespace {

Error damaged(const std::string& path, const std::string& how) {
  return {ErrorKind::corrupt, path + " is damaged: " + how + "."};
}

bool has_log(const std::string& path) {
  struct stat info {};
  return ::stat((path + "-wal").c_str(), &info) == 0 && info.st_size > 0;
}

using Schema = std::vector<std::string>;

Result<Schema> schema_of(Database& database) {
  auto rows = database.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name");
  if (!rows) return rows.error();
  Schema schema;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return schema;
    for (int column = 0; column < 4; ++column) schema.emplace_back(rows->text(column));
  }
}

Result<void> check_schema(Database& database, const std::string& path) {
  auto ours = Database::open(":memory:");
  if (!ours) return ours.error();
  if (auto made = create_tables(*ours, "file"); !made) return made;
  const auto expected = schema_of(*ours);
  if (!expected) return expected.error();
  const auto found = schema_of(database);
  if (!found) return found.error();
  if (*found != *expected) {
    return Error{ErrorKind::corrupt, path + " does not have the tables of a file of games of this version."};
  }
  return {};
}

Result<void> check_structure(Database& database, const std::string& path) {
  auto check = database.prepare("PRAGMA integrity_check(1)");
  if (!check) return check.error();
  const auto row = check->step();
  if (!row) return row.error();
  if (!*row || check->text(0) != "ok") return damaged(path, std::string(check->text(0).substr(0, 200)));
  return {};
}

Result<void> check_meta(Database& database, const std::string& path) {
  auto rows = database.prepare("SELECT key, value FROM meta ORDER BY key");
  if (!rows) return rows.error();
  std::string seen;
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::string_view key = rows->text(0);
    seen += std::string(key) + " ";
    const bool right = (key == "format" && rows->text(1) == kGamesFormat) ||
                       (key == "version" && rows->integer(1) == View::kVersion) ||
                       (key == "kind" && (rows->text(1) == "file" || rows->text(1) == "view")) ||
                       (key == "seal" && rows->blob(1).size() == unsealed().size());
    if (!right) return Error{ErrorKind::corrupt, path + " is not a file of games of this version."};
  }
  if (seen != "format kind seal version ") return damaged(path, "it does not say what it is");
  return {};
}

// Compares the rows of one game with what its record says.
class RowChecker {
 public:
  static Result<RowChecker> prepare(Database& database, const std::string& path) {
    RowChecker checker(path);
    auto moves = database.prepare("SELECT ply, seat, code, move FROM move_rows WHERE game_no = ?1 ORDER BY ply");
    if (!moves) return moves.error();
    checker.moves_ = std::move(*moves);
    return checker;
  }

  static constexpr std::string_view kColumns =
      "SELECT game_no, record, records.sha256, game_id, play_hash, game, board, seats, options, seed, engines, "
      "weights, "
      "winner, reason, plies, capped, rules_hash, bytes FROM games JOIN records USING (game_no) ORDER BY game_id";

  Result<void> check(Statement& row, const CheckedGame& game) {
    const GameRow expected = make_row(game);
    const auto differs = [&](const char* column) {
      return damaged(path_,
                     std::string("column ") + column + " of game " + expected.game_id + " does not fit its record");
    };
    const std::pair<const char*, const std::string*> texts[] = {{"sha256", &expected.record_sha256},
                                                                {"game_id", &expected.game_id},
                                                                {"play_hash", &expected.play_hash},
                                                                {"game", &expected.game},
                                                                {"board", &expected.board},
                                                                {nullptr, nullptr},
                                                                {"options", &expected.options},
                                                                {"seed", &expected.seed},
                                                                {"engines", &expected.engines},
                                                                {"weights", &expected.weights},
                                                                {nullptr, nullptr},
                                                                {"reason", &expected.reason},
                                                                {nullptr, nullptr},
                                                                {nullptr, nullptr},
                                                                {"rules_hash", &expected.rules_hash}};
    int column = 2;
    for (const auto& [name, text] : texts) {
      if (name != nullptr && row.text(column) != *text) return differs(name);
      ++column;
    }
    const auto is = [&row](int at, std::int64_t value) { return row.is_integer(at) && row.integer(at) == value; };
    if (!is(7, expected.seats)) return differs("seats");
    if (expected.winner ? !is(12, *expected.winner) : !row.is_null(12)) return differs("winner");
    if (!is(14, expected.plies)) return differs("plies");
    if (!is(15, expected.capped)) return differs("capped");
    if (!is(17, expected.bytes)) return differs("bytes");
    return check_moves(row.integer(0), game, expected.game_id);
  }

 private:
  explicit RowChecker(std::string path) : path_(std::move(path)) {}

  Result<void> check_moves(std::int64_t number, const CheckedGame& game, const std::string& id) {
    const auto differs = [&](std::size_t ply) {
      return damaged(path_, "move " + std::to_string(ply) + " of game " + id + " does not fit its record");
    };
    moves_.bind(1, number);
    for (std::size_t ply = 0;; ++ply) {
      const auto row = moves_.step();
      if (!row) return row.error();
      if (!*row) return ply == game.actors.size() ? Result<void>() : differs(ply);
      const bool right =
          ply < game.actors.size() && moves_.integer(0) == static_cast<std::int64_t>(ply) &&
          (game.actors[ply] == kNobody ? moves_.is_null(1) : moves_.integer(1) == game.actors[ply] + 1) &&
          moves_.integer(2) == game.record.moves[ply].code && moves_.text(3) == game.move_text(ply);
      if (!right) {
        moves_.reset();
        return differs(ply);
      }
    }
  }

  std::string path_;
  Statement moves_;
};

// Rows that belong to no game, and sums that do not fit.
Result<void> check_totals(Database& database, const std::string& path) {
  const std::pair<const char*, const char*> faults[] = {
      {"SELECT (SELECT count(*) FROM games) != (SELECT count(*) FROM records)", "some games have no record"},
      {"SELECT (SELECT count(*) FROM move_rows) != (SELECT coalesce(sum(plies), 0) FROM games)",
       "there are moves without a game"},
      {"SELECT count(*) FROM games WHERE segment_no IS NOT NULL AND segment_no NOT IN (SELECT segment_no FROM "
       "segments)",
       "a game names an unknown segment"},
      {"SELECT count(*) FROM aliases WHERE segment_no NOT IN (SELECT segment_no FROM segments)",
       "an alias names an unknown segment"},
      {"SELECT count(*) FROM (SELECT game, board, seats, options, games, distinct_games, plies, bytes FROM "
       "configurations EXCEPT "
       "SELECT game, board, seats, options, count(*), count(DISTINCT play_hash), sum(plies), sum(bytes) FROM games "
       "GROUP BY game, board, seats, options)",
       "its counts per configuration are wrong"},
      {"SELECT (SELECT count(*) FROM configurations) != (SELECT count(*) FROM (SELECT 1 FROM games GROUP BY game, "
       "board, seats, options))",
       "its counts per configuration are wrong"},
  };
  for (const auto& [sql, fault] : faults) {
    const auto bad = database.integer(sql);
    if (!bad) return bad.error();
    if (*bad != 0) return damaged(path, fault);
  }
  return {};
}

Result<void> check_games(Database& database, const std::string& path, GameTable& table, const GameVisitor& visit) {
  auto checker = RowChecker::prepare(database, path);
  if (!checker) return checker.error();
  auto rows = database.prepare(RowChecker::kColumns);
  if (!rows) return rows.error();
  for (std::int64_t seen = 0;; ++seen) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) {
      const auto listed = database.integer("SELECT count(*) FROM games");
      if (!listed) return listed.error();
      return seen == *listed ? Result<void>() : damaged(path, "some games have no record");
    }
    const auto game = check_game(rows->blob(1), table);
    if (!game) return Error{game.error().kind, path + ": " + game.error().text};
    if (auto checked = checker->check(*rows, *game); !checked) return checked;
    if (auto visited = visit(*game); !visited) return visited;
  }
}

}  // namespace

struct GameFileWriter::Impl {
  Disk& disk;
  std::string path;
  std::string building;   // filled game by game
  std::string temporary;  // its compact copy, which becomes `path`
  std::optional<Database> database;
  std::optional<GameInserter> inserter;

  Impl(Disk& the_disk, const std::string& the_path)
      : disk(the_disk),
        path(the_path),
        building(unfinished_name(the_path + ".build")),
        temporary(unfinished_name(the_path)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    inserter.reset();
    database.reset();
    View::destroy(building);
    View::destroy(temporary);
  }

  Result<void> open() {
    View::destroy(building);
    auto opened = Database::open(building);
    if (!opened) return opened.error();
    database.emplace(std::move(*opened));
    // A crash throws this file away, so it needs neither flushing nor a journal on disk.
    if (auto set =
            database->execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384");
        !set) {
      return set;
    }
    if (auto made = create_tables(*database, "file"); !made) return made;
    auto prepared = GameInserter::prepare(*database);
    if (!prepared) return prepared.error();
    inserter.emplace(std::move(*prepared));
    return database->execute("BEGIN");
  }
};

GameFileWriter::GameFileWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GameFileWriter::~GameFileWriter() = default;

Result<std::unique_ptr<GameFileWriter>> GameFileWriter::create(Disk& disk, const std::string& path) {
  auto impl = std::make_unique<Impl>(disk, path);
  if (auto opened = impl->open(); !opened) return opened.error();
  return std::unique_ptr<GameFileWriter>(new GameFileWriter(std::move(impl)));
}

Result<void> GameFileWriter::add(const CheckedGame& game) {
  const auto added = impl_->inserter->insert(game, 0, 0);
  if (!added) return added.error();
  return {};
}

Result<void> GameFileWriter::publish() {
  Impl& w = *impl_;
  if (auto done = w.database->execute("COMMIT"); !done) return done;
  w.inserter.reset();
  View::destroy(w.temporary);
  {
    auto copy = w.database->prepare("VACUUM INTO ?1");
    if (!copy) return copy.error();
    if (auto copied = copy->bind(1, w.temporary).run(); !copied) return copied;
  }
  w.database.reset();
  if (auto sealed = seal_file(w.temporary); !sealed) return sealed;
  if (auto renamed = w.disk.rename(w.temporary, w.path); !renamed) return renamed;
  return w.disk.sync_directory(parent_directory(w.path));
}

Result<void> read_game_file(const std::string& path, GameTable& table, const GameVisitor& visit) {
  if (!has_log(path)) {
    if (const auto seal = check_seal(path); !seal) return seal.error();
  }
  auto database = Database::open_foreign(path);
  if (!database) return database.error();
  // One transaction: a running node may add games meanwhile, and the sums must fit what was read.
  if (auto begun = database->execute("BEGIN"); !begun) return begun;
  if (auto checked = check_schema(*database, path); !checked) return checked;
  if (auto checked = check_structure(*database, path); !checked) return checked;
  if (auto checked = check_meta(*database, path); !checked) return checked;
  if (auto checked = check_games(*database, path, table, visit); !checked) return checked;
  return check_totals(*database, path);
}

}  // namespace mz
