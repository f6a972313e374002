// Secrets on their way: encrypted to the key of one node, or under a passphrase of a person.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/result.h"
#include "p2p/trust/key.h"

namespace mz {

inline constexpr std::size_t kMaxSealedBytes = 16U << 10;  // for one node
inline constexpr std::size_t kMaxSealedFile = 2U << 20;    // under a passphrase
inline constexpr std::size_t kMinPassphraseBytes = 12;
inline constexpr std::size_t kMaxPassphraseBytes = 1024;

// For the holder of a key only: ephemeral ECDH on P-256, HKDF-SHA256, AES-256-GCM. `purpose` must be the same on both sides;
// it keeps a message made for one use from being taken for another.
Result<Bytes> seal_to(const PublicKey& recipient, std::span<const std::uint8_t> secret, std::string_view purpose);
Result<Bytes> open_sealed(const PrivateKey& key, std::span<const std::uint8_t> sealed, std::string_view purpose);

// For whoever knows the passphrase: scrypt (N 2^16, r 8, p 1: 64 MiB), AES-256-GCM.
Result<Bytes> seal_with_passphrase(std::string_view passphrase, std::span<const std::uint8_t> secret,
                                   std::string_view purpose);
Result<Bytes> open_with_passphrase(std::string_view passphrase, std::span<const std::uint8_t> sealed,
                                   std::string_view purpose);

}  // namespace mz
