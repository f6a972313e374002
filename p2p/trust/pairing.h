// Two machines that have never met show the same six digits, or somebody sits between them.
//
// Over one TLS connection each side first commits to a random nonce by its hash, and only when both have, the nonces are
// shown. The digits follow from both nonces, the two ids, the hash of the authority's certificate that the joining machine
// was shown, the hash of its certificate request, and the bytes that only the two ends of this connection know. Whoever sits
// between has two connections and so two sets of digits, and has committed itself before it can see what they will be: one
// try is right with a chance of one in a million. A person compares them; that is what the strength rests on, so the number of
// tries is limited elsewhere (api/pairing.h).
//
// Pure: no sockets, no clock. Errors: refused when the other side breaks its word.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "p2p/trust/tls.h"

namespace mz {

using PairingNonce = std::array<std::uint8_t, 32>;

inline constexpr std::uint32_t kPairingDigits = 1'000'000;  // so many different ones

// What both sides know of each other before the nonces.
struct PairingParties {
  ChannelBinding channel{};
  NodeId joiner;
  NodeId admin;
  Digest authority{};  // of the admin's cluster: the whole certificate
  Digest request{};    // of the joiner's PKCS #10, DER
};

enum class PairingSide : std::uint8_t { joiner, admin };

// The side is part of it, so that nobody's commitment can be shown back to him.
Digest pairing_commitment(PairingSide side, const ChannelBinding& channel, const PairingNonce& nonce);

// Six characters, each value as probable as any other.
std::string pairing_digits(const PairingParties& parties, const PairingNonce& joiner, const PairingNonce& admin);

// One side of the exchange, which keeps its order: the own nonce leaves only after the other's commitment came, and the
// admin's only after the joiner's nonce. Not thread-safe.
class PairingExchange {
 public:
  static Result<PairingExchange> begin(PairingSide side, const PairingParties& parties);

  [[nodiscard]] Digest commitment() const { return pairing_commitment(side_, parties_.channel, nonce_); }
  // Refused when it is the second one.
  Result<void> hear_commitment(const Digest& commitment);
  // Refused as long as it is too early.
  [[nodiscard]] Result<PairingNonce> reveal() const;
  // The digits; refused when it is not the nonce of the commitment.
  Result<std::string> hear_nonce(const PairingNonce& nonce);

  [[nodiscard]] const PairingParties& parties() const { return parties_; }

 private:
  PairingExchange(PairingSide side, const PairingParties& parties) : side_(side), parties_(parties) {}

  PairingSide side_;
  PairingParties parties_;
  PairingNonce nonce_{};
  std::optional<Digest> theirs_;
  bool heard_ = false;
};

// That the sender of a certificate request holds its key and sits at the other end of this very connection: without it the
// request of one machine could be handed in by another.
Result<Bytes> prove_pairing_key(const PrivateKey& key, const ChannelBinding& channel,
                                std::span<const std::uint8_t> request, const Digest& commitment);
Result<PublicKey> proven_pairing_key(std::span<const std::uint8_t> request, std::span<const std::uint8_t> proof,
                                     const ChannelBinding& channel, const Digest& commitment);

}  // namespace mz
