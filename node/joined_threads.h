// Threads that are waited for where their scope ends, at the latest. std::jthread would do, but Apple's C++ library has none.
#pragma once

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
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::vector<std::thread> threads_;
};

}  // namespace mz
