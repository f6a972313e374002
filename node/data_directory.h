// The one directory in which a node keeps everything, and how others find the node that runs on it.
//
//   meshzero-data.json  says that this is such a directory; nothing is ever written into a foreign one
//   lock                flock held while a node runs; the kernel releases it, whatever kills the process. Says what node.json says
//   node.json           process id, its start time and port of the running node; believed only when they fit a process
//   log/                node.log (rotated), crash.log (what the last start wrote to stderr)
//   control.sock        where this machine's user talks to the running node (api/listening_socket.h)
//   identity/           the node's key, certificate and tokens (p2p/trust/node_trust.h)
//   cluster/            what this node knows of the other members
//   objects/, incoming/, games.db, store.lock   the games (store/game_store.h)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz {

// A node that runs on a data directory.
struct RunningNode {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // of the process, platform.h
  std::uint16_t port = 0;
  std::int64_t started_at = 0;  // seconds since 1970
};

std::string page_address(std::uint16_t port);

class DataDirectory {
 public:
  static constexpr std::size_t kMaxSmallFileBytes = 64U << 10;  // of node.json and the marker

  // Opens the directory, creating it when it does not exist or is empty. Refused: a directory with foreign content, or
  // one written by a newer format.
  static Result<DataDirectory> create_or_open(const std::filesystem::path& path);
  // Opens an existing one; not_found when there is none.
  static Result<DataDirectory> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path log_file() const { return path_ / "log" / "node.log"; }
  [[nodiscard]] std::filesystem::path control_socket() const { return path_ / "control.sock"; }
  [[nodiscard]] std::filesystem::path identity() const { return path_ / "identity"; }
  [[nodiscard]] std::filesystem::path cluster() const { return path_ / "cluster"; }
  [[nodiscard]] std::filesystem::path crash_file() const { return path_ / "log" / "crash.log"; }

  // Held until the returned descriptor closes. Refused while a node runs here; the sentence says where it answers.
  [[nodiscard]] Result<Descriptor> lock() const;

  [[nodiscard]] Result<void> write_running(const RunningNode& node) const;
  void remove_running() const;
  // not_found when no node runs here, whatever an old file says.
  [[nodiscard]] Result<RunningNode> find_running() const;

 private:
  explicit DataDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace mz
