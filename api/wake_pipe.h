// Wakes a thread that sleeps in poll. wake() is async-signal-safe and may be called from any thread, any number of times.
#pragma once

#include <array>

#include "store/descriptor.h"

namespace mz {

class WakePipe {
 public:
  WakePipe() {
    int fds[2] = {-1, -1};
    if (::pipe(fds) != 0) return;  // then valid() is false
    read_ = Descriptor(fds[0]);
    write_ = Descriptor(fds[1]);
    for (const int fd : fds) {
      set_close_on_exec(fd);
      set_non_blocking(fd);
    }
  }

  [[nodiscard]] bool valid() const { return read_.valid(); }
  [[nodiscard]] int poll_descriptor() const { return read_.get(); }  // readable after a wake
  void wake() const {
    const char byte = 1;
    // A full pipe already wakes the reader.
    [[maybe_unused]] const auto written = ::write(write_.get(), &byte, 1);
  }
  void clear() const {
    std::array<char, 256> bytes{};
    while (::read(read_.get(), bytes.data(), bytes.size()) > 0) {
    }
  }

 private:
  Descriptor read_;
  Descriptor write_;
};

}  // namespace mz
