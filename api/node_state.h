// What the control loop knows, as the rest of the process may see it: an immutable snapshot, swapped as a whole, and the
// heartbeats of the loops that must never stall. The control loop writes, HTTP threads read; nobody waits for anybody's work.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/recent_maximum.h"
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

// Threads that must never stall. Each shows that it lives; one that is later than its limit makes the node degraded.
enum class Loop : std::uint8_t {
  control,       // the workers and what they play
  store,         // counts from when its store is open
  agreement,     // the cluster: heartbeats, votes
  cluster_disk,  // what the agreement must not forget
};
inline constexpr std::size_t kLoops = 4;
inline constexpr std::array<double, kLoops> kLoopLateSeconds{5, 60, 5, 60};  // one write to a slow disk is not a fault

enum class Health { starting, ok, degraded };

class NodeState {
 public:
  using Clock = std::chrono::steady_clock;

  void beat(Loop loop, Clock::time_point now = Clock::now()) {
    beats_[static_cast<std::size_t>(loop)] = now.time_since_epoch().count();
  }
  // Since the last beat; 0 before the first one.
  [[nodiscard]] double age_s(Loop loop, Clock::time_point now = Clock::now()) const;
  [[nodiscard]] bool is_late(Loop loop, Clock::time_point now = Clock::now()) const {
    return age_s(loop, now) > kLoopLateSeconds[static_cast<std::size_t>(loop)];
  }

  // By how many seconds heartbeats of this node left late, for want of a core.
  RecentMaximum heartbeat_late_s;

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
  std::array<std::atomic<Clock::rep>, kLoops> beats_{};
  mutable std::mutex mutex_;  // guards snapshot_ and store_; held for a copy of a pointer only
  std::shared_ptr<const NodeSnapshot> snapshot_ = std::make_shared<NodeSnapshot>();
  std::shared_ptr<const GameStore> store_;
};

// starting, ok, degraded
std::string_view health_word(Health health);

}  // namespace mz
