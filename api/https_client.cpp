#include "api/https_client.h"

namespace mz {

Result<void> HttpsClient::connect(Deadline deadline) {
  auto made = HttpConnection::dial_tls(target_.endpoint, context_(), target_.node, deadline);
  if (!made) return made.error();
  connection_.emplace(std::move(*made));
  return {};
}

Result<HttpAnswer> HttpsClient::ask(const HttpQuestion& question, Deadline deadline, std::size_t max_body) {
  if (connection_ && !connection_->usable()) connection_.reset();
  const bool kept = connection_.has_value();
  if (!kept) {
    if (auto connected = connect(deadline); !connected) return connected.error();
  }
  auto answer = connection_->ask(question, deadline, max_body);
  if (answer || !kept || !connection_->nothing_came()) return answer;
  connection_.reset();
  if (auto connected = connect(deadline); !connected) return connected.error();
  return connection_->ask(question, deadline, max_body);
}

}  // namespace mz
