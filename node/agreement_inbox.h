// What waits for the agreement thread (node/cluster_service.h): work of other threads, another cluster, the end.
//
// Thread-safe; `take` is for the agreement thread alone. The lock is held to move a few pointers, so that nobody who hands
// something in delays a heartbeat.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "p2p/agreement/agreement.h"

namespace mz {

class AgreementInbox {
 public:
  using Input = std::function<void(Agreement&, Now)>;
  static constexpr std::size_t kMaxInputs = 4096;  // that wait, from where on messages are lost

  struct Turn {
    std::unique_ptr<Agreement> opened;  // takes the inputs from now on
    std::deque<Input> inputs;           // in the order in which they came; none while no machine runs
    bool entered = false;     // another cluster; its machine is to be opened, the one that runs is of the old one
    std::uint64_t entry = 0;  // counts the clusters that were entered; for `opened`
    bool stopping = false;
  };

  // Never lost: a write that ended and was not told of would silence the node for good. What this node has to do by itself is
  // bounded by its writes, its lines and the steps that people take.
  void put(Input input);
  // From other machines, which may say as much as they like. Lost when too much waits: the state machine bears that.
  void put_message(Input input);
  // Another cluster was entered. What waits was meant for the old one; what comes from now on waits for the new machine.
  void enter();
  // The machine of the cluster that was entered as that entry; dropped when another one was entered since.
  void open(std::unique_ptr<Agreement> machine, std::uint64_t entry);
  void stop();

  // Waits until something is to be done, or `longest`. `runs`: there is a machine that takes inputs.
  Turn take(bool runs, std::chrono::microseconds longest);

 private:
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<Input> inputs_;
  std::unique_ptr<Agreement> opened_;
  std::uint64_t entry_ = 0;
  bool entered_ = false;
  bool stopping_ = false;
};

}  // namespace mz
