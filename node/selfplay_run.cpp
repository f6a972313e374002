#include "node/selfplay_run.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "node/joined_threads.h"
#include "node/platform.h"
#include "store/export.h"
#include "store/game_file.h"
#include "store/game_source.h"
#include "store/game_store.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLookAround{200};
constexpr std::chrono::seconds kReportEvery{1};

class Runner {
 public:
  Runner(const SelfplayRun& run, SelfplayDestination& destination, Disk& disk, const std::atomic<bool>& stop)
      : run_(run), destination_(destination), to_(destination.places()), disk_(disk), stop_(stop), ids_(run.games) {
    progress_.total = run.games;
    progress_.kept_in = to_.staging;
  }

  Result<SelfplayProgress> run(const std::function<void(const SelfplayProgress&)>& report) {
    // A wrong name is found before anything is created.
    auto table = SelfplayTable::open(run_.spec);
    if (!table) return table.error();
    if (auto prepared = prepare(); !prepared) {
      if (was_interrupted(prepared)) return progress_;
      return prepared.error();
    }
    auto store = GameStore::open(progress_.kept_in, disk_);
    if (!store) return store.error();
    store_ = std::move(*store);
    if (auto found = find_games(*table); !found) {
      if (was_interrupted(found)) return progress_;
      return found.error();
    }
    if (auto played = play_all(report); !played) return played.error();
    if (auto finished = finish(); !finished) return finished.error();
    report(progress_);
    return progress_;
  }

 private:
  // Nothing that somebody may still want is written over.
  Result<void> prepare() {
    const auto exists = destination_.exists();
    if (!exists) return exists.error();
    exists_ = *exists;
    if (auto made = disk_.make_directories(parent_directory(to_.staging)); !made) return made;
    if (to_.kind == OutputKind::directory || run_.resume) return {};
    if (exists_) {
      return Error{ErrorKind::refused,
                   to_.name + " exists. Choose another name, or add --resume to continue the run that wrote it."};
    }
    if (disk_.size(progress_.kept_in)) {
      return Error{ErrorKind::refused, progress_.kept_in +
                                           " holds the games of an interrupted run. Add --resume to continue it, or "
                                           "remove that folder to start again."};
    }
    return {};
  }

  // Which games of this run exist already, by their seeds. Only a resumed run looks.
  Result<void> find_games(const SelfplayTable& table) {
    if (!run_.resume) return {};
    std::unordered_map<std::uint64_t, std::uint64_t> index_of;
    index_of.reserve(run_.games);
    for (std::uint64_t i = 0; i < run_.games; ++i) index_of.emplace(selfplay_seed(run_.seed, i), i);
    const auto note = [&](const Digest& id, const GameRecord& record) {
      const auto found = index_of.find(record.seed);
      if (found == index_of.end() || !table.would_play(record)) return false;
      if (!ids_[found->second]) ++progress_.found;
      ids_[found->second] = id;
      return true;
    };
    const auto in_store = store_->for_each([&](const StoredGame& game) -> Result<void> {
      note(game.summary.id, game.record);
      return {};
    });
    if (!in_store) return in_store;
    progress_.games = progress_.found;
    if (to_.kind == OutputKind::directory || !exists_) return {};
    if (auto fetched = destination_.fetch(); !fetched) return fetched;
    GameTable games;
    const auto in_file = read_games(to_.file, disk_, games, [&](const CheckedGame& game) -> Result<void> {
      if (!note(game.id, game.record)) {
        return Error{ErrorKind::refused,
                     to_.name + " holds games that this run would not play. Choose another output."};
      }
      const auto kept = store_->append_bytes(game.bytes);
      if (!kept) return kept.error();
      return {};
    });
    if (!in_file) return in_file;
    progress_.games = progress_.found;
    const auto sealed = store_->seal();
    if (!sealed) return sealed.error();
    return {};
  }

  Result<void> play_all(const std::function<void(const SelfplayProgress&)>& report) {
    const auto begin = Clock::now();
    const std::uint64_t missing = run_.games - progress_.found;
    const auto count = static_cast<unsigned>(std::min<std::uint64_t>(run_.threads, missing));
    running_ = count;
    // No thread takes more than its share, or others would have nothing to do.
    const std::uint64_t share = count > 0 ? (missing + count - 1) / count : 0;
    JoinedThreads threads;
    const auto started = threads.start_all(count, [this, share](unsigned /*thread*/) {
      platform::name_thread("player");
      play_some(share);
    });
    if (!started) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
      error_ = started.error();
      running_ = 0;
    }

