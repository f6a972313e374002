// Tokens by which a machine joins a cluster, and the book of those that an admin node has issued.
//
//   MZ1-<first 128 bits of the SHA-256 of the authority's certificate>-<id of the admin node>-<128-bit secret>   (base32)
//
// The first part tells the joining machine whom to trust, the second whom to ask, the third proves that it was invited. The
// secret never travels: the machine sends an HMAC under a key derived from it, over the bytes that only the two ends of
// this TLS connection know and over its certificate request, so a proof is worth nothing anywhere else. The book keeps the
// derived key; it can check proofs but not print the token again.
//
// A token is good for one hour, for as many nodes as it was made for (one unless said otherwise), at the node that made it.
// The same node may redeem it again within the hour, for its first answer may have been lost.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/trust/tls.h"

namespace mz {

struct JoinToken {
  static constexpr std::string_view kPrefix = "MZ1-";
  FingerprintPrefix authority{};
  NodeId admin;
  std::array<std::uint8_t, 16> secret{};

  static Result<JoinToken> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  // Its public name: derived from the secret, tells nothing about it.
  [[nodiscard]] std::string id() const;
  [[nodiscard]] Digest proof_key() const;
};

Digest join_proof(const Digest& proof_key, const ChannelBinding& channel, std::span<const std::uint8_t> request);

struct IssuedJoinToken {
  std::string id;
  Digest proof_key{};
  Role role = Role::worker;
  std::int64_t created = 0;
  std::int64_t expires = 0;
  unsigned uses = 1;           // nodes it is good for
  std::set<NodeId> redeemers;  // nodes that have used it
};

// Not thread-safe. Every change is on disk before the call returns.
class JoinTokenBook {
 public:
  static constexpr std::int64_t kLifeSeconds = 3600;
  static constexpr unsigned kMaxUses = 1000;
  static constexpr std::size_t kMaxTokens = 1000;  // valid at one time
  static constexpr std::size_t kMaxIdLength = 16;

  // The book of a cluster in `file`; entries of another cluster are dropped.
  static Result<JoinTokenBook> open(std::filesystem::path file, const ClusterId& cluster);

  Result<JoinToken> create(const Certificate& authority, const NodeId& admin, Role role, unsigned uses,
                           std::int64_t now);
  // Those still good at that time.
  [[nodiscard]] std::vector<IssuedJoinToken> list(std::int64_t now) const;
  Result<void> revoke(std::string_view id, std::int64_t now);

  // Counts one use by `node` and returns the token's role; refused for every wrong, used, revoked or old token in the same
  // words, and then nothing is counted.
  Result<Role> redeem(std::string_view id, const Digest& proof, const ChannelBinding& channel,
                      std::span<const std::uint8_t> request, const NodeId& node, std::int64_t now);

 private:
  JoinTokenBook(std::filesystem::path file, const ClusterId& cluster) : file_(std::move(file)), cluster_(cluster) {}
  Result<void> replace(std::vector<IssuedJoinToken> entries);

  std::filesystem::path file_;
  ClusterId cluster_;
  std::vector<IssuedJoinToken> entries_;
};

}  // namespace mz
