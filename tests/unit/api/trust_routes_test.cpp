#include "api/trust_routes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "api/cluster.h"
#include "api/membership.h"
#include "p2p/base32.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::int64_t kNow = 1'800'000'000;

class FakeMembership : public Membership {
 public:
  [[nodiscard]] bool is_entering() const override { return entering; }
  [[nodiscard]] bool is_put_out() const override { return false; }
  [[nodiscard]] std::vector<MemberAddress> others() const override { return others_; }
  [[nodiscard]] MemberAddress self() const override { return {{}, {"self.local:8765"}}; }
  Result<void> join(const JoinToken& token, const std::vector<PeerAddress>& peers) override {
    joined = token.id();
    joined_through = peers;
    return {};
  }
  Result<void> leave(bool by_force) override {
    left_by_force = by_force;
    return {};
  }
  Result<void> restore(std::string_view, std::span<const std::uint8_t>) override { return {}; }
  Result<void> promote(const NodeId&) override { return {}; }
  void admitted(const MemberAddress& member) override { admitted_.push_back(member); }
  void turned_away(const std::string& address, const Error& why) override {
    turned_away_.push_back(address + ": " + why.text);
  }
  void spread(const Revocation& revocation) override { spread_.push_back(revocation.node); }
  void learn_members(const std::vector<MemberAddress>& members) override { learnt_members = members; }
  Result<std::size_t> learn_revocations(std::span<const std::uint8_t> list) override {
    learnt.assign(list.begin(), list.end());
    return std::size_t{1};
  }

  bool entering = false;
  std::optional<bool> left_by_force;
  std::vector<MemberAddress> others_;
  std::vector<NodeId> spread_;
  std::vector<std::string> turned_away_;
  Bytes learnt;
  std::vector<MemberAddress> learnt_members;
  std::vector<MemberAddress> admitted_;
  std::string joined;
  std::vector<PeerAddress> joined_through;
};

using Otherwise = std::vector<std::pair<NodeId, std::uint32_t>>;

class FakeCluster : public Cluster {
 public:
  [[nodiscard]] std::shared_ptr<const ClusterPicture> picture() const override { return picture_; }
  Result<std::string> receive(const NodeId&, std::string_view) override { return std::string(); }
  void speaks_otherwise(const NodeId& member, std::uint32_t protocol) override {
    otherwise.emplace_back(member, protocol);
  }

  std::shared_ptr<ClusterPicture> picture_ = std::make_shared<ClusterPicture>();
  Otherwise otherwise;
};

// An admin node, and another one that wants to join; requests go straight to the routes.
class TrustRoutes : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "trustroutesXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    admin_ = open("admin");
    joiner_ = open("joiner");
    services_.trust = admin_.get();
    services_.membership = &membership_;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<NodeTrust> open(const std::string& name) {
    return std::move(
        NodeTrust::open({.directory = folder_ / name, .host = "", .clock = [this] { return now_; }}).value());
  }

  HttpResponse ask(const std::string& method, const std::string& path, const json& body, Request request = {},
                   const std::string& variable = "") {
    return ask_with_text(method, path, body.dump(), std::move(request), variable);
  }
  HttpResponse ask_with_text(const std::string& method, const std::string& path, const std::string& body,
                             Request request, const std::string& variable = "") {
    for (const Route& route : trust_routes()) {
      if (route.method != method || route.path != path) continue;
      request.body = body;
      if (!variable.empty()) request.variables = {variable};
      const HttpResponse response = answer_request(services_, route, request);
      expect_as_declared(route, response);
      return response;
    }
    ADD_FAILURE() << "there is no route " << path;
    return {};
  }
  static void expect_as_declared(const Route& route, const HttpResponse& response) {
    const std::vector<int> statuses = statuses_of(route);
    EXPECT_NE(std::find(statuses.begin(), statuses.end(), response.status), statuses.end())
        << route.path << " answers " << response.status;
    if (response.status != route.contract.status) return;
    json content = json::parse(response.body);
    const auto fits = json_body(response.body, route.contract.gives);
    EXPECT_TRUE(fits.ok()) << route.path << ": " << (fits ? "" : fits.error().text);
    for (const Field& field : route.contract.gives) content.erase(std::string(field.name));
    EXPECT_TRUE(content.empty()) << route.path << " also answers " << content.dump();
  }
  Request from_node(const std::string& protocol = std::to_string(protocol_version())) {
    Request request;
    request.head.headers[std::string(kProtocolHeader)] = protocol;
    request.exporter.fill(5);
    request.arrival.address = "192.0.2.1";
    return request;
  }
  json join_body(const JoinToken& token) {
    const Bytes request = make_request(joiner_->key()).value();
    ChannelBinding channel{};
    channel.fill(5);
    return {{"token", token.id()},
            {"admin", token.admin.text()},
            {"request", to_base32(request)},
            {"proof", to_base32(join_proof(token.proof_key(), channel, request))}};
  }
  HttpResponse join(const json& body, Request request) { return ask("POST", "/api/v1/join", body, std::move(request)); }

  std::filesystem::path folder_;
  std::int64_t now_ = kNow;
  std::unique_ptr<NodeTrust> admin_;
  std::unique_ptr<NodeTrust> joiner_;
  FakeMembership membership_;
  NodeServices services_;
};

