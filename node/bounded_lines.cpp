#include "node/bounded_lines.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace mz {

bool BoundedLines::fill() {
  std::array<char, 1U << 16> bytes;
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  block_.assign(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  begin_ = 0;
  return !block_.empty();
}

BoundedLines::Got BoundedLines::next(std::string& line) {
  line.clear();
  bool too_long = false;
  for (;;) {
    if (begin_ == block_.size() && !fill()) {
      if (too_long) return Got::too_long;
      return line.empty() ? Got::end : Got::line;
    }
    const std::size_t end = block_.find('\n', begin_);
    const std::size_t stop = end == std::string::npos ? block_.size() : end;
    if (!too_long && line.size() + (stop - begin_) > max_bytes_) {
      too_long = true;
      line.clear();
    }
    if (!too_long) line.append(block_, begin_, stop - begin_);
    begin_ = end == std::string::npos ? stop : end + 1;
    if (end == std::string::npos) continue;
    if (too_long) return Got::too_long;
    if (line.ends_with('\r')) line.pop_back();
    return Got::line;
  }
}

}  // namespace mz
