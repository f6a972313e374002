// The keys of MeshZero: ECDSA on the curve P-256 with SHA-256, one kind for nodes and cluster authorities. A key is loaded
// only when it is of this kind, so nothing behind this header meets another algorithm.
//
// Objects are immutable and share the underlying key; copies are cheap and may be used by any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "p2p/node_id.h"

struct evp_pkey_st;

namespace mz {

using Bytes = std::vector<std::uint8_t>;

class PublicKey {
 public:
  // DER of a SubjectPublicKeyInfo, from anywhere.
  static Result<PublicKey> from_spki(std::span<const std::uint8_t> der);
  // Takes a reference; refused when it is of another kind.
  static Result<PublicKey> from_handle(evp_pkey_st* key);

  [[nodiscard]] Bytes spki() const;
  [[nodiscard]] NodeId node_id() const { return NodeId::of_public_key(spki()); }
  [[nodiscard]] bool verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> signature) const;
  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey {
 public:
  static constexpr std::size_t kMaxPemBytes = 4096;

  static Result<PrivateKey> generate();
  static Result<PrivateKey> from_pem(std::string_view pem);
  static Result<PrivateKey> from_der(std::span<const std::uint8_t> pkcs8);

  // Unencrypted PKCS #8: only into files of mode 0600 and into encryption.
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Bytes der() const;
  [[nodiscard]] PublicKey public_key() const;
  [[nodiscard]] Result<Bytes> sign(std::span<const std::uint8_t> message) const;
  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

// Bytes that nobody can guess. Fails only when the system has no entropy, which ends whatever needed them.
Result<void> random_bytes(std::span<std::uint8_t> out);

// Whether both are equal, in a time that depends on their length only.
bool equal_secrets(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace mz
