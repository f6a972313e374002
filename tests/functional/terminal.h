// The program on a terminal of its own, as a person uses it.
#pragma once

#include <poll.h>
#ifdef __APPLE__
#include <util.h>
#else
#include <pty.h>
#endif
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/functional/test_node.h"

namespace mz::test {

class Terminal {
 public:
  // `enter` is called in the child before it becomes the program, to put it on another host of a test network (lan.h).
  explicit Terminal(const std::vector<std::string>& arguments, const std::function<bool()>& enter = {}) {
    std::vector<std::string> words{MESHZERO_BINARY};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int screen = -1;
    process_ = ::forkpty(&screen, nullptr, nullptr, nullptr);
    if (process_ == 0) {
      if (enter && !enter()) ::_exit(126);
      ::execv(MESHZERO_BINARY, argv.data());
      ::_exit(127);
    }
    set_close_on_exec(screen);
    screen_ = Descriptor(screen);
  }
  ~Terminal() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // Waits until this is on the screen, after what was waited for before. False when the program ends without.
  bool shows(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (const auto at = screen_text_.find(text, read_); at != std::string::npos) {
        read_ = at + text.size();
        return true;
      }
      if (!read_more()) return false;
    }
    return false;
  }
  void type(const std::string& keys) const {
    [[maybe_unused]] const auto n = ::write(screen_.get(), keys.data(), keys.size());
  }
  [[nodiscard]] const std::string& text() const { return screen_text_; }
  // Waits for the end; -1 when it did not end by itself.
  int exit_code() {
    while (read_more()) {
    }
    int status = 0;
    ::waitpid(std::exchange(process_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  // False at the end, or when nothing comes for very long.
  bool read_more() {
    pollfd entry{screen_.get(), POLLIN, 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience).count();
    if (::poll(&entry, 1, static_cast<int>(patience)) <= 0) return false;
    std::array<char, 4096> chunk{};
    const auto n = ::read(screen_.get(), chunk.data(), chunk.size());
    if (n <= 0) return false;
    screen_text_.append(chunk.data(), static_cast<std::size_t>(n));
    return true;
  }

  pid_t process_ = 0;
  Descriptor screen_;
  std::string screen_text_;
  std::size_t read_ = 0;
};

}  // namespace mz::test
