#include "p2p/trust/node_trust.h"

#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "engine/base/bytes.h"
#include "p2p/trust/openssl_handle.h"
#include "p2p/trust/private_file.h"
#include "p2p/trust/sealed.h"
#include "p2p/trust/signed_by.h"

namespace mz {
namespace {

constexpr char kKeyFile[] = "node.key";
constexpr char kCertificateFile[] = "certificate.pem";
constexpr char kAuthorityKeyFile[] = "authority.key";
constexpr char kNextAuthorityKeyFile[] = "authority.next";
constexpr char kRevokedFile[] = "revoked";
constexpr char kNextRevokedFile[] = "revoked.next";
constexpr char kJoinTokenFile[] = "join-tokens";
constexpr char kOperatorTokenFile[] = "operator-tokens";
constexpr char kResetFile[] = "reset";
constexpr char kRoomFile[] = "room";
constexpr std::string_view kPromotionPurpose = "meshzero promotion 1";
constexpr std::string_view kBackupPurpose = "meshzero authority backup 1";

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool is_there(const std::filesystem::path& file) {
  std::error_code error;
  return std::filesystem::exists(file, error);
}

// Whether the node of that folder was in a cluster: both files come after its first certificate.
bool was_in_cluster(const std::filesystem::path& directory) {
  return is_there(directory / kAuthorityKeyFile) || is_there(directory / kRevokedFile);
}

// What to do about a file of that folder which is damaged or gone. A reset alone would lose the signing key.
std::string ways_out(const std::filesystem::path& directory) {
  return NodeTrust::has_authority_key(directory)
             ? "Restore it from a copy, or run `meshzero ca restore BACKUP`, or give the cluster up with `meshzero "
               "identity reset --force`."
             : "Restore it from a copy, or run `meshzero identity reset` and join again.";
}

Result<PrivateKey> load_key(const std::filesystem::path& file) {
  auto bytes = read_private_file(file, PrivateKey::kMaxPemBytes);
  if (!bytes) return bytes.error();
  auto key = PrivateKey::from_pem(text_of(*bytes));
  if (key) return key;
  const std::string damaged = "The key " + file.string() + " is damaged. ";
  if (file.filename() == kKeyFile) return Error{ErrorKind::corrupt, damaged + ways_out(file.parent_path())};
  return Error{ErrorKind::corrupt, damaged +
                                       "Restore it from a copy or run `meshzero ca restore BACKUP`. If another member "
                                       "is an admin, remove the file and run `meshzero nodes promote` there."};
}

Result<PrivateKey> load_or_make_key(const std::filesystem::path& directory) {
  const std::filesystem::path file = directory / kKeyFile;
  auto key = load_key(file);
  if (key || key.error().kind != ErrorKind::not_found) return key;
  if (was_in_cluster(directory) || is_there(directory / kCertificateFile)) {
    return Error{ErrorKind::corrupt, "The key of this node, " + file.string() + ", is missing. " + ways_out(directory)};
  }
  key = PrivateKey::generate();
  if (!key) return key;
  if (auto written = write_private_file(file, key->pem()); !written) return written.error();
  return key;
}

// What a backup of the authority holds.
struct BackedUp {
  Authority authority;
  Bytes revoked;  // empty in backups of version 0.1
};

Result<BackedUp> open_backup(std::string_view passphrase, std::span<const std::uint8_t> backup) {
  auto plain = open_with_passphrase(passphrase, backup, kBackupPurpose);
  if (!plain) return plain.error();
  ByteReader in(*plain);
  auto certificate = Certificate::from_der(in.blob(Certificate::kMaxDerBytes));
  auto key = PrivateKey::from_der(in.blob(PrivateKey::kMaxPemBytes));
  Bytes revoked;
  if (in.remaining() > 0) {
    const auto list = in.blob(RevocationSet::kMaxBytes);
    revoked.assign(list.begin(), list.end());
  }
  if (!in.good() || in.remaining() > 0 || !certificate || !key) {
    return Error{ErrorKind::corrupt, "The backup is damaged."};
  }
  auto authority = Authority::load(*key, *certificate);
  if (!authority) return authority.error();
  return BackedUp{.authority = std::move(*authority), .revoked = std::move(revoked)};
}

double random_unit() {
  std::array<std::uint8_t, 4> bytes{};
  if (!random_bytes(bytes)) return 0;
  std::uint32_t number = 0;
  for (const std::uint8_t byte : bytes) number = number << 8 | byte;
  return number / 4294967296.0;
}

Error was_revoked() {
  return {ErrorKind::refused,
          "This node was revoked in this cluster. Run `meshzero identity reset` on it to give it "
          "a new key, then join again."};
}

Error no_admin() {
  return {ErrorKind::refused,
          "This node is no admin of its cluster and cannot sign. Ask an admin node: `meshzero nodes` "
          "shows which they are."};
}

}  // namespace

struct NodeTrust::State {
  Certificate certificate;
  Certificate authority;
  std::optional<Authority> signer;
  RevocationSet revoked;
  JoinTokenBook joins;
  TlsContext server;
  TlsContext client;
  std::int64_t renewal_due = 0;
};

struct NodeTrust::View {
  Certificate certificate;
  Certificate authority;
  ClusterId cluster;
  bool is_admin = false;
  TlsContext server;
  TlsContext client;
  std::int64_t renewal_due = 0;
  RevocationSet revoked;
  OperatorTokenBook operators;
};

NodeTrust::NodeTrust(Options options, PrivateKey key)
    : options_(std::move(options)), key_(std::move(key)), node_id_(key_.public_key().node_id()) {}

NodeTrust::~NodeTrust() = default;

Result<std::unique_ptr<NodeTrust>> NodeTrust::open(Options options) {
  if (auto made = make_private_directory(options.directory); !made) return made.error();
  if (is_there(options.directory / kResetFile)) {
    if (auto finished = reset(options.directory); !finished) return finished.error();
  }
  auto key = load_or_make_key(options.directory);
  if (!key) return key.error();
  std::unique_ptr<NodeTrust> trust(new NodeTrust(std::move(options), *key));
  auto operators = OperatorTokenBook::open(trust->file(kOperatorTokenFile));
  if (!operators) return operators.error();
  trust->operators_ = std::move(*operators);

  auto state = trust->load();
  if (state) {
    trust->state_ = std::move(*state);
    trust->publish();
    const bool due = trust->needs_renewal() || trust->state_->certificate.role() != Role::admin;
    if (trust->state_->signer && due) {
      if (auto renewed = trust->renew_self(); !renewed) return renewed.error();
    }
    return trust;
  }
  if (state.error().kind != ErrorKind::not_found) return state.error();
  if (auto alone = trust->start_alone(); !alone) return alone.error();
  return trust;
}

Result<std::unique_ptr<NodeTrust>> NodeTrust::open_from_backup(Options options, std::string_view passphrase,
                                                               std::span<const std::uint8_t> backup) {
  auto held = open_backup(passphrase, backup);
  if (!held) return held.error();
  const std::filesystem::path directory = options.directory;
  const auto text = read_private_file(directory / kCertificateFile, 2 * Certificate::kMaxPemBytes);
  const auto both = text ? Certificate::all_from_pem(text_of(*text), 2) : text.error();
  const auto left = load_key(directory / kAuthorityKeyFile);
  if ((both && both->size() == 2 && (*both)[1].fingerprint() != held->authority.id()) ||
      (left && left->public_key().spki() != held->authority.key().public_key().spki())) {
    return Error{ErrorKind::refused, "The backup is of another cluster than the files in " + directory.string() +
                                         ". To give that cluster up run `meshzero identity reset --force` first."};
  }
  auto key = load_key(directory / kKeyFile);
  if (!key && key.error().kind != ErrorKind::corrupt && key.error().kind != ErrorKind::not_found) return key.error();
  const bool is_new = !key;
  if (is_new) key = PrivateKey::generate();
  if (!key) return key.error();
  std::unique_ptr<NodeTrust> trust(new NodeTrust(std::move(options), *key));
  auto operators = OperatorTokenBook::open(trust->file(kOperatorTokenFile));
  if (!operators) return operators.error();
  trust->operators_ = std::move(*operators);
  RevocationSet revoked(held->authority.certificate());
  if (auto read = read_revocations(directory, revoked); !read) return read.error();
  if (is_new) {
    if (auto written = write_private_file(directory / kKeyFile, key->pem()); !written) return written.error();
  }
  const std::lock_guard lock(trust->mutex_);
  if (auto taken = trust->take_over(held->authority, std::move(revoked), held->revoked); !taken) return taken.error();
  return trust;
}

bool NodeTrust::has_authority_key(const std::filesystem::path& directory) {
  if (is_there(directory / kResetFile)) return false;
  return is_there(directory / kAuthorityKeyFile) || is_there(directory / kNextAuthorityKeyFile);
}

Result<void> NodeTrust::read_revocations(const std::filesystem::path& directory, RevocationSet& revoked) {
  for (const char* name : {kRevokedFile, kNextRevokedFile}) {
    auto list = read_private_file(directory / name, RevocationSet::kMaxBytes);
    if (!list && list.error().kind == ErrorKind::not_found) continue;
    if (!list) return list.error();
    // When a change of clusters was interrupted.
    if (revoked.is_of_another_cluster(*list)) continue;
    if (auto merged = revoked.merge(*list); !merged) {
      return Error{ErrorKind::corrupt,
                   "The revocations in " + (directory / name).string() + " are damaged. " +
                       (has_authority_key(directory)
                            ? "Restore the file from a copy. If you remove it, whoever was put out is let in again "
                              "until another member passes the list on: put them out again with `meshzero revoke`."
                            : "Remove the file; the other members have them too.")};
    }
  }
  return {};
}

Result<std::vector<NodeId>> NodeTrust::read_revoked(const std::filesystem::path& directory) {
  const auto identity = read_identity(directory);
  if (!identity) return identity.error();
  RevocationSet revoked(identity->authority);
  if (auto read = read_revocations(directory, revoked); !read) return read.error();
  std::vector<NodeId> nodes;
  for (const auto& [node, revocation] : revoked.entries()) nodes.push_back(node);
  return nodes;
}

Result<TlsIdentity> NodeTrust::read_identity(const std::filesystem::path& directory) {
  auto key = load_key(directory / kKeyFile);
  if (!key) return key.error();
  auto text = read_private_file(directory / kCertificateFile, 2 * Certificate::kMaxPemBytes);
  if (!text) return text.error();
  auto both = Certificate::all_from_pem(text_of(*text), 2);
  if (!both) return both.error();
  if (both->size() != 2) {
    return Error{ErrorKind::corrupt, (directory / kCertificateFile).string() + " does not hold two certificates."};
  }
  return TlsIdentity{.key = *key, .certificate = (*both)[0], .authority = (*both)[1]};
}

Result<void> NodeTrust::reset(const std::filesystem::path& directory) {
  if (!std::filesystem::exists(directory)) return {};
  // The mark first and last: a half-finished reset is finished by the next one, or by the next start.
  if (auto begun = write_private_file(directory / kResetFile, std::string_view()); !begun) return begun;
  for (const char* name : {kCertificateFile, kAuthorityKeyFile, kNextAuthorityKeyFile, kRevokedFile, kNextRevokedFile,
                           kJoinTokenFile, kOperatorTokenFile, kRoomFile, kKeyFile, kResetFile}) {
    if (auto removed = remove_private_file(directory / name); !removed) return removed;
  }
  return {};
}

Result<std::unique_ptr<NodeTrust::State>> NodeTrust::load() const {
  auto text = read_private_file(file(kCertificateFile), 2 * Certificate::kMaxPemBytes);
  if (!text && text.error().kind == ErrorKind::not_found && was_in_cluster(options_.directory)) {
    return Error{ErrorKind::corrupt, "The certificate of this node, " + file(kCertificateFile).string() +
                                         ", is missing. " + ways_out(options_.directory)};
  }
  if (!text) return text.error();
  const Error damaged{ErrorKind::corrupt, "The certificates in " + file(kCertificateFile).string() +
                                              " are damaged or do not belong to this node's key. " +
                                              ways_out(options_.directory)};
  auto both = Certificate::all_from_pem(text_of(*text), 2);
  if (!both || both->size() != 2 || !check_own((*both)[0], (*both)[1])) return damaged;

  std::optional<Authority> signer;
  for (const std::string_view name : {kAuthorityKeyFile, kNextAuthorityKeyFile}) {
    auto key = load_key(file(name));
    if (!key && key.error().kind == ErrorKind::not_found) continue;
    if (!key) return key.error();
    auto fitting = Authority::load(*key, (*both)[1]);
    if (fitting) {
      signer = *fitting;
      if (name == kNextAuthorityKeyFile) keep_authority_key(*signer);
    } else if (auto removed = remove_private_file(file(name)); !removed) {
      return removed.error();
    }
  }
  auto state = make_state((*both)[0], (*both)[1], std::move(signer));
  if (!state) return state;

  if (auto read = read_revocations(options_.directory, (*state)->revoked); !read) return read.error();
  return state;
}

Result<std::unique_ptr<NodeTrust::State>> NodeTrust::make_state(Certificate certificate, Certificate authority,
                                                                std::optional<Authority> signer) const {
  auto joins = JoinTokenBook::open(file(kJoinTokenFile), authority.fingerprint());
  if (!joins) return joins.error();
  const TlsIdentity self{.key = key_, .certificate = certificate, .authority = authority};
  auto server = make_server_context(self, options_.clock);
  if (!server) return server.error();
  auto client = make_client_context(self, options_.clock);
  if (!client) return client.error();
  const std::int64_t due = renewal_time(certificate, random_unit());
  return std::make_unique<State>(State{.certificate = std::move(certificate),
                                       .authority = authority,
                                       .signer = std::move(signer),
                                       .revoked = RevocationSet(authority),
                                       .joins = std::move(*joins),
                                       .server = std::move(*server),
                                       .client = std::move(*client),
                                       .renewal_due = due});
}

Result<void> NodeTrust::check_own(const Certificate& certificate, const Certificate& authority) const {
  if (is_authority(authority) && certificate.node_id() == node_id_ && certificate.role() &&
      is_signed_by(certificate, authority)) {
    return {};
  }
  return Error{ErrorKind::refused, "The certificate is not for this node's key or not signed by that cluster."};
}

Result<void> NodeTrust::enter(const Certificate& certificate, const Certificate& authority,
                              std::optional<Authority> signer, std::span<const std::uint8_t> revoked) {
  auto next = make_state(certificate, authority, signer);
  if (!next) return next.error();
  const bool same = state_ && state_->authority.fingerprint() == authority.fingerprint();
  if (same) (*next)->revoked = state_->revoked;
  if (!revoked.empty()) {
    if (auto merged = (*next)->revoked.merge(revoked); !merged) return merged.error();
  }
  // The certificate decides: until it is replaced the old cluster's key is untouched, and from then on nothing can fail any
  // more. A key that does not fit it is removed at the next start. Whoever was put out is on disk before it.
  if (!(*next)->revoked.entries().empty()) {
    const char* const name = same ? kRevokedFile : kNextRevokedFile;
    if (auto written = write_private_file(file(name), (*next)->revoked.encode()); !written) return written;
  }
  if (signer) {
    if (auto written = write_private_file(file(kNextAuthorityKeyFile), signer->key().pem()); !written) return written;
  }
  if (auto written = write_private_file(file(kCertificateFile), certificate.pem() + authority.pem()); !written) {
    static_cast<void>(remove_private_file(file(kNextAuthorityKeyFile)));
    if (!same) static_cast<void>(remove_private_file(file(kNextRevokedFile)));
    return written;
  }
  if (signer) {
    keep_authority_key(*signer);
  } else {
    static_cast<void>(remove_private_file(file(kAuthorityKeyFile)));
  }
  // When that fails they are found at the next start under the other name.
  if (!same && write_private_file(file(kRevokedFile), (*next)->revoked.encode())) {
    static_cast<void>(remove_private_file(file(kNextRevokedFile)));
  }
  state_ = std::move(*next);
  publish();
  return {};
}

// Under its proper name. When that fails it is found at the next start under the other one.
void NodeTrust::keep_authority_key(const Authority& signer) const {
  if (write_private_file(file(kAuthorityKeyFile), signer.key().pem())) {
    static_cast<void>(remove_private_file(file(kNextAuthorityKeyFile)));
  }
}

Result<void> NodeTrust::keep(RevocationSet revoked) {
  if (auto written = write_private_file(file(kRevokedFile), revoked.encode()); !written) return written;
  state_->revoked = std::move(revoked);
  publish();
  return {};
}

void NodeTrust::publish() {
  auto next = std::make_shared<const View>(View{.certificate = state_->certificate,
                                                .authority = state_->authority,
                                                .cluster = state_->authority.fingerprint(),
                                                .is_admin = state_->signer.has_value(),
                                                .server = state_->server,
                                                .client = state_->client,
                                                .renewal_due = state_->renewal_due,
                                                .revoked = state_->revoked,
                                                .operators = *operators_});
  const std::lock_guard lock(view_mutex_);
  view_ = std::move(next);
}

std::shared_ptr<const NodeTrust::View> NodeTrust::view() const {
  const std::lock_guard lock(view_mutex_);
  return view_;
}

Result<const Authority*> NodeTrust::signer() const {
  if (!state_->signer) return no_admin();
  return &*state_->signer;
}

ClusterId NodeTrust::cluster_id() const { return view()->cluster; }
Certificate NodeTrust::certificate() const { return view()->certificate; }
Certificate NodeTrust::authority() const { return view()->authority; }
bool NodeTrust::is_admin() const { return view()->is_admin; }
TlsContext NodeTrust::server_context() const { return view()->server; }
TlsContext NodeTrust::client_context() const { return view()->client; }
std::int64_t NodeTrust::renewal_due() const { return view()->renewal_due; }
bool NodeTrust::needs_renewal() const {
  const auto now_visible = view();
  return now_visible->renewal_due <= now() || now_visible->certificate.not_before() > now();
}
bool NodeTrust::is_revoked(const NodeId& node) const { return view()->revoked.contains(node); }
bool NodeTrust::is_member(const ClusterId& cluster, const NodeId& node) const {
  const auto now_visible = view();
  return now_visible->cluster == cluster && !now_visible->revoked.contains(node);
}
bool NodeTrust::was_put_out(const ClusterId& cluster, const NodeId& node) const {
  const auto now_visible = view();
  return now_visible->cluster == cluster && now_visible->revoked.contains(node);
}
std::vector<NodeId> NodeTrust::revoked_nodes() const {
  std::vector<NodeId> nodes;
  const auto now_visible = view();
  for (const auto& [node, revocation] : now_visible->revoked.entries()) nodes.push_back(node);
  return nodes;
}

Bytes NodeTrust::revocations() const { return view()->revoked.encode(); }

std::vector<IssuedOperatorToken> NodeTrust::operator_tokens() const { return view()->operators.list(now()); }

std::optional<IssuedOperatorToken> NodeTrust::verify_operator_token(std::string_view token) const {
  return view()->operators.verify(token, now());
}

std::optional<Peer> NodeTrust::member(const SSL* connection) const {
  auto peer = peer_of(connection, now());
  if (peer && !is_member(peer->cluster, peer->node_id)) return std::nullopt;
  return peer;
}

Result<JoinToken> NodeTrust::create_join_token(unsigned uses) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  return state_->joins.create(state_->authority, node_id_, Role::worker, uses, now());
}

