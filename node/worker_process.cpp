#include "node/worker_process.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "node/platform.h"
#include "node/worker.h"

namespace mz {
namespace {

// The child between fork and exec: async-signal-safe calls only.
[[noreturn]] void become_worker(const char* program, int socket) {
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (socket == kWorkerSocket) {
    ::fcntl(socket, F_SETFD, 0);
  } else {
    ::dup2(socket, kWorkerSocket);  // the copy is not close-on-exec
  }
  platform::close_descriptors_from(kWorkerSocket + 1);
  ::execl(program, "meshzero", "worker", static_cast<char*>(nullptr));
  ::_exit(127);
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<WorkerProcess> WorkerProcess::start() {
  const auto program = platform::executable_path();
  if (!program) return program.error();
  int fds[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0) {
    return Error{ErrorKind::failure, std::string("No socket for a worker: ") + std::strerror(errno) + "."};
  }
  Descriptor ours(fds[0]);
  const Descriptor theirs(fds[1]);
  // Only this thread forks, so nothing is inherited between the two steps.
  set_close_on_exec(ours.get());
  set_close_on_exec(theirs.get());
  const std::string path = program->string();
  const pid_t pid = ::fork();
  if (pid < 0) return Error{ErrorKind::failure, std::string("No process for a worker: ") + std::strerror(errno) + "."};
  if (pid == 0) become_worker(path.c_str(), theirs.get());
  set_non_blocking(ours.get());
  return WorkerProcess(pid, std::move(ours));
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      socket_(std::move(other.socket_)),
      reader_(std::move(other.reader_)),
      out_(std::move(other.out_)) {}

WorkerProcess::~WorkerProcess() { end(); }

void WorkerProcess::send(const Message& message) {
  const auto frame = encode_message(message);
  out_.insert(out_.end(), frame.begin(), frame.end());
  flush();  // a broken socket shows when it is read
}

bool WorkerProcess::flush() {
  while (!out_.empty()) {
    const auto n = ::write(socket_.get(), out_.data(), out_.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    out_.erase(out_.begin(), out_.begin() + n);
  }
  return true;
}

bool WorkerProcess::receive() {
  std::array<std::uint8_t, 65'536> chunk{};
  for (std::size_t total = 0; total < kMaxReadBytes;) {
    const auto n = ::read(socket_.get(), chunk.data(), chunk.size());
    if (n == 0) return false;
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    reader_.feed(chunk.data(), static_cast<std::size_t>(n));
    total += static_cast<std::size_t>(n);
  }
  return true;
}

std::string WorkerProcess::end() {
  if (pid_ == 0) return "";
  socket_.reset();
  int status = 0;
  pid_t reaped = ::waitpid(pid_, &status, WNOHANG);
  if (reaped == 0) {
    // Our own child, known by its id, that has closed its socket or is to be given up.
    ::kill(pid_, SIGKILL);
    do {
      reaped = ::waitpid(pid_, &status, 0);
    } while (reaped < 0 && errno == EINTR);
  }
  pid_ = 0;
  return reaped > 0 ? how_it_ended(status) : "is gone";
}

}  // namespace mz
