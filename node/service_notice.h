// What a node tells the service manager that started it: that it is ready, that it lives, that it stops. This is systemd's
// protocol (sd_notify(3)): datagrams to the socket that NOTIFY_SOCKET names. Where nobody asked, every call does nothing.
//
// One thread at a time.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz {

class ServiceNotice {
 public:
  using Clock = std::chrono::steady_clock;

  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the environment, because workers are not the
  // service. Call it before any thread starts. Refused: an address that cannot be one.
  static Result<ServiceNotice> from_environment();

  // Say it when the node answers. A manager that could not be told ends the node when its patience for starts ends.
  [[nodiscard]] Result<void> ready(const std::string& status) const;
  // Call it as often as you like: it speaks at most four times in the time after which the manager takes silence for a
  // fault. It never waits; a datagram that finds no room is lost, and the next one is soon due.
  void alive(Clock::time_point now);
  void stopping() const;

 private:
  [[nodiscard]] bool send(std::string_view text, int flags) const;

  std::string address_;         // of the socket, without NUL bytes: an abstract one begins with @
  Descriptor socket_;           // none: nobody listens
  Clock::duration watchdog_{};  // zero: nobody watches
  Clock::time_point last_alive_{};
};

}  // namespace mz
