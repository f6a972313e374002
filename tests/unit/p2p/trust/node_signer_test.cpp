#include "p2p/trust/node_signer.h"

#include <gtest/gtest.h>

#include <set>

namespace mz {
namespace {

TEST(NodeSigner, ASignatureIsOfOneNodeOverOneText) {
  std::set<NodeId> revoked;
  const auto is_revoked = [&revoked](const NodeId& node) { return revoked.contains(node); };
  const PrivateKey key = PrivateKey::generate().value();
  const NodeId node = key.public_key().node_id();
  NodeSigner signer(key, is_revoked);
  NodeSigner other(PrivateKey::generate().value(), is_revoked);
  const Bytes text{1, 2, 3};
  const Signature signature = signer.sign(text);
  EXPECT_LE(signature.size(), kMaxSignatureBytes);
  EXPECT_TRUE(other.verify(node, text, signature));
  EXPECT_FALSE(other.verify(node, Bytes{1, 2, 4}, signature));
  EXPECT_FALSE(other.verify(node, text, other.sign(text))) << "of another key";
  EXPECT_FALSE(other.verify(node, text, {}));
  EXPECT_FALSE(other.verify(node, text, Signature(kMaxSignatureBytes + 1)));
  revoked.insert(node);
  EXPECT_FALSE(other.verify(node, text, signature));
}

TEST(NodeSigner, ASignatureMadeForSomethingElseIsNone) {
  const PrivateKey key = PrivateKey::generate().value();
  NodeSigner signer(key, [](const NodeId&) { return false; });
  const Bytes text{1, 2, 3};
  const Signature good = signer.sign(text);
  const Bytes plain = key.sign(text).value();
  const std::size_t head = 1 + key.public_key().spki().size();
  Signature replaced(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(head));
  replaced.insert(replaced.end(), plain.begin(), plain.end());
  EXPECT_FALSE(signer.verify(key.public_key().node_id(), text, replaced));
}

}  // namespace
}  // namespace mz
