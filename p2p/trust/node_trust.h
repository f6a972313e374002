// All that one node knows and decides about trust: its key, its certificate, the authority of its cluster, the revocations,
// the tokens it has issued. Every node has one from its first start, and is then the admin of a cluster of one.
//
// On disk, in a folder of mode 0700, every file 0600:
//
//   node.key          the node's key; whoever has it is this node
//   certificate.pem   the node's certificate and the authority's; replaced in one step, so it alone says which cluster
//   authority.key     on admin nodes only; a key that does not fit certificate.pem belongs to a dropped cluster and is removed
//   authority.next    the same, of the cluster that is being entered, until certificate.pem names it
//   revoked           whoever was put out of the cluster
//   revoked.next      the same, of the cluster that is being entered, until certificate.pem names it
//   join-tokens, operator-tokens
//   reset             a reset has begun; the next start or reset finishes it
//
// Thread-safe. Every change is durable before a call returns; what is only looked at (certificates, contexts, whether a node
// is revoked, whether a token is good) never waits for such a write. TLS contexts are replaced when the certificate is;
// connections that exist keep theirs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/failure_limit.h"
#include "p2p/trust/join_token.h"
#include "p2p/trust/operator_token.h"
#include "p2p/trust/revocation.h"
#include "p2p/trust/tls.h"

namespace mz {

// What a machine sends to become a member. Everything in `request` but the key is ignored.
struct JoinAttempt {
  std::string token_id;
  Bytes request;  // PKCS #10, DER
  Digest proof{};
  ChannelBinding channel{};
  std::string address;  // of the sender, for the limit on failures
};

// What makes a member an admin: the authority's key, encrypted to that node, and a certificate with the role.
struct Promotion {
  Bytes sealed_authority_key;
  Certificate certificate;
};

class NodeTrust {
 public:
  struct Options {
    std::filesystem::path directory;
    std::string host;  // becomes a name in the certificate that an admin node signs for itself
    WallClock clock = system_wall_clock();
  };

  // At the first start it makes a key and a cluster of one. Corrupt when a file is damaged, or is missing though others show
  // that this was no first start: nothing is replaced then.
  static Result<std::unique_ptr<NodeTrust>> open(Options options);
  // For a node that open calls corrupt: becomes an admin of the cluster in the backup, under its old key if that can be read.
  // Refused when a file that is left is of another cluster.
  static Result<std::unique_ptr<NodeTrust>> open_from_backup(Options options, std::string_view passphrase,
                                                             std::span<const std::uint8_t> backup);
  // Whether the signing key of a cluster lies there, whatever it is good for.
  static bool has_authority_key(const std::filesystem::path& directory);
  // What a node shows of itself, as its files say; makes and changes nothing. For whoever is not that node's process.
  static Result<TlsIdentity> read_identity(const std::filesystem::path& directory);
  // Those who were put out of its cluster, as its files say; a node may be running on them.
  static Result<std::vector<NodeId>> read_revoked(const std::filesystem::path& directory);
  // Forgets key, cluster and tokens; the next open begins anew. The node must not be running.
  static Result<void> reset(const std::filesystem::path& directory);

  ~NodeTrust();

  [[nodiscard]] NodeId node_id() const { return node_id_; }
  [[nodiscard]] ClusterId cluster_id() const;
  [[nodiscard]] Certificate certificate() const;
  [[nodiscard]] Certificate authority() const;
  [[nodiscard]] bool is_admin() const;  // holds the authority's key
  [[nodiscard]] std::int64_t now() const { return options_.clock(); }
  [[nodiscard]] PrivateKey key() const { return key_; }

  [[nodiscard]] TlsContext server_context() const;
  [[nodiscard]] TlsContext client_context() const;

  // The member on the other side of a finished handshake; nothing for strangers and for revoked nodes.
  [[nodiscard]] std::optional<Peer> member(const SSL* connection) const;
  [[nodiscard]] bool is_revoked(const NodeId& node) const;
  // Whether a node that proved to be of that cluster is a member of the present one.
  [[nodiscard]] bool is_member(const ClusterId& cluster, const NodeId& node) const;
  // Whether it would be one if it had not been revoked.
  [[nodiscard]] bool was_put_out(const ClusterId& cluster, const NodeId& node) const;
  [[nodiscard]] std::vector<NodeId> revoked_nodes() const;

