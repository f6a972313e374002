#include "node/node_membership.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "api/connection_places.h"
#include "api/member_list.h"
#include "node/cluster_service.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr std::chrono::seconds kOneStep{10};
constexpr std::chrono::seconds kOneExchange{4};  // at one address: others wait behind it

std::vector<PeerAddress> addresses_of(const MemberAddress& member) {
  std::vector<PeerAddress> out;
  for (const std::string& text : member.addresses) {
    if (auto address = PeerAddress::parse(text)) out.push_back(*address);
  }
  return out;
}

// Tries the member's addresses in turn.
template <class Step>
Result<void> at_any_address(const MemberAddress& member, const Step& step) {
  Result<void> last =
      Error{ErrorKind::unreachable, "No address of the node " + member.node.short_text() + " is known."};
  for (const PeerAddress& address : addresses_of(member)) {
    last = step(address);
    if (last || last.error().kind != ErrorKind::unreachable) return last;
  }
  return last;
}

Error put_out() {
  return {ErrorKind::refused,
          "This node was put out of that cluster. Run `meshzero identity reset` on it to give it a new key, then join "
          "again with a token."};
}

Error stopping_now() { return {ErrorKind::refused, "This node stops."}; }

std::size_t random_below(std::size_t count) {
  std::array<std::uint8_t, 4> bytes{};
  if (!random_bytes(bytes)) return 0;
  return (bytes[0] | std::size_t{bytes[1]} << 8 | std::size_t{bytes[2]} << 16) % count;
}

// The name of this machine in its network: one label, lower case.
std::string host_label() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  std::string label(name.data());
  label = label.substr(0, label.find('.'));
  for (char& c : label) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return label;
}

// The first line of the address file.
constexpr char kOfCluster[] = "cluster ";

std::string of_cluster(const ClusterId& cluster) { return kOfCluster + cluster_id_text(cluster) + "\n"; }

// What the address file says.
std::string address_text(const ClusterId& cluster, const Candidates& known) {
  const std::string text = known.known_text();
  return text.empty() ? text : of_cluster(cluster) + text;
}

}  // namespace

Result<std::unique_ptr<NodeTrust>> open_trust(const DataDirectory& data) {
  return NodeTrust::open({.directory = data.identity(), .host = host_label()});
}

Result<std::unique_ptr<NodeTrust>> open_trust_from_backup(const DataDirectory& data, std::string_view passphrase,
                                                          std::span<const std::uint8_t> backup) {
  return NodeTrust::open_from_backup({.directory = data.identity(), .host = host_label()}, passphrase, backup);
}

NodeMembership::NodeMembership(NodeTrust& trust, std::filesystem::path directory,
                               std::function<std::vector<std::string>()> own, const std::vector<PeerAddress>& fixed,
                               Journal& journal)
    : trust_(trust), directory_(std::move(directory)), own_(std::move(own)), fixed_(fixed), journal_(journal) {
  if (auto text = read_private_file(directory_ / kAddressFile, kMaxAddressFile)) {
    kept_.assign(text->begin(), text->end());
    // Of another cluster when a change of clusters was interrupted. Version 0.1 did not say of which.
    if (!kept_.starts_with(kOfCluster) || kept_.starts_with(of_cluster(trust_.cluster_id()))) {
      known_.add_known_text(kept_);
    }
  }
  fill_again({});  // no advert was seen yet
}

NodeMembership::~NodeMembership() { stop(); }

void NodeMembership::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (std::thread& meeting : meetings_) meeting.join();
  meetings_.clear();
}

void NodeMembership::connect(Agreement agreement) {
  const std::lock_guard lock(mutex_);
  agreement_ = std::move(agreement);
}

void NodeMembership::admitted(const MemberAddress& member) {
  know({member}, CandidateSource::known);
  if (const Agreement connected = agreement(); connected.admitted) connected.admitted(member);
}

void NodeMembership::turned_away(const std::string& address, const Error& why) {
  const std::int64_t now = trust_.now();
  {
    const std::lock_guard lock(mutex_);
    // A clock that was set back does not silence it.
    std::erase_if(turned_away_,
                  [now](const auto& entry) { return now >= entry.second + kTurnedAwaySeconds || now < entry.second; });
    if (turned_away_.size() >= kMaxTurnedAway) return;
    if (!turned_away_.try_emplace(address_group(address, false), now).second) return;
  }
  journal_.add(JournalKind::pairing, JournalLevel::warn, std::nullopt,
               "A machine at " + address + " could not join by a token: " + why.text);
}

