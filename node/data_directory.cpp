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
  if (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failed(errno);
  if (::fsync(out.get()) != 0) return failed(errno);
  if (::rename(part.c_str(), file.c_str()) != 0) return failed(errno);
  return {};
}

Result<void> check_marker(const fs::path& path) {
  const json marker = read_small_json(path / kMarker);
  if (!marker.is_object() || !marker.contains("format") || !marker["format"].is_number_integer()) {
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
  const bool is_empty = fs::is_empty(path, error);
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
  const fs::path file = path_ / "lock";
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
  return write_small_file(path_ / "node.json", document.dump(2) + "\n");
}

void DataDirectory::remove_running() const {
  std::error_code error;
  fs::remove(path_ / "node.json", error);  // a file that stays is recognised as old
}

Result<RunningNode> DataDirectory::find_running() const {
  const json document = read_small_json(path_ / "node.json");
  RunningNode node;
  if (document.is_object()) {
    const std::uint64_t pid = natural(document, "pid");
    const std::uint64_t port = natural(document, "port");
    if (pid <= 0x7fffffff && port <= 0xffff) {
      node.pid = static_cast<pid_t>(pid);
      node.port = static_cast<std::uint16_t>(port);
    }
    node.start_time = natural(document, "start_time");
    node.started_at = static_cast<std::int64_t>(natural(document, "started_at"));
  }
  // Another process may have got the id since; its start time differs.
  if (node.pid <= 0 || node.start_time == 0 || platform::process_start_time(node.pid) != node.start_time) {
    return Error{ErrorKind::not_found, "No node runs on " + path_.string() + ". Start one with `meshzero up`."};
  }
  return node;
}

}  // namespace mz