  // --- of admin nodes; refused elsewhere -------------------------------------------------------------------------------
  Result<JoinToken> create_join_token(unsigned uses);
  [[nodiscard]] std::vector<IssuedJoinToken> join_tokens() const;
  // Checks the proof, counts the use, signs.
  Result<Certificate> admit(const JoinAttempt& attempt);
  // Signs for a machine whose key was proven (pairing.h) and whom a person here has confirmed.
  Result<Certificate> admit_confirmed(const PublicKey& key);
  // A new certificate for a member that has shown its current one, expired for at most 180 days.
  Result<Certificate> renew(const Peer& member, std::span<const std::uint8_t> request);
  // Puts a node out of the cluster for good. Other members learn it by `revocations` and `add_revocations`.
  Result<Revocation> revoke(const NodeId& node);
  Result<Promotion> promote(const PublicKey& node);
  // The authority under a passphrase, for a file.
  Result<Bytes> back_up(std::string_view passphrase) const;

  // --- of every node ---------------------------------------------------------------------------------------------------
  Result<std::string> create_operator_token(OperatorScope scope, std::int64_t life_seconds);
  [[nodiscard]] std::vector<IssuedOperatorToken> operator_tokens() const;
  [[nodiscard]] std::optional<IssuedOperatorToken> verify_operator_token(std::string_view token) const;
  // A join token or an operator token, by its public name.
  Result<void> revoke_token(std::string_view id);

  [[nodiscard]] Bytes revocations() const;
  // How many of them were new.
  Result<std::size_t> add_revocations(std::span<const std::uint8_t> list);

  // Enters another cluster: this one's authority and tokens are dropped, the key stays. The certificate must be of this
  // node's key and signed by the authority. `revoked` is that cluster's list: whoever is on it counts as put out from the first
  // moment. When it is no such list nothing is changed.
  Result<void> adopt(const Certificate& certificate, const Certificate& authority,
                     std::span<const std::uint8_t> revoked);
  // The same cluster, a newer certificate.
  Result<void> adopt_renewal(const Certificate& certificate);
  Result<void> accept_promotion(const Promotion& promotion);
  // Becomes an admin of the cluster in the backup; with `same_cluster` only when it is this node's already.
  Result<void> restore(std::string_view passphrase, std::span<const std::uint8_t> backup, bool same_cluster = false);
  // Whether the disk takes what start_alone writes.
  [[nodiscard]] Result<void> check_disk() const;
  // Leaves: a new cluster of one.
  Result<void> start_alone();

  // When the certificate should be renewed; a point chosen at random when it was loaded.
  [[nodiscard]] std::int64_t renewal_due() const;
  // Whether that time has come, or the certificate is from the future because a clock was set back since.
  [[nodiscard]] bool needs_renewal() const;
  // On an admin node: a new certificate for itself.
  Result<void> renew_self();

 private:
  struct State;  // what belongs to one cluster
  struct View;   // what may be looked at without waiting; immutable

  NodeTrust(Options options, PrivateKey key);
  [[nodiscard]] std::filesystem::path file(std::string_view name) const { return options_.directory / name; }
  Result<std::unique_ptr<State>> load() const;
  static Result<void> read_revocations(const std::filesystem::path& directory, RevocationSet& revoked);
  Result<std::unique_ptr<State>> make_state(Certificate certificate, Certificate authority,
                                            std::optional<Authority> signer) const;
  // Writes certificate (and the authority's key) and makes them count, with those whom that list says to be revoked. An error
  // says that nothing was changed.
  Result<void> enter(const Certificate& certificate, const Certificate& authority, std::optional<Authority> signer,
                     std::span<const std::uint8_t> revoked = {});
  // With mutex_ held. `added` is a list like `revocations`, or empty.
  Result<void> take_over(const Authority& authority, RevocationSet revoked, std::span<const std::uint8_t> added);
  void keep_authority_key(const Authority& signer) const;
  Result<void> check_own(const Certificate& certificate, const Certificate& authority) const;
  Result<const Authority*> signer() const;
  // Writes the revocations and makes them count.
  Result<void> keep(RevocationSet revoked);
  // Makes the state visible; after every change of it.
  void publish();
  [[nodiscard]] std::shared_ptr<const View> view() const;

  const Options options_;
  const PrivateKey key_;
  const NodeId node_id_;
  mutable std::mutex mutex_;  // guards state_, operators_ and failures_; held while files are written
  std::unique_ptr<State> state_;
  std::optional<OperatorTokenBook> operators_;
  FailureLimit failures_;
  mutable std::mutex view_mutex_;  // guards view_; held for a copy of a pointer only
  std::shared_ptr<const View> view_;
};

}  // namespace mz
