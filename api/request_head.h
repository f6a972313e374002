// The head of one HTTP/1.x request, checked before anything acts on it. Everything here is hostile input.
//
// Nothing beyond a GET or HEAD without body is accepted from a client, so a head is a whole request.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mz {

inline constexpr std::size_t kMaxHeadBytes = 32U << 10;
inline constexpr std::size_t kMaxTargetBytes = 2U << 10;
inline constexpr std::size_t kMaxHeaders = 100;

struct RequestHead {
  std::string method;                          // "GET" or "HEAD"
  std::string path;                            // percent-decoded, without the query; begins with '/'
  std::map<std::string, std::string> query;    // decoded; a name that occurs twice is refused
  std::map<std::string, std::string> headers;  // names in lower case; values joined by ", "
  std::string host;                            // the Host header
  bool keep_alive = true;                      // the client wants to send more on this connection
  std::size_t bytes = 0;                       // length of the head, its empty line included

  [[nodiscard]] std::string_view header(const std::string& lower_case_name) const;
};

// Why a request is not served: an HTTP status and a sentence for the person behind the client.
struct HeadRefusal {
  int status = 400;
  std::string text;
};

struct HeadIncomplete {};

using HeadOutcome = std::variant<RequestHead, HeadRefusal, HeadIncomplete>;

// Looks at the bytes received so far on a connection.
HeadOutcome parse_request_head(std::string_view bytes);

// True for localhost, 127.0.0.1 and [::1], with or without a port: names another site cannot have, so that a page of
// another origin cannot reach this node by pointing its own name at the loopback address.
bool is_loopback_host(std::string_view host);

}  // namespace mz
