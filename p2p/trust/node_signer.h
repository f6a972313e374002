// Signatures of nodes for the agreement of the cluster (p2p/agreement/signer.h). A signature carries the public key, whose
// hash is the node's id, so it can be checked by whoever knows the id. Revoked nodes sign nothing that counts.
#pragma once

#include <functional>
#include <utility>

#include "p2p/agreement/signer.h"
#include "p2p/trust/key.h"

namespace mz {

class NodeSigner final : public Signer {
 public:
  // `is_revoked` is called from the thread of the agreement, at each check.
  NodeSigner(PrivateKey key, std::function<bool(const NodeId&)> is_revoked)
      : key_(std::move(key)), spki_(key_.public_key().spki()), is_revoked_(std::move(is_revoked)) {}

  // Empty when signing fails, which nobody accepts.
  Signature sign(std::span<const std::uint8_t> bytes) override;
  bool verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) override;

 private:
  const PrivateKey key_;
  const Bytes spki_;
  const std::function<bool(const NodeId&)> is_revoked_;
};

}  // namespace mz
