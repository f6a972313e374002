#include "store/game_store.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <set>

#include "store/checked_game.h"
#include "store/segment.h"
#include "store/view.h"

namespace mz {
namespace {

// Compaction: so many segments below a quarter of a full one are joined.
constexpr std::size_t kCompactAt = 32;
constexpr std::uint64_t kSmallWeight = SegmentLimits::kMaxWeight / 4;
constexpr std::size_t kMaxProblems = 100;
// A larger view is closed without a seal: reading it whole would take too long when the node stops and starts.
constexpr std::uint64_t kMaxSealedView = 256U << 20;

std::int64_t system_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

struct GameStore::Impl {
  struct Pending {
    CheckedGame game;
    std::int64_t stored_at = 0;
  };

  Impl(std::string the_directory, Disk& the_disk, Options options)
      : disk(the_disk),
        directory(std::move(the_directory)),
        view_path(options.view_path.empty() ? directory + "/games.db" : std::move(options.view_path)),
        clock(options.clock ? std::move(options.clock) : system_seconds) {}

  Disk& disk;
  const std::string directory;
  const std::string view_path;
  const std::function<std::int64_t()> clock;
  std::unique_ptr<DiskLock> lock;
  GameTable table;

  std::mutex writing;  // guards everything up to the next mutex, and the writing side of the view
  std::vector<Pending> pending;
  std::set<Digest> pending_ids;
  std::uint64_t weight = 0;
  bool view_behind = false;  // a segment is on disk that the view does not have
  bool check_compaction = true;

  mutable std::mutex replacing;  // guards `view`, which only a thread that holds `writing` replaces
  std::shared_ptr<View> view;

  mutable std::mutex reporting;  // guards the rest; taken after `writing` when both are needed
  StoreAccount account;
  std::vector<std::string> problems;
  std::vector<ConfigurationCount> counts;

  void problem(std::string text) {
    const std::lock_guard guard(reporting);
    if (problems.size() < kMaxProblems) problems.push_back(std::move(text));
  }

  // For reading: stays usable when the view is rebuilt meanwhile.
  [[nodiscard]] std::shared_ptr<View> shown() const {
    const std::lock_guard guard(replacing);
    return view;
  }

