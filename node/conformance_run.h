// Compares whole files of recordings with the rules of this program, on several threads.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/conformance.h"

namespace mz {

struct FileConformance {
  std::string path;
  std::size_t games = 0;  // recorded games and vectors
  std::size_t plies = 0;
  std::size_t mismatches = 0;
  std::optional<Mismatch> first;  // of the lowest line
  std::optional<Error> error;     // the first thing in the file that could not be compared at all
};

// One result per path, in the order given and the same for any number of threads (at least 1).
std::vector<FileConformance> run_conformance(const std::vector<std::string>& paths, unsigned threads);

}  // namespace mz
