// SQLite with errors as values and objects that close themselves. A Database and its Statements belong to one thread at a
// time. Texts and blobs that are bound must stay unchanged until the statement is reset; columns are valid until then too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mz {

class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Statement();

  // Parameters are counted from 1.
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::uint8_t> blob);
  Statement& bind_null(int index);

  // True: a row is there. False: done; the statement has been reset.
  Result<bool> step();
  // For statements without rows: runs, resets.
  Result<void> run();
  void reset();

  // Columns are counted from 0. Reading another type gives 0 or an empty value, never a conversion.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_integer(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::uint8_t> blob(int column) const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  sqlite3_stmt* handle_ = nullptr;
};

class Database {
 public:
  // Opened for reading and writing; created when missing.
  static Result<Database> open(const std::string& path);
  // For reading a database that this program keeps; others may write to it meanwhile.
  static Result<Database> open_reader(const std::string& path);
  // For reading a file from a stranger: nothing in its schema is trusted or executed, and nothing beside it is created.
  static Result<Database> open_foreign(const std::string& path);

  Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Database& operator=(Database&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Database();

  // One or several statements without parameters and results.
  Result<void> execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // The single integer a query gives; an error when it gives none.
  Result<std::int64_t> integer(std::string_view sql);
  [[nodiscard]] std::int64_t changes() const;  // rows of the last insert, update or delete
  [[nodiscard]] std::int64_t last_row() const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  static Result<Database> open_with(const std::string& path, int flags);
  sqlite3* handle_ = nullptr;
};

}  // namespace mz
