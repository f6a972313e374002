// What PairingService answers people and other machines; what it asks elsewhere is in pairing_errands.cpp.
#include "node/pairing_service.h"

#include <algorithm>

#include "api/connection_places.h"
#include "node/platform.h"
#include "p2p/base32.h"

namespace mz {
namespace {

constexpr std::chrono::seconds kStartWithin{20};  // until a named machine has answered
constexpr unsigned kMaxAskedBack = 2;             // in vain, before a machine that asks the wrong way round is let in

Error pairing_is_off() {
  return {ErrorKind::refused,
          "Pairing is switched off on this machine. Join by a token, or start it with --pairing on."};
}

bool has_ended(const PairingEntry& entry) { return !is_open(entry.request.state); }

}  // namespace

PairingService::PairingService(NodeTrust& trust, NodeMembership& membership, Journal& journal, Options options)
    : trust_(trust),
      membership_(membership),
      journal_(journal),
      options_(std::move(options)),
      book_([this](const PairingEntry& entry) { note(entry); }) {}

PairingService::~PairingService() { stop(); }

std::int64_t PairingService::steady_seconds() { return platform::cluster_time().boot / 1'000'000; }

PairingRequest PairingService::for_people(PairingRequest request) const {
  const std::int64_t shift = options_.clock() - now();
  request.since += shift;
  request.expires += shift;
  return request;
}

bool PairingService::waits_for_approval() const {
  return options_.wanted && trust_.cluster_id() != *options_.wanted && alone();
}

// A machine that asks again and again by itself is told of once, and what ends without anybody having taken part not at all.
void PairingService::note(const PairingEntry& entry) {
  const PairingRequest& request = entry.request;
  const bool by_digits = request.kind == PairingKind::digits;
  const bool standing = request.state == PairingState::waiting;
  const bool unnoticed = (request.state == PairingState::expired || request.state == PairingState::failed) &&
                         entry.wrong == 0 && !(by_digits && (entry.here || entry.there));
  if (!entry.by_person && unnoticed) return;
  if (noted_.size() >= kMaxNoted) noted_.clear();
  const bool first = noted_.insert(request.node).second;
  if (!entry.by_person && standing && !first) return;
  const auto level = request.state == PairingState::failed ? JournalLevel::warn : JournalLevel::info;
  journal_.add(JournalKind::pairing, level, request.node, request.text);
}

// --- people --------------------------------------------------------------------------------------------------------------

std::vector<PairingRequest> PairingService::requests() const {
  const std::lock_guard lock(mutex_);
  std::vector<PairingRequest> shown = book_.shown();
  for (PairingRequest& request : shown) request = for_people(std::move(request));
  return shown;
}

Result<PairingRequest> PairingService::start(const PeerAddress& peer) {
  if (!options_.open) return pairing_is_off();
  if (!alone()) {
    return Error{ErrorKind::refused,
                 "This node has other members, so it asks nobody to take it in. Ask from the other machine, or leave "
                 "first: meshzero leave."};
  }
  if (waits_for_approval()) {
    return Error{ErrorKind::refused,
                 "This node was started to enter one cluster only. Start it without --cluster to pair with another."};
  }
  auto errand = std::make_shared<Errand>();
  errand->addresses = {peer};
  errand->by_person = true;
  std::unique_lock lock(mutex_);
  const auto asked =
      std::count_if(errands_.begin(), errands_.end(), [](const auto& other) { return !other->finished; });
  if (stopping_ || static_cast<std::size_t>(asked) >= kMaxPairingAsked) {
    return Error{ErrorKind::refused, "This node asks " + std::to_string(asked) +
                                         " machines already. Confirm or refuse one first: meshzero pair."};
  }
  begin(errand);
  changed_.wait_for(lock, kStartWithin, [&] { return errand->begun.has_value() || stopping_; });
  if (!errand->begun) {
    return Error{ErrorKind::unreachable, "The machine at " + peer.text() + " has not answered in time."};
  }
  if (!*errand->begun) return errand->begun->error();
  const PairingEntry* entry = book_.find(**errand->begun);
  if (entry == nullptr) return Error{ErrorKind::failure, "The request has ended already. Start again."};
  return for_people(entry->request);
}

Result<PairingRequest> PairingService::confirm(std::string_view id, std::string_view digits) {
  const std::lock_guard lock(mutex_);
  end_unfit();
  auto entry = book_.confirm(id, digits, now());
  if (!entry) return entry.error();
  changed_.notify_all();
  return for_people((*entry)->request);
}

Result<PairingRequest> PairingService::refuse(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto entry = book_.refuse(id, now());
  if (!entry) return entry.error();
  changed_.notify_all();
  return for_people((*entry)->request);
}

Result<std::optional<PairingRequest>> PairingService::approve(std::string_view node) {
  const bool fits = node.size() >= kMinApprovalLength && node.size() <= NodeId::kTextLength &&
                    node.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string_view::npos;
  if (!fits) {
    return Error{
        ErrorKind::usage,
        "Give at least the first 16 characters of the machine's id, as `meshzero identity show` prints it there."};
  }
  if (!trust_.is_admin()) {
    return Error{ErrorKind::refused,
                 "This node is no admin of its cluster and takes nobody in. Approve on an admin node: `meshzero nodes` "
                 "shows which they are."};
  }
  const std::lock_guard lock(mutex_);
  end_unfit();
  const auto waiting = book_.open_ones([&](const PairingEntry& entry) {
    return entry.shown && entry.request.incoming && entry.request.node.text().starts_with(node);
  });
  const auto asks = std::find_if(waiting.begin(), waiting.end(), [](const PairingEntry* entry) {
    return entry->request.kind == PairingKind::approval;
  });
  if (asks == waiting.end() && !waiting.empty()) {
    return Error{ErrorKind::refused, "That machine asks with digits. Compare them and confirm: meshzero pair."};
  }
  if (asks != waiting.end()) {
    if (auto approved = book_.approve(**asks); !approved) return approved.error();
  }
  const std::int64_t time = now();
  std::erase_if(approvals_, [time](const auto& approval) { return approval.second <= time; });
  if (approvals_.size() >= kMaxApprovals && !approvals_.contains(std::string(node))) {
    return Error{
        ErrorKind::refused,
        std::to_string(kMaxApprovals) + " machines are approved that have not asked yet. Wait until some have joined."};
  }
  approvals_[std::string(node)] = time + kApprovalLifeSeconds;
  if (asks != waiting.end()) return std::optional(for_people((*asks)->request));
  journal_.add(JournalKind::pairing, JournalLevel::info, std::nullopt,
               "The machine whose id begins with " + std::string(node) + " was approved before it asked.");
  return std::optional<PairingRequest>();
}

// An approval holds until its hour is over: the machine's connection may break before it is in, and then it asks anew.
bool PairingService::is_approved(const NodeId& node) const {
  const std::string text = node.text();
  const std::int64_t time = now();
  return std::any_of(approvals_.begin(), approvals_.end(),
                     [&](const auto& approval) { return time < approval.second && text.starts_with(approval.first); });
}

// --- machines ------------------------------------------------------------------------------------------------------------

Result<PublicKey> PairingService::check_hello(const PairingHello& hello) {
  if (!options_.open) {
    return Error{ErrorKind::refused, "Pairing is switched off on the machine that was asked. Join by a token."};
  }
  if (waits_for_approval()) {
    return Error{ErrorKind::refused, "The machine that was asked waits to enter another cluster itself."};
  }
  auto key = proven_pairing_key(hello.request, hello.proof, hello.channel, hello.commitment);
  if (!key) return key;
  if (key->node_id() == trust_.node_id()) {
    return Error{ErrorKind::refused, "The machine that was asked is the one that asks, or a copy of it."};
  }
  if (trust_.is_revoked(key->node_id())) {
    return Error{ErrorKind::refused,
                 "This node was put out of that cluster. Run `meshzero identity reset` on it to give it a new key."};
  }
  return key;
}

// When both are alone and nobody has chosen, the older cluster stays.
bool PairingService::turns_around(const PairingHello& hello, const NodeId& node) {
  if (hello.by_person || hello.kind != PairingKind::digits || !alone()) return false;
  const std::int64_t founded = trust_.authority().not_before();
  const bool ours_is_older = founded != hello.founded ? founded < hello.founded : trust_.node_id() < node;
  if (ours_is_older) return false;
  // Where the connection comes from, so that nobody can send this node to a third machine. One that does not let us in by
  // that way joins us instead.
  const PeerAddress back{.host = hello.sender, .port = hello.port};
  const std::string cluster = hello.cluster.substr(0, kShownCluster);
  const bool is_cluster = cluster.size() == kShownCluster && parse_cluster_id(hello.cluster).ok();
  if (hello.port == 0 || !is_cluster || targets_.failures(cluster) >= kMaxAskedBack) return false;
  targets_.sighted(cluster, {back});
  changed_.notify_all();
  return true;
}

Result<PairingWelcome> PairingService::hello(const PairingHello& hello) {
  const std::string group = address_group(hello.sender, false);
  const std::lock_guard lock(mutex_);
  end_unfit();
  if (!hellos_.allows(group, now())) {
    return Error{ErrorKind::unreachable,
                 "Too many requests for pairing came from this address. Try again in a minute."};
  }
  hellos_.count_failure(group, now());
  auto key = check_hello(hello);
  if (!key) return key.error();
  if (!trust_.is_admin()) {
    std::vector<std::string> admins = options_.admins ? options_.admins() : std::vector<std::string>();
    if (admins.empty()) {
      return Error{ErrorKind::refused,
                   "The machine that was asked is no admin of its cluster and knows none that can be reached. Ask an "
                   "admin node."};
    }
    return PairingWelcome{.kind = PairingWelcome::Kind::elsewhere, .name = {}, .addresses = std::move(admins)};
  }
  const NodeId node = key->node_id();
  if (book_.find(hello.channel) != nullptr) {
    return Error{ErrorKind::refused, "One connection carries one request for pairing. Open another."};
  }
  if (turns_around(hello, node)) {
    return PairingWelcome{.kind = PairingWelcome::Kind::turn_around, .name = {}, .addresses = {}};
  }
  for (PairingEntry* other : book_.open_ones([&](const PairingEntry& each) { return each.request.node == node; })) {
    if (!other->request.incoming && other->here) {
      return Error{ErrorKind::refused,
                   "This machine is about to enter your cluster. Confirm its request instead: meshzero pair."};
    }
    book_.end(*other, PairingState::failed, "The other machine asked anew.", now());
  }
  const Certificate authority = trust_.authority();
  auto exchange = PairingExchange::begin(PairingSide::admin, {.channel = hello.channel,
                                                              .joiner = node,
                                                              .admin = trust_.node_id(),
                                                              .authority = authority.fingerprint(),
                                                              .request = sha256(hello.request)});
  if (!exchange) return exchange.error();
  if (auto heard = exchange->hear_commitment(hello.commitment); !heard) return heard.error();
  PairingEntry entry;
  entry.request.kind = hello.kind;
  entry.request.node = node;
  entry.request.name = hello.name;
  entry.request.address = hello.port == 0 ? hello.sender : PeerAddress{hello.sender, hello.port}.text();
  entry.request.cluster = cluster_id_text(authority.fingerprint());
  entry.by_person = hello.by_person;
  entry.channel = hello.channel;
  entry.group = group;
  entry.exchange = *exchange;
  entry.key = *key;
  entry.addresses = hello.addresses;
  if (auto added = book_.add_incoming(std::move(entry), now()); !added) return added.error();
  return PairingWelcome{.commitment = exchange->commitment(), .name = options_.name, .addresses = {}};
}

Result<PairingNonce> PairingService::reveal(const ChannelBinding& channel, const PairingNonce& nonce) {
  const std::lock_guard lock(mutex_);
  end_unfit();
  PairingEntry* entry = book_.find(channel);
  if (entry == nullptr || has_ended(*entry) || !entry->exchange) {
    return Error{ErrorKind::refused, "There is no open request for pairing on this connection. Begin anew."};
  }
  auto digits = entry->exchange->hear_nonce(nonce);
  if (!digits) {
    // One word against another: such a connection gets no second try.
    book_.end(*entry, PairingState::failed, digits.error().text, now());
    return digits.error();
  }
  auto own = entry->exchange->reveal();
  if (!own) return own.error();
  const bool by_digits = entry->request.kind == PairingKind::digits;
  book_.show(*entry, by_digits ? std::optional(*digits) : std::nullopt, now());
  if (!by_digits && is_approved(entry->request.node)) {
    if (auto approved = book_.approve(*entry); !approved) return approved.error();
  }
  return own;
}

Result<PairingProgress> PairingService::poll(const ChannelBinding& channel, bool confirmed, bool refused) {
  std::optional<MemberAddress> joined;
  PairingProgress progress;
  {
    const std::lock_guard lock(mutex_);
    end_unfit();
    PairingEntry* entry = book_.find(channel);
    if (entry == nullptr || !entry->shown) {
      return Error{ErrorKind::refused, "There is no request for pairing on this connection. Begin anew."};
    }
    entry->heard = now();
    if (refused) book_.end(*entry, PairingState::refused, "Refused on the other machine.", now());
    if (confirmed) book_.confirmed_there(*entry);
    if (!has_ended(*entry) && entry->here && entry->there && !membership_.is_entering()) {
      auto certificate = trust_.admit_confirmed(*entry->key);
      if (!certificate) {
        book_.end(*entry, PairingState::failed, certificate.error().text, now());
      } else {
        entry->certificate = *certificate;
        joined = MemberAddress{.node = entry->request.node, .addresses = entry->addresses};
        joined->addresses.push_back(entry->request.address);
        book_.end(*entry, PairingState::done,
                  "The machine " + PairingBook::who(entry->request) + " joined this cluster.", now());
        for (PairingEntry* own : book_.open_ones([](const PairingEntry& each) { return !each.request.incoming; })) {
          book_.end(*own, PairingState::failed, "This node has other members now and asks nobody.", now());
        }
      }
    }
    progress = {.state = entry->request.state, .text = entry->request.text, .certificate = entry->certificate};
  }
  if (joined) {
    membership_.admitted(*joined);
    options_.members_changed();
  }
  return progress;
}

}  // namespace mz
