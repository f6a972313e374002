#include "store/game_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "store/lines.h"
#include "store/sample.h"
#include "store/segment.h"

namespace mz {
namespace {

Error at_path(const std::string& path, const Error& error) { return {error.kind, path + ": " + error.text}; }

Result<void> visit_segment(const Segment& segment, const std::string& path, GameTable& table,
                           const GameVisitor& visit) {
  std::uint64_t plies = 0;
  const auto visited =
      segment.for_each([&](const SegmentEntry& entry, std::span<const std::uint8_t> bytes) -> Result<void> {
        const auto game = check_game(bytes, table);
        if (!game) return at_path(path, game.error());
        if (game->id != entry.id)
          return at_path(path, {ErrorKind::corrupt, "Its index names another game than the one it holds."});
        plies += game->record.moves.size();
        return visit(*game);
      });
  if (!visited) return visited;
  if (plies != segment.summary().plies) {
    return Error{ErrorKind::corrupt, path + ": Its footer gives another number of plies than its games have."};
  }
  return {};
}

// Segments may be joined by the running node while we read: what disappears must be replaced by something that appears.
Result<void> read_directory(const std::string& directory, Disk& disk, GameTable& table, const GameVisitor& visit) {
  std::set<Digest> done;
  std::set<Digest> replaced;
  std::set<Digest> vanished;
  for (bool again = true; again;) {
    again = false;
    const auto names = list_segments(disk, directory);
    if (!names) return names.error();
    for (const Digest& name : *names) {
      if (done.contains(name)) continue;
      const auto segment = Segment::load(disk, directory, name);
      if (!segment && segment.error().kind == ErrorKind::not_found) {
        vanished.insert(name);
        continue;
      }
      if (!segment) return segment.error();
      if (auto visited = visit_segment(*segment, segment_path(directory, name), table, visit); !visited) return visited;
      done.insert(name);
      replaced.insert(segment->replaced().begin(), segment->replaced().end());
      again = true;
    }
  }
  for (const Digest& name : vanished) {
    if (!replaced.contains(name))
      return Error{ErrorKind::failure, segment_path(directory, name) + " disappeared while it was read."};
  }
  return {};
}

struct ListedGame {
  std::vector<std::uint8_t> record;
  std::uint32_t samples = 0;  // as announced
  std::uint32_t seen = 0;
};

// First pass: the lines that carry records. Second pass: every line must be what its record gives.
class LineFile {
 public:
  LineFile(const std::string& path, GameTable& table) : path_(path), table_(table) {}

  Result<void> read(const GameVisitor& visit) {
    if (auto read = for_each_line(path_, [&](std::string_view line) { return collect(line, visit); }); !read)
      return read;
    number_ = 0;
    if (auto read = for_each_line(path_, [&](std::string_view line) { return compare(line); }); !read) return read;
    for (const auto& [id, game] : games_) {
      if (game.seen != game.samples) {
        return damaged("it has " + std::to_string(game.seen) + " of the " + std::to_string(game.samples) +
                       " lines of game " + id);
      }
    }
    return {};
  }

 private:
  [[nodiscard]] Error damaged(const std::string& how) const {
    return {ErrorKind::corrupt, path_ + " is damaged: " + how + "."};
  }
  [[nodiscard]] Error damaged_line() const {
    return damaged("line " + std::to_string(number_) + " is not a sample of one of its games");
  }

  Result<void> collect(std::string_view line, const GameVisitor& visit) {
    ++number_;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("game_id")) {
      return Error{ErrorKind::corrupt, path_ + ": line " + std::to_string(number_) + " is not a sample line."};
    }
    if (!json.contains("record")) return {};
    ListedGame listed;
    if (!json["record"].is_string() || !from_base64(json["record"].get_ref<const std::string&>(), listed.record))
      return damaged_line();
    if (!json.contains("samples") || !json["samples"].is_number_unsigned()) return damaged_line();
    listed.samples = static_cast<std::uint32_t>(json["samples"].get<std::uint64_t>());
    const auto game = check_game(listed.record, table_);
    if (!game) return Error{game.error().kind, path_ + ": line " + std::to_string(number_) + ": " + game.error().text};
    if (!games_.emplace(to_hex(game->id), std::move(listed)).second) return damaged("a game is listed twice");
    return visit(*game);
  }

  Result<void> compare(std::string_view line) {
    ++number_;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const std::string id = text(json, "game_id");
    const auto found = games_.find(id);
    if (found == games_.end()) return damaged_line();
    const auto ply = json.is_object() && json.contains("move_number") ? json["move_number"] : nlohmann::json();
    if (!ply.is_number_unsigned()) return damaged_line();
    const std::string worker = json.contains("metadata") ? text(json["metadata"], "worker_id") : "";
    if (!formatter_ || id != formatting_ || worker != worker_) {
      auto record = decode_record(found->second.record);
      auto game = record ? table_.get(record->config) : Result<std::shared_ptr<const Game>>(record.error());
      if (!game) return game.error();
      formatter_.emplace(std::move(*record), std::move(*game), worker);
      formatting_ = id;
      worker_ = worker;
    }
    const auto at = ply.get<std::uint64_t>();
    if (at >= formatter_->record().moves.size()) return damaged_line();
    const std::uint32_t samples = json.contains("record") ? found->second.samples : 0;
    if (formatter_->line(static_cast<std::uint32_t>(at), samples) != line) return damaged_line();
    ++found->second.seen;
    return {};
  }

