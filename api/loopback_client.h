// One GET to a node on this machine, without TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "api/http_connection.h"

namespace mz {

// Asks 127.0.0.1:port for a path. unreachable when nobody answers in time.
inline Result<HttpAnswer> http_get(std::uint16_t port, const std::string& path,
                                   std::chrono::milliseconds limit = std::chrono::seconds(5)) {
  const Deadline deadline = within(limit);
  auto connection = HttpConnection::dial_loopback(port, deadline);
  if (!connection) return connection.error();
  return connection->ask({.path = path}, deadline);
}

}  // namespace mz
