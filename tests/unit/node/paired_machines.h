// Machines that pair, for tests: each a trust, a membership, a pairing service and a listener on loopback, with a clock that
// the test moves. Between them is real TLS.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "api/listener.h"
#include "node/pairing_service.h"
#include "tests/unit/api/front_door.h"

namespace mz::test {

// Looks every few milliseconds, for a minute at most.
inline bool comes_true(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

class Machine {
 public:
  struct Wishes {
    bool open = true;
    std::optional<ClusterId> wanted = {};
    std::vector<PeerAddress> peers = {};
    std::vector<std::string> admins = {};
    std::int64_t founded_before = 0;  // seconds by which its authority is older than the others'
  };

  Machine(std::filesystem::path folder, std::string name, Wishes wishes) : folder_(std::move(folder)) {
    time_ = std::time(nullptr) - wishes.founded_before;
    const WallClock clock = [this] { return time_.load(); };
    const WallClock wall = [this] { return time_ + set_by_; };
    trust = NodeTrust::open({.directory = folder_ / "identity", .host = "", .clock = clock}).value();
    time_ = std::time(nullptr);
    listener = Listener::bind({}).value();
    port_ = listener->port();
    membership = std::make_unique<NodeMembership>(
        *trust, folder_ / "cluster", [this] { return std::vector{address().text()}; }, std::vector<PeerAddress>(),
        journal);
    credentials_.trust = trust.get();
    pairing =
        std::make_unique<PairingService>(*trust, *membership, journal,
                                         PairingService::Options{.open = wishes.open,
                                                                 .name = std::move(name),
                                                                 .port = port_,
                                                                 .wanted = wishes.wanted,
                                                                 .peers = wishes.peers,
                                                                 .admins = [admins = wishes.admins] { return admins; },
                                                                 .clock = wall,
                                                                 .steady = clock});
    services.trust = trust.get();
    services.membership = membership.get();
    services.pairing = pairing.get();
    services.journal = &journal;
    services.credentials = &credentials_;
    serve();
    pairing->start_threads();
  }
  ~Machine() {
    pairing->stop();
    listener.reset();
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Nobody answers at its address, until the door is open again.
  void close_door() { listener.reset(); }
  void open_door() {
    listener = Listener::bind({.port = port_}).value();
    serve();
  }
  void advance(std::int64_t seconds) { time_ += seconds; }
  // Somebody sets the clock of the machine.
  void set_clock(std::int64_t by) { set_by_ = by; }
  [[nodiscard]] std::int64_t wall_time() const { return time_ + set_by_; }
  [[nodiscard]] PeerAddress address() const { return {.host = "127.0.0.1", .port = port_}; }
  [[nodiscard]] std::string shown_cluster() const {
    return cluster_id_text(trust->cluster_id()).substr(0, kShownCluster);
  }
  [[nodiscard]] PairingSighting advert() const { return {shown_cluster(), {address()}, pairing->open()}; }
  [[nodiscard]] bool is_alone() const { return membership->others().empty(); }
  // The newest request with that machine.
  [[nodiscard]] std::optional<PairingRequest> request(const Machine& other) const {
    std::optional<PairingRequest> found;
    for (const PairingRequest& each : pairing->requests()) {
      if (each.node == other.trust->node_id()) found = each;
    }
    return found;
  }
  [[nodiscard]] bool sees(const Machine& other, PairingState state) const {
    return comes_true([&] {
      const auto seen = request(other);
      return seen && seen->state == state;
    });
  }
  Result<PairingRequest> confirm(const Machine& other, const std::string& digits) {
    const auto seen = request(other);
    return pairing->confirm(seen ? seen->id : "", digits);
  }

  std::unique_ptr<NodeTrust> trust;
  Journal journal;
  std::unique_ptr<NodeMembership> membership;
  std::unique_ptr<PairingService> pairing;
  NodeServices services;
  std::unique_ptr<Listener> listener;

 private:
  void serve() {
    listener->start(
        {.admit = [this](const RequestHead& head, const Principal& peer,
                         const Arrival& arrival) { return admit_request(routes(), services, head, peer, arrival); },
         .answer = [this](const Route& route,
                          const Request& request) { return answer_request(services, route, request); },
         .tls = [this] { return trust->server_context(); },
         .identify = principal_of});
  }
  // Those of its cluster; no operators.
  struct Members : Credentials {
    [[nodiscard]] std::optional<Principal> verify(std::string_view) const override { return std::nullopt; }
    [[nodiscard]] bool is_member(const Digest& cluster, const NodeId& node) const override {
      return trust->is_member(cluster, node);
    }
    [[nodiscard]] bool was_put_out(const Digest& cluster, const NodeId& node) const override {
      return trust->was_put_out(cluster, node);
    }
    const NodeTrust* trust = nullptr;
  };

  std::filesystem::path folder_;
  Members credentials_;
  std::uint16_t port_ = 0;
  std::atomic<std::int64_t> time_;
  std::atomic<std::int64_t> set_by_{0};
};

class PairedMachines : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    std::string pattern = testing::TempDir() + "pairingXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override {
    machines_.clear();
    std::filesystem::remove_all(folder_);
  }
  Machine& machine(const std::string& name, Machine::Wishes wishes = {}) {
    machines_.push_back(std::make_unique<Machine>(folder_ / name, name, std::move(wishes)));
    return *machines_.back();
  }

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

}  // namespace mz::test
