#include "p2p/trust/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "store/descriptor.h"

namespace mz {
namespace {

namespace fs = std::filesystem;

Error file_error(const std::string& what, const fs::path& path, int code) {
  const ErrorKind kind = code == ENOENT                                     ? ErrorKind::not_found
                         : code == EACCES || code == EPERM || code == EROFS ? ErrorKind::refused
                                                                            : ErrorKind::failure;
  return {kind, "Cannot " + what + " " + path.string() + ": " + std::generic_category().message(code) +
                    ". Check the disk and the permissions of the folder."};
}

int full_sync(int descriptor) {
#ifdef __APPLE__
  return ::fcntl(descriptor, F_FULLFSYNC);  // fsync stops at the drive's cache there
#else
  return ::fsync(descriptor);
#endif
}

Result<void> sync_folder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) return file_error("flush", folder, errno);
  return {};
}

Result<void> write_all(const fs::path& file, std::span<const std::uint8_t> bytes, int how) {
  const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | how, 0600));
  if (descriptor.get() < 0) return file_error("create", file, errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return file_error("write", file, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (full_sync(descriptor.get()) != 0) return file_error("flush", file, errno);
  return {};
}

}  // namespace

Result<void> make_private_directory(const fs::path& directory) {
  std::error_code error;
  if (!directory.parent_path().empty()) fs::create_directories(directory.parent_path(), error);
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_folder(directory.parent_path());
  if (errno != EEXIST) return file_error("create", directory, errno);
  if (::chmod(directory.c_str(), 0700) != 0) return file_error("protect", directory, errno);
  return {};
}

Result<void> append_private_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  const bool fresh = ::access(file.c_str(), F_OK) != 0;
  if (auto written = write_all(file, bytes, O_APPEND); !written) return written;
  return fresh ? sync_folder(file.parent_path()) : Result<void>();
}

Result<void> write_private_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  const fs::path temporary = file.string() + ".new";
  ::unlink(temporary.c_str());  // of an interrupted earlier write
  if (auto written = write_all(temporary, bytes, O_EXCL); !written) {
    ::unlink(temporary.c_str());
    return written.error();
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) return file_error("replace", file, errno);
  return sync_folder(file.parent_path());
}

Result<void> write_private_file(const fs::path& file, std::string_view text) {
  return write_private_file(file, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

Result<Bytes> read_private_file(const fs::path& file, std::size_t limit) {
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (descriptor.get() < 0) return file_error("read", file, errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return file_error("read", file, errno);
  if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0) {
    return Error{ErrorKind::refused, "Others may read " + file.string() + ", which must stay secret. Run: chmod 600 " +
                                         file.string() +
                                         " - and, if somebody may have read it, `meshzero identity reset`."};
  }
  const Error too_large{ErrorKind::refused,
                        file.string() + " is larger than anything MeshZero writes there. It is not ours."};
  // As much as is there and a byte more, which shows whether the file grows meanwhile: limits lie far above most files.
  Bytes bytes;
  std::size_t wanted = static_cast<std::size_t>(status.st_size);
  for (std::size_t size = 0;;) {
    if (wanted > limit) return too_large;
    bytes.resize(wanted + 1);
    const ssize_t got = ::read(descriptor.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", file, errno);
    size += static_cast<std::size_t>(got);
    if (got == 0) {
      bytes.resize(size);
      return bytes;
    }
    if (size == bytes.size()) wanted = size > limit ? size : std::min(limit, 2 * size);
  }
}

Result<void> remove_private_file(const fs::path& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return file_error("remove", file, errno);
  return sync_folder(file.parent_path());
}

}  // namespace mz
