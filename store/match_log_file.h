// The match log on disk: one file of lines (engine/match_log.h), appended by one process at a time, read by anybody.
//
// A line is durable when append returns. A last line that was cut off by a crash is removed when the file is opened for appending;
// any other fault refuses appending, so that nothing is written behind damage or over a file that is no match log.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "engine/match_log.h"

namespace mz {

inline constexpr std::uint64_t kMaxMatchLogBytes = 1ULL << 30;

// Everything in the file; an absent file is an empty log. Fails only when the file cannot be read.
Result<MatchLogReading> read_match_log_file(const std::string& path);

class MatchLogFile {
 public:
  // Creates the file when it is missing. Refused while another process appends to it, and when it is damaged.
  static Result<MatchLogFile> open(const std::string& path);
  MatchLogFile(MatchLogFile&&) noexcept;
  MatchLogFile& operator=(MatchLogFile&&) noexcept;
  ~MatchLogFile();

  // What was in the file when it was opened.
  [[nodiscard]] const std::vector<MatchResult>& results() const { return results_; }
  // Writes all lines in one piece and waits until they are durable. After a failure the object refuses further lines.
  Result<void> append(std::span<const MatchResult> results);

 private:
  MatchLogFile() = default;
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t length_ = 0;  // of all sound lines
  MatchLogTail tail_;
  std::vector<MatchResult> results_;
};

}  // namespace mz
