// The authority of one cluster: the key that decides who is a member. Only admin nodes hold it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "p2p/trust/certificate.h"

namespace mz {

inline constexpr std::int64_t kAuthorityLifeSeconds = 3652 * kDaySeconds;  // ten years
inline constexpr std::int64_t kCertificateLifeSeconds = 30 * kDaySeconds;
inline constexpr std::int64_t kBackdateSeconds = 3600;  // clocks of a home are rarely further apart
// For so long after its end a certificate still admits to renewal: a laptop may sleep a season.
inline constexpr std::int64_t kRenewalGraceSeconds = 180 * kDaySeconds;
// Renewal falls on a random point of this part of the life, so that nodes which joined together do not renew together.
inline constexpr double kRenewFrom = 0.5;
inline constexpr double kRenewUntil = 0.8;

// The hash of the authority's whole certificate: the name of the cluster.
using ClusterId = Digest;
// In base32, 52 characters.
std::string cluster_id_text(const ClusterId& id);
Result<ClusterId> parse_cluster_id(std::string_view text);

class Authority {
 public:
  // A new key and its certificate.
  static Result<Authority> create(std::int64_t now);
  // Refused when the key is not the certificate's or the certificate is none of an authority.
  static Result<Authority> load(PrivateKey key, Certificate certificate);

  [[nodiscard]] const Certificate& certificate() const { return certificate_; }
  [[nodiscard]] const PrivateKey& key() const { return key_; }
  [[nodiscard]] ClusterId id() const { return certificate_.fingerprint(); }

  // A certificate for the holder of a key, valid for 30 days from `now`, for localhost and node_host_name. `host` becomes
  // the name host.local too when it is one label of a host name; only what an admin node says of itself is given there,
  // for a member could name another machine.
  [[nodiscard]] Result<Certificate> sign(const PublicKey& key, Role role, std::string_view host,
                                         std::int64_t now) const;

 private:
  Authority(PrivateKey key, Certificate certificate) : key_(std::move(key)), certificate_(std::move(certificate)) {}
  PrivateKey key_;
  Certificate certificate_;
};

// The name on the local network that follows from the key alone, so that no node can take another's: mz-<16 characters of
// the id>.local.
std::string node_host_name(const NodeId& node);

// Whether this is the certificate of an authority: self-signed, allowed to sign.
bool is_authority(const Certificate& certificate);

// When to renew: `unit` in [0, 1) picks the point between 50 and 80 % of the life.
std::int64_t renewal_time(const Certificate& certificate, double unit);

}  // namespace mz
