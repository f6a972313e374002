// Carries the questions of the agreement to etcd in a thread of its own ("etcd"), one after the other, so that the agreement never
// waits; and knows since when etcd does not answer, and why.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "node/etcd_client.h"

namespace mz {

class EtcdRegistrar {
 public:
  static constexpr std::size_t kMaxQueued = 16;  // questions

  struct Trouble {
    std::int64_t since = 0;  // seconds since 1970
    std::string text;        // why, a sentence
  };
  using Answered = std::function<void(const RegistrarAnswer& answer)>;

  EtcdRegistrar(EtcdClient client, std::function<void(const char*)> name_thread);
  ~EtcdRegistrar() { stop(); }
  EtcdRegistrar(const EtcdRegistrar&) = delete;
  EtcdRegistrar& operator=(const EtcdRegistrar&) = delete;

  // Thread-safe; does not wait. `answered` is called in the thread of this object, once, within kRegistrarPatience of the time at
  // which the question was taken up; not at all for a question that stands back behind others for so long, or at the end.
  void ask(const RegistrarQuestion& question, const std::string& cluster, const NodeId& self, Answered answered);
  // While etcd does not answer. Thread-safe.
  [[nodiscard]] std::optional<Trouble> trouble() const;
  // Waits until nothing is queued or under way any more, or the deadline.
  void drain(Deadline deadline);
  // What is under way is waited for, what is queued is forgotten.
  void stop();

 private:
  struct Asked {
    RegistrarQuestion question;
    std::string cluster;
    NodeId self;
    Answered answered;
    Deadline deadline;
  };
  void run(const std::function<void(const char*)>& name_thread);
  void note(const Result<RegistrarAnswer>& answer);

  EtcdClient client_;         // of the thread
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::condition_variable idle_;
  std::deque<Asked> queue_;
  std::optional<Trouble> trouble_;
  bool busy_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mz
