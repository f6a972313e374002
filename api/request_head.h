// The head of one HTTP/1.x request, checked before anything acts on it. Everything here is hostile input.
//
// A body is announced by one Content-Length and nothing else, so that no two readers can disagree where a request ends.
#pragma once

#include <cstddef>
#include <cstdint>
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
  std::string method;                           // GET, HEAD, POST, PUT or DELETE
  std::string path;                             // percent-decoded, without the query; begins with '/'
  std::map<std::string, std::string> query;     // decoded; a name that occurs twice is refused
  std::map<std::string, std::string> headers;   // names in lower case; values joined by ", "
  std::string host;                             // the Host header
  std::optional<std::uint64_t> content_length;  // of the body that follows; more than 0 never with GET and HEAD
  bool expects_continue = false;                // the client waits for "100 Continue" before it sends the body
  bool keep_alive = true;                       // the client wants to send more on this connection
  std::size_t bytes = 0;                        // length of the head, its empty line included

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

}  // namespace mz