std::vector<IssuedJoinToken> NodeTrust::join_tokens() const {
  const std::lock_guard lock(mutex_);
  return state_->joins.list(now());
}

Result<Certificate> NodeTrust::admit(const JoinAttempt& attempt) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  if (!failures_.allows(attempt.address, now())) {
    return Error{ErrorKind::refused, "Too many failed attempts to join came from this address. Wait a minute."};
  }
  auto key = key_of_request(attempt.request);
  if (!key) {
    failures_.count_failure(attempt.address, now());
    return key.error();
  }
  const NodeId node = key->node_id();
  if (state_->revoked.contains(node)) return was_revoked();
  auto role = state_->joins.redeem(attempt.token_id, attempt.proof, attempt.channel, attempt.request, node, now());
  if (!role) {
    if (role.error().kind == ErrorKind::refused) failures_.count_failure(attempt.address, now());
    return role.error();
  }
  return (*authority)->sign(*key, *role, "", now());
}

Result<Certificate> NodeTrust::admit_confirmed(const PublicKey& key) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  if (state_->revoked.contains(key.node_id())) return was_revoked();
  return (*authority)->sign(key, Role::worker, "", now());
}

Result<Certificate> NodeTrust::renew(const Peer& member, std::span<const std::uint8_t> request) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  if (state_->revoked.contains(member.node_id)) {
    return Error{ErrorKind::refused, "This node was revoked and gets no new certificate."};
  }
  if (member.cluster != state_->authority.fingerprint()) {
    return Error{ErrorKind::refused, "The node that was asked is in another cluster now."};
  }
  if (now() > member.not_after + kRenewalGraceSeconds) {
    return Error{ErrorKind::refused, "The certificate ended more than 180 days ago. Join again with a token."};
  }
  auto key = key_of_request(request);
  if (!key) return key.error();
  if (key->node_id() != member.node_id) {
    return Error{ErrorKind::refused, "A certificate can be renewed for the same key only."};
  }
  return (*authority)->sign(*key, member.role, "", now());
}