void NodeMembership::start(const std::function<void(const char*)>& name_thread) {
  if (trust_.certificate().role() == Role::admin && !trust_.is_admin()) {
    journal_.add(
        JournalKind::certificate, JournalLevel::warn, trust_.node_id(),
        "This node was an admin, but its signing key, authority.key in the folder identity, is missing: it takes "
        "in, renews and puts out nobody. Restore the file from a copy, run `meshzero ca restore BACKUP`, or let "
        "another admin run `meshzero nodes promote`.");
  }
  thread_ = std::thread([this, name_thread] {
    if (name_thread) name_thread("membership");
    run();
  });
  for (int i = 0; i < kMeetings; ++i) {
    meetings_.emplace_back([this, name_thread] {
      if (name_thread) name_thread("meeting");
      run_meetings();
    });
  }
}

NodeMembership::Agreement NodeMembership::agreement() const {
  const std::lock_guard lock(mutex_);
  return agreement_;
}

std::vector<MemberAddress> NodeMembership::others() const {
  std::vector<MemberAddress> members;
  if (const Agreement connected = agreement(); connected.others) members = connected.others();
  const std::lock_guard lock(mutex_);
  // Addresses from before are kept behind those that the members say of themselves.
  for (const auto& [address, candidate] : known_.all()) {
    if (candidate.node.is_nobody() || candidate.node == trust_.node_id() || trust_.is_revoked(candidate.node)) continue;
    auto found = std::find_if(members.begin(), members.end(),
                              [&node = candidate.node](const MemberAddress& member) { return member.node == node; });
    if (found == members.end()) {
      if (agreement_.others) continue;  // the agreement knows who has left
      found = members.insert(members.end(), {.node = candidate.node, .addresses = {}});
    }
    const std::string text = address.text();
    if (std::find(found->addresses.begin(), found->addresses.end(), text) == found->addresses.end()) {
      found->addresses.push_back(text);
    }
  }
  return members;
}

MemberAddress NodeMembership::self() const {
  MemberAddress told{.node = trust_.node_id(), .addresses = own_ ? own_() : std::vector<std::string>()};
  if (told.addresses.size() > kMaxListedAddresses) told.addresses.resize(kMaxListedAddresses);
  return told;
}

Result<void> NodeMembership::refuse_with_members(const char* what) const {
  const std::size_t count = others().size();
  if (count == 0) return {};
  return Error{ErrorKind::refused, "This node is in a cluster with " + std::to_string(count) +
                                       " other members and cannot " + what + ". Leave it first: meshzero leave."};
}

void NodeMembership::add_to(Candidates& known, const std::vector<MemberAddress>& members,
                            CandidateSource source) const {
  for (const MemberAddress& member : members) {
    if (member.node == trust_.node_id()) continue;
    for (const PeerAddress& address : addresses_of(member)) known.add(address, source, member.node);
  }
}

void NodeMembership::know(const std::vector<MemberAddress>& members, CandidateSource source) {
  {
    const std::lock_guard lock(mutex_);
    add_to(known_, members, source);
  }
  remember();
}

void NodeMembership::remember() {
  const std::lock_guard file(file_mutex_);  // what was computed last is written last
  keep_known();
}

void NodeMembership::keep_known() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    text = address_text(trust_.cluster_id(), known_);
  }
  if (auto kept = keep_addresses(std::move(text)); !kept) {
    spdlog::warn("addresses of members: {}", kept.error().text);
  }
}

Result<void> NodeMembership::keep_addresses(std::string text) {
  if (text == kept_) return {};
  auto written = make_private_directory(directory_);
  if (written) written = write_private_file(directory_ / kAddressFile, text);
  if (written) kept_ = std::move(text);
  return written;
}

Result<void> NodeMembership::change_cluster(Candidates known, const ClusterId* next,
                                            const std::function<Result<void>()>& change) {
  const Hosts own = own_hosts();
  {
    // Held all the time, for else another thread says that the members of one cluster are the other's.
    const std::lock_guard file(file_mutex_);
    // Before the certificate: whoever is killed between the two knows whom it has joined.
    if (next != nullptr) {
      if (auto kept = keep_addresses(address_text(*next, known)); !kept) return kept;
    }
    if (auto changed = change(); !changed) {
      keep_known();
      return changed;
    }
    {
      const std::lock_guard lock(mutex_);
      known_ = std::move(known);
      put_out_ = false;
      promoted_.clear();
      fill_again(own);
    }
    keep_known();
  }
  changed_.notify_all();
  return {};
}

