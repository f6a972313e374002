#include "node/line_reader.h"

#include <sys/stat.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace mz {
namespace {

constexpr std::size_t kBufferBytes = 256U << 10;

}  // namespace

struct LineReader::File {
  gzFile gz = nullptr;
  ~File() {
    if (gz != nullptr) gzclose_r(gz);
  }
};

LineReader::LineReader(std::string path)
    : path_(std::move(path)), file_(std::make_unique<File>()), buffer_(kBufferBytes) {}
LineReader::~LineReader() = default;

Result<std::unique_ptr<LineReader>> LineReader::open(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const ErrorKind kind = errno == ENOENT ? ErrorKind::not_found : ErrorKind::failure;
    return Error{kind, "Cannot open " + path + ": " + std::strerror(errno) + "."};
  }
  if (S_ISDIR(status.st_mode)) return Error{ErrorKind::usage, path + " is a directory; name the files in it."};
  std::unique_ptr<LineReader> reader(new LineReader(path));
  reader->file_->gz = gzopen(path.c_str(), "rbe");
  if (reader->file_->gz == nullptr) {
    return Error{ErrorKind::failure, "Cannot open " + path + ": " + std::strerror(errno) + "."};
  }
  gzbuffer(reader->file_->gz, kBufferBytes);
  return reader;
}

Result<bool> LineReader::next(std::string& line) {
  line.clear();
  for (;;) {
    if (begin_ == end_) {
      const auto more = fill();
      if (!more) return more.error();
      if (!*more) break;
    }
    const char* from = buffer_.data() + begin_;
    const char* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
    const std::size_t size = newline != nullptr ? static_cast<std::size_t>(newline - from) : end_ - begin_;
    if (line.size() + size > kMaxLineBytes) {
      return Error{ErrorKind::corrupt, path_ + " line " + std::to_string(line_ + 1) + " is longer than " +
                                           std::to_string(kMaxLineBytes >> 20) + " MiB."};
    }
    line.append(from, size);
    begin_ += size + (newline != nullptr ? 1 : 0);
    if (newline != nullptr) {
      ++line_;
      return true;
    }
  }
  if (line.empty()) return false;
  ++line_;
  return true;
}

Result<bool> LineReader::fill() {
  const int size = gzread(file_->gz, buffer_.data(), static_cast<unsigned>(buffer_.size()));
  int code = Z_OK;
  const char* text = gzerror(file_->gz, &code);
  // Z_BUF_ERROR: the compressed stream ends in its middle; gzread reports it only after handing out what there was.
  if (size < 0 || (size == 0 && code != Z_OK && code != Z_STREAM_END)) {
    return Error{ErrorKind::corrupt, path_ + " cannot be read after line " + std::to_string(line_) + ": " +
                                         (code == Z_ERRNO ? std::strerror(errno) : text) +
                                         ". The file is cut short or damaged; copy it again."};
  }
  begin_ = 0;
  end_ = static_cast<std::size_t>(std::max(size, 0));
  return size > 0;
}

}  // namespace mz
