// The front door of a real node: every route for every sender, and the known ways to hurt an HTTP server.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "api/https_client.h"
#include "api/listener.h"
#include "p2p/candidates.h"
#include "p2p/trust/authority.h"
#include "tests/functional/test_node.h"
#include "tests/unit/api/talk.h"

using mz::Deadline;
using mz::HttpAnswer;
using mz::HttpConnection;
using mz::HttpQuestion;
using mz::TlsContext;
using mz::within;
using mz::test::connect_to;
using mz::test::json;
using mz::test::kTalkPatience;
using mz::test::NodeProcess;
using mz::test::NodeTest;
using mz::test::receive;
using mz::test::send_text;

namespace {

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class NodeDoor : public NodeTest {
 protected:
  void SetUp() override {
    NodeTest::SetUp();
    node_ = std::make_unique<NodeProcess>(data(), std::vector<std::string>{"--port", "0", "--workers", "0"});
  }

  void TearDown() override {
    node_.reset();
    NodeTest::TearDown();
  }
  void restart(std::vector<std::string> flags) {
    node_.reset();
    flags.insert(flags.end(), {"--port", "0", "--workers", "0"});
    node_ = std::make_unique<NodeProcess>(data(), flags);
  }
  // Of this computer, but not loopback: whoever comes by it may do no more than one from elsewhere.
  [[nodiscard]] std::string outside_address() const {
    for (const json& text : node_->status().at("members").at(0).at("addresses")) {
      const auto address = mz::PeerAddress::parse(text.get<std::string>());
      if (address && !address->is_loopback()) return address->host;
    }
    return "127.0.0.2";  // Linux; the front door calls 127.0.0.1 this computer and no other
  }

  // As this machine's user.
  HttpAnswer locally(const HttpQuestion& question) const {
    auto connection = HttpConnection::dial_file(root_ / "data" / "control.sock");
    if (!connection) {
      ADD_FAILURE() << connection.error().text;
      return {};
    }
    auto answer = connection->ask(question, within(kTalkPatience));
    if (answer) return *answer;
    ADD_FAILURE() << answer.error().text;
    return {};
  }
  json tell_locally(const std::string& path, const json& body) const {
    return json::parse(
        locally({.method = "POST", .path = path, .content_type = "application/json", .body = body.dump()}).body);
  }
  [[nodiscard]] std::string operator_token(const std::string& scope) const {
    return tell_locally("/api/v1/tokens", {{"role", "operator"}, {"scope", scope}}).at("token");
  }
  [[nodiscard]] std::string session_token() const {
    const json code = json::parse(locally({.method = "POST", .path = "/api/v1/session/codes"}).body);
    return tell_locally("/api/v1/session", {{"code", code.at("code")}}).at("token");
  }

  // The cluster's authority, as only its admin node should have it: for certificates of members that do not exist.
  [[nodiscard]] mz::Authority authority() const {
    const auto identity = root_ / "data" / "identity";
    auto key = mz::PrivateKey::from_pem(file_text(identity / "authority.key"));
    auto chain = mz::Certificate::all_from_pem(file_text(identity / "certificate.pem"), 2);
    return mz::Authority::load(key.value(), chain.value().at(1)).value();
  }
  [[nodiscard]] TlsContext member(mz::Role role, std::int64_t age_s = 0) const {
    return member_of(authority(), role, age_s);
  }
  // Certified by that authority; it takes this node for what it is all the same.
  [[nodiscard]] TlsContext member_of(const mz::Authority& signer, mz::Role role, std::int64_t age_s = 0,
                                     const mz::PrivateKey& key = mz::PrivateKey::generate().value()) const {
    const auto certificate = signer.sign(key.public_key(), role, "", std::time(nullptr) - age_s).value();
    return mz::make_client_context({key, certificate, authority().certificate()}, mz::system_wall_clock()).value();
  }
  [[nodiscard]] TlsContext stranger() const {
    const auto prefix = mz::fingerprint_prefix(authority().certificate());
    return mz::make_joining_context(prefix, mz::system_wall_clock()).value();
  }

  // A member that has been put out of the cluster.
  [[nodiscard]] TlsContext put_out(mz::Role role) const {
    const mz::PrivateKey key = mz::PrivateKey::generate().value();
    const std::string id = key.public_key().node_id().text();
    EXPECT_EQ(locally({.method = "POST", .path = "/api/v1/nodes/" + id + "/revoke"}).status, 200);
    return member_of(authority(), role, 0, key);
  }
  [[nodiscard]] std::string revoked_token(const std::string& scope) const {
    const json made = tell_locally("/api/v1/tokens", {{"role", "operator"}, {"scope", scope}});
    EXPECT_EQ(locally({.method = "DELETE", .path = "/api/v1/tokens/" + made.at("id").get<std::string>()}).status, 200);
    return made.at("token");
  }

  std::string plainly(const std::string& bytes) const {
    const auto socket = connect_to(node_->port());
    send_text(socket, bytes);
    return receive(socket);
  }

  std::unique_ptr<NodeProcess> node_;
};

using Words = std::set<std::string>;

// One way to come to the node, and the words of the reference table that let it in.
struct Sender {
  std::string name;
  std::function<mz::Result<HttpConnection>()> connect;
  std::string bearer;
  Words words;
  int refused = 401;          // with that: 403 for whoever has proven who he is
  bool wrong_bearer = false;  // counts for nothing but what is open to anyone
};

// Whether the front door let the request through to its route.
bool was_admitted(const HttpAnswer& answer) {
  static const std::set<int> kRefusals{401, 403, 405, 421, 426};
  return !kRefusals.contains(answer.status);
}

Words joined(Words words, const Words& more) {
  words.insert(more.begin(), more.end());
  return words;
}

bool lets_in(const json& route, const Sender& sender) {
  const std::string callers = ", " + route.at("callers").get<std::string>() + ",";
  return std::any_of(sender.words.begin(), sender.words.end(),
                     [&](const std::string& word) { return callers.find(", " + word + ",") != std::string::npos; });
}

// An address that fits the path of a route.
std::string address_of(std::string path) {
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
    path.replace(open, path.find('}') - open + 1, "none");
  }
  return path;
}

