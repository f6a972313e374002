// Runs another program of this system and takes what it says. No shell is in between, so nothing in the words is special.
//
// For verbs, which wait; a node that serves must not.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace mz {

struct CommandEnd {
  int code = 0;        // its exit code; 128 and the number of the signal that ended it
  std::string output;  // stdout and stderr as they came, the first kMaxCommandOutput bytes
};

inline constexpr std::size_t kMaxCommandOutput = 256U << 10;

// `words`: the program, looked for on the PATH unless it has a slash, and its arguments. Its stdin is empty. not_found when there
// is no such program; failure when it has not ended after `limit`, and then it is killed.
Result<CommandEnd> run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit);

}  // namespace mz