  Result<void> open_view();
  Result<void> rebuild_view();
  Result<void> sync_view();
  Result<void> import_missing(bool& view_damaged);
  Result<void> import_segment(const Digest& name, bool& view_damaged);
  Result<void> remove_replaced(const std::vector<Digest>& on_disk);
  Result<void> refresh_counts();
  Result<std::uint64_t> seal();
  Result<void> show_pending(const SegmentSummary& summary);
  Result<void> compact();
  Result<void> join(const std::vector<Digest>& names);
};

Result<void> GameStore::Impl::open_view() {
  auto opened = View::open(view_path);
  if (!opened && opened.error().kind == ErrorKind::corrupt) {
    // It holds nothing that the segments do not hold.
    View::destroy(view_path);
    opened = View::open(view_path);
  }
  if (!opened) return opened.error();
  const std::lock_guard guard(replacing);
  view = std::move(*opened);
  return {};
}

Result<void> GameStore::Impl::rebuild_view() {
  {
    const std::lock_guard guard(replacing);
    view.reset();
  }
  View::destroy(view_path);
  return open_view();
}

Result<void> GameStore::Impl::sync_view() {
  const auto whole = view->check();
  if (!whole) return whole.error();
  bool view_damaged = !*whole;
  auto imported = view_damaged ? Result<void>(Error{}) : import_missing(view_damaged);
  if (!imported && view_damaged) {
    if (auto rebuilt = rebuild_view(); !rebuilt) return rebuilt;
    imported = import_missing(view_damaged);
  }
  if (!imported) return imported;
  view_behind = false;
  return refresh_counts();
}

Result<void> GameStore::Impl::import_missing(bool& view_damaged) {
  const auto on_disk = list_segments(disk, directory);
  if (!on_disk) return on_disk.error();
  const auto is_on_disk = [&on_disk](const Digest& name) {
    return std::binary_search(on_disk->begin(), on_disk->end(), name);
  };

  auto known = view->segments();
  const bool usable =
      known && std::all_of(known->begin(), known->end(), [&](const SegmentSummary& s) { return is_on_disk(s.name); });
  if (!usable) {
    if (auto rebuilt = rebuild_view(); !rebuilt) return rebuilt;
    known = std::vector<SegmentSummary>{};
  }
  std::set<Digest> have;
  for (const SegmentSummary& segment : *known) have.insert(segment.name);
  const auto aliases = view->aliases();
  if (!aliases) return aliases.error();
  for (const auto& [old, now] : *aliases) have.insert(old);
  for (const Digest& name : *on_disk) {
    if (have.contains(name)) continue;
    const auto imported = import_segment(name, view_damaged);
    if (imported) continue;
    if (imported.error().kind == ErrorKind::failure) return imported;  // the disk, not the file
    problem(imported.error().text + " Its games are left out; the file was not touched.");
  }
  return remove_replaced(*on_disk);
}

Result<void> GameStore::Impl::import_segment(const Digest& name, bool& view_damaged) {
  const auto segment = Segment::load(disk, directory, name);
  if (!segment) return segment.error();
  // An error of the view must not be taken for one of the segment.
  const auto of_view = [&view_damaged](const Error& error) {
    view_damaged = view_damaged || error.kind == ErrorKind::corrupt;
    return Error{ErrorKind::failure, error.text};
  };
  if (auto begun = view->begin(); !begun) return of_view(begun.error());
  const auto number = view->add_segment(segment->summary(), segment->replaced());
  std::uint64_t left_out = 0;
  std::string why;
  const auto add = [&](const SegmentEntry& entry, std::span<const std::uint8_t> bytes) -> Result<void> {
    const auto game = check_game(bytes, table);
    if (!game && game.error().kind == ErrorKind::corrupt) return game.error();
    if (!game) {  // played by other rules, or a game this program does not have
      ++left_out;
      why = game.error().text;
      return {};
    }
    if (game->id != entry.id) return Error{ErrorKind::corrupt, "Its index names another game than the one it holds."};
    const auto inserted = view->insert(*game, entry.stored_at, *number);
    if (!inserted) return of_view(inserted.error());
    return {};
  };
  auto added = number ? segment->for_each(add) : Result<void>(of_view(number.error()));
  if (added) {
    if (const auto committed = view->commit(); !committed) added = of_view(committed.error());
  }
  if (!added) {
    view->rollback();
    return Error{added.error().kind, segment_path(directory, name) + ": " + added.error().text};
  }
  if (left_out > 0) {
    problem(std::to_string(left_out) + " games of " + segment_path(directory, name) + " are left out: " + why);
  }
  return {};
}

// Compaction removes what it replaced; after a crash in between it is done here, but only when nothing gets lost.
Result<void> GameStore::Impl::remove_replaced(const std::vector<Digest>& on_disk) {
  const auto aliases = view->aliases();
  if (!aliases) return aliases.error();
  for (const auto& [old, now] : *aliases) {
    if (!std::binary_search(on_disk.begin(), on_disk.end(), old)) continue;
    const auto small = Segment::load(disk, directory, old);
    const auto large = Segment::load(disk, directory, now);
    if (!small || !large) continue;
    std::set<Digest> ids;
    for (const SegmentEntry& entry : large->entries()) ids.insert(entry.id);
    const auto& entries = small->entries();
    const bool all =
        std::all_of(entries.begin(), entries.end(), [&](const SegmentEntry& e) { return ids.contains(e.id); });
    if (!all) {
      problem(segment_path(directory, old) + " has games that its replacement lacks. It was not touched.");
      continue;
    }
    if (auto removed = disk.remove(segment_path(directory, old)); !removed) return removed;
  }
  return {};
}

Result<void> GameStore::Impl::refresh_counts() {
  auto fresh = view->counts();
  if (!fresh) return fresh.error();
  const std::lock_guard guard(reporting);
  counts = std::move(*fresh);
  return {};
}

Result<std::uint64_t> GameStore::Impl::seal() {
  if (pending.empty()) return std::uint64_t{0};
  auto writer = SegmentWriter::start(disk, directory);
  if (!writer) return writer.error();
  for (const Pending& each : pending) {
    if (auto added = (*writer)->add(each.game.id, each.stored_at, each.game.record.moves.size(), each.game.bytes);
        !added) {
      return added.error();
    }
  }
  const auto summary = (*writer)->finish();
  if (!summary) return summary.error();

  // Durable from here on: whatever happens to the view now can be repaired from the segment.
  if (auto shown = show_pending(*summary); !shown) {
    view_behind = true;
    problem("games.db could not be brought up to date: " + shown.error().text);
  }
  const std::uint64_t count = pending.size();
  pending.clear();
  pending_ids.clear();
  weight = 0;
  check_compaction = true;
  const std::lock_guard guard(reporting);
  account.stored += count;
  account.pending = 0;
  return count;
}

Result<void> GameStore::Impl::show_pending(const SegmentSummary& summary) {
  if (view_behind) return sync_view();
  if (auto begun = view->begin(); !begun) return begun;
  const auto number = view->add_segment(summary, {});
  Result<void> done = number ? Result<void>() : Result<void>(number.error());
  for (const Pending& each : pending) {
    if (!done) break;
    const auto inserted = view->insert(each.game, each.stored_at, *number);
    if (!inserted) done = inserted.error();
  }
  if (done) done = view->commit();
  if (!done) {
    view->rollback();
    return done;
  }
  return refresh_counts();
}

Result<void> GameStore::Impl::compact() {
  if (!check_compaction) return {};
  check_compaction = false;
  auto all = view->segments();
  if (!all) return all.error();
  std::erase_if(*all, [](const SegmentSummary& segment) { return segment.weight() >= kSmallWeight; });
  if (all->size() < kCompactAt) return {};
  std::sort(all->begin(), all->end(), [](const SegmentSummary& a, const SegmentSummary& b) {
    return a.weight() != b.weight() ? a.weight() < b.weight() : a.name < b.name;
  });
  std::vector<Digest> chosen;
  std::uint64_t total = 0;
  for (const SegmentSummary& segment : *all) {
    total += segment.weight();
    if (total > SegmentLimits::kMaxWeight) break;
    chosen.push_back(segment.name);
  }
  return join(chosen);
}

Result<void> GameStore::Impl::join(const std::vector<Digest>& names) {
  auto writer = SegmentWriter::start(disk, directory);
  if (!writer) return writer.error();
  std::vector<Digest> replaced;
  std::set<Digest> ids;
  for (const Digest& name : names) {
    const auto segment = Segment::load(disk, directory, name);
    if (!segment) return segment.error();
    replaced.push_back(name);
    replaced.insert(replaced.end(), segment->replaced().begin(), segment->replaced().end());
    if (replaced.size() > SegmentLimits::kMaxReplaced) return {};  // these stay small for good
    const auto copied =
        segment->for_each([&](const SegmentEntry& entry, std::span<const std::uint8_t> bytes) -> Result<void> {
          if (!ids.insert(entry.id).second) return {};
          const auto record = decode_record(bytes);
          if (!record) return record.error();
          return (*writer)->add(entry.id, entry.stored_at, record->moves.size(), bytes);
        });
    if (!copied) return copied;
  }
  const auto summary = (*writer)->finish(replaced);
  if (!summary) return summary.error();

  if (auto begun = view->begin(); !begun) return begun;
  const auto number = view->add_segment(*summary, replaced);
  const auto committed = number ? view->commit() : Result<void>(number.error());
  if (!committed) {
    view->rollback();
    view_behind = true;
    return committed;
  }
  for (const Digest& old : names) {
    if (auto removed = disk.remove(segment_path(directory, old)); !removed) return removed;
  }
  return {};
}

GameStore::GameStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GameStore::~GameStore() {
  if (impl_->view && !impl_->view_behind && View::bytes_on_disk(impl_->view_path) <= kMaxSealedView) {
    // Without a seal the view is merely not protected against changed bytes while nobody has it open.
    (void)impl_->view->close_sealed().ok();
  }
}

Result<std::unique_ptr<GameStore>> GameStore::open(const std::string& directory, Disk& disk) {
  return open(directory, disk, Options());
}

Result<std::unique_ptr<GameStore>> GameStore::open(const std::string& directory, Disk& disk, Options options) {
  auto impl = std::make_unique<Impl>(directory, disk, std::move(options));
  if (auto made = disk.make_directories(directory); !made) return made.error();
  auto lock = disk.lock(directory + "/store.lock",
                        directory +
                            " is in use by another meshzero process. Stop it first (meshzero down), or choose "
                            "another directory.");
  if (!lock) return lock.error();
  impl->lock = std::move(*lock);
  const auto leftovers = disk.list(incoming_directory(directory));
  if (!leftovers) return leftovers.error();
  for (const std::string& name : *leftovers) {
    if (!name.ends_with(".part")) continue;
    if (auto removed = disk.remove(incoming_directory(directory) + "/" + name); !removed) return removed.error();
  }
  if (auto opened = impl->open_view(); !opened) return opened.error();
  if (auto synced = impl->sync_view(); !synced) return synced.error();
  return std::unique_ptr<GameStore>(new GameStore(std::move(impl)));
}

Result<Appended> GameStore::append(const GameRecord& record) {
  if (auto valid = check_record(record); !valid) return valid.error();
  return append_bytes(encode_record(record));
}

Result<Appended> GameStore::append_bytes(std::span<const std::uint8_t> encoded) {
  Impl& s = *impl_;
  auto game = check_game(encoded, s.table);
  if (!game) {
    const std::lock_guard guard(s.reporting);
    ++s.account.refused;
    return game.error();
  }
  const std::lock_guard guard(s.writing);
  const auto known = s.view->contains(game->id);
  if (!known) {
    s.view_behind = true;  // `tick` repairs what can be repaired
    return known.error();
  }
  if (*known || s.pending_ids.contains(game->id)) {
    const std::lock_guard report(s.reporting);
    ++s.account.duplicates;
    return Appended::duplicate;
  }
  const std::uint64_t weight = segment_weight(game->bytes.size());
  if (s.weight + weight > kSealBytes) {
    if (const auto sealed = s.seal(); !sealed) return sealed.error();
  }
  s.weight += weight;
  s.pending_ids.insert(game->id);
  s.pending.push_back({std::move(*game), s.clock()});
  const std::lock_guard report(s.reporting);
  ++s.account.accepted;
  ++s.account.pending;
  return Appended::stored_new;
}

Result<std::uint64_t> GameStore::seal() {
  const std::lock_guard guard(impl_->writing);
  return impl_->seal();
}

Result<void> GameStore::tick() {
  Impl& s = *impl_;
  const std::lock_guard guard(s.writing);
  if (!s.pending.empty() && s.clock() - s.pending.front().stored_at >= kSealSeconds) {
    if (const auto sealed = s.seal(); !sealed) return sealed.error();
  }
  if (s.view_behind) {
    if (auto synced = s.sync_view(); !synced) return synced;
  }
  return s.compact();
}

std::vector<ConfigurationCount> GameStore::counts() const {
  const std::lock_guard guard(impl_->reporting);
  return impl_->counts;
}

StoreAccount GameStore::account() const {
  const std::lock_guard guard(impl_->reporting);
  return impl_->account;
}

std::vector<std::string> GameStore::problems() const {
  const std::lock_guard guard(impl_->reporting);
  return impl_->problems;
}

Result<GamePage> GameStore::recent(std::size_t limit, std::optional<std::int64_t> before,
                                   const GameFilter& filter) const {
  if (limit == 0 || limit > kMaxPage) {
    return Error{ErrorKind::usage, "A page has 1 to " + std::to_string(kMaxPage) + " games."};
  }
  return impl_->shown()->recent(limit, before, filter);
}

Result<StoredGame> GameStore::find(const Digest& id) const { return impl_->shown()->find(id); }

Result<void> GameStore::for_each(const std::function<Result<void>(const StoredGame&)>& visit) const {
  return impl_->shown()->for_each(visit);
}

Result<std::uint64_t> GameStore::bytes_on_disk() const {
  const auto segments = impl_->shown()->segments();
  if (!segments) return segments.error();
  std::uint64_t total = 0;
  for (const SegmentSummary& segment : *segments) total += segment.file_bytes;
  return total + View::bytes_on_disk(impl_->view_path);
}

}  // namespace mz
