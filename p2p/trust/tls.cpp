#include "p2p/trust/tls.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

// Lives as long as its SSL_CTX: stored in the context, freed with it.
struct Verification {
  WallClock clock;
  bool is_server = false;
  std::optional<FingerprintPrefix> joining;
  bool any_authority = false;
};

void free_verification(void* /*parent*/, void* verification, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                       void* /*argp*/) {
  delete static_cast<Verification*>(verification);
}

int verification_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_verification);
  return index;
}

// Whoever holds an expired certificate is still who it is; the front door lets it renew and nothing else.
int tolerate_expiry(int ok, X509_STORE_CTX* chain) {
  if (ok == 1) return 1;
  return X509_STORE_CTX_get_error(chain) == X509_V_ERR_CERT_HAS_EXPIRED && X509_STORE_CTX_get_error_depth(chain) == 0;
}

// The certificate in the peer's chain with the wanted fingerprint (without one: the first of an authority), as the only one
// to trust.
bool trust_shown_authority(X509_STORE_CTX* chain, const std::optional<FingerprintPrefix>& wanted,
                           STACK_OF(X509) * trusted) {
  STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(chain);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    auto candidate = Certificate::from_handle(sk_X509_value(sent, i));
    if (!candidate || !is_authority(*candidate)) continue;
    if (wanted && fingerprint_prefix(*candidate) != *wanted) continue;
    if (sk_X509_push(trusted, candidate->handle()) <= 0) return false;
    X509_STORE_CTX_set0_trusted_stack(chain, trusted);
    return true;
  }
  return false;
}

int verify_chain(X509_STORE_CTX* chain, void* argument) {
  const auto& verification = *static_cast<const Verification*>(argument);
  X509_STORE_CTX_set_time(chain, 0, static_cast<time_t>(verification.clock()));
  if (verification.is_server) {
    X509_STORE_CTX_set_verify_cb(chain, tolerate_expiry);
    if (X509_verify_cert(chain) == 1) {
      X509_STORE_CTX_set_error(chain, X509_V_OK);
    } else if (X509_STORE_CTX_get_error(chain) == X509_V_OK) {
      X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED);
    }
    return 1;  // a stranger; peer_of sees the error
  }
  if (!verification.joining && !verification.any_authority) return X509_verify_cert(chain);
  // The stack must outlive the verification only; it owns nothing.
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> trusted(sk_X509_new_null(),
                                                                           [](STACK_OF(X509) * s) { sk_X509_free(s); });
  if (!trusted || !trust_shown_authority(chain, verification.joining, trusted.get())) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
    return 0;
  }
  return X509_verify_cert(chain);
}

Error tls_error() { return {ErrorKind::failure, "TLS cannot be set up: " + ossl::last_error() + "."}; }

// The only kind that a node's key makes (key.h). With another one allowed, whoever comes with a large enough key has this node
// spend milliseconds on checking what it signs.
constexpr char kSignatures[] = "ECDSA+SHA256";

Result<TlsContext> new_context(const SSL_METHOD* method, Verification verification) {
  TlsContext context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set1_sigalgs_list(context.get(), kSignatures) != 1) {
    return tls_error();
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  auto owned = std::make_unique<Verification>(std::move(verification));
  if (SSL_CTX_set_ex_data(context.get(), verification_index(), owned.get()) != 1) return tls_error();
  SSL_CTX_set_cert_verify_callback(context.get(), verify_chain, owned.release());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

Result<void> show(SSL_CTX* context, const TlsIdentity& self) {
  if (SSL_CTX_use_certificate(context, self.certificate.handle()) != 1 ||
      SSL_CTX_use_PrivateKey(context, self.key.handle()) != 1 || SSL_CTX_check_private_key(context) != 1 ||
      SSL_CTX_add1_chain_cert(context, self.authority.handle()) != 1 ||
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), self.authority.handle()) != 1) {
    return tls_error();
  }
  return {};
}

}  // namespace

Result<TlsContext> make_server_context(const TlsIdentity& self, WallClock clock) {
  auto context = new_context(TLS_server_method(), {.clock = std::move(clock), .is_server = true, .joining = {}});
  if (!context) return context;
  if (auto shown = show(context->get(), self); !shown) return shown.error();
  // Browsers choose a certificate by this list, so that no page asks a person for one that does not fit.
  if (SSL_CTX_add_client_CA(context->get(), self.authority.handle()) != 1) return tls_error();
  return context;
}

Result<TlsContext> make_client_context(const TlsIdentity& self, WallClock clock) {
  auto context = new_context(TLS_client_method(), {.clock = std::move(clock), .is_server = false, .joining = {}});
  if (!context) return context;
  if (auto shown = show(context->get(), self); !shown) return shown.error();
  return context;
}

FingerprintPrefix fingerprint_prefix(const Certificate& authority) {
  const Digest digest = authority.fingerprint();
  FingerprintPrefix prefix{};
  std::copy_n(digest.begin(), prefix.size(), prefix.begin());
  return prefix;
}

Result<TlsContext> make_joining_context(const FingerprintPrefix& authority, WallClock clock) {
  return new_context(TLS_client_method(), {.clock = std::move(clock), .is_server = false, .joining = authority});
}

Result<TlsContext> make_pairing_context(WallClock clock) {
  return new_context(TLS_client_method(),
                     {.clock = std::move(clock), .is_server = false, .joining = {}, .any_authority = true});
}

std::optional<Peer> peer_of(const SSL* connection, std::int64_t now) {
  X509* shown = SSL_get0_peer_certificate(connection);
  if (shown == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  auto certificate = Certificate::from_handle(shown);
  if (!certificate) return std::nullopt;
  const auto role = certificate->role();
  const auto authority = authority_of(connection);
  if (!role || !authority) return std::nullopt;
  return Peer{.node_id = certificate->node_id(),
              .role = *role,
              .expired = now > certificate->not_after(),
              .not_after = certificate->not_after(),
              .key = certificate->public_key(),
              .cluster = authority->fingerprint()};
}

Result<Certificate> authority_of(const SSL* connection) {
  STACK_OF(X509)* chain = SSL_get0_verified_chain(connection);
  const int size = sk_X509_num(chain);
  if (SSL_get_verify_result(connection) != X509_V_OK || size < 2) {
    return Error{ErrorKind::refused, "The other side has not proven to which cluster it belongs."};
  }
  return Certificate::from_handle(sk_X509_value(chain, size - 1));
}

Result<ChannelBinding> channel_binding(SSL* connection, std::string_view label) {
  ChannelBinding binding{};
  if (SSL_export_keying_material(connection, binding.data(), binding.size(), label.data(), label.size(), nullptr, 0,
                                 0) != 1) {
    return tls_error();
  }
  return binding;
}

}  // namespace mz
