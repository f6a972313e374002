#include "p2p/trust/service_tls.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "p2p/trust/openssl_handle.h"

namespace mz {
namespace {

constexpr std::size_t kMaxCertificates = 1000;

ossl::Bio bio_of(const std::string& text) {
  return ossl::Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Never asks a terminal for the password of a key.
int no_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*argument*/) { return 0; }

Error wrong(const std::string& what) {
  const std::string why = ossl::last_error();
  return {ErrorKind::usage, what + " (" + why + ")."};
}

Result<void> trust(SSL_CTX* context, const std::string& pem) {
  if (pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(context) == 1) return {};
    return wrong("The certificates that the system trusts cannot be found. Name a file with --etcd-ca");
  }
  const ossl::Bio bio = bio_of(pem);
  std::size_t count = 0;
  for (; bio && count < kMaxCertificates; ++count) {
    const ossl::Cert certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!certificate) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate.get()) != 1) {
      return wrong("A certificate of the authority cannot be used");
    }
  }
  if (count == 0) return wrong("The file with the authority's certificate holds none in PEM form");
  ERR_clear_error();  // the end of the file
  return {};
}

Result<void> show(SSL_CTX* context, const ServiceTls& tls) {
  if (tls.certificate_pem.empty()) return {};
  const ossl::Bio chain = bio_of(tls.certificate_pem);
  ossl::Cert own(PEM_read_bio_X509(chain.get(), nullptr, no_password, nullptr));
  if (!own || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return wrong("The file with the client's certificate holds none in PEM form");
  }
  for (std::size_t count = 0; count < kMaxCertificates; ++count) {
    const ossl::Cert next(PEM_read_bio_X509(chain.get(), nullptr, no_password, nullptr));
    if (!next || SSL_CTX_add1_chain_cert(context, next.get()) != 1) break;
  }
  ERR_clear_error();
  const ossl::Bio bio = bio_of(tls.key_pem);
  const ossl::Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return wrong("The file with the client's key holds no unencrypted key in PEM form that fits the certificate");
  }
  return {};
}

}  // namespace

Result<TlsContext> make_service_context(const ServiceTls& tls) {
  TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return wrong("TLS cannot be set up");
  }
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (auto trusted = trust(context.get(), tls.authorities_pem); !trusted) return trusted.error();
  if (auto shown = show(context.get(), tls); !shown) return shown.error();
  return context;
}

bool expect_host(SSL* connection, const std::string& host) {
  X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return true;
  ERR_clear_error();  // a name, then
  return X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1 &&
         SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

}  // namespace mz
