// One accepted connection and how far its current request has come. Owned and touched by the reactor only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "api/request.h"
#include "api/routes.h"
#include "api/stream.h"

namespace mz {

// A body on its way into a sink. The reactor fills one piece while a thread of the bulk pool writes the one before it; that
// thread alone touches `sink` and `request`.
struct Upload {
  std::unique_ptr<BodySink> sink;
  Request request;
  std::string filling;  // reactor only
  bool busy = false;    // reactor only: a job has the sink
};

struct Connection {
  enum class Stage {
    greeting,   // nothing has come; the first byte tells TLS from HTTP
    handshake,  // of TLS
    head,       // waiting for (the rest of) a request
    body,       // reading the body of an admitted request
    answering,  // a pool works at it
    writing,    // the answer is on its way out
    draining,   // refused and half closed: what the client still sends is thrown away, so that it can read the refusal
  };
  using Clock = std::chrono::steady_clock;

  std::uint64_t id = 0;
  Stream stream;
  Stage stage = Stage::greeting;
  Clock::time_point deadline;  // when the stage has taken too long; never while we are the slow ones
  Clock::time_point alarm = Clock::time_point::max();  // the earliest entry the reactor has for it
  short watched = 0;                                   // events the poller reports of it
  bool blocked_on_write = false;                       // TLS has to write before it can go on reading, or the reverse
  bool blocked_on_read = false;

  Principal peer;  // what the connection itself has proven
  Arrival arrival;
  TlsExporter exporter{};

  std::string in;   // received, not yet used
  std::string out;  // of the answer
  std::size_t written = 0;
  Clock::time_point answer_since;
  bool keep_alive = false;  // after this answer
  bool head_only = false;
  bool peer_finished = false;  // will send no more, and may still read
  bool awaits_turn = false;    // there may be whole requests in `in`

  const Route* route = nullptr;  // of the request whose body is being read
  Request request;
  std::uint64_t body_left = 0;
  std::uint64_t body_received = 0;
  Clock::time_point body_since;  // moved on by the time in which we did not read
  Clock::time_point paused_at;
  bool paused = false;               // the sink is behind
  std::uint64_t reserved_bytes = 0;  // of the memory for bodies
  std::string reserved_for;          // the sender in whose share they count
  std::shared_ptr<Upload> upload;
};

}  // namespace mz
