// A segment: a sealed file of game records, immutable, named by the SHA-256 of its bytes.
//
//   head      "MZSG", version u8 = 1
//   frames    zstd frames back to back; each unpacks to records one after the other (engine/record.h)
//   footer    frame count, then per frame: packed size, unpacked size, games
//             game count, then per game in file order: game id 32 bytes, record size, stored_at (seconds since 1970)
//             plies of all games together
//             count of replaced segments, then their names, 32 bytes each, ascending
//   tail      footer size u64, SHA-256 of everything before this digest, "MZSE"
//
// Numbers without a width are varints (engine/base/bytes.h). Sizes are given, positions follow from them, so frames and
// records cannot overlap or leave gaps. The digest in the tail finds any changed byte even when the file was renamed.
//
// Writing: SegmentWriter puts everything into a temporary file and hashes while it writes; finish() flushes the file,
// makes it read-only, gives it its name and flushes the folder. Until then nothing with a segment's name exists, so a
// crash leaves no torn segment. Reading treats the file as a stranger's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "engine/record.h"
#include "store/disk.h"

namespace mz {

struct SegmentLimits {
  static constexpr std::uint64_t kMaxFileBytes = 16U << 20;
  static constexpr std::uint64_t kMaxWeight = 14U << 20;  // see segment_weight; leaves room for what zstd cannot shrink
  static constexpr std::uint64_t kFrameBytes = 256U << 10;  // a frame is closed when it holds this much, unpacked
  static constexpr std::uint64_t kMaxFrameBytes = kFrameBytes + GameRecord::kMaxBytes;
  static constexpr std::uint64_t kMaxUnpackedBytes = 256U << 20;  // all frames together: a bomb stops here
  static constexpr std::uint64_t kMaxFrames = 4096;
  static constexpr std::uint64_t kMaxGames = kMaxFileBytes / 34;  // an index entry has at least 34 bytes
  static constexpr std::uint64_t kMaxReplaced = 65536;
};

// What a record of this size adds to a segment at most.
constexpr std::uint64_t segment_weight(std::uint64_t record_bytes) { return record_bytes + 48; }

struct SegmentEntry {
  Digest id{};
  std::int64_t stored_at = 0;
  std::uint32_t size = 0;  // of the record
};

struct SegmentSummary {
  Digest name{};
  std::uint64_t file_bytes = 0;
  std::uint64_t games = 0;
  std::uint64_t plies = 0;
  std::uint64_t record_bytes = 0;  // uncompressed
  [[nodiscard]] std::uint64_t weight() const { return record_bytes + games * segment_weight(0); }
};

// Where segments lie below a store's directory.
std::string segment_path(const std::string& directory, const Digest& name);  // DIR/objects/ab/<64 hex>.seg
std::string incoming_directory(const std::string& directory);                // DIR/incoming
// Names of all segment files below DIR/objects, sorted. Other files are ignored.
Result<std::vector<Digest>> list_segments(Disk& disk, const std::string& directory);

// Writes one segment. One thread. An object that failed can only be destroyed, which removes its temporary file.
class SegmentWriter {
 public:
  static Result<std::unique_ptr<SegmentWriter>> start(Disk& disk, const std::string& directory);
  ~SegmentWriter();

  Result<void> add(const Digest& id, std::int64_t stored_at, std::uint64_t plies, std::span<const std::uint8_t> record);
  [[nodiscard]] std::uint64_t weight() const;
  // `replaced`: segments whose games are all in this one (compaction).
  Result<SegmentSummary> finish(std::vector<Digest> replaced = {});

 private:
  struct Impl;
  explicit SegmentWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A segment in memory, its frame, index and digest already checked; the records themselves are not yet decoded.
class Segment {
 public:
  static Result<Segment> parse(std::vector<std::uint8_t> bytes);
  // Also requires that the content has this name.
  static Result<Segment> load(Disk& disk, const std::string& directory, const Digest& name);

  [[nodiscard]] const SegmentSummary& summary() const { return summary_; }
  [[nodiscard]] const std::vector<SegmentEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<Digest>& replaced() const { return replaced_; }
  // Every record in file order, one frame in memory at a time. Stops at the first error, of its own or of `visit`.
  [[nodiscard]] Result<void> for_each(
      const std::function<Result<void>(const SegmentEntry&, std::span<const std::uint8_t>)>& visit) const;

 private:
  struct Frame {
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    std::uint64_t games = 0;
  };
  Segment() = default;

  std::vector<std::uint8_t> bytes_;
  std::vector<Frame> frames_;
  std::vector<SegmentEntry> entries_;
  std::vector<Digest> replaced_;
  SegmentSummary summary_;
};

}  // namespace mz
