#include "api/reactor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

namespace mz {
namespace {

using std::chrono::seconds;

constexpr int kAcceptsPerRound = 64;  // then the others get their turn
constexpr std::chrono::milliseconds kAcceptPause{100};

void set_option(int socket, int level, int name) {
  const int on = 1;
  ::setsockopt(socket, level, name, &on, sizeof on);
}

}  // namespace

void Reactor::stop() {
  stopping_ = true;
  wake_.wake();
}

void Reactor::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.wake();
}

void Reactor::run_tasks() {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(tasks_mutex_);
    ready.swap(tasks_);
  }
  for (const auto& task : ready) task();
}

void Reactor::run(const Listener::Service& service, const Pools& pools) {
  service_ = &service;
  pools_ = pools;
  while (!stopping_) {
    build_poll_set();
    ::poll(polled_.data(), static_cast<nfds_t>(polled_.size()), poll_timeout());
    if (stopping_) break;
    wake_.clear();
    handshake_steps_ = 0;
    for (std::size_t i = 1; i < first_connection_; ++i) {
      if (polled_[i].revents != 0) accept_some(doors_[i - 1]);
    }
    for (std::size_t i = first_connection_; i < polled_.size(); ++i) {
      if (polled_[i].revents == 0) continue;
      with_connection(polled_ids_[i - first_connection_],
                      [&](Connection& connection) { return advance(connection, polled_[i].revents); });
    }
    run_tasks();
    close_overdue();
  }
  while (!connections_.empty()) drop(connections_.begin()->first);
}

void Reactor::build_poll_set() {
  polled_.clear();
  polled_ids_.clear();
  some_are_ready_ = false;
  polled_.push_back({wake_.poll_descriptor(), POLLIN, 0});
  if (Clock::now() >= accept_again_) {
    for (const Door& door : doors_) polled_.push_back({door.socket.get(), POLLIN, 0});
  }
  first_connection_ = polled_.size();
  for (const auto& [id, connection] : connections_) {
    short events = POLLIN;
    // While a pool works nothing is read: what a client sends meanwhile waits in the kernel, which is bounded.
    if (connection.stage == Stage::answering || connection.paused) events = 0;
    if (connection.stage == Stage::writing) events = POLLOUT;
    if (connection.blocked_on_write) events = POLLOUT;
    if (connection.blocked_on_read) events = POLLIN;
    short ready = 0;
    if ((events & POLLIN) != 0 && connection.stream.has_pending() &&
        (connection.stage == Stage::head || connection.stage == Stage::body)) {
      ready = POLLIN;
      some_are_ready_ = true;
    }
    polled_.push_back({connection.stream.descriptor(), events, ready});
    polled_ids_.push_back(id);
  }
}

int Reactor::poll_timeout() const {
  if (some_are_ready_) return 0;
  auto next = Clock::now() + seconds(60);
  for (const auto& [id, connection] : connections_) {
    if (connection.stage != Stage::answering && !connection.paused) next = std::min(next, connection.deadline);
  }
  if (accept_again_ > Clock::now()) next = std::min(next, accept_again_);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(wait, 0, 60'000));
}

void Reactor::accept_some(const Door& door) {
  for (int round = 0; round < kAcceptsPerRound; ++round) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    const int fd = ::accept(door.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EMFILE || errno == ENFILE) {
        if (const auto idle = places_.oldest_idle()) {
          drop(*idle);
        } else {
          accept_again_ = Clock::now() + kAcceptPause;
        }
      }
      return;
    }
    take_in(Descriptor(fd), address, door.unix_socket);
  }
}

void Reactor::take_in(Descriptor socket, const sockaddr_storage& address, bool unix_socket) {
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
#ifdef SO_NOSIGPIPE
  set_option(socket.get(), SOL_SOCKET, SO_NOSIGPIPE);
#endif
  const std::uint64_t id = next_id_++;
  Arrival arrival;
  Principal peer;
  if (unix_socket) {
    if (!is_same_user(socket.get())) return;
    arrival.unix_socket = true;
    peer.kind = Principal::Kind::local;
    peer.scope = Scope::admin;
  } else {
    set_option(socket.get(), IPPROTO_TCP, TCP_NODELAY);
    arrival.loopback = is_loopback_address(address);
    arrival.address = address_text(address);
    sockaddr_storage own{};
    socklen_t size = sizeof own;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
    arrival.own_address = endpoint_text(own);
  }
  const std::string group = address_group(arrival.address, arrival.loopback || unix_socket);
  while (const auto victim = places_.to_evict(group)) drop(*victim);
  places_.enter(id, group);
  Connection& connection = connections_[id];
  connection.id = id;
  connection.stream = Stream(std::move(socket));
  connection.arrival = std::move(arrival);
  connection.peer = std::move(peer);
  set_stage(connection, unix_socket ? Stage::head : Stage::greeting, Listener::kHeadSeconds);
  if (unix_socket) places_.become_member(id);
}

void Reactor::set_stage(Connection& connection, Stage stage, int stage_seconds) {
  if (connection.stage == Stage::handshake) --handshakes_;
  if (stage == Stage::handshake) ++handshakes_;
  connection.stage = stage;
  connection.deadline = Clock::now() + seconds(stage_seconds);
  const bool known = connection.request.principal.kind != Principal::Kind::stranger;
  places_.set_busy(connection.id,
                   stage == Stage::answering || stage == Stage::writing || (stage == Stage::body && known));
}

void Reactor::drop(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  release_body(found->second);
  if (found->second.stage == Stage::handshake) --handshakes_;
  places_.leave(id);
  connections_.erase(found);
}

void Reactor::with_connection(std::uint64_t id, const std::function<bool(Connection&)>& go_on) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // closed meanwhile
  if (!go_on(found->second)) drop(id);
}

void Reactor::close_overdue() {
  const auto now = Clock::now();
  std::vector<std::uint64_t> late;
  for (const auto& [id, connection] : connections_) {
    if (connection.stage != Stage::answering && !connection.paused && connection.deadline <= now) late.push_back(id);
  }
  for (const std::uint64_t id : late) {
    with_connection(id, [this](Connection& connection) { return overdue(connection); });
  }
}

}  // namespace mz
