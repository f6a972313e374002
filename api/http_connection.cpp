#include "api/http_connection.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "api/listening_socket.h"
#include "p2p/trust/service_tls.h"

namespace mz {
namespace {

constexpr std::size_t kReadChunk = 64U << 10;
constexpr std::size_t kMaxAnswerHeadBytes = 32U << 10;
constexpr std::size_t kMaxLineBytes = 4U << 10;  // between the pieces of a body, and behind it
constexpr std::size_t kMaxTrailers = 100;
constexpr std::size_t kLargeBodyBytes = 1U << 20;  // not copied behind the head
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

// The address that was really reached: what a node accepts as its own name without knowing any.
std::string peer_endpoint(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return endpoint_text(address);
}

bool is_waiting(Stream::Status status) {
  return status == Stream::Status::want_read || status == Stream::Status::want_write;
}

// As a browser writes it. A service may compute with this text: that of a signature does.
std::string service_host(const Endpoint& endpoint, bool tls) {
  const std::string text = endpoint.text();
  if (endpoint.port != (tls ? kHttpsPort : kHttpPort)) return text;
  return text.substr(0, text.rfind(':'));
}

std::string handshake_failure(const SSL* tls) {
  const long verified = SSL_get_verify_result(tls);
  if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason != nullptr ? reason : "the connection was closed";
}

// The head of an answer up to and including its empty line; false when it is none of ours.
bool parse_head(std::string_view head, HttpAnswer& answer) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  if (!head.starts_with(kStart) || head.size() < kStart.size() + 3) return false;
  const char* digits = head.data() + kStart.size();
  if (std::from_chars(digits, digits + 3, answer.status).ptr != digits + 3) return false;
  auto line_end = head.find("\r\n");
  while (line_end != std::string_view::npos && line_end + 2 < head.size()) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    if (line.empty()) return true;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    const auto value = line.find_first_not_of(' ', colon + 1);
    answer.headers[name] = value == std::string_view::npos ? "" : std::string(line.substr(value));
  }
  return true;
}

}  // namespace

Error HttpConnection::broken(ErrorKind kind, const std::string& why) {
  usable_ = false;
  switch (kind) {
    case ErrorKind::refused:
      return {kind, "What answers at " + name_ + " is not the one it must be (" + why + ")."};
    case ErrorKind::corrupt:
      return {kind, "What answers at " + name_ + " does not speak as it must (" + why + ")."};
    default:
      return {kind, "Nothing answers at " + name_ + " (" + why + ")."};
  }
}

Result<HttpConnection> HttpConnection::dial_tls(const Endpoint& endpoint, const TlsContext& context,
                                                const std::optional<NodeId>& expected, Deadline deadline) {
  auto socket = dial(endpoint, deadline);
  if (!socket) return socket.error();
  const std::string host = peer_endpoint(socket->get());
  HttpConnection connection(Stream(std::move(*socket)), host, "https://" + endpoint.text());
  if (!connection.stream_.start_tls_client(context.get())) {
    return connection.broken(ErrorKind::unreachable, "no memory for TLS");
  }
  if (auto met = connection.shake_hands(deadline); !met) return met.error();
  if (auto met = connection.expect_node(expected); !met) return met.error();
  return connection;
}

Result<HttpConnection> HttpConnection::dial_service(const Endpoint& endpoint, const TlsContext& context,
                                                    Deadline deadline, GiveUp give_up) {
  auto socket = dial(endpoint, deadline, give_up);
  if (!socket) return socket.error();
  HttpConnection connection(Stream(std::move(*socket)), service_host(endpoint, context != nullptr),
                            (context ? "https://" : "http://") + endpoint.text());
  connection.give_up_ = give_up;
  if (!context) return connection;
  if (!connection.stream_.start_tls_client(context.get()) || !expect_host(connection.stream_.tls(), endpoint.host)) {
    return connection.broken(ErrorKind::unreachable, "no memory for TLS");
  }
  if (auto met = connection.shake_hands(deadline); !met) return met.error();
  return connection;
}

