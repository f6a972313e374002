#include "node/background.h"

#include <poll.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string>

#include "node/exit_code.h"
#include "node/platform.h"
#include "store/descriptor.h"

namespace mz {
namespace {

constexpr std::chrono::seconds kStartLimit{60};
constexpr int kPipe = 3;  // in the background process

// The word: "up PORT", or "KIND sentence" with the number of an ErrorKind.
void say(int pipe, const std::string& word) {
  [[maybe_unused]] const auto written =
      ::write(pipe, word.data(), word.size());  // one write: shorter than PIPE_BUF or cut
}

[[noreturn]] void background_process(
    int pipe, const std::filesystem::path& output,
    const std::function<Result<void>(const std::function<void(std::uint16_t)>&)>& body) {
  // Nothing of the caller's stays open: somebody may wait for the end of a pipe it was given.
  ::dup2(pipe, kPipe);
  set_close_on_exec(kPipe);
  platform::close_descriptors_from(kPipe + 1);
  {
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor file(::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(file.get(), STDOUT_FILENO);
    ::dup2(file.get(), STDERR_FILENO);
  }
  [[maybe_unused]] const int changed = ::chdir("/");  // so that no mounted directory is kept busy
  Descriptor word(kPipe);
  const auto ended = body([&word](std::uint16_t port) {
    say(word.get(), "up " + std::to_string(port));
    word.reset();
  });
  if (ended) std::_Exit(kExitOk);
  say(word.get(), std::to_string(static_cast<int>(ended.error().kind)) + " " + ended.error().text);
  std::_Exit(report(ended.error()));
}

// Everything the background process says until it closes the pipe.
std::string hear(int pipe) {
  std::string word;
  std::array<char, 4096> chunk{};
  const auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd entry{pipe, POLLIN, 0};
    const int ready = left > 0 ? ::poll(&entry, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return word;
    if (ready < 0 && errno == EINTR) continue;
    const auto n = ::read(pipe, chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return word;
    word.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

Result<std::uint16_t> understand(const std::string& word, const std::filesystem::path& output) {
  const auto space = word.find(' ');
  if (space == std::string::npos) {
    return Error{ErrorKind::failure, "The node died or hung while it started. See " + output.string() + "."};
  }
  const std::string rest = word.substr(space + 1);
  if (word.starts_with("up ")) {
    std::uint16_t port = 0;
    std::from_chars(rest.data(), rest.data() + rest.size(), port);
    return port;
  }
  int kind = 0;
  std::from_chars(word.data(), word.data() + space, kind);
  return Error{static_cast<ErrorKind>(kind), rest};
}

}  // namespace

Result<std::uint16_t> run_in_background(
    const std::filesystem::path& output,
    const std::function<Result<void>(const std::function<void(std::uint16_t)>&)>& body) {
  int fds[2] = {-1, -1};
  if (::pipe(fds) != 0) return Error{ErrorKind::failure, std::string("No pipe: ") + std::strerror(errno) + "."};
  const Descriptor ours(fds[0]);
  Descriptor theirs(fds[1]);
  set_close_on_exec(fds[0]);
  set_close_on_exec(fds[1]);
  const pid_t first = ::fork();
  if (first < 0) return Error{ErrorKind::failure, std::string("No new process: ") + std::strerror(errno) + "."};
  if (first == 0) {
    // A session of its own, so that the terminal's end does not reach it; a second fork, so that it never gets a terminal
    // again and is nobody's child to wait for.
    ::setsid();
    const pid_t second = ::fork();
    if (second != 0) std::_Exit(second < 0 ? kExitFailure : kExitOk);
    background_process(fds[1], output, body);
  }
  theirs.reset();
  int status = 0;
  while (::waitpid(first, &status, 0) < 0 && errno == EINTR) {
  }
  return understand(hear(ours.get()), output);
}

}  // namespace mz
