#include "p2p/candidates.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mz {
namespace {

constexpr std::size_t kMaxPortDigits = 5;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_character(char c) { return is_host_character(c) || c == ':' || c == '%'; }

Error no_address(std::string_view text) {
  return {ErrorKind::usage, "`" + std::string(text.substr(0, 300)) +
                                "` is no address of a node. Write HOST:PORT, for example studio.local:8765 or "
                                "[fe80::1%eth0]:8765."};
}

}  // namespace

Result<PeerAddress> PeerAddress::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_address(text);
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const bool valid_host = !host.empty() && host.size() <= kMaxHostBytes &&
                          std::all_of(host.begin(), host.end(), bracketed ? is_ipv6_character : is_host_character);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool valid_port = digits.size() <= kMaxPortDigits && error == std::errc() &&
                          end == digits.data() + digits.size() && port >= 1 && port <= 65535;
  if (!valid_host || !valid_port) return no_address(text);
  return PeerAddress{.host = std::string(host), .port = static_cast<std::uint16_t>(port)};
}

std::string PeerAddress::text() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void Candidates::add(const PeerAddress& address, CandidateSource source, const NodeId& node) {
  auto found = all_.find(address);
  if (found == all_.end()) {
    if (all_.size() >= kMaxCandidates) make_room();
    if (all_.size() >= kMaxCandidates) return;
    found = all_.emplace(address, Candidate{}).first;
  }
  found->second.source = std::max(found->second.source, source);
  if (found->second.node.is_nobody()) found->second.node = node;
}

void Candidates::make_room() {
  auto worst = all_.end();
  for (auto entry = all_.begin(); entry != all_.end(); ++entry) {
    if (entry->second.source == CandidateSource::fixed) continue;
    const auto rank = [](const Candidate& c) { return std::pair(c.source == CandidateSource::exchanged, c.failures); };
    if (worst == all_.end() || rank(entry->second) > rank(worst->second)) worst = entry;
  }
  if (worst != all_.end()) all_.erase(worst);
}

std::vector<PeerAddress> Candidates::due(double now, std::size_t count) const {
  std::vector<const std::pair<const PeerAddress, Candidate>*> ready;
  for (const auto& entry : all_) {
    if (entry.second.next_try <= now) ready.push_back(&entry);
  }
  std::stable_sort(ready.begin(), ready.end(), [](const auto* a, const auto* b) {
    return std::pair(b->second.source, a->second.failures) < std::pair(a->second.source, b->second.failures);
  });
  std::vector<PeerAddress> out;
  for (const auto* entry : ready) {
    if (out.size() == count) break;
    out.push_back(entry->first);
  }
  return out;
}

void Candidates::worked(const PeerAddress& address, const NodeId& node, double now) {
  add(address, CandidateSource::known, node);
  const auto found = all_.find(address);
  if (found == all_.end()) return;
  found->second.node = node;
  found->second.failures = 0;
  found->second.next_try = now + kLongestWait;
}

void Candidates::failed(const PeerAddress& address, double now) {
  const auto found = all_.find(address);
  if (found == all_.end()) return;
  const double wait = std::min(kLongestWait, kFirstWait * std::exp2(std::min(found->second.failures, 10U)));
  ++found->second.failures;
  found->second.next_try = now + wait;
}

std::vector<PeerAddress> Candidates::addresses_of(const NodeId& node) const {
  std::vector<PeerAddress> out;
  for (const auto& [address, candidate] : all_) {
    if (candidate.node == node) out.push_back(address);
  }
  std::stable_sort(out.begin(), out.end(),
                   [this](const auto& a, const auto& b) { return all_.at(a).failures < all_.at(b).failures; });
  return out;
}

std::string Candidates::known_text() const {
  std::string text;
  for (const auto& [address, candidate] : all_) {
    if (candidate.source == CandidateSource::exchanged || candidate.node.is_nobody()) continue;
    text += address.text() + " " + candidate.node.text() + "\n";
  }
  return text;
}

void Candidates::add_known_text(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto space = line.find(' ');
    if (space == std::string_view::npos) continue;
    auto address = PeerAddress::parse(line.substr(0, space));
    auto node = NodeId::parse(line.substr(space + 1));
    if (address && node) add(*address, CandidateSource::known, *node);
  }
}

}  // namespace mz
