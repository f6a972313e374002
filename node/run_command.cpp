#include "node/run_command.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "store/descriptor.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Descriptor reading;
  Descriptor writing;
};

Result<Pipe> make_pipe() {
  int fds[2] = {-1, -1};
  if (::pipe(fds) != 0) return Error{ErrorKind::failure, std::string("No pipe: ") + std::strerror(errno) + "."};
  set_close_on_exec(fds[0]);
  set_close_on_exec(fds[1]);
  return Pipe{Descriptor(fds[0]), Descriptor(fds[1])};
}

// Between fork and exec. The number of what went wrong goes down the pipe `failure`, which a program that starts closes.
[[noreturn]] void become(char* const* arguments, int output, int failure) {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execvp(arguments[0], arguments);
  const int reason = errno;
  [[maybe_unused]] const auto written = ::write(failure, &reason, sizeof reason);
  ::_exit(127);
}

// False at the end of what there is, or at the deadline.
bool read_some(int pipe, std::string& into, Clock::time_point deadline) {
  std::array<char, 4096> chunk{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd entry{pipe, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000))) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0 && left > 0) continue;
    if (ready <= 0) return false;
    const auto n = ::read(pipe, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    into.append(chunk.data(), std::min(static_cast<std::size_t>(n), kMaxCommandOutput - into.size()));
    return true;
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<CommandEnd> run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit) {
  auto output = make_pipe();
  if (!output) return output.error();
  auto failure = make_pipe();
  if (!failure) return failure.error();
  std::vector<std::string> copies(words);
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorKind::failure, std::string("No new process: ") + std::strerror(errno) + "."};
  if (child == 0) become(arguments.data(), output->writing.get(), failure->writing.get());
  output->writing.reset();
  failure->writing.reset();

  const auto deadline = Clock::now() + limit;
  CommandEnd end;
  while (read_some(output->reading.get(), end.output, deadline)) {
  }
  const bool late = Clock::now() >= deadline;
  if (late) ::kill(child, SIGKILL);
  end.code = wait_for(child);
  int reason = 0;
  if (::read(failure->reading.get(), &reason, sizeof reason) == static_cast<ssize_t>(sizeof reason)) {
    return Error{reason == ENOENT ? ErrorKind::not_found : ErrorKind::failure,
                 words.front() + " cannot be run here: " + std::strerror(reason) + "."};
  }
  if (late) {
    return Error{ErrorKind::failure,
                 words.front() + " has not ended after " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(limit).count()) +
                     " s and was stopped. Try it by hand."};
  }
  return end;
}

}  // namespace mz
