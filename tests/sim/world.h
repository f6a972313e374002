// A cluster in a box: hosts with clocks, disks and sleep, and a network between them, all driven by one queue of events in
// virtual time and one seed. The same seed gives the same run, to the last message.
//
// World knows nothing of right and wrong; it tells an Observer what happens (checks.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "p2p/agreement/agreement.h"
#include "tests/sim/registrar.h"

namespace mz::sim {

inline constexpr Instant kMillisecond = 1000;
inline constexpr Instant kSecond = 1'000'000;

// A signature is a keyed hash that only the simulator can compute.
class SimSigner : public Signer {
 public:
  explicit SimSigner(const NodeId& self) : self_(self) {}
  Signature sign(std::span<const std::uint8_t> bytes) override { return make(self_, bytes); }
  bool verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) override {
    return make(author, bytes) == signature;
  }
  Signature sign_card(std::span<const std::uint8_t> bytes) override { return sign(bytes); }
  bool verify_card(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) override {
    return verify(author, bytes, signature);
  }

 private:
  static Signature make(const NodeId& author, std::span<const std::uint8_t> bytes);
  NodeId self_;
};

// Three files. What is not finished when the power fails is there, not there, or (an append) half there.
struct SimDisk {
  AgreementFiles files;
  bool full = false;
  Instant delay = 2 * kMillisecond;  // of a write with its sync
};

// The state of one direction between two hosts.
struct Link {
  bool up = true;
  std::uint32_t loss = 0;      // per mille
  std::uint32_t doubling = 0;  // per mille
  Instant delay = kMillisecond;
  Instant spread = kMillisecond;
};

enum class Rest : std::uint8_t {
  none,
  paused,     // SIGSTOP, a stall: both clocks run, messages wait
  asleep,     // the clock that stops in sleep stops, messages are lost
  suspended,  // a virtual machine stands still with both of its clocks
};

struct Host {
  int index = 0;
  NodeId id;
  SimDisk disk;
  std::unique_ptr<SimSigner> signer;
  std::unique_ptr<Agreement> process;
  std::uint64_t boot_id = 0;
  std::uint64_t life = 0;  // counts starts and crashes; work of an earlier one is void
  Rest rest = Rest::none;
  std::vector<std::function<void()>> backlog;  // what waits while paused

  // Clocks: base + (time - since) * rate while they run.
  Instant since = 0;
  Now base;
  Instant rate_ppm = 1'000'000;

  std::uint64_t tick_token = 0;
  struct Pending {
    Write write;
    std::uint64_t life = 0;
    std::uint64_t number = 0;
  };
  std::vector<Pending> writes;  // under way, in order
  Link to_registrar;            // and back
  int answering = -1;           // the host whose message is being read
  std::string last_standing;    // as traced
  bool overflows = false;       // what comes while it is paused is lost
  bool cloned = false;          // shares its identity with another host
  bool gone = false;            // left for good
  Fitness fitness = Fitness::best;
  [[nodiscard]] bool running() const { return process != nullptr; }
};

struct Settings {
  Policy policy = Policy::available;
  std::vector<NodeId> voters;
  std::vector<NodeId> revoked;  // as every host learns when it starts
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(const Host& host) = 0;
  virtual void crashed(const Host& host) = 0;
  virtual void woke(const Host& host, Duration slept) = 0;
  virtual void sent(const Host& host, const ClusterMessage& message) = 0;
  virtual void received(const Host& host, const ClusterMessage& message) = 0;  // and is about to read it
  virtual void stepped(const Host& host) = 0;                                  // after each input
};

class World {
 public:
  World(std::uint64_t seed, bool trace);

  Observer* observer = nullptr;
  Settings settings;
  Rng rng;
  Registrar registrar;
  Instant skew_ppm = 20'000;  // by which clocks of hosts to come are fast or slow, at most

  [[nodiscard]] Instant time() const { return time_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Host>>& hosts() const { return hosts_; }
  Host& host(int index) { return *hosts_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] const Host& host(int index) const { return *hosts_[static_cast<std::size_t>(index)]; }
  Link& link(int from, int to) { return links_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)]; }
  [[nodiscard]] const Link& link(int from, int to) const {
    return links_[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }

  static NodeId identity(int index);
  Host& add_host();
  Host& clone_host(const Host& original);  // with a copy of its disk; not started

  void start(Host& host);
  void crash(Host& host);
  void rest(Host& host, Rest kind);
  void wake(Host& host);
  void drift(Host& host, Instant rate_ppm);  // its clocks run like that from now on, unless it rests
  void command(Host& host, const std::function<void(Agreement&, Now)>& action);
  void introduce(Host& host, const Host& other);

  void at(Instant when, std::function<void()> action);
  // Runs everything up to and including that time.
  void run_until(Instant end);

  [[nodiscard]] Now now(const Host& host) const;
  [[nodiscard]] Part part_of(const Host& host) const;
  void trace(const std::string& line) const;

 private:
  struct Item {
    Instant when = 0;
    std::uint64_t number = 0;
    std::function<void()> action;
  };
  static bool later(const Item& a, const Item& b) { return a.when != b.when ? a.when > b.when : a.number > b.number; }
  void input(Host& host, std::uint64_t life, const std::function<void(Agreement&, Now)>& action);
  void drain(Host& host);
  void trace_standing(Host& host) const;
  void write(Host& host, Write write);
  void write_done(Host& host, std::uint64_t number);
  void transmit(Host& host, const Send& send);
  void ask_registrar(Host& host, const RegistrarQuestion& question);
  void registrar_answers(Host& host, std::uint64_t life, const RegistrarAnswer& answer, Instant asked_at);
  void deliver(int from, int to, const NodeId& id, std::shared_ptr<const std::vector<std::uint8_t>> bytes);
  void schedule_tick(Host& host);
  void set_clocks(Host& host, bool boot_runs, bool awake_runs);

  Instant time_ = 0;
  bool trace_ = false;
  std::uint64_t number_ = 0;
  std::vector<Item> queue_;  // a heap
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::vector<Link>> links_;
};

}  // namespace mz::sim
