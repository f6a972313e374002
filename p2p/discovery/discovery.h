// Finding other nodes on the local network by Bonjour (multicast DNS with service discovery): tells the network of this node and
// watches for others.
//
// What is seen is a hint and proves nothing: anybody on the network can announce anything, and an announcement outlives its node by
// up to an hour. So what is seen leads to attempts to connect and to nothing else, and what vanishes means nothing.
//
// The work is done by the system's daemon (Avahi on Linux, mDNSResponder on macOS); we never answer on port 5353 ourselves. Without a
// daemon the state says so, and it is looked for again and again, so that one that is started later is used.
//
// One thread of its own ("discovery"), from which all callbacks are called, never with a lock held. Everything else is thread-safe and
// does not wait, but for stop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "p2p/candidates.h"

namespace mz {

inline constexpr char kServiceType[] = "_meshzero._tcp";
// An advert names cluster and node by the first characters of their ids.
inline constexpr std::size_t kAdvertIdLength = 16;

struct Advert {
  std::string instance;  // the name for people; the daemon adds a number when another has it
  std::uint16_t port = 0;
  std::string cluster;  // kAdvertIdLength characters
  std::string node;     // the same
  std::uint32_t protocol = 0;
  bool pairing_open = false;

  friend bool operator==(const Advert&, const Advert&) = default;
};

// Somebody's advert, with the addresses at which it says to be.
struct Sighting {
  Advert advert;
  std::vector<PeerAddress> addresses;  // IPv6 link-local ones with their scope here

  friend bool operator==(const Sighting&, const Sighting&) = default;
};

enum class DiscoveryState : std::uint8_t {
  off,
  starting,     // the daemon answers, but has not accepted our advert yet; or it was not asked yet
  running,      // announced, if there is something to announce, and watching
  unavailable,  // no daemon
};
// off, starting, running, unavailable
const char* discovery_state_word(DiscoveryState state);

class Discovery {
 public:
  static constexpr int kFirstRetryMs = 250;  // to reach a daemon that went away or refused
  static constexpr int kLongestRetryMs = 8000;
  static constexpr int kSettleSeconds = 10;   // then what was not seen again is taken for gone
  static constexpr int kStopWithinMs = 2000;  // a daemon that hangs cannot hold up the end of the node any longer

  struct Callbacks {
    std::function<void(const Sighting&)> seen;              // new or changed; this node's own advert as well
    std::function<void(const std::string& instance)> lost;  // its advert is gone, which says nothing of the node
    std::function<void(DiscoveryState, const std::string& text)> changed;
    std::function<void(const char*)> name_thread;
  };

  virtual ~Discovery() = default;

  virtual void start() = 0;
  // What to announce from now on; nothing: only watch.
  virtual void announce(const std::optional<Advert>& advert) = 0;
  // The network changed or this computer slept: announce and look again.
  virtual void refresh() = 0;
  // Ends the thread; no callback comes afterwards. The advert is withdrawn.
  virtual void stop() = 0;
};

std::unique_ptr<Discovery> make_discovery(Discovery::Callbacks callbacks);
// avahi, dns_sd
const char* discovery_backend();

}  // namespace mz
