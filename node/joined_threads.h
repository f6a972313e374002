// Threads that are waited for where their scope ends, at the latest. std::jthread would do, but Apple's C++ library has none.
#pragma once

#include <future>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace mz {

class JoinedThreads {
 public:
  JoinedThreads() = default;
  ~JoinedThreads() { join(); }
  JoinedThreads(const JoinedThreads&) = delete;
  JoinedThreads& operator=(const JoinedThreads&) = delete;

  // Fails when the system gives no thread; those that run go on.
  template <class Work>
  Result<void> start(Work&& work) {
    try {
      threads_.emplace_back(std::forward<Work>(work));
      return {};
    } catch (const std::system_error& error) {
      return Error{ErrorKind::failure, "After " + std::to_string(threads_.size()) +
                                           " threads the system starts no more: " + error.code().message() +
                                           ". Take fewer with --threads, or raise the limit (`ulimit -a` shows it)."};
    }
  }
  // Threads that call work(0) to work(count - 1), once all of them are there. When the system gives fewer nothing is begun: where no
  // thread can be had, memory is often short as well, and the work of the others would be the one to find out.
  template <class Work>
  Result<void> start_all(unsigned count, const Work& work) {
    std::promise<bool> complete;
    const std::shared_future<bool> begin = complete.get_future().share();
    for (unsigned i = 0; i < count; ++i) {
      const Result<void> started = start([begin, work, i] {
        if (begin.get()) work(i);
      });
      if (started) continue;
      complete.set_value(false);
      join();
      return started;
    }
    complete.set_value(true);
    return {};
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace mz
