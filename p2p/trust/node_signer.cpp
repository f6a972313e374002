#include "p2p/trust/node_signer.h"

#include "engine/base/bytes.h"
#include "engine/base/sha256.h"

namespace mz {
namespace {

constexpr std::string_view kPurpose = "meshzero agreement 1\n";  // a signature made for something else is none here
constexpr std::size_t kMaxSpkiBytes = 128;

Digest digest_of(std::span<const std::uint8_t> bytes) {
  Sha256 hash;
  hash.update(kPurpose);
  hash.update(bytes);
  return hash.finish();
}

}  // namespace

Signature NodeSigner::sign(std::span<const std::uint8_t> bytes) {
  auto made = key_.sign(digest_of(bytes));
  if (!made) return {};
  ByteWriter out;
  out.blob(spki_);
  out.raw(*made);
  return out.take();
}

bool NodeSigner::verify(const NodeId& author, std::span<const std::uint8_t> bytes, const Signature& signature) {
  if (signature.size() > kMaxSignatureBytes || is_revoked_(author)) return false;
  ByteReader in(signature);
  const auto spki = in.blob(kMaxSpkiBytes);
  if (!in.good() || NodeId::of_public_key(spki) != author) return false;
  auto key = PublicKey::from_spki(spki);
  return key.ok() && key->verify(digest_of(bytes), in.raw(in.remaining()));
}

}  // namespace mz
