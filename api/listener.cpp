#include "api/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "api/descriptor.h"
#include "api/wake_pipe.h"
#include "api/worker_pool.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::size_t kReadChunk = 16U << 10;
constexpr int kAcceptsPerRound = 64;  // a flood of connections must not keep the others waiting
constexpr int kDrainsPerRound = 16;   // nor a client that sends without end
constexpr int kBindTries = 16;        // for a port that is free on both addresses, when any will do

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // SO_NOSIGPIPE does it there
#endif

// One accepted connection and how far its current request has come.
struct Connection {
  enum class Stage {
    head,       // waiting for (the rest of) a request
    answering,  // in the pool
    writing,    // the answer is on its way out
    draining,   // refused and half closed: what the client still sends is thrown away, so that it can read the refusal
  };

  std::uint64_t id = 0;
  Descriptor socket;
  Stage stage = Stage::head;
  Clock::time_point deadline;  // when the stage has taken too long; not looked at while answering
  std::string in;              // received, not yet used
  std::string out;             // of the answer
  std::size_t written = 0;
  bool keep_alive = false;  // after this answer
  bool head_only = false;
  bool peer_finished = false;  // will send no more, and may still read
};

Result<Descriptor> bind_address(int family, std::uint16_t port, std::uint16_t& bound) {
  Descriptor socket(::socket(family, SOCK_STREAM, 0));
  if (!socket.valid())
    return Error{ErrorKind::unreachable, std::string("no such address family: ") + std::strerror(errno)};
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
  const int on = 1;
  // Only lets a new node take the port while old connections linger; two listeners at once stay impossible.
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);

  sockaddr_storage storage{};
  socklen_t size = 0;
  if (family == AF_INET) {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address->sin_port = htons(port);
    size = sizeof *address;
  } else {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    address->sin6_family = AF_INET6;
    address->sin6_addr = in6addr_loopback;
    address->sin6_port = htons(port);
    size = sizeof *address;
  }
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      ::listen(socket.get(), Listener::kBacklog) != 0) {
    const int code = errno;
    if (code == EADDRINUSE) {
      return Error{ErrorKind::refused,
                   "Port " + std::to_string(port) +
                       " is in use by another program. Stop it, or choose another port with --port."};
    }
    if (code == EACCES) {
      return Error{ErrorKind::refused,
                   "This user may not listen on port " + std::to_string(port) + ". Choose one above 1023 with --port."};
    }
    return Error{ErrorKind::unreachable, "cannot listen: " + std::string(std::strerror(code))};
  }
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size) == 0) {
    bound = ntohs(family == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                    : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
  }
  return socket;
}

}  // namespace

struct Listener::Impl {
  std::uint16_t port = 0;
  std::vector<Descriptor> listeners;
  Service service;
  WakePipe wake;
  std::atomic<bool> stopping{false};

  // Reactor only.
  std::map<std::uint64_t, Connection> connections;  // by id, so oldest first
  std::uint64_t next_id = 1;
  Clock::time_point accept_again;  // descriptors ran out: do not spin on the listener

  struct Answer {
    std::uint64_t connection = 0;
    HttpResponse response;
  };
  std::mutex answers_mutex;  // guards answers
  std::vector<Answer> answers;

  std::unique_ptr<WorkerPool> pool;
  std::thread reactor;

  void run() {
    while (!stopping) {
      std::vector<pollfd> polled = poll_set();
      ::poll(polled.data(), static_cast<nfds_t>(polled.size()), poll_timeout());
      if (stopping) return;
      wake.clear();
      take_answers();
      for (std::size_t i = 1; i < first_connection_; ++i) {
        if (polled[i].revents != 0) accept_some(polled[i].fd);
      }
      for (std::size_t i = first_connection_; i < polled.size(); ++i) {
        if (polled[i].revents != 0) serve(polled_ids_[i - first_connection_], polled[i].revents);
      }
      close_overdue();
    }
  }

  std::vector<pollfd> poll_set() {
    std::vector<pollfd> set;
    set.push_back({wake.poll_descriptor(), POLLIN, 0});
    if (Clock::now() >= accept_again) {
      for (const Descriptor& listener : listeners) set.push_back({listener.get(), POLLIN, 0});
    }
    first_connection_ = set.size();
    polled_ids_.clear();
    for (const auto& [id, connection] : connections) {
      short events = POLLIN;
      // While the pool works nothing is read: what a client sends meanwhile waits in the kernel, which is bounded.
      if (connection.stage == Connection::Stage::answering) events = 0;
      if (connection.stage == Connection::Stage::writing) events = POLLOUT;
      set.push_back({connection.socket.get(), events, 0});
      polled_ids_.push_back(id);
    }
    return set;
  }

