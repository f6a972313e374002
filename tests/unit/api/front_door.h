// A front door for tests: a listener on a free port with a cluster of its own and routes that a test chooses.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "api/https_client.h"
#include "api/listener.h"
#include "p2p/trust/authority.h"

namespace mz::test {

inline constexpr std::chrono::seconds kPatience{20};

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
  return principal;
}

inline Descriptor connect_to(std::uint16_t port) {
  auto socket = dial({"127.0.0.1", port}, within(kPatience));
  if (!socket) {
    ADD_FAILURE() << socket.error().text;
    return {};
  }
  return std::move(*socket);
}

// Sends what the other side takes; false when it does not take everything in time.
inline bool send_text(const Descriptor& socket, std::string_view text) {
  const Deadline deadline = within(kPatience);
  while (!text.empty()) {
    const auto n = ::send(socket.get(), text.data(), text.size(), 0);
    if (n > 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EAGAIN || !wait_for(socket.get(), POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

// Everything until the other side closes, or until the text contains `enough`.
inline std::string receive(const Descriptor& socket, const std::string& enough = "") {
  std::string text;
  std::array<char, 4096> chunk{};
  const Deadline deadline = within(kPatience);
  while (enough.empty() || text.find(enough) == std::string::npos) {
    if (!wait_for(socket.get(), POLLIN, deadline)) {
      ADD_FAILURE() << "nothing more came after: " << text;
      return text;
    }
    const auto n = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (n <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return text;
}

// A TLS connection for bytes that no proper client would send.
class TlsTalk {
 public:
  TlsTalk(std::uint16_t port, const TlsContext& context) : stream_(connect_to(port)) {
    EXPECT_TRUE(stream_.start_tls_client(context.get()));
    const Stream::Moved met = patiently([&] { return Stream::Moved{stream_.handshake(), 0}; });
    EXPECT_EQ(met.status, Stream::Status::done);
  }
  // False when the other side takes no more.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const Stream::Moved moved = patiently([&] { return stream_.write(bytes.data(), bytes.size()); });
      if (moved.status != Stream::Status::done) return false;
      bytes.remove_prefix(moved.bytes);
    }
    return true;
  }
  // Until the other side closes, or until the text contains `enough`.
  std::string read(const std::string& enough = "") {
    std::string seen;
    std::array<char, 4096> chunk{};
    while (enough.empty() || seen.find(enough) == std::string::npos) {
      const Stream::Moved moved = patiently([&] { return stream_.read(chunk.data(), chunk.size()); });
      if (moved.status != Stream::Status::done) break;
      seen.append(chunk.data(), moved.bytes);
    }
    return seen;
  }

 private:
  template <class Step>
  Stream::Moved patiently(const Step& step) {
    for (;;) {
      const Stream::Moved moved = step();
      const bool waits = moved.status == Stream::Status::want_read || moved.status == Stream::Status::want_write;
      const short events = moved.status == Stream::Status::want_read ? POLLIN : POLLOUT;
      if (!waits || !wait_for(stream_.descriptor(), events, within(kPatience))) return moved;
    }
  }
  Stream stream_;
};

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