    auto reported = begin;
    auto sealed = begin;
    std::uint64_t sealed_games = 0;
    std::uint64_t durable = progress_.found;
    progress_.durable = durable;
    Result<void> result;
    std::unique_lock lock(mutex_);
    while (running_ > 0) {
      changed_.wait_for(lock, kLookAround);
      const auto now = Clock::now();
      note_time(begin);
      SelfplayProgress snapshot = progress_;
      lock.unlock();
      const std::uint64_t played = snapshot.games - snapshot.found;
      const bool due = run_.checkpoint_interval > 0 ? played - sealed_games >= run_.checkpoint_interval
                                                    : now - sealed >= kSelfplaySealSeconds;
      if (due && result) {
        sealed = now;
        sealed_games = played;
        result = checkpoint();
        if (!result) failed_ = true;
        if (result) durable = snapshot.games;
      }
      if (now - reported >= kReportEvery || durable != snapshot.durable) {
        reported = now;
        snapshot.durable = durable;
        report(snapshot);
      }
      lock.lock();
      progress_.durable = durable;
    }
    lock.unlock();
    threads.join();
    note_time(begin);
    if (!result) return result;
    if (error_) return *error_;
    if (auto sealed_all = checkpoint(); !sealed_all) return sealed_all;
    progress_.durable = progress_.games;
    return {};
  }

  void note_time(Clock::time_point begin) {
    progress_.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    progress_.leaves = leaves_;
    progress_.batches = batches_;
  }

  Result<void> checkpoint() {
    if (const auto sealed = store_->seal(); !sealed) return sealed.error();
    return store_->tick();
  }

  // One player thread: keeps games under way until none is left to begin and all have ended.
  void play_some(std::uint64_t share) {
    const auto played = play_until_done(share);
    const std::lock_guard lock(mutex_);
    if (!played) {
      failed_ = true;
      if (!error_) error_ = played.error();
    }
    --running_;
    changed_.notify_one();
  }

  Result<void> play_until_done(std::uint64_t share) {
    SelfplaySpec spec = run_.spec;
    spec.give_up = &stop_;
    auto table = SelfplayTable::open(spec);
    if (!table) return table.error();
    const std::uint64_t wanted = run_.games_at_once > 0 ? run_.games_at_once : table->games_at_once();
    const std::uint64_t at_once = std::min(wanted, share);
    std::map<std::uint64_t, std::uint64_t> begun;  // indices of the games under way, by seed
    std::uint64_t batches = 0;
    std::uint64_t leaves = 0;
    const auto go_on = [&] {
      if (table->batches() != batches) {
        batches_.fetch_add(table->batches() - std::exchange(batches, table->batches()), std::memory_order_relaxed);
        leaves_.fetch_add(table->leaves() - std::exchange(leaves, table->leaves()), std::memory_order_relaxed);
      }
      return !stop_ && !failed_;
    };
    const auto next_seed = [&]() -> std::optional<std::uint64_t> {
      const auto index = next_missing();
      if (!index) return std::nullopt;
      return begun.emplace(selfplay_seed(run_.seed, *index), *index).first->first;
    };
    auto played = table->play_all(at_once, go_on, next_seed, [&](const GameRecord& record) {
      const auto game = begun.extract(record.seed);
      return keep(record, game.mapped());
    });
    const std::lock_guard lock(mutex_);
    progress_.resignations += table->resignations();
    return played;
  }

  // The index of a game that was not there when the run began. Each is given to one thread, which alone writes its id.
  std::optional<std::uint64_t> next_missing() {
    for (;;) {
      const std::uint64_t index = next_++;
      if (index >= run_.games) return std::nullopt;
      if (!ids_[index]) return index;
    }
  }

  Result<void> keep(const GameRecord& record, std::uint64_t index) {
    const auto stored = store_->append(record);
    if (!stored) return stored.error();
    ids_[index] = game_id(record);
    const std::lock_guard lock(mutex_);
    ++progress_.games;
    progress_.plies += record.moves.size();
    progress_.capped += record.capped ? 1 : 0;
    if (run_.checkpoint_interval > 0 && (progress_.games - progress_.found) % run_.checkpoint_interval == 0)
      changed_.notify_one();
    return {};
  }

  Result<void> finish() {
    if (progress_.games < run_.games) return {};
    if (to_.kind == OutputKind::directory) {
      progress_.complete = true;
      return {};
    }
    // Interrupted meanwhile: the games are safe, and resuming writes and publishes the file.
    const auto written = to_.kind == OutputKind::database ? write_database() : write_lines();
    if (!written) return was_interrupted(written) ? Result<void>{} : written;
    const auto published = destination_.publish();
    if (was_interrupted(published)) return {};
    if (!published) {
      return Error{published.error().kind, published.error().text + " All games are safe in " + to_.staging +
                                               ". The same command with --resume goes on."};
    }
    store_.reset();
    std::error_code code;
    std::filesystem::remove_all(progress_.kept_in, code);
    if (code)
      return Error{ErrorKind::failure, "Cannot remove " + progress_.kept_in + ": " + code.message() +
                                           ". Its games are all in " + to_.name + "."};
    progress_.kept_in = to_.name;
    progress_.complete = true;
    return {};
  }

  [[nodiscard]] bool was_interrupted(const Result<void>& done) const {
    return stop_ && !done && done.error().kind == ErrorKind::refused;
  }

  [[nodiscard]] Result<void> go_on() const {
    if (stop_) return Error{ErrorKind::refused, "Interrupted."};
    return {};
  }

  Result<void> write_database() {
    std::vector<Digest> sorted;
    for (const auto& id : ids_) sorted.push_back(*id);
    std::sort(sorted.begin(), sorted.end());
    auto writer = GameFileWriter::create(disk_, to_.file);
    if (!writer) return writer.error();
    const auto written = each_game(sorted, [&](const GameRecord& record) -> Result<void> {
      const auto game = check_game(record, games_);
      if (!game) return game.error();
      return (*writer)->add(*game);
    });
    if (!written) return written;
    return (*writer)->publish();
  }

  Result<void> write_lines() {
    std::vector<Digest> in_order;
    for (const auto& id : ids_) in_order.push_back(*id);
    auto writer = LineWriter::create(disk_, to_.file);
    if (!writer) return writer.error();
    const auto written = each_game(in_order, [&](GameRecord record) -> Result<void> {
      const auto lines = write_samples(**writer, std::move(record), games_, run_.sample_every);
      if (!lines) return lines.error();
      return {};
    });
    if (!written) return written;
    return (*writer)->publish();
  }

  template <class Visit>
  Result<void> each_game(const std::vector<Digest>& ids, Visit visit) {
    for (const Digest& id : ids) {
      if (auto on = go_on(); !on) return on;
      auto game = store_->find(id);
      if (!game) return game.error();
      if (auto visited = visit(std::move(game->record)); !visited) return visited;
    }
    return {};
  }

  const SelfplayRun& run_;
  SelfplayDestination& destination_;
  const SelfplayDestination::Places& to_;
  bool exists_ = false;  // before the run
  Disk& disk_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<GameStore> store_;
  GameTable games_;

  std::vector<std::optional<Digest>> ids_;  // by game index; each entry is written by one thread at most
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> leaves_{0};
  std::atomic<std::uint64_t> batches_{0};

  std::mutex mutex_;  // guards what follows while players run
  std::condition_variable changed_;
  SelfplayProgress progress_;
  unsigned running_ = 0;
  std::optional<Error> error_;
};

}  // namespace

Result<SelfplayProgress> run_selfplay(const SelfplayRun& run, SelfplayDestination& destination, Disk& disk,
                                      const std::atomic<bool>& stop,
                                      const std::function<void(const SelfplayProgress&)>& report) {
  if (run.games == 0 || run.games > kMaxSelfplayGames) {
    return Error{ErrorKind::usage, "The number of games is from 1 to " + std::to_string(kMaxSelfplayGames) + "."};
  }
  if (run.threads == 0 || run.threads > kMaxSelfplayThreads) {
    return Error{ErrorKind::usage, "The number of threads is from 1 to " + std::to_string(kMaxSelfplayThreads) + "."};
  }
  if (run.games_at_once > kMaxGamesAtOnce) {
    return Error{ErrorKind::usage, "A thread has at most " + std::to_string(kMaxGamesAtOnce) + " games at once."};
  }
  if (run.sample_every == 0) return Error{ErrorKind::usage, "--sample-every is a number from 1 on."};
  return Runner(run, destination, disk, stop).run(report);
}

}  // namespace mz
