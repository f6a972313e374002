// Runs the program as a user or a script does.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

namespace mz::test {

struct Ended {
  int code = -1;  // -1: it did not end by itself
  std::string out;

  [[nodiscard]] std::string last_line() const {
    const std::string text = out.substr(0, out.size() - (out.ends_with('\n') ? 1 : 0));
    return text.substr(text.rfind('\n') + 1);
  }
};

inline constexpr const char* kOnlyStdout = "2>/dev/null";
inline constexpr const char* kOnlyStderr = "2>&1 >/dev/null";

// `arguments` go through the shell; `redirect` chooses what is captured.
inline Ended run_program(const std::string& program, const std::string& arguments, const std::string& redirect) {
  Ended run;
  FILE* pipe = popen((program + " " + arguments + " " + redirect).c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) run.out.append(buffer.data(), n);
  const int status = pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}

inline Ended run_binary(const std::string& arguments, const std::string& redirect = kOnlyStdout) {
  return run_program(MESHZERO_BINARY, arguments, redirect);
}

}  // namespace mz::test