Result<void> NodeMembership::join(const JoinToken& token, const std::vector<PeerAddress>& peers) {
  const std::lock_guard step(step_);
  Standing standing = Standing::unknown;
  if (is_of(token)) {
    standing = ask_standing(token, peers);
    if (standing == Standing::member) return {};
    // Nobody can give an admin more than it has, and joining would take its key away.
    if (trust_.is_admin()) return standing == Standing::put_out ? Result<void>(put_out()) : Result<void>();
  } else if (auto alone = refuse_with_members("join another"); !alone) {
    return alone;
  }
  entering_ = true;
  const Result<void> entered = find_and_enter(token, peers);
  entering_ = false;
  const bool nobody = !entered && entered.error().kind == ErrorKind::unreachable;
  return nobody && standing == Standing::put_out ? Result<void>(put_out()) : entered;
}

bool NodeMembership::is_of(const JoinToken& token) const {
  return fingerprint_prefix(trust_.authority()) == token.authority;
}

NodeMembership::Standing NodeMembership::ask_standing(const JoinToken& token, const std::vector<PeerAddress>& peers) {
  if (trust_.certificate().not_after() <= trust_.now()) return Standing::unknown;
  // The node of the token hears of revocations before others do.
  std::vector<MemberAddress> all = those_alive_first(others());
  std::stable_partition(all.begin(), all.end(),
                        [&token](const MemberAddress& member) { return member.node == token.admin; });
  std::vector<PeerAddress> places = peers;
  for (const MemberAddress& member : all) {
    for (const PeerAddress& address : addresses_of(member)) {
      if (std::find(places.begin(), places.end(), address) == places.end()) places.push_back(address);
    }
  }
  all.push_back(self());
  const Deadline end = within(std::chrono::seconds(kJoinSeconds));
  for (const PeerAddress& place : places) {
    if (std::chrono::steady_clock::now() >= end) break;
    const Meeting meeting = meet(trust_, all, place, std::min(end, within(std::chrono::seconds(kMeetingSeconds))));
    note_meeting(place, meeting);
    if (meeting.put_out || trust_.is_revoked(trust_.node_id())) return Standing::put_out;
    if (meeting.said) return Standing::member;
  }
  return Standing::unknown;
}

Result<void> NodeMembership::find_and_enter(const JoinToken& token, const std::vector<PeerAddress>& peers) {
  const Deadline daemon = within(std::chrono::seconds(kDaemonSeconds));
  const WaysIn ways{.named = peers,
                    .found = [&] { return ways_into(token); },
                    .looking =
                        [&] {
                          const DiscoveryState now = look();
                          if (now != DiscoveryState::unavailable) return now != DiscoveryState::off;
                          return std::chrono::steady_clock::now() < daemon;
                        }};
  const bool finds = peers.empty() && look() != DiscoveryState::off;
  auto admitted = ask_to_join(
      trust_, token, ways, self().addresses, [this] { return nobody_found(); },
      within(std::chrono::seconds(finds ? kFindSeconds : kJoinSeconds)));
  if (!admitted) return admitted.error();
  // Somebody whom this node was taking in when that began would be left without an admin.
  if (auto alone = refuse_with_members("join another"); !is_of(token) && !alone) return alone;
  if (is_of(token) && trust_.is_admin()) return {};  // it was made one meanwhile, and must keep the key
  return adopt(*admitted);
}

Result<void> NodeMembership::enter(const Admitted& admitted) {
  const std::lock_guard step(step_);
  if (auto alone = refuse_with_members("join another"); !alone) return alone;
  return adopt(admitted);
}

Result<void> NodeMembership::adopt(const Admitted& admitted) {
  const std::int64_t now = trust_.now();
  if (now < admitted.certificate.not_before() || now > admitted.certificate.not_after()) {
    const std::int64_t ahead = admitted.certificate.not_before() + kBackdateSeconds - now;
    return Error{ErrorKind::refused,
                 "The clock of the node " + admitted.admin.short_text() + " at " + admitted.admin_address.text() +
                     " is " + std::to_string(std::abs(ahead) / 3600) + " hours " + (ahead > 0 ? "ahead of" : "behind") +
                     " this computer's, and the certificate that it signed is not valid here. Set "
                     "both clocks right, then join again. Nothing was changed."};
  }
  const MemberAddress admin{.node = admitted.admin, .addresses = {admitted.admin_address.text()}};
  Candidates members;
  add_to(members, admitted.members, CandidateSource::known);
  add_to(members, {admin}, CandidateSource::known);
  const ClusterId next = admitted.authority.fingerprint();
  auto adopted = change_cluster(std::move(members), &next, [&] {
    return trust_.adopt(admitted.certificate, admitted.authority, admitted.revocations);
  });
  if (!adopted) {
    return Error{adopted.error().kind,
                 "What the node " + admitted.admin.short_text() + " at " + admitted.admin_address.text() +
                     " sent for joining cannot be used, and nothing was changed: " + adopted.error().text};
  }
  journal_.add(JournalKind::node, JournalLevel::info, trust_.node_id(),
               "This node joined the cluster " + cluster_id_text(trust_.cluster_id()) + " through the node " +
                   admitted.admin.short_text() + ".");
  const Agreement connected = agreement();
  if (connected.entered) connected.entered();
  if (connected.admitted) {
    for (const MemberAddress& member : admitted.members) connected.admitted(member);
    connected.admitted(admin);
  }
  return {};
}

