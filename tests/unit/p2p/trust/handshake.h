// A TLS connection inside one process, for tests: both ends talk through memory.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "p2p/trust/tls.h"

namespace mz::test {

struct TestConnection {
  std::unique_ptr<SSL, decltype(&SSL_free)> client{nullptr, SSL_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> server{nullptr, SSL_free};
  bool established = false;
};

inline TestConnection connect(const TlsContext& client, const TlsContext& server) {
  TestConnection out;
  out.client.reset(SSL_new(client.get()));
  out.server.reset(SSL_new(server.get()));
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  BIO_new_bio_pair(&client_end, 0, &server_end, 0);
  SSL_set_bio(out.client.get(), client_end, client_end);
  SSL_set_bio(out.server.get(), server_end, server_end);
  SSL_set_connect_state(out.client.get());
  SSL_set_accept_state(out.server.get());
  for (int turn = 0; turn < 20 && !out.established; ++turn) {
    const int a = SSL_do_handshake(out.client.get());
    const int b = SSL_do_handshake(out.server.get());
    out.established = a == 1 && b == 1;
  }
  return out;
}

}  // namespace mz::test
