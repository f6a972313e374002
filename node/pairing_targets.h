// Clusters of other machines that were seen on the network and might take this one in: which of them to ask now. An address
// is a hint; a cluster is known by the part of its id that its advert shows.
//
// A cluster that cannot be reached is asked again at intervals that double from two seconds to a minute; one that was refused,
// on either side, is never asked again in this run. Not thread-safe. Times are seconds of any clock.
#pragma once

#include <cstdint>
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
  static constexpr std::size_t kMaxClusters = 64;   // one that is not being asked goes when there are more
  static constexpr std::size_t kMaxAddresses = 16;  // of one cluster
  static constexpr std::int64_t kFirstWait = 2;
  static constexpr std::int64_t kLongestWait = 60;
  static constexpr std::int64_t kTurnedWait = 15;  // for the other side to ask

  void sighted(const std::string& cluster, const std::vector<PeerAddress>& addresses);

  struct Target {
    std::string cluster;
    std::vector<PeerAddress> addresses;
  };
  // Those whose time has come, at most `count`. They count as being asked until `ended`.
  std::vector<Target> take(std::int64_t now, std::size_t count);
  void ended(const std::string& cluster, PairingOutcome outcome, std::int64_t now);

 private:
  struct Cluster {
    std::vector<PeerAddress> addresses;  // the one that was seen last first
    bool asking = false;
    bool refused = false;
    unsigned failures = 0;
    std::int64_t next_try = INT64_MIN;
  };
  std::map<std::string, Cluster> clusters_;
};

}  // namespace mz
