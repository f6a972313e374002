#include "api/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <cerrno>

#include "api/socket_bio.h"

namespace mz {

bool Stream::start_tls(SSL_CTX* context) {
  tls_.reset(SSL_new(context));
  return tls_ != nullptr && attach_socket(tls_.get(), socket_.get());
}

bool Stream::start_tls_server(SSL_CTX* context) {
  if (!start_tls(context)) return false;
  SSL_set_accept_state(tls_.get());
  return true;
}

bool Stream::start_tls_client(SSL_CTX* context) {
  if (!start_tls(context)) return false;
  SSL_set_connect_state(tls_.get());
  return true;
}

Stream::Status Stream::status_of(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_NONE:
      return Status::done;
    case SSL_ERROR_WANT_READ:
      return Status::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Status::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return Status::closed;
    default:
      return Status::failed;
  }
}

Stream::Status Stream::handshake() {
  ERR_clear_error();  // what another connection left would be taken for this one's
  return status_of(SSL_do_handshake(tls_.get()));
}

Stream::Moved Stream::read(char* data, std::size_t size) {
  Moved moved;
  if (tls_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_read_ex(tls_.get(), data, size, &moved.bytes);
    moved.status = result == 1 ? Status::done : status_of(result);
    return moved;
  }
  for (;;) {
    const auto n = ::recv(socket_.get(), data, size, 0);
    if (n > 0) return {Status::done, static_cast<std::size_t>(n)};
    if (n == 0) return {Status::closed, 0};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::want_read : Status::failed, 0};
  }
}

Stream::Moved Stream::write(const char* data, std::size_t size) {
  Moved moved;
  if (tls_ != nullptr) {
    ERR_clear_error();
    const int result = SSL_write_ex(tls_.get(), data, size, &moved.bytes);
    moved.status = result == 1 ? Status::done : status_of(result);
    return moved;
  }
  for (;;) {
    const auto n = ::send(socket_.get(), data, size, kSendFlags);
    if (n >= 0) return {Status::done, static_cast<std::size_t>(n)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN || errno == EWOULDBLOCK ? Status::want_write : Status::failed, 0};
  }
}

void Stream::finish() {
  if (tls_ != nullptr) {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(tls_.get()));  // sends the notice; whether it arrives is not waited for
  }
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace mz
