#include "p2p/trust/key.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>

#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

constexpr char kCurve[] = "prime256v1";  // OpenSSL's name of P-256

bool is_p256(EVP_PKEY* key) {
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
  std::array<char, 64> group{};
  std::size_t length = 0;
  return EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
         std::string_view(group.data(), length) == kCurve;
}

Error foreign_key() { return {ErrorKind::corrupt, "This is not a P-256 key, the only kind MeshZero uses."}; }

std::shared_ptr<EVP_PKEY> share(ossl::Key key) { return {key.release(), EVP_PKEY_free}; }

}  // namespace

Result<PublicKey> PublicKey::from_spki(std::span<const std::uint8_t> der) {
  const std::uint8_t* at = der.data();
  ossl::Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!key || at != der.data() + der.size() || !is_p256(key.get())) return foreign_key();
  return PublicKey(share(std::move(key)));
}

Result<PublicKey> PublicKey::from_handle(EVP_PKEY* key) {
  if (!is_p256(key)) return foreign_key();
  EVP_PKEY_up_ref(key);
  return PublicKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

Bytes PublicKey::spki() const {
  std::uint8_t* encoded = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &encoded);
  Bytes out;
  if (size > 0) out.assign(encoded, encoded + size);
  OPENSSL_free(encoded);
  return out;
}

bool PublicKey::verify(std::span<const std::uint8_t> message, std::span<const std::uint8_t> signature) const {
  const ossl::DigestContext context(EVP_MD_CTX_new());
  const bool valid =
      context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return valid;
}

Result<PrivateKey> PrivateKey::generate() {
  ossl::Key key(EVP_EC_gen(kCurve));
  if (!key) return Error{ErrorKind::failure, "No key could be made: " + ossl::last_error() + "."};
  return PrivateKey(share(std::move(key)));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem) {
  if (pem.size() > kMaxPemBytes) return foreign_key();
  const ossl::Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty passphrase keeps OpenSSL from asking the terminal for one.
  ossl::Key key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")) : nullptr);
  ERR_clear_error();
  if (!is_p256(key.get())) return foreign_key();
  return PrivateKey(share(std::move(key)));
}

Result<PrivateKey> PrivateKey::from_der(std::span<const std::uint8_t> pkcs8) {
  const std::uint8_t* at = pkcs8.data();
  ossl::Key key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pkcs8.size())));
  ERR_clear_error();
  if (!is_p256(key.get())) return foreign_key();
  return PrivateKey(share(std::move(key)));
}

std::string PrivateKey::pem() const {
  const ossl::Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Bytes PrivateKey::der() const {
  const ossl::Bio bio(BIO_new(BIO_s_secmem()));
  if (!bio || i2d_PKCS8PrivateKey_bio(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  std::uint8_t* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, bytes + size};
}

PublicKey PrivateKey::public_key() const {
  // Of the right kind by construction.
  return PublicKey::from_handle(key_.get()).value();
}

Result<Bytes> PrivateKey::sign(std::span<const std::uint8_t> message) const {
  const ossl::DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1) {
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1) {
      signature.resize(size);
      return signature;
    }
  }
  return Error{ErrorKind::failure, "Signing failed: " + ossl::last_error() + "."};
}

Result<void> random_bytes(std::span<std::uint8_t> out) {
  if (RAND_bytes(out.data(), static_cast<int>(out.size())) == 1) return {};
  return Error{ErrorKind::failure, "The system has no random numbers to give: " + ossl::last_error() + "."};
}

bool equal_secrets(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mz
