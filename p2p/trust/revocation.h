// The nodes that have been put out of the cluster: a set that only grows, each entry signed by the cluster's authority, so
// that any member may carry it on and none can invent one. Merging is union; the order of arrival does not matter.
//
// One set belongs to one cluster: entries of another cluster's authority do not verify. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "engine/base/result.h"
#include "p2p/trust/authority.h"

namespace mz {

struct Revocation {
  NodeId node;
  std::int64_t at = 0;  // seconds since 1970, by the signer's clock; for people
  Bytes signature;
};

class RevocationSet {
 public:
  static constexpr std::size_t kMaxEntries = 10'000;
  static constexpr std::size_t kMaxSignatureBytes = 80;  // ECDSA on P-256 in DER has at most 72
  static constexpr std::size_t kMaxBytes = 64 + kMaxEntries * (NodeId::kBytes + 8 + 1 + kMaxSignatureBytes);

  explicit RevocationSet(Certificate authority) : authority_(std::move(authority)) {}

  static Result<Revocation> make(const Authority& authority, const NodeId& node, std::int64_t now);

  // Whether it is new; an error when the authority has not signed it.
  Result<bool> add(const Revocation& revocation);
  [[nodiscard]] bool contains(const NodeId& node) const { return entries_.contains(node); }
  [[nodiscard]] const std::map<NodeId, Revocation>& entries() const { return entries_; }

  // Equal sets may differ in bytes when a node was revoked twice; what is merged is the union either way.
  [[nodiscard]] Bytes encode() const;
  // Adds what is valid in the bytes of a peer or a file and says how many entries were new. Bytes that are no such list, and
  // lists with an entry that does not verify, change nothing.
  Result<std::size_t> merge(std::span<const std::uint8_t> bytes);
  // Whether the bytes are a whole list of a cluster that is not this one. One with an entry of this cluster's authority is
  // this cluster's, and damaged.
  [[nodiscard]] bool is_of_another_cluster(std::span<const std::uint8_t> bytes) const;

 private:
  Certificate authority_;
  std::map<NodeId, Revocation> entries_;
};

}  // namespace mz
