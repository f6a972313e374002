#include "node/peer_question.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "api/field.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

constexpr std::size_t kMaxAnswer = 4U << 20;

}  // namespace

using nlohmann::json;

Error refusal_of(const HttpAnswer& answer, const json& body, const PeerAddress& address) {
  std::string text;
  if (body.is_object() && body.contains("error") && body.at("error").is_object())
    text = text_of(body.at("error"), "text");
  text = text.substr(0, 1000);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  const bool again = answer.status == 503 || answer.status == 429;
  return {
      again ? ErrorKind::unreachable : ErrorKind::refused,
      "The node at " + address.text() + " says: " + (text.empty() ? "HTTP " + std::to_string(answer.status) : text)};
}

Result<HttpAnswer> post_to_peer(HttpConnection& connection, const std::string& path, const json& body,
                                Deadline deadline) {
  return connection.ask({.method = "POST",
                         .path = path,
                         .content_type = "application/json",
                         .body = body.dump(-1, ' ', false, json::error_handler_t::replace),
                         .headers = {{std::string(kProtocolHeader), std::to_string(protocol_version())}}},
                        deadline, kMaxAnswer);
}

}  // namespace mz