std::string request(const std::string& line, const std::string& headers) {
  return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

}  // namespace

// Every method on every address of the binary's own table, by every kind of sender. Reading requests are really made. Others
// carry a body that no route takes (a wrong type, or any at all), which is looked at only after the sender: nothing is
// changed, and the answer still says who was let in.
TEST_F(NodeDoor, every_route_lets_in_whom_the_table_names_and_nobody_else_by_whatever_method) {
  restart({"--listen", "everywhere"});
  const std::uint16_t port = node_->port();
  const auto over_tls = [port](const TlsContext& context, const std::string& host = "127.0.0.1") {
    return [port, context, host] { return HttpConnection::dial_tls({host, port}, context, {}, within(kTalkPatience)); };
  };
  const std::string outside = outside_address();
  const auto from_afar = [&](const TlsContext& context) { return over_tls(context, outside); };
  const auto plain = [port] { return HttpConnection::dial_loopback(port, within(kTalkPatience)); };
  const auto by_file = [this] { return HttpConnection::dial_file(root_ / "data" / "control.sock"); };
  const std::int64_t kFortyDays = 40 * mz::kDaySeconds;
  const Words here{"anyone", "this computer"};
  const Words afar{"anyone", "anyone over TLS"};
  const Words here_over_tls = joined(here, afar);
  const Words reader{"person (read)"};
  const Words worker{"person (read)", "person (jobs)"};
  const Words any_person{"person (read)", "person (jobs)", "person (admin)"};
  const Words node{"node", "node, even expired"};
  const Words admin_node = joined(node, {"admin node"});
  const mz::Authority another = mz::Authority::create(std::time(nullptr)).value();
  const std::vector<Sender> senders{
      {"stranger", plain, "", here},
      {"stranger over TLS", over_tls(stranger()), "", here_over_tls},
      {"stranger from afar", from_afar(stranger()), "", afar},
      {"read token", plain, operator_token("read"), joined(here, reader), 403},
      {"read token from afar", from_afar(stranger()), operator_token("read"), joined(afar, reader), 403},
      {"jobs token from afar", from_afar(stranger()), operator_token("jobs"), joined(afar, worker), 403},
      {"admin token from afar", from_afar(stranger()), operator_token("admin"), joined(afar, any_person), 403},
      {"session", plain, session_token(), joined(here, any_person), 403},
      {"session from afar", from_afar(stranger()), session_token(), joined(afar, any_person), 403},
      {"worker node", over_tls(member(mz::Role::worker)), "", joined(here_over_tls, node), 403},
      {"worker node from afar", from_afar(member(mz::Role::worker)), "", joined(afar, node), 403},
      {"admin node from afar", from_afar(member(mz::Role::admin)), "", joined(afar, admin_node), 403},
      {"expired admin node", from_afar(member(mz::Role::admin, kFortyDays)), "", joined(afar, {"node, even expired"}),
       403},
      {"revoked admin node", from_afar(put_out(mz::Role::admin)), "", afar},
      {"admin node of another cluster", from_afar(member_of(another, mz::Role::admin)), "", afar},
      {"local user", by_file, "", joined(joined(here_over_tls, any_person), {"local user"}), 403},
      {"wrong token", plain, "MZO1-abc-def", {"anyone"}, 401, true},
      {"wrong token of a node", from_afar(member(mz::Role::admin)), "MZO1-abc-def", {"anyone"}, 401, true},
      {"revoked token", from_afar(stranger()), revoked_token("admin"), {"anyone"}, 401, true},
  };
  std::map<std::string, std::optional<HttpConnection>> connections;  // by sender
  const auto ask = [&](const Sender& sender, const std::string& method, const std::string& path) {
    auto& kept = connections[sender.name];
    if (!kept || !kept->usable()) {
      auto connection = sender.connect();
      if (!connection) throw std::runtime_error(sender.name + ": " + connection.error().text);
      kept.emplace(std::move(*connection));
    }
    HttpQuestion question{.method = method, .path = path, .bearer = sender.bearer};
    if (method != "GET" && method != "HEAD") {
      question.content_type = "text/plain";
      question.body = "x";
    }
    auto answer = kept->ask(question, within(kTalkPatience));
    if (!answer) throw std::runtime_error(sender.name + ", " + method + " " + path + ": " + answer.error().text);
    return *answer;
  };

  const json identity = json::parse(locally({.path = "/api/v1/identity"}).body);
  const json tokens = json::parse(locally({.path = "/api/v1/tokens"}).body);
  const json table = json::parse(mz::test::run_binary("routes --json").out).at("routes");
  ASSERT_GT(table.size(), 20U);
  std::map<std::string, std::vector<json>> by_path{{"/api/v1/none/of/these", {}}};
  for (const json& route : table) by_path[route.at("path")].push_back(route);
  std::map<int, int> seen;
  std::map<std::string, std::size_t> admitted;  // as the answers say, by sender
  for (const auto& [path, routes] : by_path) {
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
      const auto route = std::find_if(routes.begin(), routes.end(), [&](const json& each) {
        return each.at("method") == (method == "HEAD" ? "GET" : method);
      });
      for (const Sender& sender : senders) {
        const HttpAnswer answer = ask(sender, method, address_of(path));
        const std::string what = method + " " + path + " by " + sender.name + ": " + answer.body;
        ++seen[answer.status];
        if (method == "PATCH" || method == "OPTIONS") {
          EXPECT_EQ(answer.status, 405) << what;
        } else if (route != routes.end() && lets_in(*route, sender)) {
          EXPECT_TRUE(was_admitted(answer)) << answer.status << " " << what;
          if (route->at("method") != "GET") {
            EXPECT_TRUE(answer.status == 413 || answer.status == 415) << answer.status << " " << what;
          }
        } else if (route != routes.end()) {
          EXPECT_EQ(answer.status, sender.refused) << what;
        } else {
          std::string allowed;
          for (const json& each : routes) {
            if (sender.wrong_bearer || !lets_in(each, sender)) continue;
            allowed += (allowed.empty() ? "" : ", ") + each.at("method").get<std::string>();
            if (allowed.ends_with("GET")) allowed += ", HEAD";
          }
          const bool nothing_there = routes.empty() && sender.refused == 403;
          EXPECT_EQ(answer.status, nothing_there ? 404 : allowed.empty() ? sender.refused : 405) << what;
          const auto header = answer.headers.find("allow");
          EXPECT_EQ(header != answer.headers.end() ? header->second : "", allowed) << what;
        }
        if (answer.status == 405 || answer.status == 404 || !was_admitted(answer)) continue;
        ++admitted[sender.name];
      }
    }
  }
  // More rights open more, by the answers alone, and strangers are turned away at most addresses.
  for (const auto& [less, more] :
       std::vector<std::pair<std::string, std::string>>{{"wrong token", "stranger from afar"},
                                                        {"stranger from afar", "stranger over TLS"},
                                                        {"stranger from afar", "read token from afar"},
                                                        {"read token from afar", "admin token from afar"},
                                                        {"admin token from afar", "local user"},
                                                        {"stranger from afar", "expired admin node"},
                                                        {"expired admin node", "worker node from afar"},
                                                        {"worker node from afar", "admin node from afar"}}) {
    EXPECT_LT(admitted[less], admitted[more]) << less << " and " << more;
  }
  for (const char* other : {"revoked admin node", "admin node of another cluster"}) {
    EXPECT_EQ(admitted[other], admitted["stranger from afar"]) << other;
  }
  for (const int status : {401, 403, 405}) EXPECT_GT(seen[status], 500) << status;
  EXPECT_EQ(json::parse(locally({.path = "/api/v1/identity"}).body), identity);
  EXPECT_EQ(json::parse(locally({.path = "/api/v1/tokens"}).body), tokens) << "nothing was changed";
}