TEST_F(TrustRoutes, AProvenTokenIsAnsweredWithACertificateTheMembersAndWhoWasPutOut) {
  const JoinToken token = admin_->create_join_token(1).value();
  const NodeId outcast = NodeId::of_public_key(Bytes{1});
  ASSERT_TRUE(admin_->revoke(outcast).ok());
  json attempt = join_body(token);
  attempt["addresses"] = {"10.0.0.9:8765", "not an address", 7};
  const HttpResponse response = join(attempt, from_node());
  ASSERT_EQ(response.status, 200) << response.body;
  ASSERT_EQ(membership_.admitted_.size(), 1U);
  EXPECT_EQ(membership_.admitted_[0].node, joiner_->node_id());
  EXPECT_EQ(membership_.admitted_[0].addresses, std::vector<std::string>{"10.0.0.9:8765"});
  const json body = json::parse(response.body);
  const auto certificate = Certificate::all_from_pem(body.at("certificate").get<std::string>(), 1).value();
  const Bytes revocations = from_base32(body.at("revocations").get<std::string>()).value();
  EXPECT_TRUE(joiner_->adopt(certificate.front(), admin_->authority(), revocations).ok());
  EXPECT_TRUE(joiner_->is_revoked(outcast)) << "from the first moment";
  EXPECT_EQ(body.at("members").at(0).at("addresses").at(0), "self.local:8765");
}

TEST_F(TrustRoutes, ANodeThatEntersAnotherClusterItselfTakesNobodyIn) {
  const JoinToken token = admin_->create_join_token(1).value();
  membership_.entering = true;
  EXPECT_EQ(join(join_body(token), from_node()).status, 503);
  EXPECT_TRUE(membership_.admitted_.empty());
  membership_.entering = false;
  EXPECT_EQ(join(join_body(token), from_node()).status, 200) << "the token was not used up";
}

TEST_F(TrustRoutes, AProofMadeOnAnotherConnectionIsRefused) {
  Request elsewhere = from_node();
  elsewhere.exporter.fill(6);
  const JoinToken token = admin_->create_join_token(1).value();
  EXPECT_EQ(join(join_body(token), elsewhere).status, 403);
  ASSERT_EQ(membership_.turned_away_.size(), 1U) << "and noted";
  EXPECT_TRUE(membership_.turned_away_[0].starts_with("192.0.2.1: ")) << membership_.turned_away_[0];
  EXPECT_EQ(membership_.turned_away_[0].find(token.id()), std::string::npos);
}

TEST_F(TrustRoutes, AnotherProtocolVersionIsRefusedWithBothNumbers) {
  const HttpResponse response =
      join(join_body(admin_->create_join_token(1).value()), from_node(std::to_string(protocol_version() + 6)));
  EXPECT_EQ(response.status, 409);
  EXPECT_NE(response.body.find(std::to_string(protocol_version() + 6)), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(std::to_string(protocol_version())), std::string::npos);
  EXPECT_EQ(join(join_body(admin_->create_join_token(1).value()), from_node("")).status, 409);
}

