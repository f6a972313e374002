#include "store/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

namespace mz {
namespace {

constexpr int kBusyMilliseconds = 5000;
// Of a row or a text in a stranger's file: a record is at most 1 MiB.
constexpr int kForeignMaxLength = 4 << 20;

Error sqlite_error(sqlite3* handle, int code) {
  const std::string path = handle != nullptr && sqlite3_db_filename(handle, "main") != nullptr
                               ? sqlite3_db_filename(handle, "main")
                               : "the database";
  const std::string reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      return {ErrorKind::corrupt, path + " is not an SQLite database."};
    case SQLITE_CORRUPT:
    case SQLITE_FORMAT:
    case SQLITE_TOOBIG:
      return {ErrorKind::corrupt, path + " is damaged: " + reason + "."};
    case SQLITE_FULL:
      return {ErrorKind::failure, "The disk of " + path + " is full. Free some space and try again."};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorKind::refused, path + " is in use by another program. Try again when that one is done."};
    case SQLITE_CANTOPEN:
      return {ErrorKind::failure, "Cannot open " + path + ". Check that it exists and that you may read it."};
    default:
      return {ErrorKind::failure, path + ": " + reason + "."};
  }
}

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

// A file name as SQLite URI.
std::string uri_of(const std::string& path, const char* parameters) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_';
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return uri + "?" + parameters;
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement& Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(handle_, index, value);
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(handle_, index, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::span<const std::uint8_t> blob) {
  sqlite3_bind_blob64(handle_, index, blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "", blob.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement& Statement::bind_null(int index) {
  sqlite3_bind_null(handle_, index);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_);
    return false;
  }
  Error error = sqlite_error(sqlite3_db_handle(handle_), code);
  sqlite3_reset(handle_);
  return error;
}

Result<void> Statement::run() {
  if (auto stepped = step(); !stepped) return stepped.error();
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(handle_); }

bool Statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
bool Statement::is_integer(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_INTEGER; }

std::int64_t Statement::integer(int column) const {
  return is_integer(column) ? sqlite3_column_int64(handle_, column) : 0;
}

std::string_view Statement::text(int column) const {
  if (sqlite3_column_type(handle_, column) != SQLITE_TEXT) return {};
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

std::span<const std::uint8_t> Statement::blob(int column) const {
  if (sqlite3_column_type(handle_, column) != SQLITE_BLOB) return {};
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<Database> Database::open_with(const std::string& path, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) {
    if ((code & 0xff) == SQLITE_CANTOPEN) {
      return Error{ErrorKind::failure,
                   "Cannot open the database " + path + ". Check that its folder exists and that you may use it."};
    }
    return sqlite_error(handle, code);
  }
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (auto on = database.execute("PRAGMA foreign_keys = ON"); !on) return on.error();
  return database;
}

Result<Database> Database::open(const std::string& path) {
  return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
}

Result<Database> Database::open_reader(const std::string& path) { return open_with(path, SQLITE_OPEN_READONLY); }

Result<Database> Database::open_foreign(const std::string& path) {
  // Without a log beside it nobody has it open for writing, and `immutable` keeps SQLite from creating its own files there.
  const bool in_use = file_exists(path + "-wal") || file_exists(path + "-journal");
  auto opened = open_with(uri_of(path, in_use ? "mode=ro" : "immutable=1"), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!opened) return opened;
  sqlite3* handle = opened->handle_;
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kForeignMaxLength);
  if (auto set = opened->execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA query_only = ON"); !set) {
    return set.error();
  }
  return opened;
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code);
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_, code);
  return Statement(statement);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return statement.error();
  const auto row = statement->step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorKind::not_found, "The query gives no row."};
  return statement->integer(0);
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handle_); }

}  // namespace mz
