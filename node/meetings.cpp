// Of NodeMembership: the table of addresses at which members may be, and the threads that try them.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

#include "node/node_membership.h"
#include "p2p/base32.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr char kCopy[] =
    "Another machine runs there with the identity of this node: its data directory is a copy. Run `meshzero identity "
    "reset` on both.";
constexpr char kPerhapsCopy[] =
    "It uses the identity of this node. If it is another machine, its data directory is a copy: run `meshzero identity "
    "reset` there.";
constexpr double kLookAgainSeconds = 5;  // at the latest: members die and come back

double seconds_now() { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); }

// What the adverts of these say settles it, as long as nothing else names the address.
bool is_settled_by_advert(CandidateState state) {
  return state == CandidateState::self || state == CandidateState::other_cluster ||
         state == CandidateState::other_version || state == CandidateState::revoked;
}

}  // namespace

// --- the table -----------------------------------------------------------------------------------------------------------

void NodeMembership::fill_again(const Hosts& own) {
  for (const PeerAddress& address : fixed_) known_.add(address, CandidateSource::fixed);
  for (const auto& [instance, sighting] : sightings_) note_advert(sighting, own);
}

NodeMembership::Hosts NodeMembership::own_hosts() const {
  Hosts hosts;
  if (!own_) return hosts;
  for (const std::string& text : own_()) {
    if (auto address = PeerAddress::parse(text)) hosts.insert(address->host);
  }
  return hosts;
}

void NodeMembership::note_advert(const Sighting& sighting, const Hosts& own) {
  const Advert& advert = sighting.advert;
  const Claim claim{
      .name = advert.instance, .cluster = advert.cluster, .node = advert.node, .protocol = advert.protocol};
  CandidateState state = CandidateState::fresh;
  std::string reason = "It says that it is a member of this cluster; it has not been met yet.";
  const std::vector<NodeId> revoked = trust_.revoked_nodes();
  if (!cluster_id_text(trust_.cluster_id()).starts_with(advert.cluster)) {
    state = CandidateState::other_cluster;
    reason = "It says that it belongs to another cluster, which begins with " + advert.cluster + ".";
  } else if (trust_.node_id().text().starts_with(advert.node)) {
    state = CandidateState::self;
    // Link-local addresses, which have a scope, are not among those a node tells of itself.
    const auto telling = [](const PeerAddress& address) { return address.host.find('%') == std::string::npos; };
    const auto& at = sighting.addresses;
    const bool elsewhere =
        std::any_of(at.begin(), at.end(), telling) &&
        std::none_of(at.begin(), at.end(), [&](const auto& each) { return own.contains(each.host); });
    reason = elsewhere ? kPerhapsCopy : "It is this node itself.";
  } else if (std::any_of(revoked.begin(), revoked.end(),
                         [&](const NodeId& node) { return node.text().starts_with(advert.node); })) {
    state = CandidateState::revoked;
    reason = "It was put out of the cluster.";
  } else if (advert.protocol != protocol_version()) {
    state = CandidateState::other_version;
    reason = "It speaks version " + std::to_string(advert.protocol) + " of the protocol, this node version " +
             std::to_string(protocol_version()) + ". Run the same version of MeshZero on both.";
  }
  for (const PeerAddress& address : sighting.addresses) known_.announced(address, claim, state, reason);
}

void NodeMembership::withdraw(const std::vector<PeerAddress>& addresses) {
  for (const PeerAddress& address : addresses) {
    const bool still = std::any_of(sightings_.begin(), sightings_.end(), [&](const auto& entry) {
      const auto& all = entry.second.addresses;
      return std::find(all.begin(), all.end(), address) != all.end();
    });
    if (!still) known_.withdrawn(address);
  }
}

void NodeMembership::sighted(const Sighting& sighting) {
  const Hosts own = own_hosts();
  {
    const std::lock_guard lock(mutex_);
    Sighting& kept = sightings_[sighting.advert.instance];
    const Sighting before = std::exchange(kept, sighting);
    note_advert(sighting, own);
    withdraw(before.addresses);
  }
  changed_.notify_all();
}

void NodeMembership::vanished(const std::string& instance) {
  const std::lock_guard lock(mutex_);
  const auto gone = sightings_.extract(instance);
  if (!gone.empty()) withdraw(gone.mapped().addresses);
}

void NodeMembership::looking(DiscoveryState state, const std::string& text) {
  const std::lock_guard lock(mutex_);
  look_ = state;
  look_text_ = text;
}

void NodeMembership::network_changed() {
  {
    const std::lock_guard lock(mutex_);
    known_.try_all_again();
  }
  changed_.notify_all();
}

