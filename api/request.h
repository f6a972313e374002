// One request as a route sees it: checked, with its sender known and its body complete.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/access.h"
#include "api/http_message.h"
#include "api/principal.h"
#include "api/request_head.h"
#include "engine/base/result.h"

namespace mz {

// 32 bytes that both ends of one TLS connection can compute and nobody else (RFC 5705, RFC 8446 section 7.5). All zero
// without TLS.
using TlsExporter = std::array<std::uint8_t, 32>;
inline constexpr std::string_view kTlsExporterLabel = "EXPERIMENTAL meshzero channel";

struct Request {
  RequestHead head;
  std::vector<std::string> variables;  // what stood for each {name} of the route, in order
  Principal principal;
  Arrival arrival;
  TlsExporter exporter{};
  std::string body;
};

// Takes a large body piece by piece, for routes that must not hold it in memory. Made, fed, finished and destroyed by
// threads of the bulk pool, one call at a time; destroyed without finish() when the sender goes away.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // An error ends the upload; it is the answer.
  virtual Result<void> write(std::string_view piece) = 0;
  virtual HttpResponse finish() = 0;
};

}  // namespace mz
