// Our side of a conversation with a node, or with a service outside of the cluster: one connection, one question at a time. Blocks the caller, never beyond a deadline.
// Not thread-safe.
//
// Errors: unreachable when nobody answers in time or the connection breaks, refused when the other side is not who it must
// be, corrupt when what it says is no HTTP of ours.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dial.h"
#include "api/request.h"
#include "api/stream.h"
#include "engine/base/result.h"
#include "p2p/trust/tls.h"

namespace mz {

inline constexpr std::size_t kMaxAnswerBytes = 64U << 20;

struct HttpQuestion {
  std::string method = "GET";
  std::string path = "/";
  std::string content_type = {};  // when there is a body
  std::string body = {};
  std::string bearer = {};  // an operator's or session's token
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

class HttpConnection {
 public:
  // Over TLS. What the other side must prove is in the context: to be of our cluster (make_client_context) or of the one
  // whose authority has a given hash (make_joining_context); `expected` names the very node.
  static Result<HttpConnection> dial_tls(const Endpoint& endpoint, const TlsContext& context,
                                         const std::optional<NodeId>& expected, Deadline deadline);
  // To a node on this computer, without TLS.
  static Result<HttpConnection> dial_loopback(std::uint16_t port, Deadline deadline);
  // To a service outside of the cluster; over TLS when there is a context (p2p/trust/service_tls.h), and then the service must
  // prove to be the host of the endpoint. `give_up` ends this and every later wait on the connection.
  static Result<HttpConnection> dial_service(const Endpoint& endpoint, const TlsContext& context, Deadline deadline,
                                             GiveUp give_up = nullptr);
  // To the node whose control socket this is, as this machine's user.
  static Result<HttpConnection> dial_file(const std::filesystem::path& path);

  Result<HttpAnswer> ask(const HttpQuestion& question, Deadline deadline, std::size_t max_body = kMaxAnswerBytes);
  // Whether another question may be asked; false after an error or when the other side closes.
  [[nodiscard]] bool usable() const { return usable_; }
  // Nothing of the answer to the last question has come, so it may be asked again on a new connection.
  [[nodiscard]] bool nothing_came() const { return nothing_came_; }

  // What the Host header says: a service leaves out the port that its scheme has anyway.
  [[nodiscard]] const std::string& host() const { return host_; }

  // Of a TLS connection.
  [[nodiscard]] const std::optional<Peer>& peer() const { return peer_; }
  [[nodiscard]] const TlsExporter& exporter() const { return exporter_; }
  [[nodiscard]] Result<Certificate> authority() const { return authority_of(stream_.tls()); }

 private:
  HttpConnection(Stream stream, std::string host, std::string name)
      : stream_(std::move(stream)), host_(std::move(host)), name_(std::move(name)) {}

  Result<void> shake_hands(Deadline deadline);
  Result<void> expect_node(const std::optional<NodeId>& expected);
  Result<void> write_all(std::string_view bytes, Deadline deadline);
  bool wait(Stream::Status status, Deadline deadline);
  // Adds what comes next to `in_`.
  Result<void> read_more(Deadline deadline);
  Result<HttpAnswer> read_answer(bool head_only, Deadline deadline, std::size_t max_body);
  // A body whose length is not told in advance (RFC 9112 section 7.1).
  Result<std::string> read_chunks(Deadline deadline, std::size_t max_body);
  Result<std::string> read_line(Deadline deadline);
  Error broken(ErrorKind kind, const std::string& why);

  Stream stream_;
  std::string host_;  // of the Host header
  std::string name_;  // for people
  std::string in_;
  GiveUp give_up_ = nullptr;
  bool usable_ = true;
  bool nothing_came_ = false;
  std::optional<Peer> peer_;
  TlsExporter exporter_{};
};

}  // namespace mz
