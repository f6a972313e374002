// Opens a TCP connection to a named place.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz {

using Deadline = std::chrono::steady_clock::time_point;
inline Deadline within(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

// Ends a wait before its deadline, within a quarter of a second, once it is true. Null: nothing does.
using GiveUp = const std::atomic<bool>*;

// Waits until a descriptor can be read or written, as `events` says; false when the time is over.
bool wait_for(int descriptor, short events, Deadline deadline, GiveUp give_up = nullptr);

struct Endpoint {
  std::string host;  // name or address, without brackets
  std::uint16_t port = 0;

  [[nodiscard]] std::string text() const;  // "host:port", "[2001:db8::1]:port"
};

// "host", "host:port", "192.0.2.1:port", "[2001:db8::1]:port", with an IPv6 scope where there is one.
Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port);

// Connects to the first address of the host that answers. All are tried, a new one when the last has failed or 250 ms have
// passed, so that a dead address costs little. The socket does not block. Blocks the caller until the deadline at most.
Result<Descriptor> dial(const Endpoint& endpoint, Deadline deadline, GiveUp give_up = nullptr);

}  // namespace mz
