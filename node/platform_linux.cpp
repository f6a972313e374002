#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "node/clock_pair.h"
#include "node/platform.h"
#include "node/platform_posix.h"
#include "store/descriptor.h"

namespace mz::platform {
namespace {

// A directory from the XDG base directory specification: the variable counts only when it is absolute.
Result<std::filesystem::path> xdg_directory(const char* variable, const char* below_home) {
  if (const char* value = std::getenv(variable); value != nullptr && value[0] == '/')
    return std::filesystem::path(value);
  auto home = home_directory();
  if (!home) return home.error();
  return *home / below_home;
}

std::string read_proc(pid_t pid, const char* name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Result<std::filesystem::path> default_data_directory() {
  auto base = xdg_directory("XDG_DATA_HOME", ".local/share");
  if (!base) return base.error();
  return *base / "meshzero";
}

Result<std::filesystem::path> user_configuration_file() {
  auto base = xdg_directory("XDG_CONFIG_HOME", ".config");
  if (!base) return base.error();
  return *base / "meshzero" / "config.json";
}

Result<std::filesystem::path> executable_path() { return std::filesystem::path("/proc/self/exe"); }

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    if (const int count = CPU_COUNT(&set); count > 0) return static_cast<unsigned>(count);
  }
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

std::uint64_t installed_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page = sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) : 0;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::istringstream statm(read_proc(pid, "statm"));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t process_start_time(pid_t pid) {
  const std::string stat = read_proc(pid, "stat");
  const auto name_end = stat.rfind(')');  // the name may hold spaces and brackets
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  char state = 0;
  if (!(fields >> state) || state == 'Z' || state == 'X') return 0;  // a zombie is gone for our purposes
  for (int i = 4; i < 22; ++i) fields >> field;
  std::uint64_t start = 0;
  return fields >> start ? start : 0;
}

bool wait_for_exit(pid_t pid, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return errno == ESRCH;
  pollfd wait{fd, POLLIN, 0};
  const int ready = poll(&wait, 1, static_cast<int>(limit.count()));
  close(fd);
  return ready > 0;
}

void close_descriptors_from(int first) {
  if (syscall(SYS_close_range, static_cast<unsigned>(first), ~0U, 0U) == 0) return;
  const int end = static_cast<int>(sysconf(_SC_OPEN_MAX));
  for (int fd = first; fd < end; ++fd) close(fd);
}

void raise_descriptor_limit() { raise_soft_descriptor_limit(); }

ClusterTime cluster_time() {
  return read_together([] { return clock_microseconds(CLOCK_BOOTTIME); },
                       [] { return clock_microseconds(CLOCK_MONOTONIC); });
}

bool put_thread_first() {
  // Niceness is of threads here, whatever POSIX says.
  return setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), -kFirstNiceness) == 0;
}

bool put_process_last(int niceness) {
  setpriority(PRIO_PROCESS, 0, niceness);
  if (getsid(0) != getpid() && setsid() < 0) return true;  // the leader of a process group stays where it is
  const Descriptor file(open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return true;  // this kernel knows no such groups
  const std::string text = std::to_string(niceness);
  // The kernel takes ten of these a second from everybody together.
  return write(file.get(), text.data(), text.size()) >= 0 || errno != EAGAIN;
}

void name_thread(const char* name) { pthread_setname_np(pthread_self(), name); }

}  // namespace mz::platform
