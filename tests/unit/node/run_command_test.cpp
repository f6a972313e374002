#include "node/run_command.h"

#include <gtest/gtest.h>

using mz::ErrorKind;
using mz::run_command;

namespace {

constexpr std::chrono::seconds kLong{60};

}  // namespace

TEST(RunCommand, it_tells_the_exit_code_and_both_outputs) {
  const auto end = run_command({"sh", "-c", "echo out; echo err >&2; exit 7"}, kLong);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->code, 7);
  EXPECT_EQ(end->output, "out\nerr\n");
}

TEST(RunCommand, words_reach_the_program_as_they_are) {
  const auto end = run_command({"printf", "%s|", "a b", "$HOME;'\"", ""}, kLong);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->output, "a b|$HOME;'\"||");
}

TEST(RunCommand, a_signal_is_told_as_a_shell_tells_it) {
  const auto end = run_command({"sh", "-c", "kill -TERM $$"}, kLong);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->code, 128 + 15);
}

TEST(RunCommand, a_program_that_does_not_exist_is_not_found) {
  const auto end = run_command({"meshzero-no-such-program"}, kLong);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::not_found);
}

TEST(RunCommand, one_that_does_not_end_is_killed) {
  const auto start = std::chrono::steady_clock::now();
  const auto end = run_command({"sleep", "600"}, std::chrono::milliseconds(100));
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().kind, ErrorKind::failure);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(RunCommand, its_stdin_is_empty_and_long_output_is_cut) {
  const auto end = run_command({"sh", "-c", "cat; head -c 1000000 /dev/zero | tr '\\0' x"}, kLong);
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(end->output, std::string(mz::kMaxCommandOutput, 'x'));
}
