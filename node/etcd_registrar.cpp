#include "node/etcd_registrar.h"

#include <ctime>

#include <spdlog/spdlog.h>

namespace mz {

EtcdRegistrar::EtcdRegistrar(EtcdClient client, std::function<void(const char*)> name_thread)
    : client_(std::move(client)), thread_([this, name = std::move(name_thread)] { run(name); }) {}

void EtcdRegistrar::ask(const RegistrarQuestion& question, const std::string& cluster, const NodeId& self,
                        Answered answered) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (queue_.size() >= kMaxQueued) queue_.pop_front();
    queue_.push_back({.question = question,
                      .cluster = cluster,
                      .self = self,
                      .answered = std::move(answered),
                      .deadline = within(std::chrono::milliseconds(kRegistrarPatience / 1000))});
  }
  changed_.notify_one();
}

std::optional<EtcdRegistrar::Trouble> EtcdRegistrar::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void EtcdRegistrar::drain(Deadline deadline) {
  std::unique_lock lock(mutex_);
  idle_.wait_until(lock, deadline, [this] { return queue_.empty() && !busy_; });
}

void EtcdRegistrar::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void EtcdRegistrar::run(const std::function<void(const char*)>& name_thread) {
  if (name_thread) name_thread("etcd");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const Asked asked = std::move(queue_.front());
    queue_.pop_front();
    if (std::chrono::steady_clock::now() < asked.deadline) {
      busy_ = true;
      lock.unlock();
      const auto answer = client_.ask(asked.question, asked.cluster, asked.self, asked.deadline);
      RegistrarAnswer none;
      none.number = asked.question.number;
      asked.answered(answer ? *answer : none);
      lock.lock();
      busy_ = false;
      note(answer);
    }
    if (queue_.empty()) idle_.notify_all();
  }
}

void EtcdRegistrar::note(const Result<RegistrarAnswer>& answer) {
  if (answer) {
    if (trouble_) spdlog::info("etcd: it answers again");
    trouble_.reset();
    return;
  }
  if (!trouble_ || trouble_->text != answer.error().text) spdlog::warn("etcd: {}", answer.error().text);
  trouble_ = Trouble{.since = trouble_ ? trouble_->since : std::time(nullptr), .text = answer.error().text};
}

}  // namespace mz
