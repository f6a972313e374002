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

bool PeerAddress::is_loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.") || host.starts_with("::ffff:127.");
}

const char* candidate_source_word(CandidateSource source) {
  switch (source) {
    case CandidateSource::exchanged:
      return "exchanged";
    case CandidateSource::bonjour:
      return "bonjour";
    case CandidateSource::known:
      return "known";
    case CandidateSource::fixed:
      return "static";
  }
  return "";
}

const char* candidate_state_word(CandidateState state) {
  switch (state) {
    case CandidateState::fresh:
      return "new";
    case CandidateState::self:
      return "self";
    case CandidateState::member:
      return "member";
    case CandidateState::unreachable:
      return "unreachable";
    case CandidateState::other_cluster:
      return "other_cluster";
    case CandidateState::refused:
      return "refused";
    case CandidateState::other_version:
      return "other_version";
    case CandidateState::revoked:
      return "revoked";
    case CandidateState::pairing:
      return "pairing";
  }
  return "";
}

Candidate* Candidates::find_or_make(const PeerAddress& address) {
  const auto found = all_.find(address);
  if (found != all_.end()) return &found->second;
  if (all_.size() >= kMaxCandidates) make_room();
  if (all_.size() >= kMaxCandidates) return nullptr;
  return &all_[address];
}

void Candidates::add(const PeerAddress& address, CandidateSource source, const NodeId& node) {
  Candidate* candidate = find_or_make(address);
  if (candidate == nullptr) return;
  candidate->sources |= static_cast<std::uint8_t>(source);
  if (candidate->node.is_nobody()) candidate->node = node;
}

void Candidates::announced(const PeerAddress& address, const Claim& claim, CandidateState state,
                           const std::string& reason) {
  Candidate* candidate = find_or_make(address);
  if (candidate == nullptr) return;
  const bool news = !candidate->from(CandidateSource::bonjour) || candidate->claim != claim;
  candidate->sources |= static_cast<std::uint8_t>(CandidateSource::bonjour);
  candidate->claim = claim;
  // A claim does not undo what a handshake has shown, and does not keep an address from being tried that is known otherwise.
  if (candidate->only_from(CandidateSource::bonjour) && !candidate->last_worked &&
      (news || state != CandidateState::fresh)) {
    candidate->state = state;
    candidate->reason = reason;
  }
  if (!news || candidate->last_worked) return;
  candidate->failures = 0;
  candidate->next_try = 0;
}

void Candidates::withdrawn(const PeerAddress& address) {
  const auto found = all_.find(address);
  if (found == all_.end() || !found->second.from(CandidateSource::bonjour)) return;
  found->second.sources &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(CandidateSource::bonjour));
  found->second.claim = {};
  if (found->second.sources == 0) all_.erase(found);
}

void Candidates::make_room() {
  auto worst = all_.end();
  for (auto entry = all_.begin(); entry != all_.end(); ++entry) {
    if (entry->second.from(CandidateSource::fixed)) continue;
    const auto rank = [](const Candidate& c) { return std::pair(!c.from(CandidateSource::known), c.failures); };
    if (worst == all_.end() || rank(entry->second) > rank(worst->second)) worst = entry;
  }
  if (worst != all_.end()) all_.erase(worst);
}

std::vector<PeerAddress> Candidates::due(double now, std::size_t count) const {
  std::vector<const std::pair<const PeerAddress, Candidate>*> ready;
  for (const auto& entry : all_) {
    if (!entry.second.trying && entry.second.next_try <= now) ready.push_back(&entry);
  }
  std::stable_sort(ready.begin(), ready.end(), [](const auto* a, const auto* b) {
    return std::pair(b->second.sources, a->second.failures) < std::pair(a->second.sources, b->second.failures);
  });
  std::vector<PeerAddress> out;
  for (const auto* entry : ready) {
    if (out.size() == count) break;
    out.push_back(entry->first);
  }
  return out;
}

std::optional<PeerAddress> Candidates::take(double now, const Wanted& wanted) {
  for (const PeerAddress& address : due(now, all_.size())) {
    Candidate& candidate = all_.at(address);
    if (!wanted(address, candidate)) continue;
    candidate.trying = true;
    return address;
  }
  return std::nullopt;
}

std::optional<double> Candidates::next_due(const Wanted& wanted) const {
  std::optional<double> next;
  for (const auto& [address, candidate] : all_) {
    if (candidate.trying || !wanted(address, candidate)) continue;
    if (!next || candidate.next_try < *next) next = candidate.next_try;
  }
  return next;
}

void Candidates::try_all_again() {
  for (auto& [address, candidate] : all_) {
    if (candidate.failures > 0) candidate.next_try = 0;
  }
}

void Candidates::answering(const std::vector<NodeId>& members) {
  for (auto& [address, candidate] : all_) {
    const bool answers = std::find(members.begin(), members.end(), candidate.node) != members.end();
    if (answers && candidate.failures > 0 && !answering_.contains(candidate.node)) candidate.next_try = 0;
  }
  answering_ = {members.begin(), members.end()};
}

void Candidates::worked(const PeerAddress& address, const NodeId& node, double now) {
  add(address, CandidateSource::known, node);
  const auto found = all_.find(address);
  if (found == all_.end()) return;
  Candidate& candidate = found->second;
  candidate.node = node;
  candidate.failures = 0;
  candidate.next_try = now + kLongestWait;
  candidate.trying = false;
  candidate.last_tried = candidate.last_worked = now;
  candidate.state = CandidateState::member;
  candidate.reason = "It proved to be the member " + node.short_text() + ".";
}

void Candidates::failed(const PeerAddress& address, double now, CandidateState state, const std::string& reason) {
  const auto found = all_.find(address);
  if (found == all_.end()) return;
  Candidate& candidate = found->second;
  const double wait = std::min(kLongestWait, kFirstWait * std::exp2(std::min(candidate.failures, 10U)));
  ++candidate.failures;
  candidate.next_try = now + wait;
  candidate.trying = false;
  candidate.last_tried = now;
  candidate.state = state;
  candidate.reason = reason;
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
    if ((!candidate.from(CandidateSource::known) && !candidate.from(CandidateSource::fixed)) ||
        candidate.node.is_nobody())
      continue;
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
