// A worker as the control process sees it: a child process and the socket to it. Control thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "node/message.h"
#include "store/descriptor.h"

namespace mz {

class WorkerProcess {
 public:
  // Starts `meshzero worker` from this program's own file.
  static Result<WorkerProcess> start();
  // Kills and reaps the child if it still lives.
  ~WorkerProcess();
  WorkerProcess(WorkerProcess&&) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] int socket() const { return socket_.get(); }
  [[nodiscard]] bool has_output() const { return !out_.empty(); }

  // Queues a message and sends what the socket takes now.
  void send(const Message& message);
  // False when the socket is broken; then the child is to be given up.
  bool flush();
  // Reads what is there, at most kMaxReadBytes. False when the other end is closed; what came before is still to be taken.
  bool receive();
  // As MessageReader::next; an error means that the child talks nonsense.
  Result<bool> next(Message& out) { return reader_.next(out); }

  // Ends the child and says how it ended, e.g. "was killed by signal 9".
  std::string end();

  static constexpr std::size_t kMaxReadBytes = 1U << 20;

 private:
  WorkerProcess(pid_t pid, Descriptor socket) : pid_(pid), socket_(std::move(socket)) {}

  pid_t pid_ = 0;  // 0 once reaped
  Descriptor socket_;
  MessageReader reader_;
  std::vector<std::uint8_t> out_;
};

}  // namespace mz