Result<Revocation> NodeTrust::revoke(const NodeId& node) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  if (node == node_id_) {
    return Error{ErrorKind::refused,
                 "A node cannot revoke itself. Use `meshzero leave`, or revoke it on another admin."};
  }
  if (const auto known = state_->revoked.entries().find(node); known != state_->revoked.entries().end()) {
    return known->second;
  }
  auto revocation = RevocationSet::make(**authority, node, now());
  if (!revocation) return revocation;
  RevocationSet grown = state_->revoked;
  if (auto added = grown.add(*revocation); !added) return added.error();
  if (auto kept = keep(std::move(grown)); !kept) return kept.error();
  return revocation;
}

Result<Promotion> NodeTrust::promote(const PublicKey& node) {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  if (state_->revoked.contains(node.node_id())) {
    return Error{ErrorKind::refused, "A revoked node cannot be made an admin."};
  }
  auto sealed = seal_to(node, (*authority)->key().der(), kPromotionPurpose);
  if (!sealed) return sealed.error();
  auto certificate = (*authority)->sign(node, Role::admin, "", now());
  if (!certificate) return certificate.error();
  return Promotion{.sealed_authority_key = std::move(*sealed), .certificate = std::move(*certificate)};
}

Result<Bytes> NodeTrust::back_up(std::string_view passphrase) const {
  Bytes secret;
  {
    const std::lock_guard lock(mutex_);
    auto authority = signer();
    if (!authority) return authority.error();
    ByteWriter out;
    out.blob((*authority)->certificate().der());
    out.blob((*authority)->key().der());
    out.blob(state_->revoked.encode());
    secret = out.take();
  }
  return seal_with_passphrase(passphrase, secret, kBackupPurpose);  // slow on purpose, so without the lock
}

