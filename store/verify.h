// Whether files of games are what they were when they were written: every byte, every move.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "store/disk.h"

namespace mz {

struct VerifyReport {
  std::string path;
  std::uint64_t games = 0;           // different ones, replayed without fault
  std::uint64_t distinct_games = 0;  // different play
  std::uint64_t plies = 0;
  std::uint64_t files = 0;          // segments and databases looked at
  std::vector<std::string> damage;  // sentences; empty when all is well
  std::vector<std::string> notes;   // worth knowing, no damage
};

// For a directory: all its segments, its games.db, and whether the two agree; all damage is listed, not only the first.
// not_found when there is nothing at the path; other errors only when the disk cannot be read.
Result<VerifyReport> verify_games(const std::string& path, Disk& disk);

}  // namespace mz
