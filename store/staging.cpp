#include "store/staging.h"

#include <algorithm>
#include <optional>

#include "store/lines.h"
#include "store/sqlite.h"
#include "store/view.h"

namespace mz {

struct Staging::Impl {
  std::string path;
  std::optional<Database> database;
  std::optional<Statement> insert, find, replace;
  std::uint64_t games = 0;

  explicit Impl(const std::string& destination) : path(unfinished_name(destination + ".staging")) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    insert.reset();
    find.reset();
    replace.reset();
    database.reset();
    View::destroy(path);
  }

  Result<void> prepare(std::optional<Statement>& target, std::string_view sql) {
    auto statement = database->prepare(sql);
    if (!statement) return statement.error();
    target.emplace(std::move(*statement));
    return {};
  }

  Result<void> open() {
    View::destroy(path);
    auto opened = Database::open(path);
    if (!opened) return opened.error();
    database.emplace(std::move(*opened));
    const auto made = database->execute(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;"
        "CREATE TABLE staged(id BLOB PRIMARY KEY, record BLOB NOT NULL); BEGIN");
    if (!made) return made;
    if (auto ok = prepare(insert, "INSERT OR IGNORE INTO staged(id, record) VALUES (?1, ?2)"); !ok) return ok;
    if (auto ok = prepare(find, "SELECT record FROM staged WHERE id = ?1"); !ok) return ok;
    return prepare(replace, "UPDATE staged SET record = ?2 WHERE id = ?1");
  }
};

Staging::Staging(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Staging::~Staging() = default;
std::uint64_t Staging::games() const { return impl_->games; }

Result<std::unique_ptr<Staging>> Staging::create(const std::string& destination) {
  auto impl = std::make_unique<Impl>(destination);
  if (auto opened = impl->open(); !opened) return opened.error();
  return std::unique_ptr<Staging>(new Staging(std::move(impl)));
}

Result<void> Staging::add(const CheckedGame& game) {
  Impl& s = *impl_;
  const std::span<const std::uint8_t> id(game.id);
  const std::span<const std::uint8_t> record(game.bytes);
  if (auto ran = s.insert->bind(1, id).bind(2, record).run(); !ran) return ran;
  if (s.database->changes() == 1) {
    ++s.games;
    return {};
  }
  const auto row = s.find->bind(1, id).step();
  if (!row) return row.error();
  const auto known = s.find->blob(0);
  const bool better = record.size() != known.size()
                          ? record.size() > known.size()
                          : std::lexicographical_compare(known.begin(), known.end(), record.begin(), record.end());
  s.find->reset();
  return better ? s.replace->bind(1, id).bind(2, record).run() : Result<void>{};
}

Result<void> Staging::for_each(const std::function<Result<void>(std::span<const std::uint8_t>)>& visit) {
  auto rows = impl_->database->prepare("SELECT record FROM staged ORDER BY id");
  if (!rows) return rows.error();
  for (;;) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    if (auto visited = visit(rows->blob(0)); !visited) return visited;
  }
}

Result<GameRecord> Staging::find(const Digest& id) {
  Statement& find = *impl_->find;
  const auto row = find.bind(1, std::span<const std::uint8_t>(id)).step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorKind::not_found, "There is no game " + to_hex(id) + " here."};
  auto record = decode_record(find.blob(0));
  find.reset();
  return record;
}

}  // namespace mz
