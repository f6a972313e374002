// TLS to a service outside of the cluster, as a browser does it: the certificate must come from an authority that the user
// named (or the system trusts) and must be for the host that was asked for. Nothing here knows of nodes and clusters.
#pragma once

#include <string>

#include "engine/base/result.h"
#include "p2p/trust/tls.h"

namespace mz {

struct ServiceTls {
  std::string authorities_pem;  // empty: those that the system trusts
  std::string certificate_pem;  // shown to the service, with the chain behind it; empty: none
  std::string key_pem;          // of that certificate
};

// TLS 1.2 or newer. Refused with a sentence when a text is not what it must be.
Result<TlsContext> make_service_context(const ServiceTls& tls);

// To be called before the handshake. `host`: a name or an address. False when memory is out.
bool expect_host(SSL* connection, const std::string& host);

}  // namespace mz
