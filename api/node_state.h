// What the control loop knows, as the rest of the process may see it: an immutable snapshot, swapped as a whole, and the
// heartbeats of the loops that must never stall. The control loop writes, HTTP threads read; nobody waits for anybody's work.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/game.h"

namespace mz {

class GameStore;

struct WorkerStatus {
  int id = 0;  // from 1
  std::int64_t pid = 0;
  std::string state;  // starting, playing, idle, backoff, stopped
  bool has_configuration = false;
  GameConfig configuration;
  std::uint64_t games = 0;
  double games_per_hour = 0;
  std::uint64_t restarts = 0;
  std::string reason;  // why it is in this state
};

struct ConfigurationStatus {
  GameConfig configuration;
  std::uint64_t games = 0;
  std::uint64_t distinct_games = 0;
  std::uint64_t target = 0;
  double games_per_hour = 0;
  std::uint64_t plies = 0;
  std::uint64_t bytes = 0;
  std::string state;   // playing, queued, done, paused
  std::string reason;  // why it is in this state
};

struct Alert {
  std::string level;  // warn, error
  std::string text;
};

struct NodeSnapshot {
  std::string version;
  std::string name;
  std::int64_t pid = 0;
  bool starting = true;
  bool failed = false;  // it runs but cannot do its work; an alert says why
  bool stopping = false;
  std::int64_t started_at = 0;  // seconds since 1970
  std::int64_t now = 0;
  double uptime_s = 0;
  std::string data_dir;
  std::uint16_t port = 0;

  std::vector<WorkerStatus> workers;
  std::vector<ConfigurationStatus> configurations;

  int history_interval_s = 10;
  std::vector<std::int64_t> history_times;
  std::vector<std::vector<double>> history_games_per_hour;  // one row per configuration, one value per time

  std::uint64_t played = 0;   // finished games that workers handed in since the start
  std::uint64_t stored = 0;   // of those, durable
  std::uint64_t pending = 0;  // of those, not yet durable

  int worker_limit = 0;
  std::uint64_t memory_limit_bytes = 0;
  std::uint64_t disk_floor_bytes = 0;
  std::uint64_t target = 0;

  std::uint64_t disk_free_bytes = 0;
  std::uint64_t disk_total_bytes = 0;
  std::uint64_t games_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t workers_resident_bytes = 0;

  std::vector<Alert> alerts;
};

// How late a loop may be before the node calls itself degraded.
inline constexpr double kControlLoopLateSeconds = 5;
inline constexpr double kStoreLoopLateSeconds = 60;  // one sealing on a slow disk is not a fault

enum class Health { starting, ok, degraded };

class NodeState {
 public:
  using Clock = std::chrono::steady_clock;

  // The last iteration of a loop. The store loop counts from when its store is open.
  void beat_control(Clock::time_point now = Clock::now()) { control_beat_ = now.time_since_epoch().count(); }
  void beat_store(Clock::time_point now = Clock::now()) { store_beat_ = now.time_since_epoch().count(); }
  [[nodiscard]] double control_age_s(Clock::time_point now = Clock::now()) const { return age_s(control_beat_, now); }
  [[nodiscard]] double store_age_s(Clock::time_point now = Clock::now()) const { return age_s(store_beat_, now); }

  void publish(std::shared_ptr<const NodeSnapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_ = std::move(snapshot);
  }
  // Never null.
  [[nodiscard]] std::shared_ptr<const NodeSnapshot> snapshot() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }

  // The store, once it is open and until it is about to close.
  void set_store(std::shared_ptr<const GameStore> store) {
    const std::lock_guard lock(mutex_);
    store_ = std::move(store);
  }
  [[nodiscard]] std::shared_ptr<const GameStore> store() const {
    const std::lock_guard lock(mutex_);
    return store_;
  }

  [[nodiscard]] Health health(Clock::time_point now = Clock::now()) const;

 private:
  // 0 before the first beat.
  static double age_s(Clock::rep beat, Clock::time_point now) {
    return beat == 0 ? 0 : std::chrono::duration<double>(now.time_since_epoch() - Clock::duration(beat)).count();
  }

  std::atomic<Clock::rep> control_beat_{0};
  std::atomic<Clock::rep> store_beat_{0};
  mutable std::mutex mutex_;  // guards snapshot_ and store_; held for a copy of a pointer only
  std::shared_ptr<const NodeSnapshot> snapshot_ = std::make_shared<NodeSnapshot>();
  std::shared_ptr<const GameStore> store_;
};

// starting, ok, degraded
std::string_view health_word(Health health);

}  // namespace mz
