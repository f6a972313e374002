// Copies TCP connections from one place to another, each byte some time later: a far-away network. A process of its own, on a
// host of a test network (lan_network.h); it goes with this object.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "tests/functional/lan_network.h"

namespace mz::test {

class Relay {
 public:
  // Listens on all IPv4 addresses of `host`, at `port`; `to` is an IPv4 address.
  static Result<std::unique_ptr<Relay>> start(const Lan& lan, int host, std::uint16_t port, const std::string& to,
                                              std::uint16_t to_port, std::chrono::milliseconds delay);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  explicit Relay(pid_t process) : process_(process) {}
  pid_t process_;
};

}  // namespace mz::test
