// Lines from a pipe, a file or a terminal whose sender may be hostile or clumsy.
#pragma once

#include <cstddef>
#include <string>

namespace mz {

// Used by one thread. Memory stays below the limit plus one block, whatever comes.
class BoundedLines {
 public:
  enum class Got { line, too_long, end };

  // Does not own the descriptor.
  BoundedLines(int descriptor, std::size_t max_bytes) : descriptor_(descriptor), max_bytes_(max_bytes) {}

  // The next line without its end (\n or \r\n). A line beyond the limit is read to its end and thrown away; it counts once. A last
  // line without an end counts as a line. A descriptor that cannot be read has come to its end.
  Got next(std::string& line);

 private:
  bool fill();

  int descriptor_;
  std::size_t max_bytes_;
  std::string block_;
  std::size_t begin_ = 0;
};

}  // namespace mz
