// X.509 certificates as MeshZero issues them.
//
// A node's certificate names the node by its id (CN) and says its role (OU); both are read from a certificate only after it
// has been verified against the cluster's authority (tls.h), and the id must be the hash of the key it certifies. A cluster
// authority's certificate is self-signed, may sign certificates of TLS clients and servers only, and only for names that
// belong to this machine or to the local network (localhost, loopback addresses, *.local), so that a person may add it to a
// keychain without handing over the rest of the web.
//
// Times are seconds since 1970. Objects are immutable, copies are cheap, any thread may use them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/sha256.h"
#include "p2p/trust/key.h"

struct x509_st;

namespace mz {

enum class Role : std::uint8_t { worker, admin };
std::string_view role_word(Role role);  // worker, admin
std::optional<Role> parse_role(std::string_view word);

// Seconds since 1970. Certificates are the only thing in the cluster that depends on it.
using WallClock = std::function<std::int64_t()>;
WallClock system_wall_clock();

inline constexpr std::int64_t kDaySeconds = 86'400;

class Certificate {
 public:
  static constexpr std::size_t kMaxDerBytes = 4096;  // ours have about 600
  static constexpr std::size_t kMaxPemBytes = 8192;

  static Result<Certificate> from_der(std::span<const std::uint8_t> der);
  static Result<Certificate> from_handle(x509_st* certificate);  // takes a reference
  // The certificates of a PEM text in their order; at most `count`.
  static Result<std::vector<Certificate>> all_from_pem(std::string_view pem, std::size_t count);

  [[nodiscard]] Bytes der() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] Digest fingerprint() const { return sha256(der()); }
  [[nodiscard]] PublicKey public_key() const { return key_; }
  [[nodiscard]] std::int64_t not_before() const { return not_before_; }
  [[nodiscard]] std::int64_t not_after() const { return not_after_; }
  // What the certificate says of its holder; nothing when it is no node certificate or names another key.
  [[nodiscard]] std::optional<Role> role() const;
  [[nodiscard]] NodeId node_id() const { return key_.node_id(); }
  [[nodiscard]] x509_st* handle() const { return certificate_.get(); }

 private:
  Certificate(std::shared_ptr<x509_st> certificate, PublicKey key, std::int64_t not_before, std::int64_t not_after)
      : certificate_(std::move(certificate)), key_(std::move(key)), not_before_(not_before), not_after_(not_after) {}

  std::shared_ptr<x509_st> certificate_;
  PublicKey key_;
  std::int64_t not_before_;
  std::int64_t not_after_;
};

// The key of a certificate request whose signature proves that the sender holds it. Everything else in it is ignored.
Result<PublicKey> key_of_request(std::span<const std::uint8_t> der);
Result<Bytes> make_request(const PrivateKey& key);

}  // namespace mz
