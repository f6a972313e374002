// All contact of the store with files, behind one small interface, so that a test can put a disk underneath that loses
// unsynced writes, tears them or runs full at any chosen operation.
//
// A file is durable after File::sync; its name is durable after sync_directory of the folder that holds it. Nothing else
// is promised. Paths are plain strings with '/' between the parts. All functions may be called from any thread; one File
// belongs to one thread at a time. Errors name the path and what to do.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace mz {

// A file being written from its beginning to its end. Destroying it closes it without syncing.
class File {
 public:
  virtual ~File() = default;
  virtual Result<void> append(std::span<const std::uint8_t> bytes) = 0;
  // Returns when everything appended so far would survive a power cut.
  virtual Result<void> sync() = 0;
  // No write permission for anybody; the open File may still be written.
  virtual Result<void> make_read_only() = 0;
};

// Held as long as the object lives; released by the system when the process dies. Not inherited by child programs.
class DiskLock {
 public:
  virtual ~DiskLock() = default;
};

class Disk {
 public:
  virtual ~Disk() = default;
  // A new, empty file; refused when the name is taken.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  // The whole content; refused as corrupt when it is longer than max_bytes.
  virtual Result<std::vector<std::uint8_t>> read(const std::string& path, std::uint64_t max_bytes) = 0;
  virtual Result<std::uint64_t> size(const std::string& path) = 0;
  // Names (not paths) of the entries of a folder, sorted; a folder that does not exist is empty.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  // Creates the folder and its missing parents, durably.
  virtual Result<void> make_directories(const std::string& directory) = 0;
  // Atomic; replaces `to` when it exists.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_directory(const std::string& directory) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  // Refused at once when another process (or another lock in this one) holds it: with the sentence `when_held`, because only the
  // caller knows what the lock stands for. The file stays when the lock is given up.
  virtual Result<std::unique_ptr<DiskLock>> lock(const std::string& path, const std::string& when_held) = 0;
  // Bytes an ordinary user may still write to the file system of this folder.
  virtual Result<std::uint64_t> free_space(const std::string& directory) = 0;
};

// The real disk.
std::unique_ptr<Disk> make_posix_disk();

// `directory` of "a/b/c" is "a/b", of "c" is ".".
std::string parent_directory(const std::string& path);

}  // namespace mz