std::vector<NodeMembership::CandidateView> NodeMembership::candidates() const {
  const double now = seconds_now();
  const std::int64_t wall = std::time(nullptr);
  const auto on_the_wall = [&](const std::optional<double>& at) {
    return at ? std::optional(wall - static_cast<std::int64_t>(now - *at)) : std::nullopt;
  };
  const Agreement connected = agreement();
  const std::vector<NodeId> alive = connected.alive ? connected.alive() : std::vector<NodeId>();
  std::vector<CandidateView> views;
  const std::lock_guard lock(mutex_);
  for (const auto& [address, candidate] : known_.all()) {
    CandidateView view{.address = address,
                       .candidate = candidate,
                       .last_tried = on_the_wall(candidate.last_tried),
                       .last_worked = on_the_wall(candidate.last_worked)};
    const bool member = std::find(alive.begin(), alive.end(), candidate.node) != alive.end();
    if (candidate.state == CandidateState::fresh && !candidate.node.is_nobody()) {
      view.candidate.reason = member ? "A member that is reached elsewhere is said to be there, so it is not tried."
                                     : "A member is said to be there; it has not been tried yet.";
    } else if (candidate.state == CandidateState::fresh && candidate.reason.empty()) {
      view.candidate.reason = "It has not been tried yet.";
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<PeerAddress> NodeMembership::ways_into(const JoinToken& token) const {
  std::vector<PeerAddress> ways;
  const std::string cluster = to_base32(token.authority).substr(0, kAdvertIdLength);
  const std::lock_guard lock(mutex_);
  for (const auto& [address, candidate] : known_.all()) {
    if (!candidate.only_from(CandidateSource::bonjour) || candidate.claim.cluster == cluster) ways.push_back(address);
  }
  return ways;
}

DiscoveryState NodeMembership::look() const {
  const std::lock_guard lock(mutex_);
  return look_;
}

Error NodeMembership::nobody_found() const {
  const std::lock_guard lock(mutex_);
  const bool looked = look_ == DiscoveryState::running || look_ == DiscoveryState::starting;
  const std::string why = looked ? "No node of the token's cluster was found on the local network within " +
                                       std::to_string(kFindSeconds) + " seconds."
                                 : "Nobody knows where the token's cluster is. " + look_text_;
  return {ErrorKind::unreachable, why + " Name a member with --peer HOST:PORT."};
}

// --- meetings ------------------------------------------------------------------------------------------------------------

void NodeMembership::run_meetings() {
  for (;;) {
    const Agreement connected = agreement();
    const std::vector<NodeId> alive = connected.alive ? connected.alive() : std::vector<NodeId>();
    const Hosts own = own_hosts();
    const auto wanted = [&](const PeerAddress& address, const Candidate& candidate) {
      // Who is announced as this node elsewhere may be a copy of it.
      if (candidate.state == CandidateState::self) return !own.contains(address.host);
      if (candidate.only_from(CandidateSource::bonjour) && is_settled_by_advert(candidate.state)) return false;
      if (!candidate.node.is_nobody() && trust_.is_revoked(candidate.node)) return false;
      return candidate.is_to_be_met(std::find(alive.begin(), alive.end(), candidate.node) != alive.end());
    };
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    const double now = seconds_now();
    known_.answering(alive);
    if (const auto address = known_.take(now, wanted)) {
      lock.unlock();
      try_to_meet(*address);
      continue;
    }
    const double wait =
        std::clamp(known_.next_due(wanted).value_or(now + kLookAgainSeconds) - now, 0.01, kLookAgainSeconds);
    changed_.wait_for(lock, std::chrono::duration<double>(wait));
  }
}

void NodeMembership::try_to_meet(const PeerAddress& address) {
  std::vector<MemberAddress> all = others();
  all.push_back(self());
  Meeting meeting = meet(trust_, all, address, within(std::chrono::seconds(kMeetingSeconds)));
  if (meeting.state == CandidateState::self) {
    const std::optional<bool> copy = is_copy_at(address);
    if (copy.value_or(false)) meeting.reason = kCopy;
    if (!copy && !address.is_loopback() && !own_hosts().contains(address.host)) meeting.reason = kPerhapsCopy;
  }
  note_meeting(address, meeting);
}

void NodeMembership::note_put_out(const std::string& reason) {
  if (put_out_.exchange(true)) return;  // every member says so, each minute
  journal_.add(JournalKind::revocation, JournalLevel::error, trust_.node_id(), reason);
}

// Whoever is there has proved to hold this node's key. That is this node itself, by whatever way, or a machine with a copy of its
// data directory; then the agreement of both freezes, by what they sign and not by where they are. Nothing when it does not say
// which of the two in time.
std::optional<bool> NodeMembership::is_copy_at(const PeerAddress& address) const {
  const Agreement connected = agreement();
  if (!connected.card_message || !connected.met_own_key) return std::nullopt;
  const std::string card = connected.card_message();
  if (card.empty()) return std::nullopt;
  const auto answer = tell_own_key(trust_, card, address, within(std::chrono::seconds(kMeetingSeconds)));
  if (!answer) return std::nullopt;
  return connected.met_own_key(*answer);
}

void NodeMembership::note_meeting(const PeerAddress& address, const Meeting& meeting) {
  bool news = false;
  bool announced = false;
  {
    const std::lock_guard lock(mutex_);
    if (const auto before = known_.all().find(address); before != known_.all().end()) {
      news = before->second.state != meeting.state;
      announced = before->second.from(CandidateSource::bonjour);
    }
    if (meeting.said) {
      known_.worked(address, meeting.said->node, seconds_now());
    } else {
      known_.failed(address, seconds_now(), meeting.state, meeting.reason);
    }
  }
  if (news) {
    const bool impostor = announced && meeting.state == CandidateState::refused;
    spdlog::log(impostor ? spdlog::level::warn : spdlog::level::info, "{}: {}", address.text(), meeting.reason);
  }
  if (meeting.put_out) note_put_out(meeting.reason);
  if (!meeting.said) return;
  remember();
  const MemberAddress met{.node = meeting.said->node, .addresses = {address.text()}};
  if (const Agreement connected = agreement(); connected.admitted) connected.admitted(met);
  learn_members(meeting.said->members);
  if (auto learnt = learn_revocations(meeting.said->revocations); !learnt) {
    spdlog::warn("{}: {}", address.text(), learnt.error().text);
  }
}

}  // namespace mz
