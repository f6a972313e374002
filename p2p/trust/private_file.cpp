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

// What root makes in another user's folder becomes that user's: the node of a service goes on as its own user after root has
// asked for something. `shared`: a folder that others may enter counts too.
Result<void> give_to_owner_of(const fs::path& folder, bool shared, int descriptor, const fs::path& made) {
  if (::geteuid() != 0) return {};
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return file_error("read", folder, errno);
  if (status.st_uid == 0 || (!shared && (status.st_mode & 077) != 0)) return {};
  if (::fchown(descriptor, status.st_uid, status.st_gid) != 0) return file_error("give away", made, errno);
  return {};
}

// `how`: O_EXCL for a new file, O_APPEND for one that is there.
Result<void> write_all(const fs::path& file, std::span<const std::uint8_t> bytes, int how) {
  const Descriptor descriptor(
      ::open(file.c_str(), O_WRONLY | (how == O_EXCL ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC | how, 0600));
  if (descriptor.get() < 0) return file_error(how == O_EXCL ? "create" : "write", file, errno);
  if (how == O_EXCL) {
    if (auto given = give_to_owner_of(file.parent_path(), false, descriptor.get(), file); !given) return given;
  }
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
  if (::mkdir(directory.c_str(), 0700) == 0) {
    const Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (descriptor.get() < 0) return file_error("create", directory, errno);
    if (auto given = give_to_owner_of(directory.parent_path(), true, descriptor.get(), directory); !given) return given;
    return sync_folder(directory.parent_path());
  }
  if (errno != EEXIST) return file_error("create", directory, errno);
  if (::chmod(directory.c_str(), 0700) != 0) return file_error("protect", directory, errno);
  return {};
}

Result<void> append_private_file(const fs::path& file, std::span<const std::uint8_t> bytes) {
  const bool fresh = ::access(file.c_str(), F_OK) != 0;
  if (auto written = write_all(file, bytes, fresh ? O_EXCL : O_APPEND); !written) return written;
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
  const auto is_instead = [&file](const char* what) {
    return Error{ErrorKind::refused, file.string() + " is " + what +
                                         ", and MeshZero keeps a plain file there. Put that file in its place, or move "
                                         "away what is there."};
  };
  const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (descriptor.get() < 0 && errno == ELOOP) return is_instead("a symbolic link");
  if (descriptor.get() < 0) return file_error("read", file, errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return file_error("read", file, errno);
  if (S_ISDIR(status.st_mode)) return is_instead("a directory");
  if (!S_ISREG(status.st_mode)) return is_instead("no plain file");
  if ((status.st_mode & 077) != 0) {
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
