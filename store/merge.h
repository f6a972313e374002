// Union of games. Nothing is ever replaced by something smaller: an output that exists is one of the inputs.
//
// All inputs are read and replayed completely before anything is written, so a damaged or foreign input changes nothing.
// Merging again changes nothing; the order of the inputs does not matter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "store/disk.h"

namespace mz {

enum class OutputKind { directory, database, lines };
// By what is there, else by the ending: .db, .jsonl, .jsonl.gz; anything without one of these is a directory.
Result<OutputKind> output_kind(const std::string& path);

struct MergeResult {
  std::vector<std::uint64_t> inputs;  // distinct games of each input
  std::uint64_t before = 0;           // games the output had
  std::uint64_t after = 0;            // games it has now
};

// To a file: written beside it and renamed, all or nothing. To a directory: new games are appended as segments; a crash in
// between leaves a part of them, and merging again completes it.
Result<MergeResult> merge_games(const std::vector<std::string>& inputs, const std::string& output, Disk& disk);

}  // namespace mz
