#include "p2p/trust/pairing.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string_view>

#include "engine/base/bytes.h"

namespace mz {
namespace {

constexpr std::string_view kCommitment = "meshzero pairing commitment 1";
constexpr std::string_view kDigits = "meshzero pairing digits 1";
constexpr std::string_view kKeyProof = "meshzero pairing key 1";

Digest hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> message) {
  Digest out{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size);
  return out;
}

// Uniform below kPairingDigits: words beyond the last whole multiple are passed over, and when all eight of a digest are (it
// takes a chance of 10^-29) the next digest is taken.
std::uint32_t draw_digits(const Digest& secret) {
  constexpr std::uint32_t kEnd = UINT32_MAX / kPairingDigits * kPairingDigits;
  for (std::uint8_t round = 0;; ++round) {
    const Digest words = hmac(secret, std::span(&round, 1));
    for (std::size_t at = 0; at < words.size(); at += 4) {
      const std::uint32_t word = static_cast<std::uint32_t>(words[at]) << 24U |
                                 static_cast<std::uint32_t>(words[at + 1]) << 16U |
                                 static_cast<std::uint32_t>(words[at + 2]) << 8U | words[at + 3];
      if (word < kEnd) return word % kPairingDigits;
    }
  }
}

Bytes key_proof_message(const ChannelBinding& channel, std::span<const std::uint8_t> request,
                        const Digest& commitment) {
  ByteWriter out;
  out.text(kKeyProof);
  out.raw(channel);
  out.raw(sha256(request));
  out.raw(commitment);
  return out.take();
}

}  // namespace

Digest pairing_commitment(PairingSide side, const ChannelBinding& channel, const PairingNonce& nonce) {
  ByteWriter out;
  out.text(kCommitment);
  out.u8(static_cast<std::uint8_t>(side));
  out.raw(channel);
  out.raw(nonce);
  return sha256(out.bytes());
}

std::string pairing_digits(const PairingParties& parties, const PairingNonce& joiner, const PairingNonce& admin) {
  ByteWriter out;
  out.text(kDigits);
  out.raw(joiner);
  out.raw(admin);
  out.raw(parties.joiner.bytes());
  out.raw(parties.admin.bytes());
  out.raw(parties.authority);
  out.raw(parties.request);
  const std::string number = std::to_string(draw_digits(hmac(parties.channel, out.bytes())));
  return std::string(6 - number.size(), '0') + number;
}

Result<PairingExchange> PairingExchange::begin(PairingSide side, const PairingParties& parties) {
  PairingExchange exchange(side, parties);
  if (auto random = random_bytes(exchange.nonce_); !random) return random.error();
  return exchange;
}

Result<void> PairingExchange::hear_commitment(const Digest& commitment) {
  if (theirs_) return Error{ErrorKind::refused, "The other machine has committed itself already."};
  theirs_ = commitment;
  return {};
}

Result<PairingNonce> PairingExchange::reveal() const {
  if (!theirs_ || (side_ == PairingSide::admin && !heard_)) {
    return Error{ErrorKind::refused, "The other machine asks for more than it may know at this point."};
  }
  return nonce_;
}

Result<std::string> PairingExchange::hear_nonce(const PairingNonce& nonce) {
  const PairingSide other = side_ == PairingSide::joiner ? PairingSide::admin : PairingSide::joiner;
  if (heard_ || !theirs_ || !equal_secrets(pairing_commitment(other, parties_.channel, nonce), *theirs_)) {
    return Error{ErrorKind::refused,
                 "The other machine did not keep to what it had committed itself to. Somebody may sit in between; "
                 "look at your network before you try again."};
  }
  heard_ = true;
  return side_ == PairingSide::joiner ? pairing_digits(parties_, nonce_, nonce)
                                      : pairing_digits(parties_, nonce, nonce_);
}

Result<Bytes> prove_pairing_key(const PrivateKey& key, const ChannelBinding& channel,
                                std::span<const std::uint8_t> request, const Digest& commitment) {
  return key.sign(key_proof_message(channel, request, commitment));
}

Result<PublicKey> proven_pairing_key(std::span<const std::uint8_t> request, std::span<const std::uint8_t> proof,
                                     const ChannelBinding& channel, const Digest& commitment) {
  auto key = key_of_request(request);
  if (!key) return key.error();
  if (!key->verify(key_proof_message(channel, request, commitment), proof)) {
    return Error{ErrorKind::refused, "The request for pairing does not prove that its sender is at this connection."};
  }
  return key;
}

}  // namespace mz
