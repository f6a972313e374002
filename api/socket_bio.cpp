#include "api/socket_bio.h"

#include <openssl/bio.h>

#include <cerrno>
#include <cstdint>
#include <memory>

namespace mz {
namespace {

int socket_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

bool is_worth_a_retry(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

int read_some(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::recv(socket_of(bio), data, static_cast<std::size_t>(size), 0);
  if (n < 0 && is_worth_a_retry(errno)) BIO_set_retry_read(bio);
  if (n == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

int write_some(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto n = ::send(socket_of(bio), data, static_cast<std::size_t>(size), kSendFlags);
  if (n < 0 && is_worth_a_retry(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(n);
}

long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_FLUSH) return 1;  // nothing is held back here
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

const BIO_METHOD* socket_method() {
  static const std::unique_ptr<BIO_METHOD, void (*)(BIO_METHOD*)> kMethod(
      [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
        if (made == nullptr) return made;
        BIO_meth_set_read(made, read_some);
        BIO_meth_set_write(made, write_some);
        BIO_meth_set_ctrl(made, control);
        return made;
      }(),
      BIO_meth_free);
  return kMethod.get();
}

}  // namespace

bool attach_socket(SSL* connection, int socket) {
  if (socket_method() == nullptr) return false;
  BIO* bio = BIO_new(socket_method());
  if (bio == nullptr) return false;
  // The descriptor itself is the data; nothing is ever read through it as a pointer.
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));  // NOLINT(performance-no-int-to-ptr)
  BIO_set_init(bio, 1);
  SSL_set_bio(connection, bio, bio);
  return true;
}

}  // namespace mz
