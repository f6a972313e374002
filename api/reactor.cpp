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

bool Reactor::post(std::function<void()> task) {
  {
    const std::lock_guard lock(tasks_mutex_);
    if (closed_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.wake();
  return true;
}

void Reactor::run_tasks() {
  std::vector<std::function<void()>> ready;
  {
    const std::lock_guard lock(tasks_mutex_);
    ready.swap(tasks_);
  }
  for (const auto& task : ready) task();
}

Reactor::Reactor(std::vector<Door> doors) {
  poller_.watch(wake_.poll_descriptor(), kWakeKey, POLLIN);
  add_doors(std::move(doors));
}

void Reactor::add_doors(std::vector<Door> doors) {
  for (Door& door : doors) {
    const std::uint64_t key = next_id_++;
    poller_.watch(door.socket.get(), key, POLLIN);
    doors_[key] = std::move(door);
  }
}

void Reactor::close_tcp_doors() {
  for (auto entry = doors_.begin(); entry != doors_.end();) {
    if (entry->second.unix_socket) {
      ++entry;
      continue;
    }
    poller_.forget(entry->second.socket.get());
    entry = doors_.erase(entry);
  }
}

void Reactor::watch_doors(bool open) {
  for (const auto& [key, door] : doors_) poller_.watch(door.socket.get(), key, open ? POLLIN : 0);
}

void Reactor::run(const Listener::Service& service, const Pools& pools) {
  service_ = &service;
  pools_ = pools;
  std::set<std::uint64_t> ready;
  while (!stopping_) {
    poller_.wait(poll_timeout(), events_);
    if (stopping_) break;
    handshake_steps_ = 0;
    ready.clear();
    ready.swap(ready_);
    for (const PollEvent& event : events_) {
      if (event.key == kWakeKey) {
        wake_.clear();
      } else if (const auto door = doors_.find(event.key); door != doors_.end()) {
        accept_some(door->second);
      } else {
        ready.erase(event.key);  // one turn a round
        with_connection(event.key, [&](Connection& connection) { return advance(connection, event.events); });
      }
    }
    for (const std::uint64_t id : ready) {
      with_connection(id, [&](Connection& connection) {
        const bool reads = connection.stage == Stage::head || connection.stage == Stage::body;
        return !reads || advance(connection, POLLIN);
      });
    }
    run_tasks();
    close_overdue();
  }
  {
    const std::lock_guard lock(tasks_mutex_);
    closed_ = true;
  }
  while (!connections_.empty()) drop(connections_.begin()->first);
  run_tasks();  // somebody may wait for one of them
}

// Tells the poller and the alarms what a connection waits for now.
void Reactor::watch(Connection& connection) {
  short events = POLLIN;
  // While a pool works nothing is read: what a client sends meanwhile waits in the kernel, which is bounded.
  if (connection.stage == Stage::answering || connection.paused) events = 0;
  if (connection.stage == Stage::writing) events = POLLOUT;
  if (connection.blocked_on_write) events = POLLOUT;
  if (connection.blocked_on_read) events = POLLIN;
  if (events != connection.watched || connection.alarm == Clock::time_point::max()) {
    poller_.watch(connection.stream.descriptor(), connection.id, events);
    connection.watched = events;
  }
  if (connection.deadline < connection.alarm) {
    connection.alarm = connection.deadline;
    alarms_.emplace(connection.alarm, connection.id);
  }
  const bool reads = connection.stage == Stage::head || connection.stage == Stage::body;
  const bool can_go_on = connection.stream.has_pending() || connection.awaits_turn;
  if (reads && (events & POLLIN) != 0 && can_go_on) ready_.insert(connection.id);
}

std::chrono::milliseconds Reactor::poll_timeout() {
  using std::chrono::milliseconds;
  if (!ready_.empty()) return milliseconds(0);
  const auto now = Clock::now();
  auto next = now + seconds(60);
  if (!alarms_.empty()) next = std::min(next, alarms_.top().first);
  if (accept_again_ != Clock::time_point()) {
    if (accept_again_ <= now) {
      accept_again_ = Clock::time_point();
      watch_doors(true);
    } else {
      next = std::min(next, accept_again_);
    }
  }
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(next - now));
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
          watch_doors(false);
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
  watch(connection);
}

void Reactor::set_stage(Connection& connection, Stage stage, int stage_seconds) {
  if (connection.stage == Stage::handshake) handshakes_.erase(connection.id);
  if (stage == Stage::handshake) handshakes_.insert(connection.id);
  connection.stage = stage;
  const bool ours = stage == Stage::answering;  // a pool is no client that could be late
  connection.deadline = ours ? Clock::time_point::max() : Clock::now() + seconds(stage_seconds);
  const bool known = connection.request.principal.kind != Principal::Kind::stranger;
  places_.set_busy(connection.id,
                   stage == Stage::answering || stage == Stage::writing || (stage == Stage::body && known));
}

void Reactor::drop(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  release_body(found->second);
  unsent_bytes_ -= found->second.out.size();
  handshakes_.erase(id);
  places_.leave(id);
  poller_.forget(found->second.stream.descriptor());
  connections_.erase(found);
}

void Reactor::with_connection(std::uint64_t id, const std::function<bool(Connection&)>& go_on) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;  // closed meanwhile
  if (go_on(found->second)) {
    watch(found->second);
  } else {
    drop(id);
  }
}

void Reactor::close_overdue() {
  const auto now = Clock::now();
  while (!alarms_.empty() && alarms_.top().first <= now) {
    const auto [at, id] = alarms_.top();
    alarms_.pop();
    const auto found = connections_.find(id);
    if (found == connections_.end() || found->second.alarm != at) continue;
    Connection& connection = found->second;
    connection.alarm = Clock::time_point::max();
    with_connection(id, [&](Connection& looked_at) { return looked_at.deadline > now || overdue(looked_at); });
  }
}

}  // namespace mz
