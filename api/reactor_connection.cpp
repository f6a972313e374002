// How one connection goes on: greeting, handshake, heads, answers.
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <variant>

#include "api/reactor.h"

namespace mz {
namespace {

constexpr std::size_t kReadChunk = 16U << 10;
constexpr int kDrainsPerRound = 16;
constexpr std::size_t kWriteBudget = 512U << 10;  // of one connection before the others get their turn
constexpr unsigned char kTlsHandshakeRecord = 0x16;

}  // namespace

bool Reactor::advance(Connection& connection, short events) {
  if ((events & (POLLERR | POLLNVAL)) != 0) return false;
  connection.blocked_on_read = false;
  connection.blocked_on_write = false;
  switch (connection.stage) {
    case Stage::greeting:
      return greet(connection);
    case Stage::handshake:
      return shake_hands(connection);
    case Stage::head:
      return receive(connection) && use_input(connection);
    case Stage::body:
      return connection.paused ? (events & POLLHUP) == 0 : take_body(connection);
    case Stage::answering:
      return (events & POLLHUP) == 0;
    case Stage::writing:
      return write_some(connection) && use_input(connection);
    case Stage::draining:
      return drain(connection);
  }
  return false;
}

// Gives a connection that has proven who it is a place among the members.
bool Reactor::promote(Connection& connection) {
  places_.become_member(connection.id);
  while (const auto surplus = places_.surplus_member()) {
    if (*surplus == connection.id) return false;
    drop(*surplus);
  }
  return true;
}

bool Reactor::greet(Connection& connection) {
  unsigned char first = 0;
  const auto n = ::recv(connection.stream.descriptor(), &first, 1, MSG_PEEK);
  if (n == 0) return false;
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  const TlsContext context = first == kTlsHandshakeRecord && service_->tls ? service_->tls() : nullptr;
  if (context == nullptr) {
    set_stage(connection, Stage::head, Listener::kHeadSeconds);
    return receive(connection) && use_input(connection);
  }
  if (handshakes_.size() >= Listener::kMaxHandshakes) drop(*handshakes_.begin());
  if (!connection.stream.start_tls_server(context.get())) return false;
  const auto deadline = connection.deadline;  // counts from connecting
  set_stage(connection, Stage::handshake, Listener::kHandshakeSeconds);
  connection.deadline = deadline;
  return shake_hands(connection);
}

bool Reactor::shake_hands(Connection& connection) {
  // A step costs some tenths of a millisecond. What is not done now keeps the socket readable.
  if (handshake_steps_ >= Listener::kHandshakesPerRound) return true;
  ++handshake_steps_;
  switch (connection.stream.handshake()) {
    case Stream::Status::want_read:
      return true;
    case Stream::Status::want_write:
      connection.blocked_on_write = true;
      return true;
    case Stream::Status::done:
      break;
    case Stream::Status::closed:
    case Stream::Status::failed:
      return false;
  }
  connection.arrival.encrypted = true;
  if (auto binding = channel_binding(connection.stream.tls(), kTlsExporterLabel)) connection.exporter = *binding;
  if (service_->identify) connection.peer = service_->identify(connection.stream.tls());
  set_stage(connection, Stage::head, Listener::kHeadSeconds);
  if (connection.peer.kind == Principal::Kind::node && !promote(connection)) return false;
  return receive(connection) && use_input(connection);
}

bool Reactor::receive(Connection& connection) {
  std::array<char, kReadChunk> chunk{};
  while (connection.in.size() < kMaxHeadBytes) {
    const Stream::Moved moved = connection.stream.read(chunk.data(), chunk.size());
    switch (moved.status) {
      case Stream::Status::done:
        break;
      case Stream::Status::want_read:
        return true;
      case Stream::Status::want_write:
        connection.blocked_on_write = true;
        return true;
      case Stream::Status::closed:
        connection.peer_finished = true;
        return !connection.in.empty();
      case Stream::Status::failed:
        return false;
    }
    // The deadline of a kept connection was for silence; from the first byte on it is that of a head.
    if (connection.in.empty()) connection.deadline = Clock::now() + std::chrono::seconds(Listener::kHeadSeconds);
    connection.in.append(chunk.data(), moved.bytes);
  }
  return true;
}

// Serves the requests that have arrived in full, one after the other; a client may send the next one early. After some of them
// it is the others' turn, since a thousand small requests fit into what was read at once.
bool Reactor::use_input(Connection& connection) {
  connection.awaits_turn = false;
  for (int served = 0; connection.stage == Stage::head && !connection.in.empty(); ++served) {
    if (served == Listener::kRequestsPerTurn) {
      connection.awaits_turn = true;
      return true;
    }
    HeadOutcome outcome = parse_request_head(connection.in);
    if (std::holds_alternative<HeadIncomplete>(outcome)) return !connection.peer_finished;
    bool alive = true;
    if (const auto* refusal = std::get_if<HeadRefusal>(&outcome)) {
      connection.head_only = false;
      alive = refuse(connection, refusal->status, "request", refusal->text);
    } else {
      alive = serve(connection, std::move(std::get<RequestHead>(outcome)));
    }
    if (!alive) return false;
  }
  return true;
}

bool Reactor::serve(Connection& connection, RequestHead head) {
  connection.in.erase(0, head.bytes);
  // Who has said all that it will say still gets an answer to each request of it.
  connection.keep_alive = head.keep_alive && !(connection.peer_finished && connection.in.empty());
  connection.head_only = head.method == "HEAD";
  const bool has_body = head.content_length.value_or(0) > 0;
  if (connection.peer.kind == Principal::Kind::node && connection.peer.certificate_end != 0) {
    connection.peer.certificate_expired = std::time(nullptr) > connection.peer.certificate_end;
  }
  Admission admission = service_->admit(head, connection.peer, connection.arrival);
  if (admission.route == nullptr) {
    if (has_body) connection.keep_alive = false;  // it is not read
    return send(connection, admission.refusal);
  }
  if (admission.principal.kind != Principal::Kind::stranger && !promote(connection)) return false;
  connection.route = admission.route;
  connection.request = Request{.head = std::move(head),
                               .variables = std::move(admission.variables),
                               .principal = std::move(admission.principal),
                               .arrival = connection.arrival,
                               .exporter = connection.exporter,
                               .body = {}};
  if (connection.route->body == BodyKind::stream) return open_upload(connection);
  return has_body ? begin_body(connection) : dispatch(connection);
}

bool Reactor::refuse(Connection& connection, int status, std::string_view kind, std::string_view text) {
  connection.keep_alive = false;
  connection.in.clear();
  return send(connection, error_response(status, kind, text));
}

bool Reactor::send(Connection& connection, const HttpResponse& response) {
  release_body(connection);
  const bool too_much =
      response.body.size() > Listener::kSmallAnswerBytes &&
      response.body.size() > Listener::kMaxUnsentBytes - std::min(unsent_bytes_, Listener::kMaxUnsentBytes);
  connection.out =
      wire_bytes(too_much ? error_response(503, "busy", "Too many large answers are on their way out.") : response,
                 connection.head_only, connection.keep_alive);
  unsent_bytes_ += connection.out.size();
  connection.written = 0;
  connection.answer_since = Clock::now();
  set_stage(connection, Stage::writing, Listener::kWriteSeconds);
  return write_some(connection);
}

bool Reactor::write_some(Connection& connection) {
  std::size_t budget = kWriteBudget;
  while (connection.written < connection.out.size()) {
    if (budget == 0) return true;
    const std::size_t size = std::min(connection.out.size() - connection.written, budget);
    const Stream::Moved moved = connection.stream.write(connection.out.data() + connection.written, size);
    if (moved.status == Stream::Status::want_write) return true;
    if (moved.status == Stream::Status::want_read) {
      connection.blocked_on_read = true;
      return true;
    }
    if (moved.status != Stream::Status::done) return false;
    connection.written += moved.bytes;
    budget -= moved.bytes;
    connection.deadline = connection.answer_since + std::chrono::seconds(Listener::kWriteSeconds) +
                          std::chrono::milliseconds(connection.written * 1000 / Listener::kMinAnswerBytesPerSecond);
  }
  unsent_bytes_ -= connection.out.size();
  connection.out = std::string();
  if (!connection.keep_alive) {
    connection.stream.finish();
    connection.in.clear();
    set_stage(connection, Stage::draining, Listener::kDrainSeconds);
    return true;
  }
  set_stage(connection, Stage::head, connection.in.empty() ? Listener::kIdleSeconds : Listener::kHeadSeconds);
  return true;
}

bool Reactor::drain(Connection& connection) {
  std::array<char, kReadChunk> chunk{};
  for (int round = 0; round < kDrainsPerRound; ++round) {
    const auto n = ::recv(connection.stream.descriptor(), chunk.data(), chunk.size(), 0);
    if (n > 0 || (n < 0 && errno == EINTR)) continue;
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }
  return true;
}

bool Reactor::overdue(Connection& connection) {
  if (connection.stage == Stage::head && !connection.in.empty()) {
    return refuse(connection, 408, "request", "The request was not complete within 5 seconds.");
  }
  if (connection.stage == Stage::body) {
    return refuse(connection, 408, "request", "The body came more slowly than 4 KiB a second.");
  }
  return false;
}

}  // namespace mz
