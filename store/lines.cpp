#include "store/lines.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace mz {
namespace {

constexpr std::size_t kChunk = 256U << 10;
constexpr int kGzip = 15 + 16;  // zlib's way to say: largest window, gzip format
constexpr int kMemoryLevel = 8;

}  // namespace

std::string unfinished_name(const std::string& path) { return path + "." + std::to_string(::getpid()) + ".part"; }

struct LineWriter::Impl {
  Disk& disk;
  std::string path;
  std::string temporary;
  std::unique_ptr<File> file;
  std::string text;
  bool compressed = false;
  z_stream stream{};
  gz_header header{};
  bool published = false;

  Impl(Disk& the_disk, const std::string& the_path)
      : disk(the_disk), path(the_path), temporary(unfinished_name(the_path)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (compressed) deflateEnd(&stream);
    if (file && !published) {
      file.reset();
      (void)disk.remove(temporary).ok();  // nothing to be done about a file that cannot be removed
    }
  }

  Result<void> flush(bool end) {
    const std::span<const std::uint8_t> plain(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    if (!compressed) {
      auto written = file->append(plain);
      text.clear();
      return written;
    }
    std::vector<std::uint8_t> out(kChunk);
    stream.next_in = reinterpret_cast<Bytef*>(text.data());
    stream.avail_in = static_cast<uInt>(text.size());
    int code = Z_OK;
    do {
      stream.next_out = out.data();
      stream.avail_out = static_cast<uInt>(out.size());
      code = deflate(&stream, end ? Z_FINISH : Z_NO_FLUSH);
      if (code == Z_STREAM_ERROR) return Error{ErrorKind::failure, "Cannot compress " + path + "."};
      if (auto written = file->append(std::span(out).first(out.size() - stream.avail_out)); !written) return written;
    } while (stream.avail_out == 0 || (end && code != Z_STREAM_END));
    text.clear();
    return {};
  }
};

LineWriter::LineWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineWriter::~LineWriter() = default;

Result<std::unique_ptr<LineWriter>> LineWriter::create(Disk& disk, const std::string& path) {
  auto impl = std::make_unique<Impl>(disk, path);
  if (path.ends_with(".gz")) {
    if (deflateInit2(&impl->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      return Error{ErrorKind::failure, "Not enough memory to compress " + path + "."};
    }
    impl->compressed = true;
    impl->header.os = 255;  // "unknown", so that every system writes the same bytes; the time stays 0
    deflateSetHeader(&impl->stream, &impl->header);
  }
  auto file = disk.create(impl->temporary);
  if (!file) return file.error();
  impl->file = std::move(*file);
  return std::unique_ptr<LineWriter>(new LineWriter(std::move(impl)));
}

Result<void> LineWriter::write(std::string_view line) {
  impl_->text += line;
  impl_->text += '\n';
  return impl_->text.size() >= kChunk ? impl_->flush(false) : Result<void>{};
}

Result<void> LineWriter::publish() {
  Impl& w = *impl_;
  if (auto flushed = w.flush(true); !flushed) return flushed;
  if (auto synced = w.file->sync(); !synced) return synced;
  if (auto renamed = w.disk.rename(w.temporary, w.path); !renamed) return renamed;
  w.published = true;
  return w.disk.sync_directory(parent_directory(w.path));
}

namespace {

// Reads a file in pieces and unpacks them when they are gzip.
class ByteSource {
 public:
  explicit ByteSource(const std::string& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), in_(kChunk) {}
  ~ByteSource() {
    if (inflating_) inflateEnd(&stream_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  Result<void> start() {
    struct stat info {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &info) != 0) {
      return Error{errno == ENOENT ? ErrorKind::not_found : ErrorKind::failure,
                   "Cannot open " + path_ + ": " + std::generic_category().message(errno) + "."};
    }
    if (!S_ISREG(info.st_mode)) return Error{ErrorKind::refused, path_ + " is not an ordinary file."};
    if (auto filled = fill(); !filled) return filled;
    if (held_ >= 2 && in_[0] == 0x1f && in_[1] == 0x8b) {
      if (inflateInit2(&stream_, kGzip) != Z_OK)
        return Error{ErrorKind::failure, "Not enough memory to unpack " + path_ + "."};
      inflating_ = true;
      stream_.next_in = in_.data();
      stream_.avail_in = static_cast<uInt>(held_);
    }
    return {};
  }

  // Appends the next piece to `out`; false at the end.
  Result<bool> next(std::string& out) { return inflating_ ? unpack(out) : copy(out); }

 private:
  Result<void> fill() {
    for (;;) {
      const ssize_t got = ::read(descriptor_, in_.data(), in_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return Error{ErrorKind::failure, "Cannot read " + path_ + ": " + std::generic_category().message(errno) + "."};
      held_ = static_cast<std::size_t>(got);
      return {};
    }
  }

  Result<bool> copy(std::string& out) {
    if (held_ == 0) return false;
    out.append(reinterpret_cast<const char*>(in_.data()), held_);
    if (auto filled = fill(); !filled) return filled.error();
    return true;
  }

  Result<bool> unpack(std::string& out) {
    const auto damaged = [this](const std::string& how) {
      return Error{ErrorKind::corrupt, path_ + " is damaged: " + how + "."};
    };
    if (stream_.avail_in == 0) {
      if (auto filled = fill(); !filled) return filled.error();
      stream_.next_in = in_.data();
      stream_.avail_in = static_cast<uInt>(held_);
    }
    if (ended_) {
      if (stream_.avail_in != 0) return damaged("there are bytes behind the end of the compressed data");
      return false;
    }
    if (stream_.avail_in == 0) return damaged("the compressed data is cut off");
    std::array<char, 64U << 10> piece;
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return damaged("the compressed data cannot be unpacked");
    ended_ = code == Z_STREAM_END;
    out.append(piece.data(), piece.size() - stream_.avail_out);
    return true;
  }

  std::string path_;
  int descriptor_;
  std::vector<std::uint8_t> in_;
  std::size_t held_ = 0;
  bool inflating_ = false;
  bool ended_ = false;
  z_stream stream_{};
};

}  // namespace

Result<void> for_each_line(const std::string& path, const std::function<Result<void>(std::string_view)>& visit) {
  ByteSource source(path);
  if (auto started = source.start(); !started) return started;
  std::string text;
  for (;;) {
    const auto more = source.next(text);
    if (!more) return more.error();
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      if (end - begin > kMaxLineBytes) break;
      if (auto visited = visit(std::string_view(text).substr(begin, end - begin)); !visited) return visited;
      begin = end + 1;
    }
    text.erase(0, begin);
    if (text.size() > kMaxLineBytes) return Error{ErrorKind::corrupt, path + " has a line longer than any of ours."};
    if (*more) continue;
    if (!text.empty()) return Error{ErrorKind::corrupt, path + " is cut off: its last line has no end."};
    return {};
  }
}

}  // namespace mz
