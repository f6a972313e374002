#include "api/connection_places.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace mz {

void ConnectionPlaces::enter(Id id, const std::string& group) {
  strangers_.insert(id);
  if (group.empty()) return;
  by_group_[group].insert(id);
  group_of_[id] = group;
}

void ConnectionPlaces::become_member(Id id) {
  if (members_.contains(id)) return;
  const bool busy = busy_.contains(id);
  leave(id);
  members_.insert(id);
  if (busy) busy_.insert(id);
}

void ConnectionPlaces::leave(Id id) {
  strangers_.erase(id);
  members_.erase(id);
  busy_.erase(id);
  const auto group = group_of_.find(id);
  if (group == group_of_.end()) return;
  const auto entry = by_group_.find(group->second);
  entry->second.erase(id);
  if (entry->second.empty()) by_group_.erase(entry);
  group_of_.erase(group);
}

void ConnectionPlaces::set_busy(Id id, bool busy) {
  if (busy) {
    busy_.insert(id);
  } else {
    busy_.erase(id);
  }
}

std::optional<ConnectionPlaces::Id> ConnectionPlaces::victim(const std::set<Id>& among) const {
  if (among.empty()) return std::nullopt;
  const auto idle = std::find_if(among.begin(), among.end(), [this](Id id) { return !busy_.contains(id); });
  return idle != among.end() ? *idle : *among.begin();
}

std::optional<ConnectionPlaces::Id> ConnectionPlaces::to_evict(const std::string& group) const {
  const auto entry = by_group_.find(group);
  if (entry != by_group_.end() && entry->second.size() >= caps_.per_address) return victim(entry->second);
  if (strangers_.size() >= caps_.strangers) return victim(strangers_);
  return std::nullopt;
}

std::optional<ConnectionPlaces::Id> ConnectionPlaces::surplus_member() const {
  if (members_.size() <= caps_.members) return std::nullopt;
  return victim(members_);
}

std::optional<ConnectionPlaces::Id> ConnectionPlaces::oldest_idle() const {
  for (const std::set<Id>* among : {&strangers_, &members_}) {
    const auto idle = std::find_if(among->begin(), among->end(), [this](Id id) { return !busy_.contains(id); });
    if (idle != among->end()) return *idle;
  }
  return std::nullopt;
}

std::string address_group(const std::string& address, bool loopback) {
  if (loopback) return {};
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &bytes) != 1) return address;
  std::fill(bytes.s6_addr + 8, bytes.s6_addr + 16, std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &bytes, text.data(), text.size());
  return text.data();
}

}  // namespace mz
