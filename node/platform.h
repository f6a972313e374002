// What differs between operating systems, and nothing else. platform_linux.cpp and platform_macos.cpp are twins: exactly one of
// them is compiled. Every function is thread-safe unless it says otherwise.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "engine/base/result.h"

namespace mz::platform {

// Where a node keeps its data when nobody says otherwise.
//   Linux: $XDG_DATA_HOME/meshzero, else ~/.local/share/meshzero (for root too)
//   macOS: ~/Library/Application Support/MeshZero
// Not thread-safe: reads the environment.
Result<std::filesystem::path> default_data_directory();

// The settings a user keeps for all projects (the file need not exist).
//   Linux: $XDG_CONFIG_HOME/meshzero/config.json, else ~/.config/meshzero/config.json
//   macOS: ~/.config/meshzero/config.json
// Not thread-safe: reads the environment.
Result<std::filesystem::path> user_configuration_file();

// The file of the running program, to start children from: still this program after an update put another file in its place,
// where the system can tell.
Result<std::filesystem::path> executable_path();

unsigned usable_cores();                  // at least 1; honours an affinity mask
std::uint64_t installed_memory_bytes();   // 0 when unknown
std::uint64_t resident_bytes(pid_t pid);  // 0 when unknown or gone

// An opaque number that differs between two processes that had the same id one after the other; 0 when there is no such
// process.
std::uint64_t process_start_time(pid_t pid);

// Waits until the process is gone, for somebody who is not its parent. False when the deadline came first.
bool wait_for_exit(pid_t pid, std::chrono::milliseconds limit);

// Closes every descriptor >= first. Safe between fork and exec.
void close_descriptors_from(int first);

// Raises the number of descriptors this process may have to what the system allows it. A cluster's leader holds thousands of
// connections; the usual default is 1024, or 256.
void raise_descriptor_limit();

// Two clocks that nobody sets, in microseconds: `boot` counts while the machine sleeps, `awake` does not.
struct ClusterTime {
  std::int64_t boot = 0;
  std::int64_t awake = 0;
};
ClusterTime cluster_time();

// Serves the calling thread before those of other programs. False when the system does not allow it; then nothing changes.
//   Linux: niceness, which takes root, CAP_SYS_NICE or a limit of niceness (RLIMIT_NICE)
//   macOS: the quality of service of what a person waits for
bool put_thread_first();
inline constexpr int kFirstNiceness = 10;  // below normal, on Linux

// The calling process computes for its own sake, with this niceness, behind the programs of people and behind the rest of the
// node. False when the system wants to be asked again later.
//   Linux: it also gets a session of its own. The kernel divides the cores among sessions first and among processes then
//   (autogroup, sched(7)): in one session with busy workers the threads of the node live on what those leave of its share.
bool put_process_last(int niceness);

// Shown by debuggers and `top -H`; at most 15 characters.
void name_thread(const char* name);

}  // namespace mz::platform
