// Clusters of other machines that were seen on the network and might take this one in: which of them to ask now. An address
// is a hint; a cluster is known by the part of its id that its advert shows.
//
// Those that were not asked yet come first, then those whose last turn is longest ago. A cluster that cannot be reached is asked
// again at intervals that double from two seconds to a minute; one that was refused, on either side, is never asked again in
// this run. Not thread-safe. Times are seconds of a clock that does not go back.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "p2p/candidates.h"

namespace mz {

enum class PairingOutcome : std::uint8_t {
  done,
  refused,  // by a person
  expired,  // nobody confirmed
  failed,   // not reached, or the connection broke
  turned,   // the other side asks us
};

class PairingTargets {
 public:
  static constexpr std::size_t kMaxClusters =
      64;  // beyond that one goes that could not be reached, or was not seen for long
  static constexpr std::size_t kMaxRefused = 1024;  // beyond that the first may be asked again
  static constexpr std::size_t kMaxAddresses = 16;  // of one cluster
  static constexpr std::int64_t kFirstWait = 2;
  static constexpr std::int64_t kLongestWait = 60;
  static constexpr std::int64_t kTurnedWait = 15;  // for the other side to ask

  void sighted(const std::string& cluster, const std::vector<PeerAddress>& addresses);
  // Named by the user: neither the cluster nor the addresses are pushed out by what others announce.
  void named(const std::string& cluster, const std::vector<PeerAddress>& addresses);

  struct Target {
    std::string cluster;
    std::vector<PeerAddress> addresses;
  };
  // Those whose time has come, at most `count`. They count as being asked until `ended`.
  std::vector<Target> take(std::int64_t now, std::size_t count);
  void ended(const std::string& cluster, PairingOutcome outcome, std::int64_t now);
  // How often in a row it could not be reached.
  [[nodiscard]] unsigned failures(const std::string& cluster) const;

 private:
  struct Cluster {
    std::vector<PeerAddress> named;
    std::vector<PeerAddress> addresses;  // the one that was seen last first
    bool asking = false;
    unsigned failures = 0;
    std::int64_t next_try = INT64_MIN;
    std::uint64_t seen = 0;   // which sighting was its last one
    std::uint64_t asked = 0;  // which turn was its last one; 0: none
  };
  [[nodiscard]] bool is_refused(const std::string& cluster) const;
  // With room for it; nothing when all the others are being asked.
  Cluster* entry_of(const std::string& cluster);

  std::map<std::string, Cluster> clusters_;
  std::deque<std::string> refused_;  // oldest first
  std::uint64_t sightings_ = 0;
  std::uint64_t turns_ = 0;
};

}  // namespace mz
