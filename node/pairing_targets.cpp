#include "node/pairing_targets.h"

#include <algorithm>

namespace mz {

void PairingTargets::sighted(const std::string& cluster, const std::vector<PeerAddress>& addresses) {
  auto found = clusters_.find(cluster);
  if (found == clusters_.end()) {
    if (clusters_.size() >= kMaxClusters) {
      const auto idle = std::find_if(clusters_.begin(), clusters_.end(),
                                     [](const auto& entry) { return !entry.second.asking && !entry.second.refused; });
      if (idle == clusters_.end()) return;
      clusters_.erase(idle);
    }
    found = clusters_.emplace(cluster, Cluster{}).first;
  }
  auto& known = found->second.addresses;
  for (const PeerAddress& address : addresses) {
    known.erase(std::remove(known.begin(), known.end(), address), known.end());
    known.insert(known.begin(), address);
  }
  if (known.size() > kMaxAddresses) known.resize(kMaxAddresses);
}

std::vector<PairingTargets::Target> PairingTargets::take(std::int64_t now, std::size_t count) {
  std::vector<Target> out;
  for (auto& [id, cluster] : clusters_) {
    if (out.size() >= count) break;
    if (cluster.asking || cluster.refused || cluster.next_try > now || cluster.addresses.empty()) continue;
    cluster.asking = true;
    out.push_back({.cluster = id, .addresses = cluster.addresses});
  }
  return out;
}

void PairingTargets::ended(const std::string& cluster, PairingOutcome outcome, std::int64_t now) {
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end()) return;
  Cluster& target = found->second;
  target.asking = false;
  switch (outcome) {
    case PairingOutcome::refused:
      target.refused = true;
      break;
    case PairingOutcome::failed:
      target.next_try = now + std::min(kLongestWait, kFirstWait << std::min(target.failures, 10U));
      ++target.failures;
      break;
    case PairingOutcome::turned:
      target.next_try = now + kTurnedWait;
      break;
    case PairingOutcome::done:
    case PairingOutcome::expired:
      target.failures = 0;
      target.next_try = now;
      break;
  }
}

}  // namespace mz
