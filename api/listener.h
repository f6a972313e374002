// Serves HTTP on the loopback addresses 127.0.0.1 and ::1 of one port.
//
// One reactor thread owns every socket and does all reading and writing without blocking, so a client that sends or takes
// bytes slowly holds a slot and nothing else. A request is answered either in the reactor (what only reads prepared memory)
// or by a pool, as its route says; a busy pool never delays the others.
//
// Threads: "http" (reactor) and "http-slow-N" (pool). `answer` is called from all of them and must be thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "api/request.h"
#include "api/routes.h"
#include "engine/base/result.h"

namespace mz {

class Listener {
 public:
  static constexpr std::size_t kMaxConnections = 256;  // at the cap the oldest one without a complete request is closed
  static constexpr int kHeadSeconds = 5;               // from the first moment to the end of a head
  static constexpr int kIdleSeconds = 60;              // of a kept connection between requests
  static constexpr int kWriteSeconds = 20;             // for one answer to be taken
  static constexpr int kDrainSeconds = 2;              // to read what a refused client still sends
  static constexpr std::size_t kPoolThreads = 2;
  static constexpr std::size_t kPoolQueue = 64;  // requests that may wait; beyond that: 503
  static constexpr int kBacklog = 1024;

  struct Service {
    // Called in the reactor; must be quick.
    std::function<Admission(const RequestHead&, const Principal&, const Arrival&)> admit;
    std::function<HttpResponse(const Route&, const Request&)> answer;
    std::function<void(const char*)> name_thread;  // may be empty
  };

  // Takes the port (0: any free one) on both addresses; on machines without IPv6 on the first only. Refused when another
  // program has it. Nothing is answered before `start`.
  static Result<std::unique_ptr<Listener>> bind(std::uint16_t port);
  // Stops: closes all connections, waits for the pool to finish what it has.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void start(Service service);

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mz
