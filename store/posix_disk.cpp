#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "store/descriptor.h"
#include "store/disk.h"
#include "store/sync.h"

namespace mz {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

Error disk_error(const std::string& what, const std::string& path, int code) {
  const ErrorKind kind = code == ENOENT                                      ? ErrorKind::not_found
                         : code == EEXIST || code == EACCES || code == EROFS ? ErrorKind::refused
                                                                             : ErrorKind::failure;
  std::string text = "Cannot " + what + " " + path + ": " + reason(code) + ".";
  if (code == ENOSPC || code == EDQUOT) text += " Free some disk space and try again.";
  if (code == EACCES || code == EROFS) text += " Check the permissions of the folder.";
  return {kind, std::move(text)};
}

int open_retry(const std::string& path, int flags, mode_t mode = 0) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EINTR) return descriptor;
  }
}

class PosixFile final : public File {
 public:
  PosixFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  Result<void> append(std::span<const std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_.get(), bytes.data(), bytes.size());
      if (written < 0) {
        if (errno == EINTR) continue;
        return disk_error("write", path_, errno);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Result<void> sync() override {
    if (full_sync(descriptor_.get()) != 0) return disk_error("flush", path_, errno);
    return {};
  }

  Result<void> make_read_only() override {
    if (::fchmod(descriptor_.get(), 0444) != 0) return disk_error("protect", path_, errno);
    return {};
  }

 private:
  std::string path_;
  Descriptor descriptor_;
};

class PosixLock final : public DiskLock {
 public:
  explicit PosixLock(int descriptor) : descriptor_(descriptor) {}

 private:
  Descriptor descriptor_;
};

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> create(const std::string& path) override {
    const int descriptor = open_retry(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (descriptor < 0) return disk_error("create", path, errno);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(path, descriptor));
  }

  Result<std::vector<std::uint8_t>> read(const std::string& path, std::uint64_t max_bytes) override {
    // O_NONBLOCK: opening a pipe that somebody put there must not hang.
    const Descriptor descriptor(open_retry(path, O_RDONLY | O_NONBLOCK));
    struct stat info {};
    if (descriptor.get() < 0 || ::fstat(descriptor.get(), &info) != 0) return disk_error("open", path, errno);
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::refused, path + " is not an ordinary file."};
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (size > max_bytes) {
      return Error{ErrorKind::corrupt, path + " has " + std::to_string(size) + " bytes; at most " +
                                           std::to_string(max_bytes) + " are possible for a file of this kind."};
    }
    std::vector<std::uint8_t> bytes(size);
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t got = ::read(descriptor.get(), bytes.data() + done, bytes.size() - done);
      if (got < 0) {
        if (errno == EINTR) continue;
        return disk_error("read", path, errno);
      }
      if (got == 0) return Error{ErrorKind::failure, path + " became shorter while it was read. Try again."};
      done += static_cast<std::size_t>(got);
    }
    return bytes;
  }

  Result<std::uint64_t> size(const std::string& path) override {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return disk_error("look at", path, errno);
    return static_cast<std::uint64_t>(info.st_size);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr) {
      if (errno == ENOENT) return names;
      return disk_error("list", directory, errno);
    }
    for (errno = 0; const dirent* entry = ::readdir(stream); errno = 0) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    const int code = errno;
    ::closedir(stream);
    if (code != 0) return disk_error("list", directory, code);
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<void> make_directories(const std::string& directory) override {
    struct stat info {};
    if (::stat(directory.c_str(), &info) == 0) {
      if (S_ISDIR(info.st_mode)) return {};
      return Error{ErrorKind::refused, directory + " exists and is not a folder. Choose another path."};
    }
    const std::string parent = parent_directory(directory);
    if (parent != directory) {
      if (auto made = make_directories(parent); !made) return made;
    }
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) return disk_error("create", directory, errno);
    return sync_directory(parent);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return disk_error("rename " + from + " to", to, errno);
    return {};
  }

  Result<void> sync_directory(const std::string& directory) override {
    const Descriptor descriptor(open_retry(directory, O_RDONLY | O_DIRECTORY));
    if (descriptor.get() < 0 || full_sync(descriptor.get()) != 0) return disk_error("flush", directory, errno);
    return {};
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return disk_error("remove", path, errno);
    return {};
  }

  Result<std::unique_ptr<DiskLock>> lock(const std::string& path, const std::string& when_held) override {
    const int descriptor = open_retry(path, O_RDWR | O_CREAT, 0644);
    if (descriptor < 0) return disk_error("open", path, errno);
    auto held = std::make_unique<PosixLock>(descriptor);
    while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return disk_error("lock", path, errno);
      return Error{ErrorKind::refused, when_held};
    }
    return std::unique_ptr<DiskLock>(std::move(held));
  }

  Result<std::uint64_t> free_space(const std::string& directory) override {
    struct statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0) return disk_error("look at", directory, errno);
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

std::string parent_directory(const std::string& path) {
  std::size_t end = path.size();
  while (end > 1 && path[end - 1] == '/') --end;
  const std::size_t slash = path.rfind('/', end - 1);
  if (end == 0 || slash == std::string::npos) return ".";
  if (slash == 0) return "/";
  return path.substr(0, slash);
}

}  // namespace mz
