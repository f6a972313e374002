// Text files of lines, plain or gzip: written so that the name appears with the complete file or not at all, read with a
// limit on the length of a line, whatever a compressed file unpacks to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "store/disk.h"

namespace mz {

inline constexpr std::size_t kMaxLineBytes = 4U << 20;

// A name beside `path` for the unfinished file: unique for this process.
std::string unfinished_name(const std::string& path);

// Writes PATH through a temporary file. Compresses when `path` ends in .gz; the bytes depend on the content only.
// Destroying it without publish removes the temporary file.
class LineWriter {
 public:
  static Result<std::unique_ptr<LineWriter>> create(Disk& disk, const std::string& path);
  ~LineWriter();
  Result<void> write(std::string_view line);  // a newline is added
  Result<void> publish();

 private:
  struct Impl;
  explicit LineWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Calls `visit` for every line, without its newline. Recognises gzip by its first bytes. Corrupt: a line without an end, a
// line that is too long, damaged compression, or bytes behind the end of the compressed data.
Result<void> for_each_line(const std::string& path, const std::function<Result<void>(std::string_view)>& visit);

}  // namespace mz