TEST_F(TrustRoutes, AMemberThatSpeaksAnotherVersionIsToldOursAndNoted) {
  FakeCluster cluster;
  services_.cluster = &cluster;
  const std::string other = std::to_string(protocol_version() + 6);
  const auto refused = [&](const Request& request) {
    const HttpResponse response = ask("POST", "/api/v1/exchange", {{"revocations", "aa"}}, request);
    EXPECT_EQ(response.status, 409);
    const std::pair<std::string, std::string> ours(kProtocolHeader, std::to_string(protocol_version()));
    EXPECT_NE(std::find(response.headers.begin(), response.headers.end(), ours), response.headers.end());
  };
  refused(from_node(other));
  EXPECT_TRUE(cluster.otherwise.empty()) << "a stranger may say anything";
  Request request = from_node(other);
  request.principal.kind = Principal::Kind::node;
  request.principal.node_id = joiner_->node_id();
  refused(request);
  EXPECT_EQ(cluster.otherwise, (Otherwise{{joiner_->node_id(), protocol_version() + 6}}));
}

TEST_F(TrustRoutes, ANumberOfAProtocolIsNothingButANumber) {
  EXPECT_EQ(protocol_number("7"), 7U);
  for (const char* none : {"", "x", "7 ", " 7", "+7", "-7", "7.0", "1234567890"}) {
    EXPECT_EQ(protocol_number(none), 0U) << none;
  }
}

