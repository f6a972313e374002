// A file of games for export and exchange: the tables of games.db (store/view.h) with the kind 'file', written once.
//
// Canonical: the games stand in the order of their ids, nothing in it depends on when, where or in which order they were
// collected (stored_at and segment_no are empty), so equal sets of games give equal bytes (with one version of SQLite).
// The file is sealed (store/seal.h): any changed byte is found.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "store/checked_game.h"
#include "store/disk.h"

namespace mz {

// Destroying it without publish leaves no trace.
class GameFileWriter {
 public:
  static Result<std::unique_ptr<GameFileWriter>> create(Disk& disk, const std::string& path);
  ~GameFileWriter();
  // In ascending order of ids, each once.
  Result<void> add(const CheckedGame& game);
  // Seals the file and gives it its name, replacing an older one.
  Result<void> publish();

 private:
  struct Impl;
  explicit GameFileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

using GameVisitor = std::function<Result<void>(const CheckedGame&)>;

// Reads a games.db of either kind from anywhere. Everything is checked: the seal, the tables and SQLite's own structure
// before the first game is handed out; each game is replayed and each of its rows compared with what the record says; the
// totals at the end. Stops at the first fault. What this finds in a view that is not sealed (its node is running, or was
// killed): any change of a value in any row; not: changes in space that SQLite does not use, which no reader ever sees.
Result<void> read_game_file(const std::string& path, GameTable& table, const GameVisitor& visit);

}  // namespace mz
