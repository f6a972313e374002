// Bytes over a non-blocking socket, plain or inside TLS. Owns the socket. Used by one thread at a time.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>

#include "store/descriptor.h"

namespace mz {

class Stream {
 public:
  enum class Status {
    done,        // bytes were moved, or the handshake is complete
    want_read,   // nothing moves before the socket is readable
    want_write,  // nothing moves before the socket is writable
    closed,      // the other side has sent its last byte
    failed,
  };
  struct Moved {
    Status status = Status::failed;
    std::size_t bytes = 0;  // more than 0 when done
  };

  Stream() = default;
  explicit Stream(Descriptor socket) : socket_(std::move(socket)) {}

  // Before anything was read. The context may go afterwards.
  bool start_tls_server(SSL_CTX* context);
  bool start_tls_client(SSL_CTX* context);
  Status handshake();

  Moved read(char* data, std::size_t size);
  Moved write(const char* data, std::size_t size);
  // Bytes are waiting inside TLS that the socket no longer announces. (Not SSL_has_pending, which also counts a piece of a
  // record and would have us spin on a slow sender.)
  [[nodiscard]] bool has_pending() const { return tls_ != nullptr && SSL_pending(tls_.get()) > 0; }
  // Says that nothing more will be written.
  void finish();

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  [[nodiscard]] SSL* tls() const { return tls_.get(); }  // null when plain

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  bool start_tls(SSL_CTX* context);
  Status status_of(int result);

  Descriptor socket_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace mz
