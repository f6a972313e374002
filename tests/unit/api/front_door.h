// A front door for tests: a listener on a free port with a cluster of its own and routes that a test chooses.
#pragma once

#include <gtest/gtest.h>
#include <csignal>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "api/https_client.h"
#include "api/listener.h"
#include "p2p/trust/authority.h"
#include "tests/unit/api/talk.h"

namespace mz::test {

// A cluster and certificates in it.
struct TestCluster {
  Authority authority = Authority::create(std::time(nullptr)).value();

  [[nodiscard]] TlsIdentity member(Role role, std::int64_t signed_at = std::time(nullptr)) const {
    const PrivateKey key = PrivateKey::generate().value();
    return {key, authority.sign(key.public_key(), role, "", signed_at).value(), authority.certificate()};
  }
};

inline NodeId id_of(const TlsIdentity& identity) { return identity.key.public_key().node_id(); }

inline Principal principal_of(const SSL* tls) {
  Principal principal;
  const auto peer = peer_of(tls, std::time(nullptr));
  if (!peer) return principal;
  principal.kind = Principal::Kind::node;
  principal.node_id = peer->node_id;
  principal.admin_node = peer->role == Role::admin;
  principal.certificate_expired = peer->expired;
  principal.certificate_end = peer->not_after;
  principal.cluster = peer->cluster;
  return principal;
}

class FrontDoorTest : public testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }  // the node may close first

  void start(std::vector<Route> routes, Listener::Place place = {}) {
    routes_ = std::move(routes);
    auto bound = Listener::bind(place);
    ASSERT_TRUE(bound.ok()) << bound.error().text;
    door_ = std::move(*bound);
    context_ = make_server_context(self_, system_wall_clock()).value();
    door_->start(
        {.admit = [this](const RequestHead& head, const Principal& peer,
                         const Arrival& arrival) { return admit_request(routes_, services_, head, peer, arrival); },
         .answer = [this](const Route& route,
                          const Request& request) { return answer_request(services_, route, request); },
         .tls = [this] { return context_; },
         .identify = principal_of,
         .open_sink = [this](const Route& route,
                             const Request& request) { return route.open_sink(services_, request); }});
  }
  [[nodiscard]] std::uint16_t port() const { return door_->port(); }
  [[nodiscard]] HttpsClient client(const TlsIdentity& identity) const {
    auto context = context_of(identity);
    return {{.endpoint = {"127.0.0.1", port()}, .node = id_of(self_)}, [context] { return context; }};
  }
  [[nodiscard]] static TlsContext context_of(const TlsIdentity& identity) {
    return make_client_context(identity, system_wall_clock()).value();
  }
  // Knows the cluster's authority and has no certificate.
  [[nodiscard]] TlsContext strange_context() const {
    return make_joining_context(fingerprint_prefix(cluster_.authority.certificate()), system_wall_clock()).value();
  }
  [[nodiscard]] HttpsClient stranger() const {
    auto context = strange_context();
    return {{.endpoint = {"127.0.0.1", port()}}, [context] { return context; }};
  }

  TestCluster cluster_;
  TlsIdentity self_ = cluster_.member(Role::admin);
  NodeServices services_;
  std::vector<Route> routes_;
  TlsContext context_;
  std::unique_ptr<Listener> door_;
};

}  // namespace mz::test
