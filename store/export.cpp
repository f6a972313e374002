#include "store/export.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/rng.h"
#include "store/game_file.h"
#include "store/game_source.h"
#include "store/merge.h"
#include "store/sample.h"

namespace mz {
namespace {

// The games that pass the choice, staged; everything else counted.
Result<void> collect(const std::vector<std::string>& sources, const ExportChoice& choice, Disk& disk, GameTable& table,
                     Staging& staging, ExportResult& result) {
  std::set<Digest> seen;
  const auto take = [&](const CheckedGame& game) -> Result<void> {
    const GameRecord& record = game.record;
    const bool fits = (choice.game.empty() || record.config.game == choice.game) &&
                      (choice.board.empty() || record.config.board == choice.board) &&
                      (choice.seats == 0 || record.config.seats == choice.seats);
    const bool completed = !choice.require_completed || !record.capped;
    const bool long_enough = record.moves.size() >= choice.min_moves;
    if (seen.insert(game.id).second) {
      ++result.read;
      ++(!fits          ? result.other_configuration
         : !completed   ? result.not_completed
         : !long_enough ? result.too_short
                        : result.exported);
    }
    return fits && completed && long_enough ? staging.add(game) : Result<void>{};
  };
  for (const std::string& source : sources) {
    if (auto read = read_games(source, disk, table, take); !read) return read;
  }
  return {};
}

Result<void> write_file(Staging& staging, const std::string& output, Disk& disk, GameTable& table) {
  auto writer = GameFileWriter::create(disk, output);
  if (!writer) return writer.error();
  const auto written = staging.for_each([&](std::span<const std::uint8_t> bytes) -> Result<void> {
    const auto game = check_game(bytes, table);
    if (!game) return game.error();
    return (*writer)->add(*game);
  });
  if (!written) return written;
  return (*writer)->publish();
}

struct Sample {
  std::uint32_t game;  // index into the ids
  std::uint32_t ply;
};

// All lines in an order that only the seed decides. Memory: 8 bytes a line and 36 a game; a line is made when its turn comes.
Result<std::uint64_t> write_shuffled(LineWriter& out, Staging& staging, GameTable& table, const ExportChoice& choice) {
  std::vector<Digest> ids;
  std::vector<std::uint32_t> counts;
  std::vector<Sample> samples;
  const auto list = [&](std::span<const std::uint8_t> bytes) -> Result<void> {
    const auto record = decode_record(bytes);
    if (!record) return record.error();
    const auto game = table.get(record->config);
    if (!game) return game.error();
    const auto plies = sampled_plies(*record, **game, choice.sample_every);
    for (const std::uint32_t ply : plies) samples.push_back({static_cast<std::uint32_t>(ids.size()), ply});
    ids.push_back(game_id(*record));
    counts.push_back(static_cast<std::uint32_t>(plies.size()));
    return {};
  };
  if (auto listed = staging.for_each(list); !listed) return listed.error();
  std::vector<std::uint32_t> first(ids.size(), UINT32_MAX);
  for (const Sample& sample : samples) first[sample.game] = std::min(first[sample.game], sample.ply);

  Rng rng(*choice.shuffle);
  for (std::size_t left = samples.size(); left > 1; --left) {
    std::swap(samples[left - 1], samples[rng.below(static_cast<std::uint32_t>(left))]);
  }
  for (const Sample& sample : samples) {
    auto record = staging.find(ids[sample.game]);
    if (!record) return record.error();
    auto game = table.get(record->config);
    if (!game) return game.error();
    SampleFormatter formatter(std::move(*record), std::move(*game), std::string(kLocalWorker));
    const std::uint32_t announced = sample.ply == first[sample.game] ? counts[sample.game] : 0;
    if (auto written = out.write(formatter.line(sample.ply, announced)); !written) return written.error();
  }
  return samples.size();
}

Result<std::uint64_t> write_in_order(LineWriter& out, Staging& staging, GameTable& table, const ExportChoice& choice) {
  std::uint64_t lines = 0;
  const auto write = [&](std::span<const std::uint8_t> bytes) -> Result<void> {
    auto record = decode_record(bytes);
    if (!record) return record.error();
    const auto written = write_samples(out, std::move(*record), table, choice.sample_every);
    if (!written) return written.error();
    lines += *written;
    return {};
  };
  if (auto written = staging.for_each(write); !written) return written.error();
  return lines;
}

}  // namespace

Result<std::uint64_t> write_samples(LineWriter& out, GameRecord record, GameTable& table, std::uint32_t sample_every) {
  auto game = table.get(record.config);
  if (!game) return game.error();
  const auto plies = sampled_plies(record, **game, sample_every);
  SampleFormatter formatter(std::move(record), std::move(*game), std::string(kLocalWorker));
  for (std::size_t i = 0; i < plies.size(); ++i) {
    const auto announced = static_cast<std::uint32_t>(i == 0 ? plies.size() : 0);
    if (auto written = out.write(formatter.line(plies[i], announced)); !written) return written.error();
  }
  return plies.size();
}

Result<ExportResult> export_games(const std::vector<std::string>& sources, const std::string& output,
                                  const ExportChoice& choice, bool overwrite, Disk& disk) {
  const bool database = output.ends_with(".db");
  if (!database && !output.ends_with(".jsonl") && !output.ends_with(".jsonl.gz")) {
    return Error{ErrorKind::usage,
                 "The name of the output says what is written: it must end in .jsonl, .jsonl.gz or .db."};
  }
  if (database && (choice.shuffle || choice.sample_every != 1)) {
    return Error{ErrorKind::usage,
                 "A .db holds whole games: --shuffle and --sample-every are for .jsonl and .jsonl.gz."};
  }
  if (choice.sample_every == 0) return Error{ErrorKind::usage, "--sample-every is a number from 1 on."};
  if (!overwrite && disk.size(output)) {
    return Error{ErrorKind::refused, output + " exists. Choose another name, or give --overwrite to replace it."};
  }
  if (auto made = disk.make_directories(parent_directory(output)); !made) return made.error();
  GameTable table;
  auto staging = Staging::create(output);
  if (!staging) return staging.error();
  ExportResult result;
  if (auto collected = collect(sources, choice, disk, table, **staging, result); !collected) return collected.error();
  const auto lines = write_staged(**staging, output, database, choice, disk, table);
  if (!lines) return lines.error();
  result.samples = *lines;
  return result;
}

Result<std::uint64_t> write_staged(Staging& staging, const std::string& output, bool database,
                                   const ExportChoice& choice, Disk& disk, GameTable& table) {
  if (database) {
    if (auto written = write_file(staging, output, disk, table); !written) return written.error();
    return std::uint64_t{0};
  }
  auto writer = LineWriter::create(disk, output);
  if (!writer) return writer.error();
  const auto lines = choice.shuffle ? write_shuffled(**writer, staging, table, choice)
                                    : write_in_order(**writer, staging, table, choice);
  if (!lines) return lines;
  if (auto published = (*writer)->publish(); !published) return published.error();
  return lines;
}

}  // namespace mz
