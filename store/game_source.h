// Games from any path a user may name: a node's directory, a segment, a games.db of either kind, a file of sample lines.
// The content decides what it is, not the name.
#pragma once

#include <string>
#include <string_view>

#include "store/checked_game.h"
#include "store/disk.h"
#include "store/game_file.h"

namespace mz {

// "file:///a/b" is "/a/b"; other schemes (gs://, http://) are refused, s3:// with the sentence which verb knows it;
// everything else is a path.
Result<std::string> local_path(const std::string& name);

enum class SourceKind { directory, segment, database, lines };
Result<SourceKind> source_kind(const std::string& path);

// Hands out every game, checked and replayed; a game may come twice. Fails at the first fault, so a caller that must not
// take half of a source collects first. Reads a directory that a running node keeps writing to without disturbing it.
Result<void> read_games(const std::string& path, Disk& disk, GameTable& table, const GameVisitor& visit);

// As read_games for one segment of a store, or an error that names its file.
Result<void> read_segment(const std::string& directory, const Digest& name, Disk& disk, GameTable& table,
                          const GameVisitor& visit);

}  // namespace mz
