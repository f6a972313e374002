// Shared by both platform files: the home directory, the limit on descriptors.
#pragma once

#include <pwd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "engine/base/result.h"

namespace mz::platform {

inline Result<std::filesystem::path> home_directory() {
  if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/') return std::filesystem::path(home);
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr &&
      found->pw_dir != nullptr && found->pw_dir[0] == '/') {
    return std::filesystem::path(found->pw_dir);
  }
  return Error{ErrorKind::not_found,
               "This user has no home directory. Set HOME, or name a data directory with --data."};
}

inline std::int64_t clock_microseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

// Enough for all places of the front door (api/listener.h) and the files of a node; little enough that closing all of them
// one by one after a fork takes no time.
inline constexpr rlim_t kWantedDescriptors = 20'000;

inline void raise_soft_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWantedDescriptors) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? kWantedDescriptors : std::min(kWantedDescriptors, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace mz::platform