Result<HttpConnection> HttpConnection::dial_loopback(std::uint16_t port, Deadline deadline) {
  const Endpoint endpoint{"127.0.0.1", port};
  auto socket = dial(endpoint, deadline);
  if (!socket) return socket.error();
  return HttpConnection(Stream(std::move(*socket)), endpoint.text(), "http://" + endpoint.text());
}

Result<HttpConnection> HttpConnection::dial_file(const std::filesystem::path& path) {
  auto socket = connect_to_file(path);
  if (!socket) return socket.error();
  return HttpConnection(Stream(std::move(*socket)), "localhost", path.string());
}

Result<void> HttpConnection::shake_hands(Deadline deadline) {
  for (;;) {
    const Stream::Status status = stream_.handshake();
    if (status == Stream::Status::done) break;
    if (!is_waiting(status)) {
      const bool unproven = SSL_get_verify_result(stream_.tls()) != X509_V_OK;
      return broken(unproven ? ErrorKind::refused : ErrorKind::unreachable, handshake_failure(stream_.tls()));
    }
    if (!wait(status, deadline)) {
      return broken(ErrorKind::unreachable, "no answer in time");
    }
  }
  return {};
}

Result<void> HttpConnection::expect_node(const std::optional<NodeId>& expected) {
  peer_ = peer_of(stream_.tls(), std::time(nullptr));
  if (expected && (!peer_ || peer_->node_id != *expected)) {
    return broken(ErrorKind::refused, "node " + expected->short_text() + " was expected, " +
                                          (peer_ ? peer_->node_id.short_text() : "a stranger") + " is there");
  }
  auto binding = channel_binding(stream_.tls(), kTlsExporterLabel);
  if (!binding) return binding.error();
  exporter_ = *binding;
  return {};
}

bool HttpConnection::wait(Stream::Status status, Deadline deadline) {
  const auto events = static_cast<short>(status == Stream::Status::want_write ? POLLOUT : POLLIN);
  return wait_for(stream_.descriptor(), events, deadline, give_up_);
}

Result<void> HttpConnection::write_all(std::string_view bytes, Deadline deadline) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const Stream::Moved moved = stream_.write(bytes.data() + written, bytes.size() - written);
    if (moved.status == Stream::Status::done) {
      written += moved.bytes;
    } else if (!is_waiting(moved.status)) {
      return Error{ErrorKind::unreachable, "the connection broke"};
    } else if (!wait(moved.status, deadline)) {
      return Error{ErrorKind::unreachable, "no answer in time"};
    }
  }
  return {};
}

Result<void> HttpConnection::read_more(Deadline deadline) {
  std::array<char, kReadChunk> chunk;
  for (;;) {
    const Stream::Moved moved = stream_.read(chunk.data(), chunk.size());
    if (moved.status == Stream::Status::done) {
      in_.append(chunk.data(), moved.bytes);
      nothing_came_ = false;
      return {};
    }
    if (!is_waiting(moved.status)) return Error{ErrorKind::unreachable, "the connection broke"};
    if (!wait(moved.status, deadline)) {
      return Error{ErrorKind::unreachable, "no answer in time"};
    }
  }
}

