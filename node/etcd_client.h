// Asks an etcd (3.4 or newer) through its JSON gateway on behalf of the agreement: questions of p2p/agreement/registrar.h
// become requests, what etcd says becomes answers. The key /meshzero/<cluster id>/leader, when it is there, names the leader;
// it hangs on a lease and goes with it. Its mod_revision is the term, plus a `floor` in its value (see docs/decisions/).
//
// Blocks the caller, never beyond a deadline; one thread. What etcd says is checked and bounded: at most kMaxAnswerBytes, no
// redirect is followed.
//
// Errors: unreachable when no endpoint answers, or etcd has no quorum; refused when it does not let this node in (TLS, user,
// password, permission); corrupt when what it says makes no sense.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json_fwd.hpp>

#include "api/http_connection.h"
#include "node/etcd_settings.h"
#include "p2p/agreement/registrar.h"

namespace mz {

class EtcdClient {
 public:
  static constexpr std::size_t kMaxAnswerBytes = 64U << 10;

  // Refused when the certificates in the settings cannot be used.
  static Result<EtcdClient> create(EtcdSettings settings);

  // Tries every endpoint, the one that worked last first.
  Result<RegistrarAnswer> ask(const RegistrarQuestion& question, const std::string& cluster, const NodeId& self,
                              Deadline deadline);

 private:
  EtcdClient(EtcdSettings settings, TlsContext context)
      : settings_(std::move(settings)), context_(std::move(context)) {}

  // With the connected endpoint.
  Result<RegistrarAnswer> ask_once(const RegistrarQuestion& question, const std::string& key, const NodeId& self,
                                   Deadline deadline);
  Result<RegistrarAnswer> look(const std::string& key, Deadline deadline);
  Result<RegistrarAnswer> claim(const RegistrarQuestion& question, const std::string& key, const NodeId& self,
                                Deadline deadline);
  Result<RegistrarAnswer> renew(const RegistrarQuestion& question, const std::string& key, Deadline deadline);
  Result<void> revoke(std::uint64_t lease, Deadline deadline);
  Result<nlohmann::json> post(const std::string& path, const nlohmann::json& body, Deadline deadline);
  Result<nlohmann::json> exchange(const std::string& path, const nlohmann::json& body, Deadline deadline);
  Result<void> log_in(Deadline deadline);
  Error failure(int status, const nlohmann::json& content);
  [[nodiscard]] std::string name() const { return "etcd at " + settings_.endpoints[at_].text(); }

  EtcdSettings settings_;
  TlsContext context_;
  std::size_t at_ = 0;                        // the endpoint in use
  std::optional<HttpConnection> connection_;  // to it
  std::string token_;                         // of the user, while etcd accepts it
};

}  // namespace mz
