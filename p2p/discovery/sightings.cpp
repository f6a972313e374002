#include "p2p/discovery/sightings.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>

#include "p2p/discovery/txt_record.h"

namespace mz {

bool Sightings::appear(const Place& place) {
  if (place.instance.empty() || place.instance.size() > kMaxInstanceBytes) return false;
  // It is shown on terminals, and control characters would do things there. The standard permits none (RFC 6763, 4.1.1).
  if (std::any_of(place.instance.begin(), place.instance.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; })) {
    return false;
  }
  if (entries_.contains(place)) return true;
  if (entries_.size() >= kMaxAdverts) {
    turned_away_ = true;
    return false;
  }
  entries_[place];
  return true;
}

void Sightings::begin_anew(Clock::time_point now) {
  entries_.clear();
  turned_away_ = false;
  begun_ = now;
}

bool Sightings::should_begin_anew(Clock::time_point now) const {
  if (!turned_away_ || entries_.size() >= kMaxAdverts) return false;
  return !begun_ || now - *begun_ >= std::chrono::seconds(kAskAnewSeconds);
}

void Sightings::vanish(const Place& place) {
  if (entries_.erase(place) > 0) vanished_.insert(place.instance);
}

void Sightings::describe(const Place& place, std::uint16_t port, std::span<const std::string> txt) {
  const auto entry = entries_.find(place);
  if (entry == entries_.end()) return;
  entry->second.port = port;
  entry->second.advert = port == 0 ? std::nullopt : read_txt(txt);
}

void Sightings::add_address(const Place& place, const std::string& host, int by) {
  const auto entry = entries_.find(place);
  if (entry == entries_.end() || host.empty()) return;
  auto& hosts = entry->second.hosts;
  if (hosts.size() >= kMaxAddresses && !hosts.contains(host)) return;
  hosts[host].insert(by);
}

void Sightings::remove_address(const Place& place, const std::string& host, int by) {
  const auto entry = entries_.find(place);
  if (entry == entries_.end()) return;
  const auto known = entry->second.hosts.find(host);
  if (known == entry->second.hosts.end()) return;
  known->second.erase(by);
  if (known->second.empty()) entry->second.hosts.erase(known);
}

Sightings::Changes Sightings::take_changes() {
  std::map<std::string, Sighting> now;
  for (const auto& [place, entry] : entries_) {
    if (!entry.advert) continue;
    auto [sighting, fresh] = now.try_emplace(place.instance);
    if (fresh) {
      sighting->second.advert = *entry.advert;
      sighting->second.advert.instance = place.instance;
      sighting->second.advert.port = entry.port;
    }
    for (const auto& [host, by] : entry.hosts) {
      const PeerAddress address{.host = host, .port = entry.port};
      auto& all = sighting->second.addresses;
      if (std::find(all.begin(), all.end(), address) == all.end()) all.push_back(address);
    }
  }
  Changes changes;
  for (auto& [instance, sighting] : now) {
    vanished_.erase(instance);  // it is still there on another interface, or again
    if (sighting.addresses.empty()) continue;
    Sighting& told = told_[instance];
    if (told == sighting) continue;
    told = sighting;
    changes.seen.push_back(std::move(sighting));
  }
  for (auto told = told_.begin(); told != told_.end();) {
    const bool gone = !now.contains(told->first) && (settled_ || vanished_.contains(told->first));
    if (gone) changes.lost.push_back(told->first);
    told = gone ? told_.erase(told) : std::next(told);
  }
  vanished_.clear();
  settled_ = false;
  return changes;
}

bool is_link_local_ipv6(std::span<const std::uint8_t> bytes) {
  return bytes.size() == 16 && bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80U;
}

bool is_usable_address(std::span<const std::uint8_t> bytes) {
  const auto all_zero = [](std::span<const std::uint8_t> part) {
    return std::all_of(part.begin(), part.end(), [](std::uint8_t byte) { return byte == 0; });
  };
  if (bytes.size() == 4) return bytes[0] != 0 && bytes[0] != 127 && bytes[0] < 224;
  if (bytes.size() != 16) return false;
  const bool loopback = all_zero(bytes.first(15)) && bytes[15] == 1;
  const bool mapped = all_zero(bytes.first(10)) && bytes[10] == 0xff && bytes[11] == 0xff;  // IPv4 comes as IPv4
  return !all_zero(bytes) && !loopback && !mapped && bytes[0] != 0xff;
}

std::string host_text(std::span<const std::uint8_t> bytes, std::uint32_t interface) {
  if (!is_usable_address(bytes)) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) return "";
  std::string host = text.data();
  if (!is_link_local_ipv6(bytes)) return host;
  std::array<char, IF_NAMESIZE> name{};
  if (interface == 0 || ::if_indextoname(interface, name.data()) == nullptr) return "";
  return host + "%" + name.data();
}

}  // namespace mz