TEST_F(NodeDoor, a_body_in_chunks_is_refused_also_when_it_has_a_length_too) {
  for (const char* headers :
       {"Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: identity\r\n", "transfer-encoding:\tchunked\r\n"}) {
    const std::string answer = plainly(request("POST /api/v1/session", headers) + "4\r\nabcd\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 411 ")) << headers << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "what followed was taken for a request";
  }
}

TEST_F(NodeDoor, endless_lines_and_floods_of_headers_are_cut_off) {
  const auto refused = [&](const std::string& part, std::size_t limit) {
    const auto socket = connect_to(node_->port());
    std::string bytes = part.starts_with("GET") ? "" : "GET / HTTP/1.1\r\nHost: localhost\r\n";
    while (bytes.size() < limit) bytes += part;
    send_text(socket, bytes);
    return receive(socket);
  };
  EXPECT_TRUE(refused("GET /aaaaaaaaaaaaaaaa", 1U << 20).starts_with("HTTP/1.1 4"));
  EXPECT_TRUE(refused("X-Endless: aaaaaaaaaaaaaaa", 4U << 20).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(refused("A: b\r\n", 200'000 * 6).starts_with("HTTP/1.1 431 "));
}

TEST_F(NodeDoor, a_header_cannot_change_who_the_sender_is) {
  const std::string lies =
      "REMOTE_ADDR: 127.0.0.1\r\nLOCAL_ADDR: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1\r\n"
      "X-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Remote-User: root\r\n"
      "Meshzero-Principal: local\r\n";
  EXPECT_TRUE(plainly(request("GET /api/v1/tokens", lies)).starts_with("HTTP/1.1 401 "));
  const std::string rebound =
      "GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n" + lies + "\r\n";
  EXPECT_TRUE(plainly(rebound).starts_with("HTTP/1.1 421 "));
}

TEST_F(NodeDoor, a_range_bomb_is_refused) {
  std::string ranges = "Range: bytes=0-0";
  for (int i = 1; i < 1000; ++i) ranges += "," + std::to_string(i) + "-" + std::to_string(i);
  EXPECT_TRUE(plainly(request("GET /", ranges + "\r\n")).starts_with("HTTP/1.1 416 "));
}

TEST_F(NodeDoor, a_kept_connection_answers_without_the_delay_of_small_packets) {
  auto connection = HttpConnection::dial_loopback(node_->port(), within(kTalkPatience));
  ASSERT_TRUE(connection.ok());
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(connection->ask({.path = "/health"}, within(kTalkPatience)).ok());
  // With Nagle's algorithm against delayed acknowledgements each takes about 40 ms.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST_F(NodeDoor, half_open_handshakes_and_slow_bodies_leave_health_alone) {
  node_->status_when([](const json& status) { return status.at("status") == "ok"; });
  std::vector<mz::Descriptor> slow;
  for (int i = 0; i < 400; ++i) {
    slow.push_back(connect_to(node_->port()));
    send_text(slow.back(), i % 2 == 0 ? std::string("\x16\x03\x01\x02\x00\x01", 6)
                                      : request("POST /api/v1/session",
                                                "Content-Type: application/json\r\n"
                                                "Content-Length: 1000\r\n") +
                                            "{");
  }
  for (int i = 0; i < 20; ++i) {
    const auto answer = mz::http_get(node_->port(), "/health", std::chrono::seconds(5));
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    EXPECT_EQ(answer->status, 200);
  }
}

TEST_F(NodeDoor, a_second_node_cannot_have_the_port_whatever_its_reach) {
  for (const char* reach : {"loopback", "everywhere"}) {
    const auto second = mz::test::run_binary("up --foreground --data " + (root_ / "second").string() + " --port " +
                                             std::to_string(node_->port()) + " --listen " + reach);
    EXPECT_EQ(second.code, 4) << second.out;
  }
}

TEST_F(NodeDoor, a_page_of_another_site_can_neither_log_in_nor_read) {
  const json code = json::parse(locally({.method = "POST", .path = "/api/v1/session/codes"}).body);
  const std::string body = json{{"code", code.at("code")}}.dump();
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const auto login = [&](const std::string& headers) {
    return plainly(request("POST /api/v1/session", length + headers) + body);
  };
  EXPECT_TRUE(login("Content-Type: text/plain\r\n").starts_with("HTTP/1.1 415 "));
  EXPECT_TRUE(login("Content-Type: application/json\r\nOrigin: http://evil.example\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(login("Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(login("Content-Type: application/json\r\nOrigin: http://localhost\r\n").starts_with("HTTP/1.1 201 "));
  const std::string read = plainly(request("GET /api/v1/status", "Origin: http://evil.example\r\n"));
  EXPECT_EQ(read.find("Access-Control"), std::string::npos);
  EXPECT_NE(read.find("Cross-Origin-Resource-Policy: same-origin"), std::string::npos);
}

TEST_F(NodeDoor, codes_and_tokens_are_in_no_log) {
  const std::string token = operator_token("admin");
  const std::string session = session_token();
  const auto said = mz::test::run_binary("ui --json " + on_data());
  ASSERT_EQ(said.code, 0);
  const std::string page = json::parse(said.out).at("page");
  const std::string code = page.substr(page.find("#code=") + 6);
  EXPECT_TRUE(node_->status().is_object());
  const std::string log = file_text(root_ / "data" / "log" / "node.log");
  for (const std::string& secret : {token, session, code}) {
    EXPECT_GE(secret.size(), 26U);
    EXPECT_EQ(log.find(secret), std::string::npos);
  }
}