  static std::string text(const nlohmann::json& json, const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  }

  std::string path_;
  GameTable& table_;
  std::uint64_t number_ = 0;  // of the line being read, from 1
  std::map<std::string, ListedGame> games_;
  std::optional<SampleFormatter> formatter_;
  std::string formatting_;  // game id
  std::string worker_;
};

}  // namespace

Result<std::string> local_path(const std::string& name) {
  constexpr std::string_view kFile = "file://";
  if (name.starts_with(kFile)) {
    std::string path = name.substr(kFile.size());
    if (!path.starts_with('/'))
      return Error{ErrorKind::usage, name + " names another host. Write file:/// and an absolute path."};
    return path;
  }
  if (name.starts_with("s3://")) {
    return Error{ErrorKind::usage,
                 "Only `meshzero selfplay --out` writes to s3://. Plain paths and file:// are possible here: bring " +
                     name + " here first, or take the result there afterwards."};
  }
  if (const std::size_t scheme = name.find("://"); scheme != std::string::npos) {
    return Error{ErrorKind::usage,
                 "Only plain paths and file:// are possible here, not " + name.substr(0, scheme) + "://."};
  }
  if (name.empty()) return Error{ErrorKind::usage, "A path is missing."};
  return name;
}

Result<SourceKind> source_kind(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return Error{errno == ENOENT || errno == ENOTDIR ? ErrorKind::not_found : ErrorKind::failure,
                 "Cannot open " + path + ": " + std::generic_category().message(errno) + "."};
  }
  if (S_ISDIR(info.st_mode)) {
    const bool store = ::access((path + "/objects").c_str(), F_OK) == 0 ||
                       ::access((path + "/games.db").c_str(), F_OK) == 0 ||
                       ::access((path + "/store.lock").c_str(), F_OK) == 0;
    if (store) return SourceKind::directory;
    return Error{ErrorKind::not_found, path + " is a folder without games: it has neither objects nor games.db."};
  }
  if (!S_ISREG(info.st_mode)) return Error{ErrorKind::refused, path + " is not an ordinary file."};
  std::array<char, 16> head{};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const ssize_t got = descriptor < 0 ? -1 : ::pread(descriptor, head.data(), head.size(), 0);
  if (descriptor >= 0) ::close(descriptor);
  if (got < 0)
    return Error{ErrorKind::failure, "Cannot read " + path + ": " + std::generic_category().message(errno) + "."};
  const std::string_view bytes(head.data(), static_cast<std::size_t>(got));
  if (bytes == std::string_view("SQLite format 3\0", 16)) return SourceKind::database;
  if (bytes.starts_with("MZSG")) return SourceKind::segment;
  if (bytes.starts_with("\x1f\x8b") || bytes.starts_with('{')) return SourceKind::lines;
  if (bytes.empty() && (path.ends_with(".jsonl") || path.ends_with(".jsonl.gz"))) return SourceKind::lines;
  return Error{ErrorKind::corrupt,
               path + " is not a file of games: neither a segment nor a games.db nor sample lines."};
}

Result<void> read_segment(const std::string& directory, const Digest& name, Disk& disk, GameTable& table,
                          const GameVisitor& visit) {
  const auto segment = Segment::load(disk, directory, name);
  if (!segment) return segment.error();
  return visit_segment(*segment, segment_path(directory, name), table, visit);
}

Result<void> read_games(const std::string& path, Disk& disk, GameTable& table, const GameVisitor& visit) {
  const auto kind = source_kind(path);
  if (!kind) return kind.error();
  switch (*kind) {
    case SourceKind::directory:
      return read_directory(path, disk, table, visit);
    case SourceKind::database:
      return read_game_file(path, table, visit);
    case SourceKind::lines:
      return LineFile(path, table).read(visit);
    case SourceKind::segment:
      break;
  }
  auto bytes = disk.read(path, SegmentLimits::kMaxFileBytes);
  if (!bytes) return bytes.error();
  const auto segment = Segment::parse(std::move(*bytes));
  if (!segment) return at_path(path, segment.error());
  const std::string stem = path.substr(path.find_last_of('/') + 1);
  Digest name;
  if (stem.size() > 64 && from_hex(stem.substr(0, 64), name) && segment->summary().name != name) {
    return at_path(path, {ErrorKind::corrupt, "Its content does not have the name of the file."});
  }
  return visit_segment(*segment, path, table, visit);
}

}  // namespace mz