Result<std::string> NodeTrust::create_operator_token(OperatorScope scope, std::int64_t life_seconds) {
  const std::lock_guard lock(mutex_);
  auto token = operators_->create(scope, life_seconds, now());
  publish();
  return token;
}

Result<void> NodeTrust::revoke_token(std::string_view id) {
  const std::lock_guard lock(mutex_);
  auto join = state_->joins.revoke(id, now());
  if (join || join.error().kind != ErrorKind::not_found) return join;
  auto other = operators_->revoke(id, now());
  publish();
  if (other || other.error().kind != ErrorKind::not_found) return other;
  return Error{ErrorKind::not_found,
               "This node has no valid token " + std::string(id) + ". See `meshzero token list`."};
}

Result<std::size_t> NodeTrust::add_revocations(std::span<const std::uint8_t> list) {
  const std::lock_guard lock(mutex_);
  RevocationSet grown = state_->revoked;
  auto added = grown.merge(list);
  if (!added || *added == 0) return added;
  if (auto kept = keep(std::move(grown)); !kept) return kept.error();
  return added;
}

Result<void> NodeTrust::adopt(const Certificate& certificate, const Certificate& authority,
                              std::span<const std::uint8_t> revoked) {
  if (auto own = check_own(certificate, authority); !own) return own;
  if (revoked.empty()) {
    return Error{ErrorKind::corrupt, "The list of nodes that were put out of that cluster is missing."};
  }
  const std::lock_guard lock(mutex_);
  return enter(certificate, authority, std::nullopt, revoked);
}

