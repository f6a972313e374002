#include "store/merge.h"

#include <algorithm>
#include <set>

#include "store/export.h"
#include "store/game_source.h"
#include "store/game_store.h"
#include "store/staging.h"

namespace mz {
namespace {

Result<std::uint64_t> stage(const std::string& path, Disk& disk, GameTable& table, Staging& staging) {
  std::set<Digest> ids;
  const auto read = read_games(path, disk, table, [&](const CheckedGame& game) -> Result<void> {
    ids.insert(game.id);
    return staging.add(game);
  });
  if (!read) return read.error();
  return ids.size();
}

Result<void> append_all(Staging& staging, GameStore& store) {
  const auto appended = staging.for_each([&](std::span<const std::uint8_t> bytes) -> Result<void> {
    const auto done = store.append_bytes(bytes);
    if (!done) return done.error();
    return {};
  });
  if (!appended) return appended;
  if (const auto sealed = store.seal(); !sealed) return sealed.error();
  return store.tick();
}

Result<void> refuse_loss(const MergeResult& result, std::uint64_t held, const std::string& output) {
  std::uint64_t most = result.before;
  for (const std::uint64_t games : result.inputs) most = std::max(most, games);
  if (held >= most) return {};
  return Error{ErrorKind::failure,
               output + " would have fewer games than an input. This is a fault of the program; please report it."};
}

std::uint64_t total(const GameStore& store) {
  std::uint64_t games = 0;
  for (const ConfigurationCount& count : store.counts()) games += count.games;
  return games;
}

}  // namespace

Result<OutputKind> output_kind(const std::string& path) {
  const auto there = source_kind(path);
  if (there) {
    if (*there == SourceKind::segment)
      return Error{ErrorKind::refused, path + " is a segment, and segments never change. Choose another output."};
    return *there == SourceKind::directory  ? OutputKind::directory
           : *there == SourceKind::database ? OutputKind::database
                                            : OutputKind::lines;
  }
  if (there.error().kind != ErrorKind::not_found) return there.error();
  if (path.ends_with(".db")) return OutputKind::database;
  return path.ends_with(".jsonl") || path.ends_with(".jsonl.gz") ? OutputKind::lines : OutputKind::directory;
}

Result<MergeResult> merge_games(const std::vector<std::string>& inputs, const std::string& output, Disk& disk) {
  const auto kind = output_kind(output);
  if (!kind) return kind.error();
  if (auto made = disk.make_directories(parent_directory(output)); !made) return made.error();
  GameTable table;
  auto staging = Staging::create(output);
  if (!staging) return staging.error();
  MergeResult result;
  for (const std::string& input : inputs) {
    const auto games = stage(input, disk, table, **staging);
    if (!games) return games.error();
    result.inputs.push_back(*games);
  }

  if (*kind == OutputKind::directory) {
    auto store = GameStore::open(output, disk);
    if (!store) return store.error();
    result.before = total(**store);
    if (auto appended = append_all(**staging, **store); !appended) return appended.error();
    result.after = total(**store);
    if (auto enough = refuse_loss(result, result.after, output); !enough) return enough.error();
  } else {
    if (const auto there = source_kind(output); there) {
      const auto games = stage(output, disk, table, **staging);
      if (!games) return games.error();
      result.before = *games;
    }
    result.after = (*staging)->games();
    if (auto enough = refuse_loss(result, result.after, output); !enough) return enough.error();
    if (auto written = write_staged(**staging, output, *kind == OutputKind::database, {}, disk, table); !written)
      return written.error();
  }
  return result;
}

}  // namespace mz
