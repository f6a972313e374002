#include "p2p/trust/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <ctime>

#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

Error not_ours() { return {ErrorKind::corrupt, "These bytes are not a certificate that MeshZero could have issued."}; }

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  const std::chrono::sys_days day = std::chrono::year_month_day(
      std::chrono::year(fields.tm_year + 1900), std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)),
      std::chrono::day(static_cast<unsigned>(fields.tm_mday)));
  return day.time_since_epoch().count() * kDaySeconds + fields.tm_hour * 3600 + fields.tm_min * 60 + fields.tm_sec;
}

// The only entry of that kind in the subject.
std::optional<std::string> subject_entry(X509* certificate, int nid) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0) return std::nullopt;
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
}

}  // namespace

std::string_view role_word(Role role) { return role == Role::admin ? "admin" : "worker"; }

std::optional<Role> parse_role(std::string_view word) {
  if (word == "worker") return Role::worker;
  if (word == "admin") return Role::admin;
  return std::nullopt;
}

WallClock system_wall_clock() {
  return [] { return static_cast<std::int64_t>(std::time(nullptr)); };
}

Result<Certificate> Certificate::from_handle(X509* certificate) {
  if (certificate == nullptr) return not_ours();
  auto key = PublicKey::from_handle(X509_get0_pubkey(certificate));
  const auto not_before = seconds_of(X509_get0_notBefore(certificate));
  const auto not_after = seconds_of(X509_get0_notAfter(certificate));
  ERR_clear_error();
  if (!key || !not_before || !not_after) return not_ours();
  X509_up_ref(certificate);
  return Certificate(std::shared_ptr<X509>(certificate, X509_free), *key, *not_before, *not_after);
}

Result<Certificate> Certificate::from_der(std::span<const std::uint8_t> der) {
  if (der.size() > kMaxDerBytes) return not_ours();
  const std::uint8_t* at = der.data();
  const ossl::Cert certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!certificate || at != der.data() + der.size()) return not_ours();
  return from_handle(certificate.get());
}

Result<std::vector<Certificate>> Certificate::all_from_pem(std::string_view pem, std::size_t count) {
  if (pem.size() > count * kMaxPemBytes) return not_ours();
  const ossl::Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Certificate> all;
  while (bio) {
    const ossl::Cert next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, const_cast<char*>("")));
    if (!next) break;
    auto certificate = from_handle(next.get());
    if (!certificate) return certificate.error();
    if (all.size() == count) return not_ours();
    all.push_back(*certificate);
  }
  ERR_clear_error();
  if (all.empty()) return not_ours();
  return all;
}

Bytes Certificate::der() const {
  std::uint8_t* encoded = nullptr;
  const int size = i2d_X509(certificate_.get(), &encoded);
  Bytes out;
  if (size > 0) out.assign(encoded, encoded + size);
  OPENSSL_free(encoded);
  return out;
}

std::string Certificate::pem() const {
  const ossl::Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate_.get()) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::optional<Role> Certificate::role() const {
  const auto name = subject_entry(certificate_.get(), NID_commonName);
  const auto word = subject_entry(certificate_.get(), NID_organizationalUnitName);
  if (!name || !word || *name != node_id().text()) return std::nullopt;
  return parse_role(*word);
}

Result<PublicKey> key_of_request(std::span<const std::uint8_t> der) {
  const Error refusal{ErrorKind::refused, "The certificate request does not prove that its sender holds a P-256 key."};
  if (der.size() > Certificate::kMaxDerBytes) return refusal;
  const std::uint8_t* at = der.data();
  const ossl::Request request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  auto ours = PublicKey::from_handle(key);
  const bool proven = ours.ok() && at == der.data() + der.size() && X509_REQ_verify(request.get(), key) == 1;
  ERR_clear_error();
  if (!proven) return refusal;
  return ours;
}

Result<Bytes> make_request(const PrivateKey& key) {
  const ossl::Request request(X509_REQ_new());
  std::uint8_t* encoded = nullptr;
  if (!request || X509_REQ_set_pubkey(request.get(), key.handle()) != 1 ||
      X509_REQ_sign(request.get(), key.handle(), EVP_sha256()) <= 0) {
    return Error{ErrorKind::failure, "No certificate request could be made: " + ossl::last_error() + "."};
  }
  const int size = i2d_X509_REQ(request.get(), &encoded);
  Bytes out;
  if (size > 0) out.assign(encoded, encoded + size);
  OPENSSL_free(encoded);
  return out;
}

}  // namespace mz