  int poll_timeout() const {
    auto next = Clock::now() + seconds(60);
    for (const auto& [id, connection] : connections) {
      if (connection.stage != Connection::Stage::answering) next = std::min(next, connection.deadline);
    }
    if (accept_again > Clock::now()) next = std::min(next, accept_again);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
  }

  void accept_some(int listener) {
    for (int round = 0; round < kAcceptsPerRound; ++round) {
      const int fd = ::accept(listener, nullptr, nullptr);
      if (fd < 0) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        if (errno == EMFILE || errno == ENFILE) {
          if (!close_oldest_unserved()) accept_again = Clock::now() + std::chrono::milliseconds(100);
        }
        return;
      }
      Descriptor socket(fd);
      set_close_on_exec(fd);
      set_non_blocking(fd);
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
      ::setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
      // The newcomer is never the one refused, so that held sockets cannot lock anybody out.
      if (connections.size() >= kMaxConnections && !close_oldest_unserved()) close_oldest();
      const std::uint64_t id = next_id++;
      Connection& connection = connections[id];
      connection.id = id;
      connection.socket = std::move(socket);
      connection.deadline = Clock::now() + seconds(kHeadSeconds);
    }
  }

  bool close_oldest_unserved() {
    for (const auto& [id, connection] : connections) {
      if (connection.stage == Connection::Stage::head || connection.stage == Connection::Stage::draining) {
        connections.erase(id);
        return true;
      }
    }
    return false;
  }
  void close_oldest() { connections.erase(connections.begin()); }

  void close_overdue() {
    const auto now = Clock::now();
    for (auto at = connections.begin(); at != connections.end();) {
      Connection& connection = at->second;
      const bool overdue = connection.stage != Connection::Stage::answering && connection.deadline <= now;
      if (overdue && connection.stage == Connection::Stage::head && !connection.in.empty()) {
        const bool alive = refuse(connection, {408, "The request was not complete within 5 seconds."});
        at = alive ? std::next(at) : connections.erase(at);
      } else if (overdue) {
        at = connections.erase(at);
      } else {
        ++at;
      }
    }
  }

  void serve(std::uint64_t id, short events) {
    const auto found = connections.find(id);
    if (found == connections.end()) return;  // closed earlier in this round
    if (!advance(found->second, events)) connections.erase(found);
  }

  // This and all that it calls return false when the connection is over.
  bool advance(Connection& connection, short events) {
    if ((events & (POLLERR | POLLNVAL)) != 0) return false;
    switch (connection.stage) {
      case Connection::Stage::head:
        return receive(connection) && use_input(connection);
      case Connection::Stage::answering:
        return (events & POLLHUP) == 0;
      case Connection::Stage::writing:
        return write_some(connection) && use_input(connection);
      case Connection::Stage::draining:
        return drain(connection);
    }
    return false;
  }

  bool receive(Connection& connection) {
    std::array<char, kReadChunk> chunk{};
    while (connection.in.size() < kMaxHeadBytes) {
      const auto n = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
      if (n == 0) {
        connection.peer_finished = true;
        return !connection.in.empty();
      }
      if (n < 0) {
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK;
      }
      // The deadline of a kept connection was for silence; from the first byte on it is that of a head.
      if (connection.in.empty()) connection.deadline = Clock::now() + seconds(kHeadSeconds);
      connection.in.append(chunk.data(), static_cast<std::size_t>(n));
    }
    return true;
  }

  // Serves the requests that have arrived in full, one after the other; a client may send the next one early.
  bool use_input(Connection& connection) {
    while (connection.stage == Connection::Stage::head && !connection.in.empty()) {
      HeadOutcome outcome = parse_request_head(connection.in);
      if (std::holds_alternative<HeadIncomplete>(outcome)) return !connection.peer_finished;
      bool alive = true;
      if (const auto* refusal = std::get_if<HeadRefusal>(&outcome)) {
        alive = refuse(connection, *refusal);
      } else {
        alive = serve_request(connection, std::move(std::get<RequestHead>(outcome)));
      }
      if (!alive) return false;
    }
    return true;
  }

  bool serve_request(Connection& connection, RequestHead head) {
    connection.in.erase(0, head.bytes);
    connection.keep_alive = head.keep_alive && !connection.peer_finished;
    connection.head_only = head.method == "HEAD";
    Request request;
    request.arrival.loopback = true;
    Admission admission = service.admit(head, request.principal, request.arrival);
    if (admission.route == nullptr) {
      if (head.content_length.value_or(0) > 0) connection.keep_alive = false;  // its body is not read
      return send(connection, admission.refusal);
    }
    request.head = std::move(head);
    request.variables = std::move(admission.variables);
    request.principal = std::move(admission.principal);
    const Route& route = *admission.route;
    if (route.pool == Pool::reactor) return send(connection, service.answer(route, request));
    connection.stage = Connection::Stage::answering;
    const bool queued = pool->submit([this, id = connection.id, &route, request = std::move(request)] {
      Answer answer{id, service.answer(route, request)};
      const std::lock_guard lock(answers_mutex);
      answers.push_back(std::move(answer));
      wake.wake();
    });
    if (queued) return true;
    return send(connection,
                error_response(503, "busy", "Too many requests wait for an answer. Try again in a moment."));
  }

  void take_answers() {
    std::vector<Answer> ready;
    {
      const std::lock_guard lock(answers_mutex);
      ready.swap(answers);
    }
    for (Answer& answer : ready) {
      const auto found = connections.find(answer.connection);
      if (found == connections.end()) continue;
      if (!send(found->second, answer.response) || !use_input(found->second)) connections.erase(found);
    }
  }

  bool refuse(Connection& connection, const HeadRefusal& refusal) {
    connection.keep_alive = false;
    connection.head_only = false;
    connection.in.clear();
    return send(connection, error_response(refusal.status, "request", refusal.text));
  }

  bool send(Connection& connection, const HttpResponse& response) {
    connection.out = wire_bytes(response, connection.head_only, connection.keep_alive);
    connection.written = 0;
    connection.stage = Connection::Stage::writing;
    connection.deadline = Clock::now() + seconds(kWriteSeconds);
    return write_some(connection);
  }

  bool write_some(Connection& connection) {
    while (connection.written < connection.out.size()) {
      const auto n = ::send(connection.socket.get(), connection.out.data() + connection.written,
                            connection.out.size() - connection.written, kSendFlags);
      if (n < 0) {
        if (errno == EINTR) continue;
        return errno == EAGAIN || errno == EWOULDBLOCK;
      }
      connection.written += static_cast<std::size_t>(n);
    }
    connection.out = std::string();
    if (!connection.keep_alive) {
      ::shutdown(connection.socket.get(), SHUT_WR);
      connection.in.clear();
      connection.stage = Connection::Stage::draining;
      connection.deadline = Clock::now() + seconds(kDrainSeconds);
      return true;
    }
    connection.stage = Connection::Stage::head;
    connection.deadline = Clock::now() + seconds(connection.in.empty() ? kIdleSeconds : kHeadSeconds);
    return true;
  }

  bool drain(Connection& connection) {
    std::array<char, kReadChunk> chunk{};
    for (int round = 0; round < kDrainsPerRound; ++round) {
      const auto n = ::recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    }
    return true;
  }

  std::size_t first_connection_ = 0;       // in the poll set
  std::vector<std::uint64_t> polled_ids_;  // of the connections in the poll set, in its order
};

