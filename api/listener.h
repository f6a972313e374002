// The node's front door: one TCP port that speaks HTTP and TLS, told apart by the first byte, and the Unix socket of this
// machine's user.
//
// One reactor thread owns every socket and does all reading, writing and encrypting without blocking, so a client that sends
// or takes bytes slowly holds a place and nothing else. What a request may do is decided from its head alone, before its body is
// read. It is answered in the reactor (what only reads prepared memory) or by one of three pools, as its route says: a
// busy pool never delays the others.
//
// Every limit below is per connection unless it says otherwise. Threads: "http" (reactor), "http-control", "http-ui" and
// "http-bulk" (pools). All functions of Service are called from several threads and must be thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "api/listening_socket.h"
#include "api/request.h"
#include "api/routes.h"
#include "engine/base/result.h"
#include "p2p/trust/tls.h"

namespace mz {

class Listener {
 public:
  // Places. At a cap the oldest connection without a complete request is closed, never the newcomer refused.
  static constexpr std::size_t kMaxStrangers = 1024;
  static constexpr std::size_t kMaxStrangersPerAddress = 64;  // per /64 with IPv6; not on this computer
  static constexpr std::size_t kMaxMembers = 16'384;          // who have proven who they are
  static constexpr std::size_t kMaxHandshakes = 256;          // unfinished ones, in all
  static constexpr int kHandshakesPerRound = 4;               // steps of handshakes before the others get their turn
  static constexpr int kRequestsPerTurn = 16;                 // of one connection before the others get their turn

  // Time, in seconds.
  static constexpr int kHandshakeSeconds = 5;  // from connecting to the end of the handshake
  static constexpr int kHeadSeconds = 5;       // from the first moment to the end of a head
  static constexpr int kBodyGraceSeconds = 5;  // before the rate of a body counts
  static constexpr int kIdleSeconds = 60;      // of a kept connection between requests
  static constexpr int kWriteSeconds = 20;     // for an answer to be taken, and more the more of it was
  static constexpr int kDrainSeconds = 2;      // to read what a refused client still sends

  // Bodies.
  static constexpr std::size_t kMinBodyBytesPerSecond = 4096;
  static constexpr std::size_t kSmallBodyBytes = 64U << 10;        // up to here the next one does not count
  static constexpr std::size_t kMaxBufferedBodyBytes = 64U << 20;  // of all bodies in memory together
  static constexpr std::size_t kMaxSenderBodyBytes = 8U << 20;     // of one sender's in memory
  static constexpr std::size_t kMaxUploads = 16;                   // bodies on their way into a sink, in all
  static constexpr std::size_t kPieceBytes = 256U << 10;           // handed to a sink at once

  // Answers. Those of slow readers wait in memory.
  static constexpr std::size_t kMaxUnsentBytes = 256U << 20;  // of all together; then a large one becomes a 503
  static constexpr std::size_t kSmallAnswerBytes = 64U << 10;
  static constexpr std::size_t kMinAnswerBytesPerSecond = 64U << 10;

  // Pools. Beyond the queue a request is answered with 503.
  static constexpr std::size_t kControlThreads = 2;
  static constexpr std::size_t kControlQueue = 4096;
  static constexpr std::size_t kUiThreads = 2;
  static constexpr std::size_t kUiQueue = 64;
  static constexpr std::size_t kBulkThreads = 2;
  static constexpr std::size_t kBulkQueue = 64;

  struct Service {
    // Called in the reactor; must be quick.
    std::function<Admission(const RequestHead&, const Principal&, const Arrival&)> admit;
    std::function<HttpResponse(const Route&, const Request&)> answer;
    // The context for a new TLS connection, asked for each time because certificates are renewed; empty or null: no TLS.
    std::function<TlsContext()> tls = {};
    // The other end of a finished handshake. Called in the reactor.
    std::function<Principal(const SSL*)> identify = {};
    // What NodeServices routes of BodyKind::stream get.
    std::function<Result<std::unique_ptr<BodySink>>(const Route&, const Request&)> open_sink = {};
    std::function<void(const char*)> name_thread = {};
  };

  struct Place {
    Reach reach = Reach::loopback;
    std::uint16_t port = 0;                     // 0: any free one
    std::filesystem::path control_socket = {};  // empty: none
  };

  // Takes the port with IPv4 and IPv6; on machines without IPv6 with the first only. Refused when another program has it.
  // Nothing is answered before `start`. Call it before there are threads.
  static Result<std::unique_ptr<Listener>> bind(const Place& place);
  // Stops: closes all connections, waits for the pools to finish what they have, removes the socket file.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  void start(Service service);

  // Listens on another reach from now on, on the same port; connections stay. On an error everything is as before. From
  // any thread but the reactor's, after start; refused while it stops.
  Result<void> set_reach(Reach reach);

 private:
  struct Parts;
  explicit Listener(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace mz
