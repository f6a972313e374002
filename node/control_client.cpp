#include "node/control_client.h"

namespace mz {
namespace {

using nlohmann::json;

ErrorKind kind_of(int status) {
  switch (status) {
    case 400:
    case 409:
    case 413:
    case 415:
      return ErrorKind::usage;
    case 401:
    case 403:
      return ErrorKind::refused;
    case 404:
      return ErrorKind::not_found;
    case 503:
      return ErrorKind::unreachable;
    default:
      return ErrorKind::failure;
  }
}

Error error_of(int status, const std::string& text_of_answer) {
  const json body = json::parse(text_of_answer, nullptr, false);
  if (body.is_object() && body.contains("error") && body["error"].is_object()) {
    const json text = body["error"].value("text", json());
    if (text.is_string()) return {kind_of(status), text.get<std::string>()};
  }
  return {kind_of(status), "The node answered with HTTP " + std::to_string(status) + "."};
}

}  // namespace

Result<json> ask_node(const DataDirectory& data, const HttpQuestion& question, std::chrono::milliseconds limit) {
  auto connection = HttpConnection::dial_file(data.control_socket());
  if (!connection) return connection.error();
  auto answer = connection->ask(question, within(limit));
  if (!answer) return answer.error();
  return understood_answer(answer->status, answer->body);
}

Result<json> understood_answer(int status, const std::string& text) {
  if (status >= 300) return error_of(status, text);
  json body = json::parse(text, nullptr, false);
  if (body.is_discarded()) {
    return Error{ErrorKind::corrupt,
                 "The node's answer is not what this version understands. Are both of one version?"};
  }
  return body;
}

Result<json> tell_node(const DataDirectory& data, const std::string& path, const json& body,
                       std::chrono::milliseconds limit) {
  return ask_node(data,
                  {.method = "POST",
                   .path = path,
                   .content_type = "application/json",
                   .body = body.dump(-1, ' ', false, json::error_handler_t::replace)},
                  limit);
}

}  // namespace mz