Result<void> NodeMembership::check_key_stays() const {
  if (!trust_.is_admin()) return {};
  std::set<NodeId> members;
  for (const MemberAddress& member : others()) members.insert(member.node);
  std::vector<NodeId> admins;
  const Agreement connected = agreement();
  if (connected.admins) {
    admins = connected.admins();
  } else if (const auto roster = stored_roster(trust_, directory_)) {
    for (const auto& [node, member] : roster->members()) {
      if (!member.active()) members.erase(node);
      if (!member.active()) continue;
      members.insert(node);
      if ((member.card.roles & Card::kAdmin) != 0) admins.push_back(node);
    }
  }
  {
    const std::lock_guard lock(mutex_);
    admins.insert(admins.end(), promoted_.begin(), promoted_.end());
  }
  const bool another =
      std::any_of(admins.begin(), admins.end(), [&members](const NodeId& admin) { return members.contains(admin); });
  if (members.empty() || another) return {};
  return Error{ErrorKind::refused,
               "Nobody but this node holds the signing key of the cluster, and " + std::to_string(members.size()) +
                   (members.size() == 1 ? " other member needs it" : " other members need it") +
                   ": without it nobody joins, is renewed or is put out any more. Make another member an admin with "
                   "`meshzero nodes promote NODE`, or keep the key with `meshzero ca backup FILE` and repeat this with "
                   "--force."};
}

Result<void> NodeMembership::leave(bool by_force) {
  const std::lock_guard step(step_);
  if (auto stays = check_key_stays(); !by_force && !stays) return stays;
  const Agreement connected = agreement();
  const std::vector<MemberAddress> before = others();
  if (auto room = trust_.check_disk(); !room) return room;  // good-bye is said before the new certificate is written
  if (connected.leaving) connected.leaving();
  if (auto alone = change_cluster({}, nullptr, [this] { return trust_.start_alone(); }); !alone) {
    // Still a member, which has said good-bye: with a new life it is one for the others again.
    if (connected.entered) connected.entered();
    for (const MemberAddress& member : before) {
      if (connected.admitted) connected.admitted(member);
    }
    return alone;
  }
  journal_.add(JournalKind::node, JournalLevel::info, trust_.node_id(),
               "This node left the cluster and is one of its own now.");
  if (connected.entered) connected.entered();
  return {};
}

Result<void> NodeMembership::restore(std::string_view passphrase, std::span<const std::uint8_t> backup) {
  const std::lock_guard step(step_);
  const ClusterId before = trust_.cluster_id();
  const bool alone = others().empty();
  const Result<void> restored = trust_.restore(passphrase, backup, !alone);
  if (!restored) return restored;
  journal_.add(
      JournalKind::admin, JournalLevel::warn, trust_.node_id(),
      "This node took over the signing key of the cluster " + cluster_id_text(trust_.cluster_id()) + " from a backup.");
  if (trust_.cluster_id() == before) return {};
  if (const Agreement connected = agreement(); connected.entered) connected.entered();
  return {};
}

Result<void> NodeMembership::promote(const NodeId& node) {
  for (const MemberAddress& member : others()) {
    if (member.node != node) continue;
    auto done = at_any_address(member, [&](const PeerAddress& address) {
      return hand_over_authority(trust_, node, address, within(kOneStep));
    });
    if (done) {
      {
        const std::lock_guard lock(mutex_);
        promoted_.insert(node);
      }
      journal_.add(JournalKind::admin, JournalLevel::warn, node,
                   "This node handed the signing key of the cluster to the node " + node.short_text() + ".");
    }
    return done;
  }
  return Error{ErrorKind::not_found, "No other member is called " + node.short_text() + ". See `meshzero nodes`."};
}

void NodeMembership::spread(const Revocation& revocation) {
  journal_.add(JournalKind::revocation, JournalLevel::warn, revocation.node,
               "The node " + revocation.node.short_text() + " was put out of the cluster, here.");
  if (const Agreement connected = agreement(); connected.excluded) connected.excluded(revocation.node);
  {
    const std::lock_guard lock(mutex_);
    hurry_ = true;
  }
  changed_.notify_all();
}

