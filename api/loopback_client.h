// One GET to a node on this machine, for our own verbs.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/result.h"

namespace mz {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

inline constexpr std::size_t kMaxAnswerBytes = 64U << 20;

// Asks 127.0.0.1:port for a path. unreachable when nobody answers in time.
Result<HttpAnswer> http_get(std::uint16_t port, const std::string& path,
                            std::chrono::milliseconds limit = std::chrono::seconds(5));

}  // namespace mz
