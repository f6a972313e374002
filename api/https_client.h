// Asks one node over TLS, again and again, over a connection that is kept. Used by nodes and the command line alike. Blocks
// the caller, never beyond a deadline. Not thread-safe.
#pragma once

#include <functional>
#include <optional>

#include "api/http_connection.h"

namespace mz {

class HttpsClient {
 public:
  struct Target {
    Endpoint endpoint;
    std::optional<NodeId> node = {};  // who must answer; nothing: any node that the context accepts
  };

  // The context is asked for at each new connection, because certificates are renewed.
  HttpsClient(Target target, std::function<TlsContext()> context)
      : target_(std::move(target)), context_(std::move(context)) {}

  // Connects when there is no connection. A kept one that turns out to be closed is replaced, once: the question may then
  // have been read twice, so it must be one that may.
  Result<HttpAnswer> ask(const HttpQuestion& question, Deadline deadline, std::size_t max_body = kMaxAnswerBytes);
  // The open connection: who is on the other side, and what binds a proof to it. Null when there is none.
  [[nodiscard]] const HttpConnection* connection() const { return connection_ ? &*connection_ : nullptr; }
  void close() { connection_.reset(); }

 private:
  Result<void> connect(Deadline deadline);

  Target target_;
  std::function<TlsContext()> context_;
  std::optional<HttpConnection> connection_;
};

}  // namespace mz
