#include "node/data_directory.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

#include "node/platform.h"

namespace mz {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kMarker = "meshzero-data.json";
constexpr const char* kRunning = "node.json";
constexpr const char* kLock = "lock";
constexpr int kFormat = 1;

// Null when the file is missing, too large or no JSON object.
json read_small_json(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  std::string text(DataDirectory::kMaxSmallFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > DataDirectory::kMaxSmallFileBytes) return {};
  json document = json::parse(text, nullptr, false);
  return document.is_object() ? document : json();
}

// Readers see the old content or the new one, never half of it.
Result<void> write_small_file(const fs::path& file, const std::string& text) {
  const fs::path part = file.string() + ".part";
  const auto failed = [&](int code) {
    return Error{ErrorKind::failure, "Cannot write " + file.string() + ": " + std::strerror(code) + "."};
  };
  const Descriptor out(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!out.valid()) return failed(errno);
  const ssize_t written = ::write(out.get(), text.data(), text.size());
  int code = written < 0 ? errno : written != static_cast<ssize_t>(text.size()) ? ENOSPC : 0;
  if (code == 0 && (::fsync(out.get()) != 0 || ::rename(part.c_str(), file.c_str()) != 0)) code = errno;
  if (code == 0) return {};
  ::unlink(part.c_str());
  return failed(code);
}

// Nothing but a marker that was not finished, by a start that the disk or the machine cut short.
bool is_unused(const fs::path& path, std::error_code& error) {
  const std::string part = std::string(kMarker) + ".part";
  auto entry = fs::directory_iterator(path, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (entry->path().filename() != part) return false;
  }
  return !error;
}

Result<void> check_marker(const fs::path& path) {
  const json marker = read_small_json(path / kMarker);
  if (!marker.is_object() || !marker.contains("format") || !marker["format"].is_number_integer()) {
    const fs::path file = path / kMarker;
    if (::access(file.c_str(), R_OK) == 0) {
      return Error{ErrorKind::refused,
                   "The file " + file.string() +
                       ", which says what the directory is, is damaged. The rest may be whole: write {\"format\": " +
                       std::to_string(kFormat) + "} into it, then check the games with `meshzero data verify " +
                       path.string() + "`."};
    }
    if (errno == EACCES) {
      return Error{ErrorKind::refused,
                   "The data directory " + path.string() +
                       " belongs to another user, and this one may not read it. Run this as that user or as root."};
    }
    return Error{ErrorKind::refused, path.string() + " is not a MeshZero data directory (no readable " + kMarker +
                                         " in it). Choose another one with --data."};
  }
  if (marker["format"].get<std::int64_t>() != kFormat) {
    return Error{ErrorKind::refused, path.string() + " was written by another version of MeshZero (format " +
                                         marker["format"].dump() + ", this one knows " + std::to_string(kFormat) +
                                         "). Update this program."};
  }
  return {};
}

// A value of node.json as a whole number >= 0, or 0.
std::uint64_t natural(const json& document, const char* name) {
  const auto found = document.find(name);
  return found != document.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

}  // namespace

std::string page_address(std::uint16_t port) { return "http://localhost:" + std::to_string(port) + "/"; }

Result<DataDirectory> DataDirectory::create_or_open(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    return Error{ErrorKind::failure, "The data directory " + path.string() + " cannot be created: " + error.message() +
                                         ". Choose another one with --data."};
  }
  const bool is_empty = is_unused(path, error);
  if (error) {
    return Error{ErrorKind::failure,
                 "The data directory " + path.string() + " cannot be read: " + error.message() + "."};
  }
  if (is_empty) {
    const json marker{{"what", "data of a MeshZero node; remove it with `meshzero uninstall`"}, {"format", kFormat}};
    if (auto written = write_small_file(path / kMarker, marker.dump(2) + "\n"); !written) return written.error();
  }
  if (auto fits = check_marker(path); !fits) return fits.error();
  fs::create_directories(path / "log", error);
  if (error)
    return Error{ErrorKind::failure, "Cannot create " + (path / "log").string() + ": " + error.message() + "."};
  return DataDirectory(fs::canonical(path, error));
}

Result<DataDirectory> DataDirectory::open(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return Error{ErrorKind::not_found, "There is no data directory " + path.string() + ". `meshzero up` creates it."};
  }
  if (auto fits = check_marker(path); !fits) return fits.error();
  return DataDirectory(fs::canonical(path, error));
}

Result<Descriptor> DataDirectory::lock() const {
  const fs::path file = path_ / kLock;
  Descriptor lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.valid()) {
    return Error{ErrorKind::failure, "Cannot open " + file.string() + ": " + std::strerror(errno) + "."};
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) {
    return Error{ErrorKind::failure, "Cannot lock " + file.string() + ": " + std::strerror(errno) + "."};
  }
  const auto running = find_running();
  const std::string where =
      running ? " (process " + std::to_string(running->pid) + ", " + page_address(running->port) + ")" : "";
  return Error{ErrorKind::refused,
               "A node already runs on " + path_.string() + where +
                   ". Use it, stop it with `meshzero down`, or choose another directory with --data."};
}

Result<void> DataDirectory::write_running(const RunningNode& node) const {
  const json document{{"pid", static_cast<std::uint64_t>(node.pid)},
                      {"start_time", node.start_time},
                      {"port", node.port},
                      {"started_at", node.started_at}};
  const std::string text = document.dump(2) + "\n";
  // A second copy where nobody edits, so that a node whose node.json is lost is still found and stopped.
  const Descriptor lock(::open((path_ / kLock).c_str(), O_WRONLY | O_CLOEXEC));
  if (!lock.valid() || ::ftruncate(lock.get(), 0) != 0 ||
      ::write(lock.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error{ErrorKind::failure, "Cannot write " + (path_ / kLock).string() + ": " + std::strerror(errno) + "."};
  }
  return write_small_file(path_ / kRunning, text);
}

void DataDirectory::remove_running() const {
  std::error_code error;
  fs::remove(path_ / kRunning, error);  // a file that stays is recognised as old
  fs::resize_file(path_ / kLock, 0, error);
}

Result<RunningNode> DataDirectory::find_running() const {
  for (const char* file : {kRunning, kLock}) {
    const json document = read_small_json(path_ / file);
    if (!document.is_object()) continue;
    const std::uint64_t pid = natural(document, "pid");
    const std::uint64_t port = natural(document, "port");
    const RunningNode node{.pid = static_cast<pid_t>(pid),
                           .start_time = natural(document, "start_time"),
                           .port = static_cast<std::uint16_t>(port),
                           .started_at = static_cast<std::int64_t>(natural(document, "started_at"))};
    if (pid == 0 || pid > 0x7fffffff || port > 0xffff || node.start_time == 0) continue;
    // Another process may have got the id since; its start time differs.
    if (platform::process_start_time(node.pid) == node.start_time) return node;
  }
  return Error{ErrorKind::not_found, "No node runs on " + path_.string() + ". Start one with `meshzero up`."};
}

}  // namespace mz
