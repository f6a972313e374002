// What the daemon told of other nodes, put together: each advert may be seen on several interfaces and piece by piece (that it
// exists, its port and text, one address after the other). Bounded, so that a flood of adverts costs what the limits say. The daemon
// tells of an advert once, so when one was turned away for lack of room, it has to be asked anew after the flood. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "p2p/discovery/discovery.h"

namespace mz {

class Sightings {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxAdverts = 256;   // on all interfaces together; further ones are turned away
  static constexpr std::size_t kMaxAddresses = 16;  // of one advert on one interface
  static constexpr int kAskAnewSeconds = 60;        // at most that often because of those turned away

  struct Place {
    std::uint32_t interface = 0;
    std::string instance;
    friend bool operator==(const Place&, const Place&) = default;
    friend bool operator<(const Place& a, const Place& b) {
      return std::tie(a.interface, a.instance) < std::tie(b.interface, b.instance);
    }
  };

  // False when there are too many already, or the name is none.
  bool appear(const Place& place);
  void vanish(const Place& place);
  // A record that is none of ours makes the advert count for nothing until another comes.
  void describe(const Place& place, std::uint16_t port, std::span<const std::string> txt);
  // `by` tells apart who said so (the protocol of the lookup): an address is gone when nobody says it any more.
  void add_address(const Place& place, const std::string& host, int by);
  void remove_address(const Place& place, const std::string& host, int by);

  // The daemon is asked anew: what it says from now on counts. What is not seen again by `settle` is lost.
  void begin_anew(Clock::time_point now);
  // An advert was turned away since then, there is room now, and the daemon was not asked a moment ago.
  [[nodiscard]] bool should_begin_anew(Clock::time_point now) const;
  void settle() { settled_ = true; }

  struct Changes {
    std::vector<Sighting> seen;
    std::vector<std::string> lost;
  };
  // Since the last call.
  Changes take_changes();

 private:
  struct Entry {
    std::uint16_t port = 0;
    std::optional<Advert> advert;
    std::map<std::string, std::set<int>> hosts;
  };

  std::map<Place, Entry> entries_;
  std::map<std::string, Sighting> told_;
  std::set<std::string> vanished_;  // by the daemon's word
  bool settled_ = false;
  bool turned_away_ = false;  // some advert, for lack of room
  std::optional<Clock::time_point> begun_;
};

// Whether another computer can be meant by it: no loopback, multicast or unspecified address. `bytes`: 4 or 16 of them, as in DNS.
bool is_usable_address(std::span<const std::uint8_t> bytes);
bool is_link_local_ipv6(std::span<const std::uint8_t> bytes);
// As PeerAddress has it; `interface` is the scope of a link-local IPv6 address. Empty for what is not usable.
std::string host_text(std::span<const std::uint8_t> bytes, std::uint32_t interface);

}  // namespace mz