TEST_F(TrustRoutes, ABodyOfAMillionBracketsIsRefusedBeforeAnythingWalksThroughIt) {
  const std::string deep = std::string(500'000, '[') + std::string(500'000, ']');
  const std::string list = "{\"revocations\":\"" + to_base32(admin_->revocations()) + "\",\"members\":";
  EXPECT_EQ(ask_with_text("POST", "/api/v1/exchange", list + "[]}", from_node()).status, 200);
  EXPECT_EQ(ask_with_text("POST", "/api/v1/exchange", list + deep + "}", from_node()).status, 400);
  EXPECT_EQ(ask_with_text("POST", "/api/v1/join", "{\"addresses\":" + deep + "}", from_node()).status, 400);
}

TEST_F(TrustRoutes, AMemberThatDidNotMakeTheTokenSaysWhoDid) {
  JoinToken token = admin_->create_join_token(1).value();
  token.admin = joiner_->node_id();
  EXPECT_EQ(join(join_body(token), from_node()).status, 403) << "nobody knows that admin";
  membership_.others_ = {{joiner_->node_id(), {"other.local:1", "10.0.0.1:1"}}};
  const HttpResponse response = join(join_body(token), from_node());
  EXPECT_EQ(response.status, 421);
  EXPECT_EQ(json::parse(response.body).at("addresses"), json({"other.local:1", "10.0.0.1:1"}));
}

TEST_F(TrustRoutes, OneNetworkOfIpv6CountsAsOneAddress) {
  const JoinToken token = admin_->create_join_token(1).value();
  json wrong = join_body(token);
  wrong["proof"] = to_base32(Digest{});
  for (int i = 0; i < 5; ++i) {
    Request request = from_node();
    request.arrival.address = "2001:db8:1:2::" + std::to_string(i + 1);
    EXPECT_EQ(join(wrong, request).status, 403);
  }
  Request same_network = from_node();
  same_network.arrival.address = "2001:db8:1:2:ffff::1";
  EXPECT_EQ(join(join_body(token), same_network).status, 403);
  Request other_network = from_node();
  other_network.arrival.address = "2001:db8:1:3::1";
  EXPECT_EQ(join(join_body(token), other_network).status, 200);
  for (int i = 0; i < 5; ++i) {
    Request request = from_node();
    request.arrival.address = "2001:db8::" + std::to_string(i + 1);  // zeros of the network left out
    EXPECT_EQ(join(wrong, request).status, 403);
  }
  Request short_form = from_node();
  short_form.arrival.address = "2001:db8::99";
  EXPECT_EQ(join(join_body(admin_->create_join_token(1).value()), short_form).status, 403);
}

TEST_F(TrustRoutes, WhateverStandsInTheBodyOfAJoinIsAnswered) {
  const json good = join_body(admin_->create_join_token(1).value());
  for (const char* field : {"token", "admin", "request", "proof"}) {
    for (const json& wrong : {json(), json(7), json("x"), json::array(), json(std::string(6000, 'a'))}) {
      json body = good;
      body[field] = wrong;
      Request request = from_node();
      request.arrival.address = std::string(field) + wrong.type_name();
      const int status = join(body, request).status;
      EXPECT_TRUE(status == 400 || status == 403) << field << " " << status;
    }
  }
  EXPECT_EQ(join(json::array(), from_node()).status, 400);
}

TEST_F(TrustRoutes, RenewalIsForTheSenderOfTheConnection) {
  const json body{{"request", to_base32(make_request(joiner_->key()).value())}};
  Request request = from_node();
  request.principal.kind = Principal::Kind::node;
  request.principal.node_id = joiner_->node_id();
  request.principal.certificate_end = now_ - 10;
  request.principal.certificate_expired = true;
  EXPECT_EQ(ask("POST", "/api/v1/renew", body, request).status, 403) << "a node of no cluster";
  request.principal.cluster = admin_->cluster_id();
  EXPECT_EQ(ask("POST", "/api/v1/renew", body, request).status, 200);
  request.principal.certificate_end = now_ - kRenewalGraceSeconds - 10;
  EXPECT_EQ(ask("POST", "/api/v1/renew", body, request).status, 403);
  request.principal.certificate_end = now_;
  request.principal.node_id = admin_->node_id();
  EXPECT_EQ(ask("POST", "/api/v1/renew", body, request).status, 403) << "the key of another node";
}

TEST_F(TrustRoutes, TokensAreMadeListedWithoutSecretsAndRevoked) {
  const json node = json::parse(ask("POST", "/api/v1/tokens", {{"role", "node"}, {"uses", 3}}).body);
  const json person = json::parse(ask("POST", "/api/v1/tokens", {{"role", "operator"}, {"scope", "read"}}).body);
  EXPECT_TRUE(JoinToken::parse(node.at("token").get<std::string>()).ok());
  EXPECT_TRUE(admin_->verify_operator_token(person.at("token").get<std::string>()).has_value());
  const std::string listed = ask("GET", "/api/v1/tokens", {}).body;
  EXPECT_EQ(json::parse(listed).at("tokens").size(), 2U);
  for (const json& token : {node, person}) {
    EXPECT_NE(listed.find(token.at("id").get<std::string>()), std::string::npos);
    const auto text = token.at("token").get<std::string>();
    EXPECT_EQ(listed.find(text.substr(text.size() - 26)), std::string::npos);
    EXPECT_EQ(ask("DELETE", "/api/v1/tokens/{id}", {}, {}, token.at("id").get<std::string>()).status, 200);
    EXPECT_EQ(ask("DELETE", "/api/v1/tokens/{id}", {}, {}, token.at("id").get<std::string>()).status, 404);
  }
  EXPECT_EQ(ask("POST", "/api/v1/tokens", {{"role", "king"}}).status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/tokens", {{"role", "node"}, {"uses", 0}}).status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/tokens", {{"role", "node"}, {"uses", "two"}}).status, 400);
}

TEST_F(TrustRoutes, ARevokedNodeIsMadeKnownToTheOthers) {
  EXPECT_EQ(ask("POST", "/api/v1/nodes/{id}/revoke", {}, {}, joiner_->node_id().text()).status, 200);
  EXPECT_TRUE(admin_->is_revoked(joiner_->node_id()));
  EXPECT_EQ(membership_.spread_, std::vector{joiner_->node_id()});
  EXPECT_EQ(ask("POST", "/api/v1/nodes/{id}/revoke", {}, {}, "nobody").status, 400);
}

