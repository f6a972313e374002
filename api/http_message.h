// What a route answers with, and its bytes on the wire.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"

namespace mz {

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;  // beyond type, length and connection
  std::string body;
};

// {"error":{"kind":…,"text":…}}
HttpResponse error_response(int status, std::string_view kind, std::string_view text);
// The HTTP status and word of the error's kind.
HttpResponse error_response(const Error& error);
// The same for what a sender's bytes led to: what is damaged came from the sender.
HttpResponse error_response_to_sender(const Error& error);
// The service behind a route does not run yet.
HttpResponse not_ready_response();

// Not to be kept by anybody. Text that is no UTF-8 is replaced.
HttpResponse json_response(const nlohmann::json& content, int status = 200);

// The whole answer. A HEAD request gets the head of the GET answer.
std::string wire_bytes(const HttpResponse& response, bool head_only, bool keep_alive);

}  // namespace mz