Result<HttpAnswer> HttpConnection::read_answer(bool head_only, Deadline deadline, std::size_t max_body) {
  HttpAnswer answer;
  for (;;) {
    std::size_t end = in_.find("\r\n\r\n");
    while (end == std::string::npos) {
      if (in_.size() > kMaxAnswerHeadBytes) return Error{ErrorKind::corrupt, "its answer has no end"};
      if (auto more = read_more(deadline); !more) return more.error();
      end = in_.find("\r\n\r\n");
    }
    answer = HttpAnswer{};
    if (!parse_head(std::string_view(in_).substr(0, end + 4), answer)) {
      return Error{ErrorKind::corrupt, "that is no HTTP answer"};
    }
    in_.erase(0, end + 4);
    if (answer.status >= 200) break;  // 100 Continue comes before the answer
  }
  if (answer.headers["connection"] == "close") usable_ = false;
  if (head_only || answer.status == 204 || answer.status == 304) return answer;
  if (answer.headers["transfer-encoding"] == "chunked") {
    auto body = read_chunks(deadline, max_body);
    if (!body) return body.error();
    answer.body = std::move(*body);
    return answer;
  }
  const std::string& text = answer.headers["content-length"];
  std::size_t length = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), length);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return Error{ErrorKind::corrupt, "its answer has no length"};
  }
  if (length > max_body) {
    return Error{ErrorKind::corrupt, "its answer is larger than " + std::to_string(max_body) + " bytes"};
  }
  while (in_.size() < length) {
    if (auto more = read_more(deadline); !more) return more.error();
  }
  answer.body = in_.substr(0, length);
  in_.erase(0, length);
  return answer;
}

Result<std::string> HttpConnection::read_line(Deadline deadline) {
  std::size_t end = in_.find("\r\n");
  while (end == std::string::npos) {
    if (in_.size() > kMaxLineBytes) return Error{ErrorKind::corrupt, "a line of its answer has no end"};
    if (auto more = read_more(deadline); !more) return more.error();
    end = in_.find("\r\n");
  }
  std::string line = in_.substr(0, end);
  in_.erase(0, end + 2);
  return line;
}

Result<std::string> HttpConnection::read_chunks(Deadline deadline, std::size_t max_body) {
  std::string body;
  for (;;) {
    auto line = read_line(deadline);
    if (!line) return line;
    const std::string digits = line->substr(0, line->find(';'));
    std::size_t size = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return Error{ErrorKind::corrupt, "a piece of its answer has no length"};
    }
    if (size == 0) break;
    if (size > max_body - body.size()) {
      return Error{ErrorKind::corrupt, "its answer is larger than " + std::to_string(max_body) + " bytes"};
    }
    while (in_.size() < size + 2) {
      if (auto more = read_more(deadline); !more) return more.error();
    }
    if (in_.compare(size, 2, "\r\n") != 0) return Error{ErrorKind::corrupt, "a piece of its answer has no end"};
    body.append(in_, 0, size);
    in_.erase(0, size + 2);
  }
  for (std::size_t i = 0; i <= kMaxTrailers; ++i) {
    auto line = read_line(deadline);
    if (!line) return line;
    if (line->empty()) return body;
  }
  return Error{ErrorKind::corrupt, "its answer has no end"};
}

Result<HttpAnswer> HttpConnection::ask(const HttpQuestion& question, Deadline deadline, std::size_t max_body) {
  nothing_came_ = true;
  if (!usable_) return broken(ErrorKind::unreachable, "the connection is closed");
  std::string bytes = question.method + " " + question.path + " HTTP/1.1\r\nHost: " + host_ + "\r\n";
  if (!question.bearer.empty()) bytes += "Authorization: Bearer " + question.bearer + "\r\n";
  if (question.method != "GET" && question.method != "HEAD") {
    bytes += "Content-Length: " + std::to_string(question.body.size()) + "\r\n";
    if (!question.content_type.empty()) bytes += "Content-Type: " + question.content_type + "\r\n";
  }
  for (const auto& [name, value] : question.headers) bytes += name + ": " + value + "\r\n";
  bytes += "\r\n";
  const bool large = question.body.size() >= kLargeBodyBytes;
  if (!large) bytes += question.body;
  // A node that refuses a large body answers and stops reading; its answer is worth more than our failure to write.
  Result<void> written = write_all(bytes, deadline);
  if (written && large) written = write_all(question.body, deadline);
  auto answer = read_answer(question.method == "HEAD", deadline, max_body);
  if (!answer) return broken(answer.error().kind, written ? answer.error().text : written.error().text);
  if (!written) usable_ = false;
  return answer;
}

}  // namespace mz
