#include "node/stop_node.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include "node/platform.h"

namespace mz {

Result<void> stop_node(const RunningNode& node) {
  if (::kill(node.pid, SIGTERM) != 0) {
    if (errno == ESRCH) return {};
    return Error{ErrorKind::refused, "Process " + std::to_string(node.pid) + " may not be stopped by this user (" +
                                         std::strerror(errno) + "). Use the user that started it."};
  }
  if (platform::wait_for_exit(node.pid, std::chrono::seconds(kStopLimitSeconds))) return {};
  return Error{ErrorKind::failure, "The node (process " + std::to_string(node.pid) + ") has not stopped after " +
                                       std::to_string(kStopLimitSeconds) +
                                       " s. See `meshzero logs`, then end the process yourself."};
}

}  // namespace mz
