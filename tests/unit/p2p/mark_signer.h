// Signatures for tests without keys: everybody signs with an own mark, and says besides whether the cluster has admitted it.
#pragma once

#include <string_view>

#include "p2p/agreement/signer.h"

namespace mz {

inline NodeId node_called(std::string_view name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

class MarkSigner final : public Signer {
 public:
  explicit MarkSigner(const NodeId& self) : self_(self) {}
  Signature sign(std::span<const std::uint8_t>) override { return mark(self_, 's'); }
  bool verify(const NodeId& author, std::span<const std::uint8_t>, const Signature& signature) override {
    return signature == mark(author, 's');
  }
  Signature sign_card(std::span<const std::uint8_t>) override { return mark(self_, 'c'); }
  bool verify_card(const NodeId& author, std::span<const std::uint8_t>, const Signature& signature) override {
    return signature == mark(author, 'c');
  }

 private:
  static Signature mark(const NodeId& id, std::uint8_t kind) {
    Signature mark(id.bytes().begin(), id.bytes().end());
    mark.push_back(kind);
    return mark;
  }
  NodeId self_;
};

}  // namespace mz
