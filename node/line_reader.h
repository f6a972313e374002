// Lines of a text file of any size, plain or compressed with gzip, one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace mz {

// Used by one thread at a time. Memory stays below two times kMaxLineBytes whatever the file holds or claims.
class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = 16U << 20;

  // Which of the two kinds the file is, its first bytes say.
  static Result<std::unique_ptr<LineReader>> open(const std::string& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line without its end; false after the last one. A damaged or cut compressed file, and a line above the limit,
  // are errors, after which reading cannot go on.
  Result<bool> next(std::string& line);
  [[nodiscard]] std::size_t line_number() const { return line_; }  // of the line read last, from 1

 private:
  explicit LineReader(std::string path);
  Result<bool> fill();

  struct File;
  std::string path_;
  std::unique_ptr<File> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t line_ = 0;
};

}  // namespace mz
