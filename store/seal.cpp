#include "store/seal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <system_error>

#include "engine/base/sha256.h"
#include "store/sync.h"

namespace mz {
namespace {

// Any 32 bytes that do not turn up by chance.
constexpr std::array<std::uint8_t, 32> kMarker = {'m',  'e',  's',  'h',  'z',  'e',  'r',  'o',  ' ',  's',  'e',
                                                  'a',  'l',  0x00, 0x9d, 0x3c, 0xe1, 0x57, 0x0b, 0xc4, 0x82, 0x6f,
                                                  0x1a, 0xf8, 0x25, 0xb0, 0x73, 0xde, 0x4e, 0x91, 0x68, 0xa7};
constexpr std::size_t kSealBytes = kMarker.size() + sizeof(Digest);
constexpr std::size_t kChunk = 1U << 20;

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Error system_error(const std::string& what, const std::string& path) {
  return {ErrorKind::failure, "Cannot " + what + " " + path + ": " + std::generic_category().message(errno) + "."};
}

// Hands the file to `use` piece by piece, with its offset, until its end or until `use` says false.
Result<void> read_all(const OpenFile& file, const std::string& path,
                      const std::function<bool(std::uint64_t, std::span<std::uint8_t>)>& use) {
  std::vector<std::uint8_t> buffer(kChunk);
  for (std::uint64_t at = 0;;) {
    const ssize_t got = ::pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path);
    if (got == 0) return {};
    if (!use(at, std::span(buffer).first(static_cast<std::size_t>(got)))) return {};
    at += static_cast<std::uint64_t>(got);
  }
}

struct Found {
  std::uint64_t offset = 0;  // of the 32 bytes behind the marker
  Digest stored{};
};

// The first marker with its digest; nothing when there is none.
Result<std::optional<Found>> find_marker(const OpenFile& file, const std::string& path) {
  std::optional<Found> found;
  std::vector<std::uint8_t> window;  // the end of the piece before and this piece, so that no border hides a marker
  std::uint64_t window_at = 0;
  const auto search = [&](std::uint64_t at, std::span<const std::uint8_t> piece) {
    const std::size_t kept = std::min(window.size(), kSealBytes - 1);
    window.erase(window.begin(), window.end() - static_cast<std::ptrdiff_t>(kept));
    window_at = at - kept;
    window.insert(window.end(), piece.begin(), piece.end());
    const auto hit = std::search(window.begin(), window.end(), kMarker.begin(), kMarker.end());
    if (window.end() - hit < static_cast<std::ptrdiff_t>(kSealBytes)) return true;
    found.emplace();
    found->offset = window_at + static_cast<std::uint64_t>(hit - window.begin()) + kMarker.size();
    std::copy_n(hit + kMarker.size(), sizeof(Digest), found->stored.begin());
    return false;
  };
  if (auto read = read_all(file, path, search); !read) return read.error();
  return found;
}

Result<Digest> digest_of(const OpenFile& file, const std::string& path, std::uint64_t hole) {
  Sha256 hash;
  const auto add = [&](std::uint64_t at, std::span<std::uint8_t> piece) {
    for (std::uint64_t i = std::max(hole, at); i < std::min(hole + sizeof(Digest), at + piece.size()); ++i) {
      piece[static_cast<std::size_t>(i - at)] = 0;
    }
    hash.update(piece);
    return true;
  };
  if (auto read = read_all(file, path, add); !read) return read.error();
  return hash.finish();
}

Result<void> write_digest(const OpenFile& file, const std::string& path, std::uint64_t offset, const Digest& digest) {
  const ssize_t written = ::pwrite(file.get(), digest.data(), digest.size(), static_cast<off_t>(offset));
  if (written != static_cast<ssize_t>(digest.size())) return system_error("write", path);
  if (full_sync(file.get()) != 0) return system_error("flush", path);
  return {};
}

}  // namespace

std::vector<std::uint8_t> unsealed() {
  std::vector<std::uint8_t> seal(kSealBytes);
  std::copy(kMarker.begin(), kMarker.end(), seal.begin());
  return seal;
}

Result<void> seal_file(const std::string& path) {
  const OpenFile file(path, O_RDWR);
  if (file.get() < 0) return system_error("open", path);
  const auto marker = find_marker(file, path);
  if (!marker) return marker.error();
  if (!*marker) return Error{ErrorKind::corrupt, path + " has no place for a seal: it is not a file of games."};
  const auto digest = digest_of(file, path, (*marker)->offset);
  if (!digest) return digest.error();
  return write_digest(file, path, (*marker)->offset, *digest);
}

Result<void> unseal_file(const std::string& path) {
  const OpenFile file(path, O_RDWR);
  if (file.get() < 0) return system_error("open", path);
  const auto marker = find_marker(file, path);
  if (!marker) return marker.error();
  if (!*marker) return {};
  return write_digest(file, path, (*marker)->offset, Digest{});
}

Result<Seal> check_seal(const std::string& path) {
  const OpenFile file(path, O_RDONLY);
  if (file.get() < 0) return system_error("open", path);
  const auto marker = find_marker(file, path);
  if (!marker) return marker.error();
  if (!*marker) return Error{ErrorKind::corrupt, path + " is not an intact file of games: its seal is missing."};
  if ((*marker)->stored == Digest{}) return Seal::open;
  const auto digest = digest_of(file, path, (*marker)->offset);
  if (!digest) return digest.error();
  if (*digest != (*marker)->stored) {
    return Error{ErrorKind::corrupt,
                 path + " has changed since it was written. Take a fresh copy from where it came from."};
  }
  return Seal::intact;
}

}  // namespace mz
