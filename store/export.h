// Chosen games of any sources as a file: sample lines (.jsonl, .jsonl.gz) or a file of games (.db).
//
// The result depends on the set of games and the choices only, not on the order or kind of the sources. Every game that is
// read is accounted for: exported, or excluded for exactly one reason.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "store/checked_game.h"
#include "store/disk.h"
#include "store/lines.h"
#include "store/staging.h"

namespace mz {

struct ExportChoice {
  std::string game;                      // empty: any
  std::string board;                     // empty: any
  int seats = 0;                         // 0: any
  bool require_completed = false;        // leave out capped games
  std::uint32_t min_moves = 0;           // leave out shorter games
  std::uint32_t sample_every = 1;        // lines only: see sampled_plies
  std::optional<std::uint64_t> shuffle;  // lines only: seed of the order of all lines; none: by game id, then ply
};

struct ExportResult {
  std::uint64_t read = 0;  // different games in the sources
  std::uint64_t exported = 0;
  std::uint64_t other_configuration = 0;
  std::uint64_t not_completed = 0;
  std::uint64_t too_short = 0;
  std::uint64_t samples = 0;  // lines written
};

// An existing output is replaced only when `overwrite` says so.
Result<ExportResult> export_games(const std::vector<std::string>& sources, const std::string& output,
                                  const ExportChoice& choice, bool overwrite, Disk& disk);

// Writes everything that is staged to a file of games or of sample lines, all or nothing. Returns the lines written.
Result<std::uint64_t> write_staged(Staging& staging, const std::string& output, bool database,
                                   const ExportChoice& choice, Disk& disk, GameTable& table);

// The lines of one replayed game, in order. Returns how many.
Result<std::uint64_t> write_samples(LineWriter& out, GameRecord record, GameTable& table, std::uint32_t sample_every);

}  // namespace mz