Result<std::unique_ptr<Listener>> Listener::bind(std::uint16_t port) {
  for (int attempt = 1;; ++attempt) {
    auto impl = std::make_unique<Impl>();
    if (!impl->wake.valid()) return Error{ErrorKind::failure, "The process has no file descriptors left."};
    auto ipv4 = bind_address(AF_INET, port, impl->port);
    if (!ipv4) {
      if (ipv4.error().kind == ErrorKind::refused) return ipv4.error();
      return Error{ErrorKind::failure, "127.0.0.1 is not usable: " + ipv4.error().text + "."};
    }
    impl->listeners.push_back(std::move(*ipv4));
    std::uint16_t same = impl->port;
    auto ipv6 = bind_address(AF_INET6, impl->port, same);
    if (ipv6) {
      impl->listeners.push_back(std::move(*ipv6));
    } else if (ipv6.error().kind == ErrorKind::refused) {
      if (port != 0 || attempt == kBindTries) return ipv6.error();
      continue;  // the free port of one address is taken on the other
    }
    return std::unique_ptr<Listener>(new Listener(std::move(impl)));
  }
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::uint16_t Listener::port() const { return impl_->port; }

void Listener::start(Service service) {
  impl_->service = std::move(service);
  const auto name = impl_->service.name_thread;
  impl_->pool = std::make_unique<WorkerPool>(kPoolThreads, kPoolQueue, [name] {
    if (name) name("http-slow");
  });
  impl_->reactor = std::thread([this, name] {
    if (name) name("http");
    impl_->run();
  });
}

Listener::~Listener() {
  impl_->stopping = true;
  impl_->wake.wake();
  if (impl_->reactor.joinable()) impl_->reactor.join();
  impl_->pool.reset();
}

}  // namespace mz
