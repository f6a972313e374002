#include "api/http_message.h"

#include <nlohmann/json.hpp>

namespace mz {
namespace {

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return status >= 500 ? "Internal Server Error" : "Error";
  }
}

}  // namespace

HttpResponse error_response(int status, std::string_view kind, std::string_view text) {
  HttpResponse response;
  response.status = status;
  const nlohmann::json body{{"error", {{"kind", kind}, {"text", text}}}};
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return response;
}

HttpResponse error_response(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
      return error_response(400, "usage", error.text);
    case ErrorKind::not_found:
      return error_response(404, "not_found", error.text);
    case ErrorKind::refused:
      return error_response(403, "refused", error.text);
    case ErrorKind::unreachable:
      return error_response(503, "unreachable", error.text);
    case ErrorKind::corrupt:
      return error_response(500, "corrupt", error.text);
    case ErrorKind::failure:
      break;
  }
  return error_response(500, "failure", error.text);
}

HttpResponse error_response_to_sender(const Error& error) {
  if (error.kind == ErrorKind::corrupt) return error_response(400, "corrupt", error.text);
  return error_response(error);
}

HttpResponse not_ready_response() {
  return error_response(503, "unavailable", "The node is not ready for this yet. Try again in a moment.");
}

HttpResponse json_response(const nlohmann::json& content, int status) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = content.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return response;
}

std::string wire_bytes(const HttpResponse& response, bool head_only, bool keep_alive) {
  std::string out =
      "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason_phrase(response.status)) + "\r\n";
  if (response.status != 304) {
    out += "Content-Type: " + response.content_type + "\r\n";
    out += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  }
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  out += "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n";
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (!head_only && response.status != 304) out += response.body;
  return out;
}

}  // namespace mz
