#include <gtest/gtest.h>

#include "p2p/trust/authority.h"
#include "p2p/trust/tls.h"
#include "tests/unit/p2p/trust/handshake.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

WallClock at(std::int64_t time) {
  return [time] { return time; };
}

// A cluster and the certificates of its nodes.
struct Cluster {
  Authority authority = Authority::create(kNow).value();
  [[nodiscard]] TlsIdentity node(Role role = Role::worker, std::int64_t signed_at = kNow) const {
    const PrivateKey key = PrivateKey::generate().value();
    return {key, authority.sign(key.public_key(), role, "", signed_at).value(), authority.certificate()};
  }
};

TlsContext server(const TlsIdentity& self, std::int64_t now = kNow) {
  return make_server_context(self, at(now)).value();
}
TlsContext client(const TlsIdentity& self, std::int64_t now = kNow) {
  return make_client_context(self, at(now)).value();
}

TEST(Tls, BothNodesLearnWhoTheOtherOneIs) {
  const Cluster cluster;
  const TlsIdentity admin = cluster.node(Role::admin);
  const TlsIdentity worker = cluster.node(Role::worker);
  const auto connection = test::connect(client(worker), server(admin));
  ASSERT_TRUE(connection.established);
  const auto caller = peer_of(connection.server.get(), kNow);
  const auto callee = peer_of(connection.client.get(), kNow);
  ASSERT_TRUE(caller && callee);
  EXPECT_EQ(caller->node_id, worker.key.public_key().node_id());
  EXPECT_EQ(caller->role, Role::worker);
  EXPECT_FALSE(caller->expired);
  EXPECT_EQ(callee->node_id, admin.key.public_key().node_id());
  EXPECT_EQ(callee->role, Role::admin);
  EXPECT_EQ(authority_of(connection.client.get()).value().fingerprint(), cluster.authority.id());
}

TEST(Tls, ANodeOfAnotherClusterIsAStrangerToTheServer) {
  const Cluster ours;
  const Cluster theirs;
  const TlsIdentity intruder = theirs.node(Role::admin);
  const TlsContext context = client(ours.node());  // so that its own check does not end the connection
  ASSERT_EQ(SSL_CTX_use_certificate(context.get(), intruder.certificate.handle()), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(context.get(), intruder.key.handle()), 1);
  const auto connection = test::connect(context, server(ours.node()));
  ASSERT_TRUE(connection.established);
  EXPECT_NE(SSL_get0_peer_certificate(connection.server.get()), nullptr);
  EXPECT_FALSE(peer_of(connection.server.get(), kNow).has_value());
}

TEST(Tls, ACertificateSignedByAMemberIsWorthNothing) {
  const Cluster cluster;
  const TlsIdentity member = cluster.node(Role::admin);
  // The member plays authority with its own certificate.
  const PrivateKey key = PrivateKey::generate().value();
  X509* forged = X509_dup(member.certificate.handle());
  X509_set_pubkey(forged, key.handle());
  X509_set_issuer_name(forged, X509_get_subject_name(member.certificate.handle()));
  X509_sign(forged, member.key.handle(), EVP_sha256());
  const TlsContext context = make_client_context(member, at(kNow)).value();
  ASSERT_EQ(SSL_CTX_use_certificate(context.get(), forged), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.handle()), 1);
  SSL_CTX_clear_chain_certs(context.get());
  ASSERT_EQ(SSL_CTX_add1_chain_cert(context.get(), member.certificate.handle()), 1);
  const auto connection = test::connect(context, server(cluster.node()));
  ASSERT_TRUE(connection.established);
  EXPECT_FALSE(peer_of(connection.server.get(), kNow).has_value());
  X509_free(forged);
}

TEST(Tls, AClientGoesOnOnlyWithItsOwnCluster) {
  const Cluster ours;
  const Cluster theirs;
  EXPECT_FALSE(test::connect(client(ours.node()), server(theirs.node())).established);
}

TEST(Tls, AnExpiredClientIsKnownAsExpiredAndAnExpiredServerIsRefused) {
  const Cluster cluster;
  const std::int64_t later = kNow + 40 * kDaySeconds;
  const TlsIdentity old = cluster.node(Role::worker, kNow);
  const TlsIdentity fresh = cluster.node(Role::admin, later);
  const auto connection = test::connect(client(old, later), server(fresh, later));
  ASSERT_TRUE(connection.established);
  const auto peer = peer_of(connection.server.get(), later);
  ASSERT_TRUE(peer.has_value());
  EXPECT_TRUE(peer->expired);
  EXPECT_FALSE(test::connect(client(fresh, later), server(old, later)).established);
}

TEST(Tls, ACertificateFromTheFutureIsWorthNothing) {
  const Cluster cluster;
  const TlsIdentity early = cluster.node(Role::worker, kNow + 2 * kDaySeconds);
  const auto connection = test::connect(client(early), server(cluster.node()));
  ASSERT_TRUE(connection.established);
  EXPECT_FALSE(peer_of(connection.server.get(), kNow).has_value());
}

TEST(Tls, AMachineThatJoinsTrustsTheAuthorityOfItsTokenOnly) {
  const Cluster wanted;
  const Cluster other;
  const TlsContext joining = make_joining_context(fingerprint_prefix(wanted.authority.certificate()), at(kNow)).value();
  const auto connection = test::connect(joining, server(wanted.node(Role::admin)));
  ASSERT_TRUE(connection.established);
  EXPECT_EQ(authority_of(connection.client.get()).value().fingerprint(), wanted.authority.id());
  EXPECT_EQ(peer_of(connection.client.get(), kNow)->role, Role::admin);
  EXPECT_FALSE(peer_of(connection.server.get(), kNow).has_value()) << "it has shown no certificate";
  EXPECT_FALSE(test::connect(joining, server(other.node(Role::admin))).established);
}

TEST(Tls, AManInTheMiddleCannotBorrowTheAuthoritysCertificate) {
  const Cluster wanted;
  const Cluster middle;
  const TlsContext joining = make_joining_context(fingerprint_prefix(wanted.authority.certificate()), at(kNow)).value();
  // The chain he sends contains the right authority, which has not signed his certificate.
  const TlsContext his = server(middle.node(Role::admin));
  ASSERT_EQ(SSL_CTX_add1_chain_cert(his.get(), wanted.authority.certificate().handle()), 1);
  EXPECT_FALSE(test::connect(joining, his).established);
}

TEST(Tls, ClientsWithoutACertificateAreStrangers) {
  const Cluster cluster;
  const TlsContext plain(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const auto connection = test::connect(plain, server(cluster.node()));
  ASSERT_TRUE(connection.established);
  EXPECT_FALSE(peer_of(connection.server.get(), kNow).has_value());
}

TEST(Tls, OlderProtocolsAreRefused) {
  const Cluster cluster;
  const TlsContext old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  EXPECT_FALSE(test::connect(old, server(cluster.node())).established);
}

TEST(Tls, ChannelBindingIsTheSameOnBothEndsAndNewOnEveryConnection) {
  const Cluster cluster;
  const TlsContext a = client(cluster.node());
  const TlsContext b = server(cluster.node());
  const auto one = test::connect(a, b);
  const auto two = test::connect(a, b);
  const auto here = channel_binding(one.client.get(), "EXPORTER-test").value();
  EXPECT_EQ(here, channel_binding(one.server.get(), "EXPORTER-test").value());
  EXPECT_NE(here, channel_binding(one.server.get(), "EXPORTER-other").value());
  EXPECT_NE(here, channel_binding(two.client.get(), "EXPORTER-test").value());
}

}  // namespace
}  // namespace mz
