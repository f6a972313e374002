#include "node/pairing_targets.h"

#include <algorithm>
#include <tuple>

namespace mz {

bool PairingTargets::is_refused(const std::string& cluster) const {
  return std::find(refused_.begin(), refused_.end(), cluster) != refused_.end();
}

PairingTargets::Cluster* PairingTargets::entry_of(const std::string& cluster) {
  if (const auto found = clusters_.find(cluster); found != clusters_.end()) return &found->second;
  if (clusters_.size() >= kMaxClusters) {
    const auto is_worth_less = [](const auto& a, const auto& b) {
      const auto worth = [](const Cluster& each) {
        return std::tuple(each.asking || !each.named.empty(), -std::int64_t{each.failures}, each.seen);
      };
      return worth(a.second) < worth(b.second);
    };
    const auto least = std::min_element(clusters_.begin(), clusters_.end(), is_worth_less);
    if (least->second.asking || !least->second.named.empty()) return nullptr;
    clusters_.erase(least);
  }
  return &clusters_[cluster];
}

void PairingTargets::sighted(const std::string& cluster, const std::vector<PeerAddress>& addresses) {
  if (is_refused(cluster)) return;
  Cluster* target = entry_of(cluster);
  if (target == nullptr) return;
  target->seen = ++sightings_;
  auto& known = target->addresses;
  for (const PeerAddress& address : addresses) {
    known.erase(std::remove(known.begin(), known.end(), address), known.end());
    known.insert(known.begin(), address);
  }
  if (known.size() > kMaxAddresses) known.resize(kMaxAddresses);
}

void PairingTargets::named(const std::string& cluster, const std::vector<PeerAddress>& addresses) {
  if (Cluster* target = entry_of(cluster)) target->named = addresses;
}

std::vector<PairingTargets::Target> PairingTargets::take(std::int64_t now, std::size_t count) {
  using Entry = std::map<std::string, Cluster>::value_type;
  std::vector<Entry*> due;
  for (Entry& entry : clusters_) {
    const Cluster& cluster = entry.second;
    const bool somewhere = !cluster.named.empty() || !cluster.addresses.empty();
    if (!cluster.asking && cluster.next_try <= now && somewhere) due.push_back(&entry);
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Entry* a, const Entry* b) { return a->second.asked < b->second.asked; });
  if (due.size() > count) due.resize(count);
  std::vector<Target> out;
  for (Entry* entry : due) {
    Cluster& cluster = entry->second;
    cluster.asking = true;
    cluster.asked = ++turns_;
    Target target{.cluster = entry->first, .addresses = cluster.named};
    for (const PeerAddress& address : cluster.addresses) {
      const bool twice = std::find(cluster.named.begin(), cluster.named.end(), address) != cluster.named.end();
      if (!twice) target.addresses.push_back(address);
    }
    out.push_back(std::move(target));
  }
  return out;
}

unsigned PairingTargets::failures(const std::string& cluster) const {
  const auto found = clusters_.find(cluster);
  return found == clusters_.end() ? 0 : found->second.failures;
}

void PairingTargets::ended(const std::string& cluster, PairingOutcome outcome, std::int64_t now) {
  const auto found = clusters_.find(cluster);
  if (found == clusters_.end()) return;
  Cluster& target = found->second;
  target.asking = false;
  switch (outcome) {
    case PairingOutcome::refused:
      refused_.push_back(cluster);
      if (refused_.size() > kMaxRefused) refused_.pop_front();
      clusters_.erase(found);
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
