#include "store/match_log_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "store/disk.h"
#include "store/sync.h"

namespace mz {
namespace {

Error file_error(const std::string& what, const std::string& path) {
  return {errno == ENOENT ? ErrorKind::not_found : ErrorKind::failure,
          "Cannot " + what + " the match log " + path + ": " + std::generic_category().message(errno) + "."};
}

// Anything but an ordinary file, such as a pipe, could hold the program up for ever; opening a pipe already can.
Result<int> open_ordinary(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC, 0644);
  struct stat info {};
  if (descriptor < 0) return file_error("open", path);
  if (::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode)) return descriptor;
  ::close(descriptor);
  return Error{ErrorKind::refused, path + " is not an ordinary file, so it is no match log. Name another with --log."};
}

Result<std::string> read_all(int descriptor, const std::string& path) {
  std::string text;
  std::string buffer(1U << 20, '\0');
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("read", path);
    if (count == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(count));
    if (text.size() > kMaxMatchLogBytes) {
      return Error{ErrorKind::refused, "The match log " + path + " is larger than " +
                                           std::to_string(kMaxMatchLogBytes >> 20) +
                                           " MiB. Name another file with --log."};
    }
  }
}

}  // namespace

Result<MatchLogReading> read_match_log_file(const std::string& path) {
  const auto descriptor = open_ordinary(path, O_RDONLY);
  if (!descriptor) {
    if (descriptor.error().kind == ErrorKind::not_found) return MatchLogReading{};
    return descriptor.error();
  }
  auto text = read_all(*descriptor, path);
  ::close(*descriptor);
  if (!text) return text.error();
  return read_match_log(*text);
}

MatchLogFile::MatchLogFile(MatchLogFile&& other) noexcept { *this = std::move(other); }

MatchLogFile& MatchLogFile::operator=(MatchLogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(length_, other.length_);
  std::swap(tail_, other.tail_);
  std::swap(results_, other.results_);
  return *this;
}

MatchLogFile::~MatchLogFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<MatchLogFile> MatchLogFile::open(const std::string& path) {
  MatchLogFile file;
  file.path_ = path;
  const auto descriptor = open_ordinary(path, O_RDWR | O_CREAT);
  if (!descriptor) return descriptor.error();
  file.descriptor_ = *descriptor;
  if (::flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorKind::refused, "Another program is writing to the match log " + path +
                                         ". Wait for it or name another file with --log."};
  }
  auto text = read_all(file.descriptor_, path);
  if (!text) return text.error();
  MatchLogReading reading = read_match_log(*text);
  if (!reading.faults.empty()) {
    return Error{ErrorKind::corrupt,
                 "The match log " + path + " is damaged in line " + std::to_string(reading.faults.front().line) + ": " +
                     reading.faults.front().text + " Move it away, or name another file with --log."};
  }
  file.length_ = reading.complete_bytes;
  file.tail_ = reading.tail;
  file.results_ = std::move(reading.results);
  if (file.length_ != text->size() && ::ftruncate(file.descriptor_, static_cast<off_t>(file.length_)) != 0) {
    return file_error("repair", path);
  }
  if (auto disk = make_posix_disk(); text->empty()) {
    if (auto synced = disk->sync_directory(parent_directory(path)); !synced) return synced.error();
  }
  return file;
}

Result<void> MatchLogFile::append(std::span<const MatchResult> results) {
  if (descriptor_ < 0) return Error{ErrorKind::failure, "The match log " + path_ + " could not be written before."};
  std::string text;
  MatchLogTail tail = tail_;
  for (const MatchResult& result : results) {
    auto line = append_match_line(tail, result);
    if (!line) return line.error();
    text += *line;
  }
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        ::pwrite(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(length_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<std::size_t>(count);
  }
  if (done < text.size() || full_sync(descriptor_) != 0) {
    const Error error = file_error("write", path_);
    // Leave no half line behind; if even that fails, the next opening cuts it off.
    [[maybe_unused]] const int cut = ::ftruncate(descriptor_, static_cast<off_t>(length_));
    ::close(std::exchange(descriptor_, -1));
    return error;
  }
  length_ += text.size();
  tail_ = tail;
  return {};
}

}  // namespace mz
