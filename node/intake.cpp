#include "node/intake.h"

#include <filesystem>
#include <utility>

#include "node/threads.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Intake::Intake(std::string directory, NodeState& state, std::function<void()> on_change)
    : directory_(std::move(directory)), state_(state), on_change_(std::move(on_change)), disk_(make_posix_disk()) {
  look_at_disk();
  thread_ = std::thread([this] { run(); });
}

Intake::~Intake() { [[maybe_unused]] const auto ended = stop(); }

bool Intake::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_bytes_ < kMaxWaitingBytes;
}

void Intake::submit(std::vector<std::uint8_t> record, std::size_t tag) {
  {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += record.size();
    waiting_.push_back({std::move(record), tag});
  }
  changed_.notify_one();
}

IntakeReport Intake::report() {
  const std::lock_guard lock(mutex_);
  report_.waiting = waiting_.size();
  IntakeReport copy = report_;
  report_.dropped.clear();
  return copy;
}

Result<void> Intake::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  if (report_.write_error.empty()) return {};
  return Error{ErrorKind::failure,
               std::to_string(report_.account.pending) + " games could not be stored: " + report_.write_error};
}

void Intake::run() {
  begin_thread("store");
  if (!open()) return;
  auto last_seal = Clock::now();
  auto last_tick = Clock::now();
  auto last_game = last_seal;
  auto last_look = Clock::now();
  for (bool stopping = false; !stopping;) {
    std::vector<Waiting> games;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_ || !waiting_.empty(); });
      stopping = stopping_;
      games.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
      waiting_.clear();
    }
    state_.beat(Loop::store);
    take(games);
    const auto now = Clock::now();
    if (!games.empty()) last_game = now;
    const bool quiet = last_game > last_seal && now - last_game >= std::chrono::seconds(kQuietSeconds);
    bool changed = true;
    if (stopping || quiet || now - last_seal >= std::chrono::seconds(kSealSeconds)) {
      seal();
      last_seal = now;
    } else if (now - last_tick >= std::chrono::seconds(1)) {
      tick();
      last_tick = now;
    } else {
      changed = false;
    }
    if (now - last_look >= std::chrono::seconds(kDiskSeconds)) {
      look_at_disk();
      last_look = now;
    }
    if (changed) refresh();
    on_change_();
  }
  state_.set_store(nullptr);
  store_.reset();
}

bool Intake::open() {
  auto opened = GameStore::open(directory_, *disk_);
  if (!opened) {
    {
      const std::lock_guard lock(mutex_);
      report_.open_error = opened.error().text;
    }
    on_change_();
    return false;
  }
  store_ = std::move(*opened);
  state_.set_store(store_);
  refresh();
  {
    const std::lock_guard lock(mutex_);
    report_.open = true;
    report_.problems = store_->problems();
  }
  on_change_();
  return true;
}

void Intake::look_at_disk() {
  const auto free = disk_->free_space(directory_);
  std::error_code error;
  const auto space = std::filesystem::space(directory_, error);
  const std::lock_guard lock(mutex_);
  report_.disk_known = free.ok() && !error;
  if (!report_.disk_known) return;
  report_.disk_free_bytes = *free;
  report_.disk_total_bytes = space.capacity;
}

void Intake::take(const std::vector<Waiting>& games) {
  for (const Waiting& game : games) {
    const auto appended = store_->append_bytes(game.record);
    const std::lock_guard lock(mutex_);
    waiting_bytes_ -= game.record.size();
    if (appended && *appended == Appended::duplicate) report_.dropped.push_back(game.tag);
    if (!appended) {
      const ErrorKind kind = appended.error().kind;
      if (kind == ErrorKind::refused || kind == ErrorKind::corrupt || kind == ErrorKind::usage) {
        ++report_.refused;
        report_.refusal = appended.error().text;
        report_.dropped.push_back(game.tag);
      } else {
        report_.write_error = appended.error().text;  // the store keeps the game and tries again
      }
    }
    state_.beat(Loop::store);
  }
}

void Intake::seal() {
  const auto sealed = store_->seal();
  const std::lock_guard lock(mutex_);
  report_.write_error = sealed ? "" : sealed.error().text;
}

void Intake::tick() {
  const auto ticked = store_->tick();
  const std::lock_guard lock(mutex_);
  if (!ticked) report_.write_error = ticked.error().text;
}

void Intake::refresh() {
  auto counts = store_->counts();
  const StoreAccount account = store_->account();
  const auto bytes = store_->bytes_on_disk();
  const std::lock_guard lock(mutex_);
  report_.counts = std::move(counts);
  report_.account = account;
  if (bytes) report_.games_bytes = *bytes;
}

}  // namespace mz
