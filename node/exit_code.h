// How an Error leaves the program: one sentence on stderr and an exit code that scripts can rely on.
#pragma once

#include "engine/base/result.h"

namespace mz {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;  // tried and did not work, damage found included
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitRefused = 4;
inline constexpr int kExitUnreachable = 5;

int exit_code(ErrorKind kind);

// Prints "meshzero: <sentence>" to stderr and returns the exit code of the error's kind.
int report(const Error& error);

}  // namespace mz
