// This node on the local network: announces it, hands what is seen to membership, and notices when the network changes.
//
// The backend's thread ("discovery") brings sightings. A second one ("network-watch") looks once a second whether this computer has
// other addresses, has slept, or whether what is announced has changed, and then has the node announced and looked for anew, at
// growing intervals while the network does not come to rest.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "api/discovery.h"
#include "api/pairing.h"
#include "node/node_membership.h"
#include "p2p/discovery/discovery.h"

namespace mz {

class DiscoveryService final : public Discovered {
 public:
  static constexpr int kWatchMs = 1000;
  static constexpr int kFirstRefreshSeconds = 2;  // between two refreshes; doubles while the network keeps changing
  static constexpr int kLongestRefreshSeconds = 60;

  struct Options {
    bool enabled = true;
    bool announced = true;  // others can reach this node once it listens
    std::string host;       // of this computer
    std::uint16_t port = 0;
    std::function<std::vector<std::string>()> addresses;  // of this node
    std::function<std::int64_t()> slept_us;               // so long this computer slept since it was started
    std::function<bool()> pairing_open;
    std::function<std::vector<PairingRequest>()> pairings;
    std::function<std::string(const NodeId&)> member_name;  // empty: unknown
    std::function<void(const Sighting&)> stranger;          // a node of another cluster is announced; does not wait
    std::function<void()> network_changed;                  // this computer has other addresses or slept
    std::function<void()> daemon_found;                     // the first time
    std::function<void(const char*)> name_thread;
  };

  // All outlive it.
  DiscoveryService(const NodeTrust& trust, NodeMembership& membership, Options options);
  ~DiscoveryService() override;
  DiscoveryService(const DiscoveryService&) = delete;
  DiscoveryService& operator=(const DiscoveryService&) = delete;

  void start();
  // Ends the threads; nothing is called afterwards. What was announced is withdrawn.
  void stop();
  // The cluster, or whether this node pairs, may have changed.
  void announce_again();

  [[nodiscard]] DiscoveryPicture picture() const override;
  [[nodiscard]] bool has_daemon() const override;

 private:
  // What is looked at once a second.
  struct Surroundings {
    std::vector<std::string> addresses;
    std::int64_t slept_us = 0;
  };
  [[nodiscard]] Surroundings look() const;
  [[nodiscard]] std::optional<Advert> advert() const;
  void watch();
  void on_seen(const Sighting& sighting);
  void on_state(DiscoveryState state, const std::string& text);

  const NodeTrust& trust_;
  NodeMembership& membership_;
  const Options options_;
  std::unique_ptr<Discovery> backend_;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  DiscoveryState state_ = DiscoveryState::off;
  std::string text_;
  std::int64_t since_;
  bool has_daemon_ = false;
  std::optional<Advert> announced_;
  std::map<std::string, Sighting> seen_;  // by instance
  bool hurry_ = false;
  bool stopping_ = false;
  std::thread watcher_;
};

}  // namespace mz
