// The thread behind the listener: owns all connections. Everything here runs in that thread but post() and stop().
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "api/body_budget.h"
#include "api/connection.h"
#include "api/connection_places.h"
#include "api/listener.h"
#include "api/poller.h"
#include "api/wake_pipe.h"
#include "api/worker_pool.h"

namespace mz {

class Reactor {
 public:
  struct Door {
    Descriptor socket;
    bool unix_socket = false;
  };
  struct Pools {
    WorkerPool* control = nullptr;
    WorkerPool* ui = nullptr;
    WorkerPool* bulk = nullptr;
  };

  explicit Reactor(std::vector<Door> doors);
  [[nodiscard]] bool valid() const { return wake_.valid() && poller_.valid(); }

  void run(const Listener::Service& service, const Pools& pools);
  // From any thread.
  void stop();
  // Runs it in the reactor's thread, also when that is about to end. False: it has ended and the task is not run.
  bool post(std::function<void()> task);

  // The TCP doors are exchanged by a posted task.
  void close_tcp_doors();
  void add_doors(std::vector<Door> doors);

 private:
  using Clock = Connection::Clock;
  using Stage = Connection::Stage;
  static constexpr std::uint64_t kWakeKey = 0;
  using Connections = std::map<std::uint64_t, Connection>;  // by id, so oldest first

  // The loop (reactor.cpp).
  [[nodiscard]] std::chrono::milliseconds poll_timeout();
  void watch(Connection& connection);
  void watch_doors(bool open);
  void run_tasks();
  void accept_some(const Door& door);
  void take_in(Descriptor socket, const sockaddr_storage& address, bool unix_socket);
  void close_overdue();
  void drop(std::uint64_t id);
  void set_stage(Connection& connection, Stage stage, int seconds);
  void with_connection(std::uint64_t id, const std::function<bool(Connection&)>& go_on);

  // One connection (reactor_connection.cpp). These return false when the connection is over.
  bool advance(Connection& connection, short events);
  bool promote(Connection& connection);
  bool greet(Connection& connection);
  bool shake_hands(Connection& connection);
  bool receive(Connection& connection);
  bool use_input(Connection& connection);
  bool serve(Connection& connection, RequestHead head);
  bool send(Connection& connection, const HttpResponse& response);
  bool refuse(Connection& connection, int status, std::string_view kind, std::string_view text);
  bool write_some(Connection& connection);
  bool drain(Connection& connection);
  bool overdue(Connection& connection);

  // Bodies (reactor_body.cpp).
  bool begin_body(Connection& connection);
  bool take_body(Connection& connection);
  bool dispatch(Connection& connection);
  bool open_upload(Connection& connection);
  void pause(Connection& connection);
  void feed(Connection& connection);
  void finish_upload(Connection& connection);
  bool upload_opened(Connection& connection, const Result<void>& result);
  bool piece_written(Connection& connection, const Result<void>& result);
  void release_body(Connection& connection);
  void set_body_deadline(Connection& connection);
  WorkerPool* pool_of(Pool pool) const;

  const Listener::Service* service_ = nullptr;
  Pools pools_;
  Poller poller_;
  std::map<std::uint64_t, Door> doors_;  // by key in the poller
  Connections connections_;              // by id, which is their key in the poller
  ConnectionPlaces places_{{.strangers = Listener::kMaxStrangers,
                            .per_address = Listener::kMaxStrangersPerAddress,
                            .members = Listener::kMaxMembers}};
  BodyBudget bodies_{{.small = Listener::kSmallBodyBytes,
                      .per_sender = Listener::kMaxSenderBodyBytes,
                      .large = Listener::kMaxBufferedBodyBytes}};
  std::uint64_t next_id_ = kWakeKey + 1;  // of doors and connections alike
  Clock::time_point accept_again_;        // descriptors ran out: do not spin on the doors
  std::set<std::uint64_t> handshakes_;    // connections in Stage::handshake
  int handshake_steps_ = 0;               // of this round
  std::size_t unsent_bytes_ = 0;          // of answers on their way out
  std::size_t uploads_ = 0;
  std::vector<PollEvent> events_;
  std::set<std::uint64_t> ready_;  // connections that can go on without anything that the socket would announce
  // When to look at which connection, the soonest on top. An entry may be too early, never too late.
  using Alarm = std::pair<Clock::time_point, std::uint64_t>;
  std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> alarms_;

  WakePipe wake_;
  std::atomic<bool> stopping_{false};
  std::mutex tasks_mutex_;  // guards tasks_ and closed_
  std::vector<std::function<void()>> tasks_;
  bool closed_ = false;  // nobody will run tasks any more
};

}  // namespace mz
