#include "store/segment.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "engine/base/bytes.h"

namespace mz {
namespace {

using Limits = SegmentLimits;

constexpr std::string_view kHead = "MZSG\x01";
constexpr std::string_view kTail = "MZSE";
constexpr std::size_t kTailBytes = 8 + sizeof(Digest) + kTail.size();
constexpr std::string_view kSuffix = ".seg";
constexpr int kLevel = 3;  // zstd: higher levels gain under 5 % on records and cost several times the time

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Error corrupt(const std::string& what) { return {ErrorKind::corrupt, "This is not an intact segment: " + what + "."}; }

std::string objects_directory(const std::string& directory) { return directory + "/objects"; }

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

}  // namespace

std::string segment_path(const std::string& directory, const Digest& name) {
  const std::string hex = to_hex(name);
  return objects_directory(directory) + "/" + hex.substr(0, 2) + "/" + hex + std::string(kSuffix);
}

std::string incoming_directory(const std::string& directory) { return directory + "/incoming"; }

Result<std::vector<Digest>> list_segments(Disk& disk, const std::string& directory) {
  const auto folders = disk.list(objects_directory(directory));
  if (!folders) return folders.error();
  std::vector<Digest> names;
  for (const std::string& folder : *folders) {
    if (folder.size() != 2) continue;
    const auto files = disk.list(objects_directory(directory) + "/" + folder);
    if (!files) return files.error();
    for (const std::string& file : *files) {
      Digest name;
      if (!file.ends_with(kSuffix) || !from_hex(file.substr(0, file.size() - kSuffix.size()), name)) continue;
      if (to_hex(name) + std::string(kSuffix) == file && file.starts_with(folder)) names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct SegmentWriter::Impl {
  struct Frame {
    std::uint64_t packed, unpacked, games;
  };

  Disk& disk;
  std::string directory;
  std::string temporary;
  std::unique_ptr<File> file;
  Sha256 name;     // of all bytes
  Sha256 content;  // of all bytes before the digest in the tail
  std::vector<std::uint8_t> frame;
  std::uint64_t frame_games = 0;
  std::vector<Frame> frames;
  std::vector<SegmentEntry> entries;
  std::uint64_t plies = 0;
  std::uint64_t weight = 0;
  std::uint64_t written = 0;

  bool finished = false;

  Impl(Disk& the_disk, std::string the_directory) : disk(the_disk), directory(std::move(the_directory)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (finished || !file) return;
    file.reset();
    // On a full disk every byte counts. What cannot be removed now is removed when the store is opened again.
    (void)disk.remove(temporary).ok();
  }

  Result<void> put(std::span<const std::uint8_t> bytes) {
    name.update(bytes);
    content.update(bytes);
    written += bytes.size();
    return file->append(bytes);
  }

  Result<void> close_frame() {
    if (frame.empty()) return {};
    std::vector<std::uint8_t> packed(ZSTD_compressBound(frame.size()));
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), frame.data(), frame.size(), kLevel);
    if (ZSTD_isError(size) != 0) {
      return Error{ErrorKind::failure, std::string("Cannot compress games: ") + ZSTD_getErrorName(size) + "."};
    }
    packed.resize(size);
    frames.push_back({size, frame.size(), frame_games});
    frame.clear();
    frame_games = 0;
    return put(packed);
  }

  [[nodiscard]] std::vector<std::uint8_t> footer(const std::vector<Digest>& replaced) const {
    ByteWriter out;
    out.varint(frames.size());
    for (const Frame& each : frames) {
      out.varint(each.packed);
      out.varint(each.unpacked);
      out.varint(each.games);
    }
    out.varint(entries.size());
    for (const SegmentEntry& entry : entries) {
      out.raw(entry.id);
      out.varint(entry.size);
      out.varint(static_cast<std::uint64_t>(entry.stored_at));
    }
    out.varint(plies);
    out.varint(replaced.size());
    for (const Digest& old : replaced) out.raw(old);
    const std::uint64_t size = out.bytes().size();
    out.u64(size);
    return out.take();
  }
};

SegmentWriter::SegmentWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentWriter::~SegmentWriter() = default;
std::uint64_t SegmentWriter::weight() const { return impl_->weight; }

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::start(Disk& disk, const std::string& directory) {
  auto impl = std::make_unique<Impl>(disk, directory);
  const std::string incoming = incoming_directory(directory);
  if (auto made = disk.make_directories(incoming); !made) return made.error();
  // A failed attempt leaves its file behind until the store is opened again, so take the first free number.
  const auto taken = disk.list(incoming);
  if (!taken) return taken.error();
  for (std::size_t number = 0; impl->temporary.empty(); ++number) {
    const std::string file = std::to_string(number) + ".part";
    if (!std::binary_search(taken->begin(), taken->end(), file)) impl->temporary = incoming + "/" + file;
  }
  auto file = disk.create(impl->temporary);
  if (!file) return file.error();
  impl->file = std::move(*file);
  if (auto put = impl->put(as_bytes(kHead)); !put) return put.error();
  return std::unique_ptr<SegmentWriter>(new SegmentWriter(std::move(impl)));
}

Result<void> SegmentWriter::add(const Digest& id, std::int64_t stored_at, std::uint64_t plies,
                                std::span<const std::uint8_t> record) {
  Impl& w = *impl_;
  if (record.size() > GameRecord::kMaxBytes || w.weight + segment_weight(record.size()) > Limits::kMaxWeight) {
    return Error{ErrorKind::refused, "The segment is full."};
  }
  w.weight += segment_weight(record.size());
  w.plies += plies;
  w.entries.push_back({id, std::max<std::int64_t>(stored_at, 0), static_cast<std::uint32_t>(record.size())});
  w.frame.insert(w.frame.end(), record.begin(), record.end());
  ++w.frame_games;
  return w.frame.size() >= Limits::kFrameBytes ? w.close_frame() : Result<void>{};
}

Result<SegmentSummary> SegmentWriter::finish(std::vector<Digest> replaced) {
  Impl& w = *impl_;
  std::sort(replaced.begin(), replaced.end());
  replaced.erase(std::unique(replaced.begin(), replaced.end()), replaced.end());
  if (auto closed = w.close_frame(); !closed) return closed.error();
  if (auto put = w.put(w.footer(replaced)); !put) return put.error();
  const Digest content = w.content.finish();
  if (auto put = w.put(content); !put) return put.error();
  if (auto put = w.put(as_bytes(kTail)); !put) return put.error();
  const SegmentSummary summary{w.name.finish(), w.written, w.entries.size(), w.plies,
                               w.weight - w.entries.size() * segment_weight(0)};

  if (auto synced = w.file->sync(); !synced) return synced.error();
  if (auto locked = w.file->make_read_only(); !locked) return locked.error();
  const std::string path = segment_path(w.directory, summary.name);
  if (auto made = w.disk.make_directories(parent_directory(path)); !made) return made.error();
  if (auto renamed = w.disk.rename(w.temporary, path); !renamed) return renamed.error();
  w.finished = true;
  if (auto synced = w.disk.sync_directory(parent_directory(path)); !synced) return synced.error();
  return summary;
}

Result<Segment> Segment::parse(std::vector<std::uint8_t> bytes) {
  Segment segment;
  const std::span<const std::uint8_t> all(bytes);
  if (all.size() > Limits::kMaxFileBytes) return corrupt("it is larger than a segment can be");
  if (!starts_with(all, kHead)) return corrupt("it does not begin like one of version 1");
  if (all.size() < kHead.size() + kTailBytes) return corrupt("it is cut off");
  const auto tail = all.last(kTailBytes);
  if (!starts_with(tail.last(kTail.size()), kTail)) return corrupt("its end is missing");
  const Digest content = sha256(all.first(all.size() - sizeof(Digest) - kTail.size()));
  if (!std::equal(content.begin(), content.end(), tail.begin() + 8))
    return corrupt("its bytes have changed since it was written");

  // From here on only a segment that somebody built on purpose can be wrong.
  const std::uint64_t footer_size = ByteReader(tail).u64();
  if (footer_size > all.size() - kHead.size() - kTailBytes) return corrupt("its footer is longer than the file");
  const std::size_t body = all.size() - kHead.size() - kTailBytes - static_cast<std::size_t>(footer_size);
  ByteReader in(all.subspan(kHead.size() + body, static_cast<std::size_t>(footer_size)));

  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint64_t games_in_frames = 0;
  const std::uint64_t frames = in.varint(Limits::kMaxFrames);
  for (std::uint64_t i = 0; i < frames && in.good(); ++i) {
    Frame frame;
    frame.packed = in.varint(Limits::kMaxFileBytes);
    frame.unpacked = in.varint(Limits::kMaxFrameBytes);
    frame.games = in.varint(Limits::kMaxGames);
    packed += frame.packed;
    unpacked += frame.unpacked;
    games_in_frames += frame.games;
    segment.frames_.push_back(frame);
  }
  const std::uint64_t games = in.varint(Limits::kMaxGames);
  std::size_t frame = 0;
  std::uint64_t in_frame = 0;
  std::uint64_t frame_bytes = 0;
  for (std::uint64_t i = 0; i < games && in.good(); ++i) {
    SegmentEntry entry;
    const auto id = in.raw(sizeof(Digest));
    if (!in.good()) break;
    std::copy(id.begin(), id.end(), entry.id.begin());
    entry.size = static_cast<std::uint32_t>(in.varint(GameRecord::kMaxBytes));
    entry.stored_at = static_cast<std::int64_t>(in.varint(std::numeric_limits<std::int64_t>::max()));
    segment.entries_.push_back(entry);
    frame_bytes += entry.size;
    ++in_frame;
    if (frame >= segment.frames_.size()) return corrupt("it lists more games than its frames hold");
    if (in_frame == segment.frames_[frame].games) {
      if (frame_bytes != segment.frames_[frame].unpacked) return corrupt("the sizes of its games do not fill a frame");
      ++frame;
      in_frame = 0;
      frame_bytes = 0;
    }
  }
  segment.summary_.plies = in.varint(Limits::kMaxGames * GameRecord::kMaxMoves);
  const std::uint64_t replaced = in.varint(Limits::kMaxReplaced);
  for (std::uint64_t i = 0; i < replaced && in.good(); ++i) {
    const auto old = in.raw(sizeof(Digest));
    if (!in.good()) break;
    Digest name;
    std::copy(old.begin(), old.end(), name.begin());
    if (!segment.replaced_.empty() && name <= segment.replaced_.back())
      return corrupt("its list of replaced segments is not in order");
    segment.replaced_.push_back(name);
  }
  if (!in.good() || in.remaining() != 0) return corrupt("its footer is damaged");
  if (packed != body) return corrupt("its frames do not fill it");
  if (unpacked > Limits::kMaxUnpackedBytes) return corrupt("it would unpack to more than a segment can hold");
  if (games_in_frames != games || frame != segment.frames_.size() || in_frame != 0)
    return corrupt("its counts disagree");

  segment.summary_.name = sha256(all);
  segment.summary_.file_bytes = all.size();
  segment.summary_.games = games;
  segment.summary_.record_bytes = unpacked;
  segment.bytes_ = std::move(bytes);
  return segment;
}

Result<Segment> Segment::load(Disk& disk, const std::string& directory, const Digest& name) {
  const std::string path = segment_path(directory, name);
  const auto at_path = [&path](const Error& error) { return Error{error.kind, path + ": " + error.text}; };
  auto bytes = disk.read(path, Limits::kMaxFileBytes);
  if (!bytes) return bytes.error();
  auto segment = parse(std::move(*bytes));
  if (!segment) return at_path(segment.error());
  if (segment->summary_.name != name) return at_path(corrupt("its content does not have the name of the file"));
  return segment;
}

Result<void> Segment::for_each(
    const std::function<Result<void>(const SegmentEntry&, std::span<const std::uint8_t>)>& visit) const {
  std::vector<std::uint8_t> frame_bytes;
  std::size_t at = kHead.size();
  std::size_t entry = 0;
  for (const Frame& frame : frames_) {
    const std::uint8_t* packed = bytes_.data() + at;
    // One zstd frame of exactly these sizes: nothing hidden behind it, nothing to be unpacked beyond what was announced.
    if (ZSTD_findFrameCompressedSize(packed, frame.packed) != frame.packed ||
        ZSTD_getFrameContentSize(packed, frame.packed) != frame.unpacked) {
      return corrupt("a frame does not have the size that the footer gives");
    }
    frame_bytes.resize(frame.unpacked);
    if (ZSTD_decompress(frame_bytes.data(), frame_bytes.size(), packed, frame.packed) != frame.unpacked) {
      return corrupt("a frame cannot be unpacked");
    }
    at += frame.packed;
    std::size_t offset = 0;
    for (std::uint64_t i = 0; i < frame.games; ++i, ++entry) {
      const std::span<const std::uint8_t> record(frame_bytes.data() + offset, entries_[entry].size);
      offset += record.size();
      if (auto visited = visit(entries_[entry], record); !visited) return visited;
    }
  }
  return {};
}

}  // namespace mz
