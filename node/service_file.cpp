#include "node/service_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <system_error>

#include "engine/base/sha256.h"
#include "store/descriptor.h"

namespace mz {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSays = "Written by `meshzero service install`; SHA-256 of the lines above: ";

std::string hex(const Digest& digest) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

// The text with its last line.
std::string sealed(const std::string& text) {
  Sha256 sum;
  sum.update(text);
  const std::string line = kSays + hex(sum.finish());
  return text + (text.starts_with("<?xml") ? "<!-- " + line + " -->\n" : "# " + line + "\n");
}

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(path, error))) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string text(ServiceFile::kMaxBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (!in.eof() || text.size() > ServiceFile::kMaxBytes) return std::nullopt;
  return text;
}

Error failed(const fs::path& path, const char* what, int code) {
  return {code == EACCES || code == EPERM ? ErrorKind::refused : ErrorKind::failure,
          path.string() + " cannot be " + what + ": " + std::strerror(code) + "."};
}

}  // namespace

ServiceFile::State ServiceFile::state() const {
  std::error_code error;
  if (fs::symlink_status(path_, error).type() == fs::file_type::not_found) return State::absent;
  const auto text = read_file(path_);
  if (!text || !text->ends_with('\n')) return State::changed;
  const std::size_t last = text->rfind('\n', text->size() - 2);
  if (last == std::string::npos) return State::changed;
  return sealed(text->substr(0, last + 1)) == *text ? State::ours : State::changed;
}

Result<bool> ServiceFile::write(const std::string& text) const {
  const std::string content = sealed(text);
  const State now = state();
  if (now == State::ours && read_file(path_) == content) return false;
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  if (error) return failed(path_.parent_path(), "created", error.value());
  if (now == State::changed) {
    fs::rename(path_, kept_path(), error);
    if (error) return failed(path_, "kept under another name", error.value());
  }
  const fs::path part = path_.string() + ".part";
  ::unlink(part.c_str());
  const Descriptor out(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out.valid()) return failed(part, "written", errno);
  if (::fchmod(out.get(), 0644) != 0 ||  // whatever the umask: it holds no secret and the manager must read it
      ::write(out.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fsync(out.get()) != 0 || ::rename(part.c_str(), path_.c_str()) != 0) {
    const int code = errno;
    ::unlink(part.c_str());
    return failed(path_, "written", code);
  }
  return true;
}

Result<void> ServiceFile::remove() const {
  if (::unlink(path_.c_str()) == 0 || errno == ENOENT) return {};
  return failed(path_, "removed", errno);
}

}  // namespace mz