TEST_F(TrustRoutes, MembersTradeRevocationsAndAddresses) {
  ASSERT_TRUE(admin_->revoke(joiner_->node_id()).ok());
  const json body{{"revocations", to_base32(Bytes{1, 2})},
                  {"members",
                   {{{"node_id", joiner_->node_id().text()}, {"addresses", {"10.0.0.9:8765", "no address"}}},
                    {{"node_id", "nobody"}, {"addresses", {"10.0.0.8:8765"}}},
                    7}}};
  const HttpResponse response = ask("POST", "/api/v1/exchange", body, from_node());
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(membership_.learnt, (Bytes{1, 2}));
  ASSERT_EQ(membership_.learnt_members.size(), 1U);
  EXPECT_EQ(membership_.learnt_members[0].node, joiner_->node_id());
  EXPECT_EQ(membership_.learnt_members[0].addresses, std::vector<std::string>{"10.0.0.9:8765"});
  const json said = json::parse(response.body);
  EXPECT_EQ(said.at("revocations"), to_base32(admin_->revocations()));
  EXPECT_EQ(said.at("members").at(0).at("addresses").at(0), "self.local:8765");
  EXPECT_EQ(ask("POST", "/api/v1/exchange", {{"revocations", 7}}, from_node()).status, 400);
}

TEST_F(TrustRoutes, APromotionMakesTheNodeAnAdmin) {
  const JoinToken token = admin_->create_join_token(1).value();
  const json joined = json::parse(join(join_body(token), from_node()).body);
  ASSERT_TRUE(joiner_
                  ->adopt(Certificate::all_from_pem(joined.at("certificate").get<std::string>(), 1).value().front(),
                          admin_->authority(), admin_->revocations())
                  .ok());
  const Promotion promotion = admin_->promote(joiner_->key().public_key()).value();
  services_.trust = joiner_.get();
  const json body{{"sealed", to_base32(promotion.sealed_authority_key)}, {"certificate", promotion.certificate.pem()}};
  EXPECT_EQ(ask("POST", "/api/v1/promotion", body, from_node()).status, 200);
  EXPECT_TRUE(joiner_->is_admin());
}

TEST_F(TrustRoutes, JoiningIsToldToTheNode) {
  const JoinToken token = admin_->create_join_token(1).value();
  EXPECT_EQ(ask("POST", "/api/v1/membership/join", {{"token", token.text()}, {"peers", {"a.local:1"}}}).status, 200);
  EXPECT_EQ(membership_.joined, token.id());
  EXPECT_EQ(membership_.joined_through, (std::vector{PeerAddress{"a.local", 1}}));
  EXPECT_EQ(ask("POST", "/api/v1/membership/join", {{"token", token.text()}, {"peers", {"a b"}}}).status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/membership/join", {{"token", "MZ1-x"}}).status, 400);
}

TEST_F(TrustRoutes, LeavingIsByForceOnlyWhenThatIsSaid) {
  EXPECT_EQ(ask("POST", "/api/v1/membership/leave", json::object()).status, 200);
  EXPECT_EQ(membership_.left_by_force, false);
  EXPECT_EQ(ask("POST", "/api/v1/membership/leave", {{"force", true}}).status, 200);
  EXPECT_EQ(membership_.left_by_force, true);
  EXPECT_EQ(ask("POST", "/api/v1/membership/leave", {{"force", "yes"}}).status, 400);
}

TEST_F(TrustRoutes, TheAuthorityLeavesOnlyUnderAPassphrase) {
  const json short_one{{"passphrase", "short"}};
  EXPECT_EQ(ask("POST", "/api/v1/authority/backup", short_one).status, 400);
  const json body = json::parse(ask("POST", "/api/v1/authority/backup", {{"passphrase", "four words in a row"}}).body);
  const Bytes backup = from_base32(body.at("backup").get<std::string>()).value();
  EXPECT_TRUE(joiner_->restore("four words in a row", backup).ok());
  EXPECT_EQ(joiner_->cluster_id(), admin_->cluster_id());
}

TEST_F(TrustRoutes, EveryRouteSaysWhoMayCallIt) {
  const Principal stranger;
  Arrival tls;
  tls.encrypted = true;
  for (const Route& route : trust_routes()) {
    const bool open = may_call(route.access, stranger, tls, false);
    EXPECT_EQ(open, route.path == "/api/v1/join") << route.path;
    EXPECT_NE(route.pool, Pool::reactor) << route.path << " writes files or waits";
  }
}

}  // namespace
}  // namespace mz