Result<void> NodeTrust::adopt_renewal(const Certificate& certificate) {
  const std::lock_guard lock(mutex_);
  if (auto own = check_own(certificate, state_->authority); !own) return own;
  if (certificate.not_before() > now()) {
    return Error{ErrorKind::refused,
                 "The certificate that came is from the future: the clock of the admin that signed it is ahead of this "
                 "computer's. Set both right."};
  }
  // Any member may answer, and each has the present certificate; a promotion is not undone by an answer that was under way.
  const bool is_later =
      certificate.not_after() > state_->certificate.not_after() || state_->certificate.not_before() > now();
  if (!is_later || certificate.role() != state_->certificate.role()) {
    return Error{ErrorKind::refused, "The certificate that came is no renewal of the present one."};
  }
  return enter(certificate, state_->authority, state_->signer);
}

Result<void> NodeTrust::accept_promotion(const Promotion& promotion) {
  const std::lock_guard lock(mutex_);
  if (auto own = check_own(promotion.certificate, state_->authority); !own) return own;
  auto der = open_sealed(key_, promotion.sealed_authority_key, kPromotionPurpose);
  if (!der) return der.error();
  auto key = PrivateKey::from_der(*der);
  if (!key) return key.error();
  auto authority = Authority::load(*key, state_->authority);
  if (!authority) return authority.error();
  return enter(promotion.certificate, state_->authority, *authority);
}

