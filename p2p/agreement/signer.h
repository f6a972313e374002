// Signatures of nodes, made and checked outside of the pure cluster code. A signature carries whatever its reader needs to
// tie it to the id of the signing node (its public key, for one).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "p2p/node_id.h"

namespace mz {

using Signature = std::vector<std::uint8_t>;
inline constexpr std::size_t kMaxSignatureBytes = 512;
inline constexpr std::size_t kMaxCardSignatureBytes = 1536;

class Signer {
 public:
  virtual ~Signer() = default;
  virtual Signature sign(std::span<const std::uint8_t> bytes) = 0;  // as this node
  virtual bool verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) = 0;
  // Of a card, by which a node comes to be known as a member, and of the first event of a feed: such a signature also proves that
  // the cluster has admitted its author, or one member could bring in any number of nodes that it made up.
  virtual Signature sign_card(std::span<const std::uint8_t> bytes) = 0;
  virtual bool verify_card(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) = 0;
};

}  // namespace mz
