#include "p2p/trust/sealed.h"

#include <openssl/crypto.h>
#include <openssl/kdf.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/bytes.h"
#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMaxSpkiBytes = 128;
constexpr std::uint64_t kScryptLog2N = 16;
constexpr std::uint64_t kScryptMemory = 96ULL << 20;

// The key of AES-256, wiped when it goes.
struct CipherKey {
  std::array<std::uint8_t, 32> bytes{};
  CipherKey() = default;
  CipherKey(const CipherKey&) = default;
  CipherKey& operator=(const CipherKey&) = default;
  ~CipherKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

Error failed() { return {ErrorKind::failure, "Encryption failed: " + ossl::last_error() + "."}; }

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Result<Bytes> encrypt(const CipherKey& key, std::span<const std::uint8_t> nonce, std::string_view purpose,
                      std::span<const std::uint8_t> plain) {
  const ossl::CipherContext context(EVP_CIPHER_CTX_new());
  Bytes out(plain.size() + kTagBytes);
  int size = 0;
  int rest = 0;
  if (!context || EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), nonce.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes_of(purpose).data(), static_cast<int>(purpose.size())) !=
          1 ||
      EVP_EncryptUpdate(context.get(), out.data(), &size, plain.data(), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out.data() + size, &rest) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out.data() + plain.size()) != 1) {
    return failed();
  }
  return out;
}

// Nothing when the key, the purpose or a byte is wrong.
std::optional<Bytes> decrypt(const CipherKey& key, std::span<const std::uint8_t> nonce, std::string_view purpose,
                             std::span<const std::uint8_t> sealed) {
  if (sealed.size() < kTagBytes) return std::nullopt;
  const ossl::CipherContext context(EVP_CIPHER_CTX_new());
  Bytes out(sealed.size() - kTagBytes);
  std::array<std::uint8_t, kTagBytes> tag{};
  std::copy(sealed.end() - kTagBytes, sealed.end(), tag.begin());
  int size = 0;
  int rest = 0;
  const bool opened =
      context && EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), nonce.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes_of(purpose).data(), static_cast<int>(purpose.size())) ==
          1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &size, sealed.data(), static_cast<int>(out.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), out.data() + size, &rest) == 1;
  ERR_clear_error();
  if (!opened) return std::nullopt;
  return out;
}

// ECDH between the two, stretched together with both public keys.
Result<CipherKey> agree(const PrivateKey& mine, const PublicKey& theirs, std::span<const std::uint8_t> transcript,
                        std::string_view purpose) {
  const ossl::KeyContext exchange(EVP_PKEY_CTX_new(mine.handle(), nullptr));
  std::array<std::uint8_t, 66> shared{};
  std::size_t size = shared.size();
  if (!exchange || EVP_PKEY_derive_init(exchange.get()) != 1 ||
      EVP_PKEY_derive_set_peer(exchange.get(), theirs.handle()) != 1 ||
      EVP_PKEY_derive(exchange.get(), shared.data(), &size) != 1) {
    return failed();
  }
  CipherKey key;
  std::size_t length = key.bytes.size();
  const ossl::KeyContext stretch(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
  const bool done =
      stretch && EVP_PKEY_derive_init(stretch.get()) == 1 &&
      EVP_PKEY_CTX_set_hkdf_md(stretch.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_CTX_set1_hkdf_salt(stretch.get(), transcript.data(), static_cast<int>(transcript.size())) == 1 &&
      EVP_PKEY_CTX_set1_hkdf_key(stretch.get(), shared.data(), static_cast<int>(size)) == 1 &&
      EVP_PKEY_CTX_add1_hkdf_info(stretch.get(), bytes_of(purpose).data(), static_cast<int>(purpose.size())) == 1 &&
      EVP_PKEY_derive(stretch.get(), key.bytes.data(), &length) == 1;
  OPENSSL_cleanse(shared.data(), shared.size());
  if (!done) return failed();
  return key;
}

Bytes transcript_of(std::span<const std::uint8_t> ephemeral, const PublicKey& recipient) {
  ByteWriter out;
  out.blob(ephemeral);
  out.blob(recipient.spki());
  return out.take();
}

Result<CipherKey> stretch_passphrase(std::string_view passphrase, std::span<const std::uint8_t> salt) {
  CipherKey key;
  if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), salt.data(), salt.size(), 1ULL << kScryptLog2N, 8, 1,
                     kScryptMemory, key.bytes.data(), key.bytes.size()) != 1) {
    return failed();
  }
  return key;
}

