#include "node/supervisor.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include <spdlog/spdlog.h>

#include "engine/base/rng.h"
#include "node/platform.h"

namespace mz {
namespace {

using std::chrono::seconds;

std::string name_of(const GameConfig& config) {
  return config.game + " " + config.board + " with " + std::to_string(config.seats) + " seats";
}

std::string gigabytes(std::uint64_t bytes) {
  const std::uint64_t tenths = bytes / 100'000'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GB";
}

}  // namespace

Supervisor::Supervisor(NodeLimits limits, NodeIdentity identity, std::vector<GameConfig> configurations,
                       std::string engine, std::uint64_t seed, NodeState& state, Intake& intake, const WakePipe& wake,
                       const std::atomic<bool>& stop)
    : limits_(std::move(limits)),
      identity_(std::move(identity)),
      engine_(std::move(engine)),
      seed_(seed),
      state_(state),
      intake_(intake),
      wake_(wake),
      stop_(stop),
      schedule_(std::move(configurations), limits_.target),
      rates_(schedule_.size(), Rate(start_)),
      history_(schedule_.size()) {
  for (int id = 1; id <= limits_.workers; ++id) workers_.push_back(std::make_unique<Worker>(id, start_));
  take_report();
  publish(start_);
}

Supervisor::~Supervisor() = default;

void Supervisor::run(const std::function<void(Time)>& turn, const std::function<void()>& stopping) {
  while (!stop_) {
    const Time now = Clock::now();
    state_.beat(Loop::control, now);
    turn(now);
    read_workers(now);
    take_report();
    start_workers(now);
    check_workers(now);
    dispatch(now);
    record_history(now);
    if (now >= next_publish_) publish(now);
    wait();
  }
  stopping();
  stop_workers();
}

void Supervisor::wait() {
  std::vector<pollfd> set{{wake_.poll_descriptor(), POLLIN, 0}};
  const bool room = intake_.has_room();
  for (const auto& worker : workers_) {
    if (!worker->process) continue;
    // Without room the workers' games wait in their sockets, and soon the workers wait too.
    const int events = (room ? POLLIN : 0) | (worker->process->has_output() ? POLLOUT : 0);
    if (events != 0) set.push_back({worker->process->socket(), static_cast<short>(events), 0});
  }
  ::poll(set.data(), static_cast<nfds_t>(set.size()), 500);
  wake_.clear();
}

void Supervisor::read_workers(Time now) {
  for (const auto& worker : workers_) {
    if (!worker->process || !intake_.has_room()) continue;
    const bool alive = worker->process->flush() && worker->process->receive();
    std::string nonsense;
    for (;;) {
      Message message;
      const auto taken = worker->process->next(message);
      if (!taken) nonsense = taken.error().text;
      if (!taken || !*taken) break;
      handle(*worker, message, now);
    }
    if (!nonsense.empty())
      worker_ended(*worker, "sent something unreadable: " + nonsense, now);
    else if (!alive)
      worker_ended(*worker, "", now);
  }
}

void Supervisor::handle(Worker& worker, const Message& message, Time now) {
  worker.last_sign = now;
  if (std::holds_alternative<Ready>(message)) {
    worker.ready = true;
    return;
  }
  if (const auto* game = std::get_if<GameFinished>(&message)) {
    if (worker.unit != game->unit) return;  // of a unit that was given up
    ++worker.delivered;
    ++worker.games;
    ++played_;
    worker.rate.add(now);
    rates_[worker.entry].add(now);
    schedule_.game_arrived(worker.entry);
    intake_.submit(game->record, worker.entry);
    return;
  }
  if (const auto* unit = std::get_if<UnitFinished>(&message)) {
    if (worker.unit != unit->unit) return;
    if (!unit->error.empty()) {
      spdlog::warn("worker {}: {}: {}", worker.id, name_of(schedule_.config(worker.entry)), unit->error);
      abandon_unit(worker, "The last attempt failed: " + unit->error, now);
      return;
    }
    const std::uint32_t missing = worker.wanted - std::min(worker.wanted, worker.delivered);
    const double took = std::chrono::duration<double>(now - worker.unit_start).count();
    schedule_.unit_finished(worker.entry, worker.delivered, missing, took);
    worker.unit.reset();
    worker.backoff_seconds = 0;
  }
}

void Supervisor::abandon_unit(Worker& worker, const std::string& why, Time now) {
  if (!worker.unit) return;
  worker.unit.reset();
  const std::uint32_t missing = worker.wanted - std::min(worker.wanted, worker.delivered);
  schedule_.unit_failed(worker.entry, missing, why, now);
}

void Supervisor::worker_ended(Worker& worker, const std::string& why, Time now) {
  const pid_t pid = worker.process->pid();
  const std::string how = worker.process->end();
  worker.process.reset();
  worker.ready = false;
  worker.resident_bytes = 0;
  if (stopping_) {
    abandon_unit(worker, "", now);
    return;
  }
  worker.reason = "The worker process " + std::to_string(pid) + " " + (why.empty() ? how : why) + ".";
  const std::string task = worker.unit ? " while it played " + name_of(schedule_.config(worker.entry)) : "";
  spdlog::warn("worker {}: process {} {}{}", worker.id, pid, why.empty() ? how : why, task);
  // A crash costs the rest of the unit; the configuration is held back too, in case it is what crashes workers.
  abandon_unit(worker, worker.reason, now);
  ++worker.restarts;
  worker.backoff_seconds = std::clamp(worker.backoff_seconds * 2, kMinBackoffSeconds, kMaxBackoffSeconds);
  worker.restart_at = now + seconds(worker.backoff_seconds);
}

void Supervisor::start_workers(Time now) {
  for (const auto& worker : workers_) {
    if (worker->process || worker->restart_at > now) continue;
    auto started = WorkerProcess::start();
    if (!started) {
      worker->reason = started.error().text;
      worker->backoff_seconds = std::clamp(worker->backoff_seconds * 2, kMinBackoffSeconds, kMaxBackoffSeconds);
      worker->restart_at = now + seconds(worker->backoff_seconds);
      spdlog::error("worker {}: {}", worker->id, started.error().text);
      continue;
    }
    worker->process.emplace(std::move(*started));
    worker->last_sign = now;
    spdlog::info("worker {}: process {} started", worker->id, worker->process->pid());
  }
}

void Supervisor::check_workers(Time now) {
  if (now < next_check_) return;
  next_check_ = now + seconds(2);
  const std::uint64_t share = limits_.memory_bytes / std::max<std::uint64_t>(1, workers_.size());
  for (const auto& worker : workers_) {
    if (!worker->process) continue;
    worker->resident_bytes = platform::resident_bytes(worker->process->pid());
    if (worker->resident_bytes > share) {
      ++memory_kills_;
      worker_ended(*worker,
                   "used " + gigabytes(worker->resident_bytes) + ", more than its share of " + gigabytes(share) +
                       " of the memory limit, and was stopped",
                   now);
    } else if ((worker->unit || !worker->ready) && now - worker->last_sign > seconds(kSilenceSeconds)) {
      worker_ended(*worker, "handed in nothing for " + std::to_string(kSilenceSeconds) + " s and was stopped", now);
    }
  }
}

void Supervisor::take_report() {
  report_ = intake_.report();
  if (report_.open && !counted_) {
    for (const ConfigurationCount& count : report_.counts) {
      if (const auto entry = schedule_.find(count.config)) schedule_.set_games(*entry, count.games);
    }
    counted_ = true;
  }
  for (const std::size_t entry : report_.dropped) schedule_.game_dropped(entry);
  update_pause();
}

std::uint64_t Supervisor::disk_floor() const {
  if (limits_.disk_floor_bytes) return *limits_.disk_floor_bytes;
  return std::max(kDiskFloorBytes, report_.disk_total_bytes / 100 * kDiskFloorPercent);
}

void Supervisor::update_pause() {
  const bool was_paused = !paused_.empty();
  const std::uint64_t floor = disk_floor() + (was_paused ? kDiskFloorSlackBytes : 0);
  std::string why;
  if (!report_.disk_known) {
    why = "How much disk is free cannot be told, so nothing new is played.";  // fail closed
  } else if (report_.disk_free_bytes < floor) {
    why = "Only " + gigabytes(report_.disk_free_bytes) + " of disk are free and the floor is " +
          gigabytes(disk_floor()) + ". Free some space, or lower the floor with --disk-floor-gb.";
  }
  if (was_paused != !why.empty()) spdlog::warn("{}", why.empty() ? "playing goes on: enough disk is free" : why);
  paused_ = std::move(why);
}

void Supervisor::dispatch(Time now) {
  if (!counted_ || !paused_.empty()) return;
  for (const auto& worker : workers_) {
    if (!worker->process || !worker->ready || worker->unit) continue;
    const auto unit = schedule_.next(now);
    if (!unit) return;
    worker->unit = ++units_;
    worker->entry = unit->entry;
    worker->wanted = unit->games;
    worker->delivered = 0;
    worker->unit_start = now;
    worker->last_sign = now;
    worker->process->send(PlayUnit{.unit = units_,
                                   .config = schedule_.config(unit->entry),
                                   .engine = engine_,
                                   .seed = derive_seed(seed_, units_),
                                   .first_index = 0,
                                   .count = unit->games});
  }
}

void Supervisor::record_history(Time now) {
  if (now < next_history_) return;
  next_history_ = now + seconds(kHistorySeconds);
  history_times_.push_back(std::time(nullptr));
  for (std::size_t i = 0; i < history_.size(); ++i) history_[i].push_back(rates_[i].per_hour(now));
  if (history_times_.size() <= kHistoryPoints) return;
  history_times_.pop_front();
  for (auto& row : history_) row.pop_front();
}

std::string Supervisor::idle_reason() const {
  if (!report_.open_error.empty()) return "The games cannot be opened: " + report_.open_error;
  if (!counted_) return "The games are being opened.";
  if (stopping_) return "The node is stopping.";
  if (!paused_.empty()) return paused_;
  if (schedule_.all_done())
    return "Every configuration has its target of " + std::to_string(limits_.target) + " games.";
  return "The missing games are being played by other workers, or wait after a failure.";
}

WorkerStatus Supervisor::worker_status(Worker& worker, Time now) const {
  WorkerStatus status;
  status.id = worker.id;
  status.games = worker.games;
  status.games_per_hour = worker.rate.per_hour(now);
  status.restarts = worker.restarts;
  if (!worker.process) {
    const auto left = std::max<std::int64_t>(std::chrono::ceil<seconds>(worker.restart_at - now).count(), 0);
    status.state = stopping_ ? "stopped" : worker.reason.empty() ? "starting" : "backoff";
    status.reason = stopping_               ? "The node is stopping."
                    : worker.reason.empty() ? "The process is about to start."
                                            : worker.reason + " Replaced in " + std::to_string(left) + " s.";
    return status;
  }
  status.pid = worker.process->pid();
  if (!worker.ready) {
    status.state = "starting";
    status.reason = "The process is starting.";
  } else if (!worker.unit) {
    status.state = "idle";
    status.reason = idle_reason();
  } else {
    status.state = "playing";
    status.has_configuration = true;
    status.configuration = schedule_.config(worker.entry);
    status.reason = "Game " + std::to_string(std::min(worker.delivered + 1, worker.wanted)) + " of " +
                    std::to_string(worker.wanted) + " of its unit.";
  }
  return status;
}

ConfigurationStatus Supervisor::configuration_status(std::size_t entry, Time now) {
  ConfigurationStatus status;
  status.configuration = schedule_.config(entry);
  status.target = limits_.target;
  status.games_per_hour = rates_[entry].per_hour(now);
  for (const ConfigurationCount& count : report_.counts) {
    if (count.config != status.configuration) continue;
    status.games = count.games;
    status.distinct_games = count.distinct_games;
    status.plies = count.plies;
    status.bytes = count.bytes;
  }
  const std::string held = schedule_.held_because(entry, now);
  if (schedule_.done(entry)) {
    status.state = "done";
    status.reason = "The target of " + std::to_string(limits_.target) + " games is reached.";
  } else if (schedule_.in_flight(entry)) {
    status.state = "playing";
    status.reason = "A worker plays it.";
  } else if (!paused_.empty() || stopping_ || !report_.open_error.empty()) {
    status.state = "paused";
    status.reason = idle_reason();
  } else {
    status.state = "queued";
    status.reason = !held.empty()      ? held
                    : workers_.empty() ? "The node has no workers; give it some with --workers."
                                       : "Others come first.";
  }
  return status;
}

std::vector<Alert> Supervisor::alerts() const {
  std::vector<Alert> list;
  if (!report_.open_error.empty())
    list.push_back({"error", "The games cannot be opened, so nothing is played: " + report_.open_error});
  const auto late = [&](Loop loop, const std::string& what) {
    if (!state_.is_late(loop)) return;
    const auto age = static_cast<std::int64_t>(state_.age_s(loop));
    list.push_back(
        {"error", what + " for " + std::to_string(age) +
                      " s, so this node takes no part in its cluster. See `meshzero logs`, then restart it."});
  };
  late(Loop::agreement, "The agreement with other nodes has stood still");
  late(Loop::cluster_disk, "Nothing could be written for the agreement with other nodes");
  if (!report_.write_error.empty()) list.push_back({"error", "Games cannot be written: " + report_.write_error});
  if (!paused_.empty()) list.push_back({"warn", paused_});
  for (const std::string& problem : report_.problems) list.push_back({"warn", problem});
  if (report_.refused > 0) {
    list.push_back({"error", std::to_string(report_.refused) +
                                 " games of this node were refused, the last one because: " + report_.refusal});
  }
  if (memory_kills_ > 0) {
    list.push_back({"warn", std::to_string(memory_kills_) +
                                " workers were stopped because they used more than their share of memory."});
  }
  return list;
}

void Supervisor::publish(Time now) {
  next_publish_ = now + std::chrono::milliseconds(900);
  auto snapshot = std::make_shared<NodeSnapshot>();
  snapshot->version = identity_.version;
  snapshot->name = identity_.name;
  snapshot->pid = ::getpid();
  snapshot->starting = !counted_ && report_.open_error.empty();
  snapshot->failed = !report_.open_error.empty();
  snapshot->stopping = stopping_;
  snapshot->started_at = identity_.started_at;
  snapshot->now = std::time(nullptr);
  snapshot->uptime_s = std::chrono::duration<double>(now - start_).count();
  snapshot->data_dir = identity_.data_dir;
  snapshot->port = identity_.port;
  for (const auto& worker : workers_) {
    snapshot->workers.push_back(worker_status(*worker, now));
    snapshot->workers_resident_bytes += worker->resident_bytes;
  }
  for (std::size_t i = 0; i < schedule_.size(); ++i) snapshot->configurations.push_back(configuration_status(i, now));
  snapshot->history_interval_s = kHistorySeconds;
  snapshot->history_times.assign(history_times_.begin(), history_times_.end());
  for (const auto& row : history_) snapshot->history_games_per_hour.emplace_back(row.begin(), row.end());
  snapshot->played = played_;
  snapshot->stored = report_.account.stored + report_.account.duplicates;
  snapshot->pending = played_ - std::min(played_, snapshot->stored + report_.refused);
  snapshot->worker_limit = limits_.workers;
  snapshot->memory_limit_bytes = limits_.memory_bytes;
  snapshot->disk_floor_bytes = disk_floor();
  snapshot->target = limits_.target;
  snapshot->disk_free_bytes = report_.disk_free_bytes;
  snapshot->disk_total_bytes = report_.disk_total_bytes;
  snapshot->games_bytes = report_.games_bytes;
  snapshot->resident_bytes = platform::resident_bytes(::getpid());
  snapshot->alerts = alerts();
  state_.publish(std::move(snapshot));
}

void Supervisor::stop_workers() {
  stopping_ = true;
  for (const auto& worker : workers_) {
    if (worker->process) worker->process->send(Stop{});
  }
  const Time deadline = Clock::now() + seconds(kStopGraceSeconds);
  const auto running = [this] {
    return std::any_of(workers_.begin(), workers_.end(),
                       [](const auto& worker) { return worker->process.has_value(); });
  };
  while (running() && Clock::now() < deadline) {
    const Time now = Clock::now();
    state_.beat(Loop::control, now);
    read_workers(now);
    take_report();
    publish(now);
    if (running()) wait();
  }
  // What still plays loses its games under way; what it handed in before is read first.
  read_workers(Clock::now());
  for (const auto& worker : workers_) worker->process.reset();
  publish(Clock::now());
}

}  // namespace mz
