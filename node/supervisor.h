// The control loop: keeps the workers running, hands them units, passes their games to the intake, and publishes what it
// knows. It plays nothing, opens no file and waits for nobody; each iteration takes milliseconds.
//
// One thread (the one that calls run). Other threads reach it through the wake pipe only.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/node_state.h"
#include "api/wake_pipe.h"
#include "node/intake.h"
#include "node/rate.h"
#include "node/schedule.h"
#include "node/worker_process.h"

namespace mz {

struct NodeLimits {
  int workers = 1;
  std::uint64_t memory_bytes = 0;                 // of all workers together
  std::optional<std::uint64_t> disk_floor_bytes;  // none: the larger of kDiskFloorBytes and kDiskFloorPercent
  std::uint64_t target = 0;                       // games per configuration
};

inline constexpr std::uint64_t kDiskFloorBytes = 10'000'000'000;
inline constexpr std::uint64_t kDiskFloorPercent = 5;
// Free space must exceed the floor by this before playing goes on, so that it does not flicker.
inline constexpr std::uint64_t kDiskFloorSlackBytes = 200'000'000;

// What never changes while the node runs.
struct NodeIdentity {
  std::string version;
  std::string name;
  std::string data_dir;
  std::uint16_t port = 0;
  std::int64_t started_at = 0;  // seconds since 1970
};

class Supervisor {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  static constexpr int kMinBackoffSeconds = 1;  // before a crashed worker is replaced; doubles with each crash in a row
  static constexpr int kMaxBackoffSeconds = 60;
  static constexpr int kSilenceSeconds = 600;  // a worker that hands in nothing for so long hangs
  static constexpr int kStopGraceSeconds = 3;  // to finish a game when the node stops
  static constexpr int kHistorySeconds = 10;   // between two points
  static constexpr std::size_t kHistoryPoints = 360;

  Supervisor(NodeLimits limits, NodeIdentity identity, std::vector<GameConfig> configurations, std::string engine,
             std::uint64_t seed, NodeState& state, Intake& intake, const WakePipe& wake, const std::atomic<bool>& stop);
  ~Supervisor();

  // Returns when `stop` is set: workers are gone, and every game they finished is with the intake. `turn` is called at every
  // turn of the loop, `stopping` before the workers get their time to finish; neither may wait.
  void run(const std::function<void(Time)>& turn, const std::function<void()>& stopping);

 private:
  struct Worker {
    int id = 0;
    std::optional<WorkerProcess> process;  // none while waiting to be replaced
    bool ready = false;
    std::optional<std::uint64_t> unit;  // number of the unit it plays
    std::size_t entry = 0;              // configuration of the unit
    std::uint32_t wanted = 0;
    std::uint32_t delivered = 0;
    Time unit_start{};
    Time last_sign{};  // of life
    std::uint64_t games = 0;
    Rate rate;
    std::uint64_t restarts = 0;
    int backoff_seconds = 0;
    Time restart_at{};
    std::string reason;  // why it last ended
    std::uint64_t resident_bytes = 0;
    explicit Worker(int number, Time now) : id(number), rate(now) {}
  };

  void wait();
  void read_workers(Time now);
  void handle(Worker& worker, const Message& message, Time now);
  void worker_ended(Worker& worker, const std::string& why, Time now);
  void abandon_unit(Worker& worker, const std::string& why, Time now);
  void start_workers(Time now);
  void check_workers(Time now);
  void take_report();
  void dispatch(Time now);
  void record_history(Time now);
  void publish(Time now);
  void stop_workers();

  [[nodiscard]] std::uint64_t disk_floor() const;
  void update_pause();
  [[nodiscard]] std::string idle_reason() const;
  [[nodiscard]] WorkerStatus worker_status(Worker& worker, Time now) const;
  [[nodiscard]] ConfigurationStatus configuration_status(std::size_t entry, Time now);
  [[nodiscard]] std::vector<Alert> alerts() const;

  const NodeLimits limits_;
  const NodeIdentity identity_;
  const std::string engine_;
  const std::uint64_t seed_;
  NodeState& state_;
  Intake& intake_;
  const WakePipe& wake_;
  const std::atomic<bool>& stop_;

  const Time start_ = Clock::now();
  Schedule schedule_;
  std::vector<Rate> rates_;  // per configuration
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint64_t units_ = 0;
  std::uint64_t played_ = 0;
  bool counted_ = false;  // the schedule knows what the store has
  bool stopping_ = false;
  std::string paused_;  // why nothing new is played; empty when it is
  std::uint64_t memory_kills_ = 0;
  IntakeReport report_;
  std::deque<std::int64_t> history_times_;
  std::vector<std::deque<double>> history_;
  Time next_history_{};
  Time next_check_{};
  Time next_publish_{};
};

}  // namespace mz
