#include "node/exit_code.h"

#include <cstdio>

namespace mz {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure:
    case ErrorKind::corrupt:
      return kExitFailure;
    case ErrorKind::usage:
      return kExitUsage;
    case ErrorKind::not_found:
      return kExitNotFound;
    case ErrorKind::refused:
      return kExitRefused;
    case ErrorKind::unreachable:
      return kExitUnreachable;
  }
  return kExitFailure;
}

int report(const Error& error) {
  std::fprintf(stderr, "meshzero: %s\n", error.text.c_str());
  return exit_code(error.kind);
}

}  // namespace mz