void NodeMembership::learn_members(const std::vector<MemberAddress>& members) {
  // Addresses to try, no more: a member may say what it likes of others, so the agreement hears of a node only from an admin
  // that took it in or from a handshake with the node itself.
  know(members, CandidateSource::exchanged);
}

Result<std::size_t> NodeMembership::learn_revocations(std::span<const std::uint8_t> list) {
  std::vector<NodeId> before = trust_.revoked_nodes();
  auto added = trust_.add_revocations(list);
  if (!added || *added == 0) return added;
  std::sort(before.begin(), before.end());
  const Agreement connected = agreement();
  for (const NodeId& node : trust_.revoked_nodes()) {
    if (std::binary_search(before.begin(), before.end(), node)) continue;
    journal_.add(JournalKind::revocation, JournalLevel::warn, node,
                 "The node " + node.short_text() + " was put out of the cluster, as another member says.");
    if (connected.excluded) connected.excluded(node);
  }
  return added;
}

// Whoever is switched off holds up nobody who could be told at once.
std::vector<MemberAddress> NodeMembership::those_alive_first(std::vector<MemberAddress> members) const {
  const Agreement connected = agreement();
  if (!connected.alive) return members;
  const std::vector<NodeId> alive = connected.alive();
  std::stable_partition(members.begin(), members.end(), [&alive](const MemberAddress& member) {
    return std::find(alive.begin(), alive.end(), member.node) != alive.end();
  });
  return members;
}

bool NodeMembership::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void NodeMembership::renew() {
  if (!trust_.needs_renewal()) return;
  if (trust_.is_admin()) {
    const auto renewed = trust_.renew_self();
    note_renewal(renewed, "itself");
    return;
  }
  Result<void> last = Error{ErrorKind::unreachable, "No admin of the cluster could be reached."};
  for (const MemberAddress& member : those_alive_first(others())) {
    const Result<void> asked = at_any_address(member, [&](const PeerAddress& address) -> Result<void> {
      if (is_stopping()) return stopping_now();
      const auto revocations = ask_for_renewal(trust_, address, within(kOneExchange));
      if (!revocations) return revocations.error();
      if (auto learnt = learn_revocations(*revocations); !learnt) {
        spdlog::warn("{}: {}", address.text(), learnt.error().text);
      }
      return {};
    });
    // That a worker renews nothing says nothing of why no admin did.
    if (!asked && asked.error().kind != ErrorKind::not_found) last = asked;
    if (!asked) continue;
    note_renewal(asked, "the node " + member.node.short_text());
    return;
  }
  if (!is_stopping()) note_renewal(last, "");
}

void NodeMembership::note_renewal(const Result<void>& renewed, const std::string& by) {
  const bool again = !renewed && std::exchange(renewal_failed_, true);
  if (again) return;  // it is tried each minute
  if (renewed) {
    renewal_failed_ = false;
    journal_.add(JournalKind::certificate, JournalLevel::info, trust_.node_id(),
                 "The certificate of this node was renewed by " + by + ".");
  } else {
    journal_.add(JournalKind::certificate, JournalLevel::warn, trust_.node_id(),
                 "The certificate of this node could not be renewed yet: " + renewed.error().text);
  }
}

void NodeMembership::exchange() {
  std::vector<MemberAddress> members = those_alive_first(others());
  bool everybody = false;
  {
    const std::lock_guard lock(mutex_);
    everybody = std::exchange(hurry_, false);
  }
  if (!everybody && members.size() > 1) members = {members[random_below(members.size())]};
  for (const MemberAddress& member : members) {
    const auto done = at_any_address(member, [&](const PeerAddress& address) -> Result<void> {
      if (is_stopping()) return stopping_now();
      return exchange_at(address);
    });
    if (!done) spdlog::debug("exchange: {}", done.error().text);
  }
}

Result<void> NodeMembership::exchange_at(const PeerAddress& address) {
  std::vector<MemberAddress> all = others();
  all.push_back(self());
  const Meeting meeting = meet(trust_, all, address, within(kOneExchange));
  note_meeting(address, meeting);
  if (meeting.said) return {};
  const bool nobody = meeting.state == CandidateState::unreachable;
  return Error{nobody ? ErrorKind::unreachable : ErrorKind::refused, meeting.reason};
}

void NodeMembership::run() {
  for (;;) {
    renew();
    exchange();
    remember();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(kExchangeSeconds), [this] { return stopping_ || hurry_; });
    if (stopping_) return;
  }
}

}  // namespace mz
