// OpenSSL's way to a socket, without the signal that a closed one raises in its own.
#pragma once

#include <openssl/ssl.h>
#include <sys/socket.h>

namespace mz {

#ifdef MSG_NOSIGNAL
inline constexpr int kSendFlags = MSG_NOSIGNAL;
#else
inline constexpr int kSendFlags = 0;  // SO_NOSIGPIPE does it there
#endif

// Lets `connection` read from and write to a non-blocking socket, which it does not own. False when memory runs out.
bool attach_socket(SSL* connection, int socket);

}  // namespace mz
