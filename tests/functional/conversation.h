// A conversation with the running program over its stdin and stdout.
#pragma once

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace mz::test {

class Conversation {
 public:
  explicit Conversation(const std::vector<std::string>& arguments) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (pipe(to.data()) != 0 || pipe(from.data()) != 0) return;
    process_ = fork();
    if (process_ == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      for (const int descriptor : {to[0], to[1], from[0], from[1]}) close(descriptor);
      std::string program = MESHZERO_BINARY;
      std::vector<std::string> words = arguments;
      std::vector<char*> argv = {program.data()};
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      execv(program.c_str(), argv.data());
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    in_ = to[1];
    out_ = from[0];
    signal(SIGPIPE, SIG_IGN);
  }
  ~Conversation() {
    hang_up();
    if (out_ >= 0) close(out_);
    if (process_ > 0 && !ended_) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
  }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  [[nodiscard]] pid_t process() const { return process_; }
  void say(const std::string& line) { write_all(line + "\n"); }
  void write_all(const std::string& text) {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t n = write(in_, text.data() + done, text.size() - done);
      if (n <= 0) return;
      done += static_cast<std::size_t>(n);
    }
  }
  void hang_up() {
    if (in_ >= 0) close(in_);
    in_ = -1;
  }

  // The next line; nothing at the end, or when none comes in time.
  std::optional<std::string> hear() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    for (;;) {
      if (const std::size_t end = heard_.find('\n'); end != std::string::npos) {
        std::string line = heard_.substr(0, end);
        heard_.erase(0, end + 1);
        return line;
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - std::chrono::steady_clock::now());
      pollfd out = {out_, POLLIN, 0};
      if (left.count() <= 0 || poll(&out, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
      std::array<char, 4096> buffer{};
      const ssize_t n = read(out_, buffer.data(), buffer.size());
      if (n <= 0) return std::nullopt;
      heard_.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  std::string ask(const std::string& line) {
    say(line);
    return hear().value_or("");
  }
  // Waits for the end; -1 when it did not end by itself.
  int exit_code() {
    int status = 0;
    ended_ = waitpid(process_, &status, 0) == process_;
    return ended_ && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t process_ = -1;
  int in_ = -1;
  int out_ = -1;
  bool ended_ = false;
  std::string heard_;
};

}  // namespace mz::test
