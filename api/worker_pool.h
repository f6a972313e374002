// A few threads with a bounded queue.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mz {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_limit, const std::function<void()>& on_thread_start)
      : queue_limit_(queue_limit) {
    for (std::size_t i = 0; i < threads; ++i) {
      threads_.emplace_back([this, on_thread_start] {
        if (on_thread_start) on_thread_start();
        run();
      });
    }
  }
  // Finishes the job each thread is at and drops the rest.
  ~WorkerPool() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full.
  bool submit(std::function<void()> job) { return submit(std::move(job), queue_limit_); }
  // For jobs of which the caller bounds the number.
  void submit_always(std::function<void()> job) { submit(std::move(job), SIZE_MAX); }

 private:
  bool submit(std::function<void()> job, std::size_t limit) {
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.size() >= limit) return false;
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
  }
  void run() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  const std::size_t queue_limit_;
  std::mutex mutex_;  // guards jobs_ and stopping_
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace mz
