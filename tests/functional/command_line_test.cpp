// The command line as a user or a script sees it: through the real binary.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

namespace {

struct Ended {
  int code = -1;
  std::string out;
};

// Runs the binary through the shell; `redirect` chooses what is captured.
Ended meshzero(const std::string& arguments, const std::string& redirect) {
  Ended run;
  FILE* pipe = popen((std::string(MESHZERO_BINARY) + " " + arguments + " " + redirect).c_str(), "r");
  if (pipe == nullptr) return run;
  std::array<char, 4096> buffer{};
  for (std::size_t n; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) run.out.append(buffer.data(), n);
  const int status = pclose(pipe);
  run.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return run;
}
const std::string kOnlyStdout = "2>/dev/null";
const std::string kOnlyStderr = "2>&1 >/dev/null";

}  // namespace

TEST(CommandLine, version_is_printed_on_stdout_with_exit_code_0) {
  const Ended run = meshzero("--version", kOnlyStdout);
  EXPECT_EQ(run.code, 0);
  EXPECT_EQ(run.out, "meshzero " MESHZERO_VERSION "\n");
}

TEST(CommandLine, help_goes_to_stdout_and_has_examples) {
  const Ended run = meshzero("--help", kOnlyStdout);
  EXPECT_EQ(run.code, 0);
  EXPECT_NE(run.out.find("Examples:"), std::string::npos);
}

TEST(CommandLine, unknown_verb_is_a_usage_error_on_stderr_only) {
  const Ended errors = meshzero("frobnicate", kOnlyStderr);
  EXPECT_EQ(errors.code, 2);
  EXPECT_NE(errors.out.find("frobnicate"), std::string::npos);
  EXPECT_NE(errors.out.find("--help"), std::string::npos);
  EXPECT_EQ(meshzero("frobnicate", kOnlyStdout).out, "");
}

TEST(CommandLine, output_that_is_lost_is_a_failure) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "/dev/full is Linux's";
  for (const char* verb : {"--help", "reference cli", "routes --json"}) {
    const auto lost = meshzero(verb, "2>&1 >/dev/full");
    EXPECT_EQ(lost.code, 1) << verb;
    EXPECT_NE(lost.out.find("Not all of the output could be written"), std::string::npos) << lost.out;
    EXPECT_EQ(meshzero(verb, kOnlyStderr).code, 0) << verb;
  }
}

TEST(CommandLine, missing_verb_is_a_usage_error) { EXPECT_EQ(meshzero("", kOnlyStderr).code, 2); }