// A key is used once, so a constant nonce is never used twice with it.
constexpr std::array<std::uint8_t, kNonceBytes> kOnce{};

}  // namespace

Result<Bytes> seal_to(const PublicKey& recipient, std::span<const std::uint8_t> secret, std::string_view purpose) {
  auto ephemeral = PrivateKey::generate();
  if (!ephemeral) return ephemeral.error();
  const Bytes shown = ephemeral->public_key().spki();
  auto key = agree(*ephemeral, recipient, transcript_of(shown, recipient), purpose);
  if (!key) return key.error();
  auto box = encrypt(*key, kOnce, purpose, secret);
  if (!box) return box.error();
  ByteWriter out;
  out.blob(shown);
  out.raw(*box);
  return out.take();
}

Result<Bytes> open_sealed(const PrivateKey& key, std::span<const std::uint8_t> sealed, std::string_view purpose) {
  const Error refusal{ErrorKind::refused, "This message was not encrypted to this node."};
  if (sealed.size() > kMaxSealedBytes) return refusal;
  ByteReader in(sealed);
  const auto shown = in.blob(kMaxSpkiBytes);
  auto ephemeral = PublicKey::from_spki(shown);
  if (!in.good() || !ephemeral) return refusal;
  auto cipher_key = agree(key, *ephemeral, transcript_of(shown, key.public_key()), purpose);
  if (!cipher_key) return cipher_key.error();
  auto plain = decrypt(*cipher_key, kOnce, purpose, in.raw(in.remaining()));
  if (!plain) return refusal;
  return std::move(*plain);
}

Result<Bytes> seal_with_passphrase(std::string_view passphrase, std::span<const std::uint8_t> secret,
                                   std::string_view purpose) {
  if (passphrase.size() < kMinPassphraseBytes || passphrase.size() > kMaxPassphraseBytes) {
    return Error{ErrorKind::usage, "The passphrase must have " + std::to_string(kMinPassphraseBytes) + " to " +
                                       std::to_string(kMaxPassphraseBytes) +
                                       " characters: several random words are good."};
  }
  std::array<std::uint8_t, kSaltBytes> salt{};
  if (auto random = random_bytes(salt); !random) return random.error();
  auto key = stretch_passphrase(passphrase, salt);
  if (!key) return key.error();
  auto box = encrypt(*key, kOnce, purpose, secret);
  if (!box) return box.error();
  ByteWriter out;
  out.raw(salt);
  out.raw(*box);
  return out.take();
}

Result<Bytes> open_with_passphrase(std::string_view passphrase, std::span<const std::uint8_t> sealed,
                                   std::string_view purpose) {
  const Error refusal{ErrorKind::refused, "The passphrase is wrong or the bytes are damaged."};
  if (sealed.size() > kMaxSealedFile || passphrase.size() > kMaxPassphraseBytes) return refusal;
  ByteReader in(sealed);
  const auto salt = in.raw(kSaltBytes);
  if (!in.good()) return refusal;
  auto key = stretch_passphrase(passphrase, salt);
  if (!key) return key.error();
  auto plain = decrypt(*key, kOnce, purpose, in.raw(in.remaining()));
  if (!plain) return refusal;
  return std::move(*plain);
}

}  // namespace mz