Result<void> NodeTrust::restore(std::string_view passphrase, std::span<const std::uint8_t> backup, bool same_cluster) {
  auto held = open_backup(passphrase, backup);
  if (!held) return held.error();
  const std::lock_guard lock(mutex_);
  const bool same = state_->authority.fingerprint() == held->authority.id();
  if (same_cluster && !same) {
    return Error{ErrorKind::refused,
                 "The backup is of another cluster, and this node has other members. Leave its cluster "
                 "first: meshzero leave."};
  }
  return take_over(held->authority, same ? state_->revoked : RevocationSet(held->authority.certificate()),
                   held->revoked);
}

Result<void> NodeTrust::take_over(const Authority& authority, RevocationSet revoked,
                                  std::span<const std::uint8_t> added) {
  if (!added.empty()) {
    if (auto merged = revoked.merge(added); !merged) return merged.error();
  }
  if (revoked.contains(node_id_)) return was_revoked();
  auto own = authority.sign(key_.public_key(), Role::admin, options_.host, now());
  if (!own) return own.error();
  return enter(*own, authority.certificate(), authority, revoked.encode());
}

Result<void> NodeTrust::check_disk() const {
  // More than the files of a new cluster.
  if (auto written = write_private_file(file(kRoomFile), Bytes(4 * Certificate::kMaxPemBytes)); !written)
    return written;
  return remove_private_file(file(kRoomFile));
}

Result<void> NodeTrust::start_alone() {
  auto authority = Authority::create(now());
  if (!authority) return authority.error();
  auto own = authority->sign(key_.public_key(), Role::admin, options_.host, now());
  if (!own) return own.error();
  const std::lock_guard lock(mutex_);
  return enter(*own, authority->certificate(), *authority);
}

Result<void> NodeTrust::renew_self() {
  const std::lock_guard lock(mutex_);
  auto authority = signer();
  if (!authority) return authority.error();
  auto own = (*authority)->sign(key_.public_key(), Role::admin, options_.host, now());
  if (!own) return own.error();
  return enter(*own, state_->authority, state_->signer);
}

}  // namespace mz
