#include <libproc.h>
#include <mach-o/dyld.h>
#include <pthread.h>
#include <pthread/qos.h>
#include <sys/event.h>
#include <sys/proc.h>
#include <sys/resource.h>
#include <sys/sysctl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "node/clock_pair.h"
#include "node/platform.h"
#include "node/platform_posix.h"

namespace mz::platform {

Result<std::filesystem::path> default_data_directory() {
  auto home = home_directory();
  if (!home) return home.error();
  return *home / "Library/Application Support/MeshZero";
}

Result<std::filesystem::path> user_configuration_file() {
  auto home = home_directory();
  if (!home) return home.error();
  return *home / ".config" / "meshzero" / "config.json";
}

Result<std::filesystem::path> executable_path() {
  std::uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size);
  std::string buffer(size, '\0');
  if (_NSGetExecutablePath(buffer.data(), &size) != 0) {
    return Error{ErrorKind::failure, "The program cannot find its own file."};
  }
  std::error_code error;
  auto path = std::filesystem::canonical(buffer.c_str(), error);
  if (error) return Error{ErrorKind::failure, "The program cannot find its own file: " + error.message() + "."};
  return path;
}

unsigned usable_cores() {
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

std::uint64_t installed_memory_bytes() {
  std::uint64_t bytes = 0;
  std::size_t size = sizeof bytes;
  return sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
}

std::uint64_t resident_bytes(pid_t pid) {
  proc_taskinfo task{};
  if (proc_pidinfo(pid, PROC_PIDTASKINFO, 0, &task, sizeof task) != static_cast<int>(sizeof task)) return 0;
  return task.pti_resident_size;
}

std::uint64_t process_start_time(pid_t pid) {
  proc_bsdinfo process{};
  if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &process, sizeof process) != static_cast<int>(sizeof process)) return 0;
  if (process.pbi_status == SZOMB) return 0;
  return process.pbi_start_tvsec * 1'000'000ULL + process.pbi_start_tvusec;
}

bool wait_for_exit(pid_t pid, std::chrono::milliseconds limit) {
  const int queue = kqueue();
  if (queue < 0) return process_start_time(pid) == 0;
  struct kevent change {};
  EV_SET(&change, static_cast<uintptr_t>(pid), EVFILT_PROC, EV_ADD | EV_ONESHOT, NOTE_EXIT, 0, nullptr);
  struct kevent event {};
  timespec wait{limit.count() / 1000, (limit.count() % 1000) * 1'000'000};
  const int ready = kevent(queue, &change, 1, &event, 1, &wait);
  const bool gone = (ready > 0 && (event.flags & EV_ERROR) == 0) || (ready > 0 && event.data == ESRCH) ||
                    (ready < 0 && errno == ESRCH);
  close(queue);
  return gone;
}

void close_descriptors_from(int first) {
  const int end = static_cast<int>(sysconf(_SC_OPEN_MAX));
  for (int fd = first; fd < end; ++fd) close(fd);
}

void raise_descriptor_limit() { raise_soft_descriptor_limit(); }

ClusterTime cluster_time() {
  return read_together([] { return clock_microseconds(CLOCK_MONOTONIC_RAW); },
                       [] { return clock_microseconds(CLOCK_UPTIME_RAW); });
}

bool put_thread_first() { return pthread_set_qos_class_self_np(QOS_CLASS_USER_INITIATED, 0) == 0; }

bool put_process_last(int niceness) {
  setpriority(PRIO_PROCESS, 0, niceness);
  return true;
}

void name_thread(const char* name) { pthread_setname_np(name); }

}  // namespace mz::platform
