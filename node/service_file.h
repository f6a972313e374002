// The file by which the system knows the service, as `meshzero service install` leaves it: the text, and in the last line a comment
// with the checksum of the lines above, so that a change by somebody else shows.
#pragma once

#include <filesystem>
#include <string>

#include "engine/base/result.h"

namespace mz {

class ServiceFile {
 public:
  static constexpr std::size_t kMaxBytes = 64U << 10;

  enum class State {
    absent,
    ours,     // as it was written
    changed,  // by somebody since, or never ours; links and what cannot be read count as this
  };

  explicit ServiceFile(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] State state() const;

  // Replaces the file at once; creates its folder if need be. False when it holds that text already. A changed file is kept
  // beside it, under kept_path().
  Result<bool> write(const std::string& text) const;
  // Whether it is gone now.
  Result<void> remove() const;

  [[nodiscard]] std::filesystem::path kept_path() const { return path_.string() + ".old"; }

 private:
  const std::filesystem::path path_;
};

}  // namespace mz
