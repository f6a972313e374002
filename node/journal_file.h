// The journal of the cluster on disk: one JSON object per line, appended and synced, written anew when it has grown large or
// its end was torn.
//
// One call at a time.
#pragma once

#include <filesystem>
#include <vector>

#include "api/journal.h"

namespace mz {

class JournalFile {
 public:
  static constexpr std::size_t kMaxBytes = 8U << 20;
  static constexpr std::size_t kRewriteBytes = 6U << 20;  // larger than all that a journal keeps

  explicit JournalFile(std::filesystem::path file) : file_(std::move(file)) {}

  // Entries of earlier runs. After an error, and where lines were damaged, the next save replaces the file.
  Result<std::vector<JournalEntry>> load();
  // Writes what is new and returns it. After an error the next call writes everything.
  Result<std::vector<JournalEntry>> save(Journal& journal);

 private:
  const std::filesystem::path file_;
  std::size_t size_ = 0;
  bool whole_ = false;  // the next save writes everything
};

}  // namespace mz
