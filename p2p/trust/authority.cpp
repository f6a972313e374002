#include "p2p/trust/authority.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "p2p/base32.h"
#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

constexpr char kOrganization[] = "MeshZero";
constexpr std::size_t kMaxHostLabel = 63;
constexpr std::size_t kHostIdLength = 16;  // 80 bits: too many to find a second key for

Error cannot_sign() { return {ErrorKind::failure, "No certificate could be made: " + ossl::last_error() + "."}; }

bool add_subject(X509_NAME* name, const char* field, std::string_view text) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ossl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<std::uint8_t, 16> bytes{};
  if (!random_bytes(bytes)) return false;
  bytes[0] = static_cast<std::uint8_t>((bytes[0] & 0x7f) | 0x40);  // positive and of constant length
  BIGNUM* number = BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool set_times(X509* certificate, std::int64_t from, std::int64_t until) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(until)) != nullptr;
}

bool is_host_label(std::string_view text) {
  const auto is_inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= kMaxHostLabel && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), is_inner);
}

}  // namespace

std::string cluster_id_text(const ClusterId& id) { return to_base32(id); }

Result<ClusterId> parse_cluster_id(std::string_view text) {
  const auto bytes = from_base32(text);
  ClusterId id{};
  if (!bytes || bytes->size() != id.size()) {
    return Error{ErrorKind::usage,
                 "This is not the id of a cluster: it has 52 characters, and `meshzero identity show` prints it on "
                 "every member. Copy all of it."};
  }
  std::copy(bytes->begin(), bytes->end(), id.begin());
  return id;
}

std::string node_host_name(const NodeId& node) { return "mz-" + node.text().substr(0, kHostIdLength) + ".local"; }

bool is_authority(const Certificate& certificate) {
  X509* handle = certificate.handle();
  const bool self_signed = X509_check_ca(handle) == 1 && X509_self_signed(handle, 1) == 1 &&
                           (X509_get_key_usage(handle) & KU_KEY_CERT_SIGN) != 0;
  ERR_clear_error();
  return self_signed;
}

Result<Authority> Authority::create(std::int64_t now) {
  auto key = PrivateKey::generate();
  if (!key) return key.error();
  const ossl::Cert certificate(X509_new());
  X509* raw = certificate.get();
  if (raw == nullptr) return cannot_sign();
  const std::string name = "MeshZero cluster " + key->public_key().node_id().short_text();
  X509_NAME* subject = X509_get_subject_name(raw);
  const bool built =
      X509_set_version(raw, X509_VERSION_3) == 1 && set_serial(raw) &&
      set_times(raw, now - kBackdateSeconds, now + kAuthorityLifeSeconds) && X509_set_pubkey(raw, key->handle()) == 1 &&
      add_subject(subject, "O", kOrganization) && add_subject(subject, "CN", name) &&
      X509_set_issuer_name(raw, subject) == 1 &&
      add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
      add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
      add_extension(raw, raw, NID_ext_key_usage, "serverAuth,clientAuth") &&
      add_extension(raw, raw, NID_subject_key_identifier, "hash") &&
      add_extension(raw, raw, NID_name_constraints,
                    "critical,permitted;DNS:localhost,permitted;DNS:local,permitted;IP:127.0.0.0/255.0.0.0,"
                    "permitted;IP:0:0:0:0:0:0:0:1/FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF:FFFF");
  if (!built || X509_sign(raw, key->handle(), EVP_sha256()) <= 0) return cannot_sign();
  auto finished = Certificate::from_handle(raw);
  if (!finished) return finished.error();
  return Authority(*key, *finished);
}

Result<Authority> Authority::load(PrivateKey key, Certificate certificate) {
  if (!is_authority(certificate) || certificate.public_key().spki() != key.public_key().spki()) {
    return Error{ErrorKind::corrupt,
                 "The cluster authority's key and certificate do not belong together. Restore them "
                 "with `meshzero ca restore`."};
  }
  return Authority(std::move(key), std::move(certificate));
}

Result<Certificate> Authority::sign(const PublicKey& key, Role role, std::string_view host, std::int64_t now) const {
  const std::int64_t until = std::min(now + kCertificateLifeSeconds, certificate_.not_after());
  if (until <= now) {
    return Error{ErrorKind::refused,
                 "The authority of this cluster has ended after ten years, so nothing can be signed. "
                 "Make a new cluster with `meshzero identity reset` on one node and let the others "
                 "join it."};
  }
  const ossl::Cert certificate(X509_new());
  X509* raw = certificate.get();
  if (raw == nullptr) return cannot_sign();
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1,DNS:" + node_host_name(key.node_id());
  if (is_host_label(host)) names += ",DNS:" + std::string(host) + ".local";
  X509* issuer = certificate_.handle();
  X509_NAME* subject = X509_get_subject_name(raw);
  const bool built = X509_set_version(raw, X509_VERSION_3) == 1 && set_serial(raw) &&
                     set_times(raw, now - kBackdateSeconds, until) && X509_set_pubkey(raw, key.handle()) == 1 &&
                     add_subject(subject, "O", kOrganization) && add_subject(subject, "OU", role_word(role)) &&
                     add_subject(subject, "CN", key.node_id().text()) &&
                     X509_set_issuer_name(raw, X509_get_subject_name(issuer)) == 1 &&
                     add_extension(raw, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                     add_extension(raw, issuer, NID_key_usage, "critical,digitalSignature") &&
                     add_extension(raw, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                     add_extension(raw, issuer, NID_subject_key_identifier, "hash") &&
                     add_extension(raw, issuer, NID_authority_key_identifier, "keyid:always") &&
                     add_extension(raw, issuer, NID_subject_alt_name, names.c_str());
  if (!built || X509_sign(raw, key_.handle(), EVP_sha256()) <= 0) return cannot_sign();
  return Certificate::from_handle(raw);
}

std::int64_t renewal_time(const Certificate& certificate, double unit) {
  const auto life = static_cast<double>(certificate.not_after() - certificate.not_before());
  const double part = kRenewFrom + (kRenewUntil - kRenewFrom) * std::clamp(unit, 0.0, 1.0);
  return certificate.not_before() + static_cast<std::int64_t>(life * part);
}

}  // namespace mz
