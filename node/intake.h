// Takes finished games into the store, on a thread of its own ("store"), so that replay, fsync and a slow disk never hold up the
// control loop. Opens the store there too, because bringing a large one up to date can take long.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/node_state.h"
#include "engine/base/result.h"
#include "store/disk.h"
#include "store/game_store.h"

namespace mz {

// What the intake knows; a copy, taken at once.
struct IntakeReport {
  bool open = false;                       // games are taken
  std::string open_error;                  // why the store cannot be opened; final
  std::string write_error;                 // why the last sealing failed; empty after one that worked
  std::vector<std::string> problems;       // sentences about files the store could not use
  std::vector<ConfigurationCount> counts;  // durable games
  StoreAccount account;
  std::uint64_t waiting = 0;         // handed in, not yet looked at
  std::uint64_t refused = 0;         // games the store did not take because they do not replay
  std::string refusal;               // the last of these
  std::vector<std::size_t> dropped;  // tags of games that turned out not to count, since the last report
  std::uint64_t disk_free_bytes = 0;
  std::uint64_t disk_total_bytes = 0;
  bool disk_known = false;
  std::uint64_t games_bytes = 0;
};

class Intake {
 public:
  static constexpr std::uint64_t kMaxWaitingBytes =
      2U << 20;                            // beyond it workers have to wait; small, so that stopping is quick
  static constexpr int kSealSeconds = 15;  // at most this much play is lost by a power cut
  static constexpr int kQuietSeconds = 2;  // without a new game: no more are coming soon, so seal
  static constexpr int kDiskSeconds = 5;   // between looks at the disk

  // `state` learns of the open store and the heartbeat; `on_change` (any thread) is called when a report is worth taking.
  Intake(std::string directory, NodeState& state, std::function<void()> on_change);
  // Calls stop.
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Whether a game would be taken now.
  [[nodiscard]] bool has_room() const;
  // Hands in one encoded record; `tag` comes back in `dropped` if it does not count.
  void submit(std::vector<std::uint8_t> record, std::size_t tag);
  // A copy of what is known; `dropped` is handed out once.
  IntakeReport report();
  // Stores everything handed in, seals and closes. An error says what could not be stored.
  Result<void> stop();

 private:
  struct Waiting {
    std::vector<std::uint8_t> record;
    std::size_t tag;
  };

  void run();
  bool open();
  void look_at_disk();
  void take(const std::vector<Waiting>& games);
  void seal();
  void tick();
  void refresh();

  const std::string directory_;
  NodeState& state_;
  const std::function<void()> on_change_;
  std::unique_ptr<Disk> disk_;
  std::shared_ptr<GameStore> store_;  // store thread; readers have their own reference

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  bool stopping_ = false;
  IntakeReport report_;
  std::thread thread_;
};

}  // namespace mz
