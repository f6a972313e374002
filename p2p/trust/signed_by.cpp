#include "p2p/trust/signed_by.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace mz {

bool is_signed_by(const Certificate& certificate, const Certificate& authority) {
  const bool valid = X509_check_issued(authority.handle(), certificate.handle()) == X509_V_OK &&
                     X509_verify(certificate.handle(), authority.public_key().handle()) == 1;
  ERR_clear_error();
  return valid;
}

}  // namespace mz
