// The front door of a real node: every route for every sender, and the known ways to hurt an HTTP server.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "api/https_client.h"
#include "api/listener.h"
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
    const mz::Authority signer = authority();
    const mz::PrivateKey key = mz::PrivateKey::generate().value();
    const auto certificate = signer.sign(key.public_key(), role, "", std::time(nullptr) - age_s).value();
    return mz::make_client_context({key, certificate, signer.certificate()}, mz::system_wall_clock()).value();
  }
  [[nodiscard]] TlsContext stranger() const {
    const auto prefix = mz::fingerprint_prefix(authority().certificate());
    return mz::make_joining_context(prefix, mz::system_wall_clock()).value();
  }

  std::string plainly(const std::string& bytes) const {
    const auto socket = connect_to(node_->port());
    send_text(socket, bytes);
    return receive(socket);
  }

  std::unique_ptr<NodeProcess> node_;
};

// One way to come to the node; words of the reference table that let it in.
struct Sender {
  std::string name;
  std::function<mz::Result<HttpConnection>()> connect;
  std::string bearer;
  std::set<std::string> words;
};

// Whether the front door let the request through to its route.
bool was_admitted(const HttpAnswer& answer) {
  static const std::set<std::string> kRefusals{"unauthorized", "forbidden", "expired", "method", "misdirected", "tls"};
  const json body = json::parse(answer.body, nullptr, false);
  if (answer.status < 400 || !body.is_object() || !body.contains("error")) return answer.status != 401;
  return !kRefusals.contains(body["error"].value("kind", ""));
}

std::string request(const std::string& line, const std::string& headers) {
  return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers + "\r\n";
}

}  // namespace

// Reading requests are really made. Others carry a body that no route takes (a wrong type, or any at all), which is looked
// at only after the sender: nothing is changed, and the answer still says who was let in.
TEST_F(NodeDoor, every_route_lets_in_whom_the_table_names_and_nobody_else) {
  const std::uint16_t port = node_->port();
  const auto over_tls = [port](const TlsContext& context) {
    return [port, context] {
      return HttpConnection::dial_tls({"127.0.0.1", port}, context, {}, within(kTalkPatience));
    };
  };
  const auto plain = [port] { return HttpConnection::dial_loopback(port, within(kTalkPatience)); };
  const auto by_file = [this] { return HttpConnection::dial_file(root_ / "data" / "control.sock"); };
  const std::set<std::string> here{"anyone", "this computer"};
  const auto also = [](std::set<std::string> words, const std::set<std::string>& more) {
    words.insert(more.begin(), more.end());
    return words;
  };
  const std::set<std::string> here_over_tls = also(here, {"anyone over TLS"});
  const std::int64_t kFortyDays = 40 * mz::kDaySeconds;
  const std::set<std::string> any_person{"person (read)", "person (jobs)", "person (admin)"};
  const std::vector<Sender> senders{
      {"stranger", plain, "", here},
      {"stranger over TLS", over_tls(stranger()), "", here_over_tls},
      {"read token", plain, operator_token("read"), also(here, {"person (read)"})},
      {"jobs token", plain, operator_token("jobs"), also(here, {"person (read)", "person (jobs)"})},
      {"admin token over TLS", over_tls(stranger()), operator_token("admin"), also(here_over_tls, any_person)},
      {"session", plain, session_token(), also(here, any_person)},
      {"worker node", over_tls(member(mz::Role::worker)), "", also(here_over_tls, {"node", "node, even expired"})},
      {"admin node", over_tls(member(mz::Role::admin)), "",
       also(here_over_tls, {"node", "admin node", "node, even expired"})},
      {"expired admin node", over_tls(member(mz::Role::admin, kFortyDays)), "",
       also(here_over_tls, {"node, even expired"})},
      {"local user", by_file, "", also(also(here_over_tls, any_person), {"local user"})},
      {"wrong token", plain, "MZO1-abc-def", {"anyone"}},
  };

  const json table = json::parse(mz::test::run_binary("routes --json").out).at("routes");
  ASSERT_GT(table.size(), 20U);
  int admitted = 0;
  for (const json& route : table) {
    std::string path = route.at("path");
    for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
      path.replace(open, path.find('}') - open + 1, "none");
    }
    const std::string declared = route.at("method");
    const std::string callers = ", " + route.at("callers").get<std::string>() + ",";
    for (const Sender& sender : senders) {
      auto connection = sender.connect();
      ASSERT_TRUE(connection.ok()) << sender.name << ": " << connection.error().text;
      HttpQuestion question{.method = declared, .path = path, .bearer = sender.bearer};
      if (declared != "GET") {
        question.content_type = "text/plain";
        question.body = "x";
      }
      const auto answer = connection->ask(question, within(kTalkPatience));
      ASSERT_TRUE(answer.ok()) << sender.name << " " << path << ": " << answer.error().text;
      bool expected = false;
      for (const std::string& word : sender.words) {
        expected = expected || callers.find(", " + word + ",") != std::string::npos;
      }
      EXPECT_EQ(was_admitted(*answer), expected)
          << declared << " " << path << " by " << sender.name << ": " << answer->status << " " << answer->body;
      if (expected && declared != "GET") {
        EXPECT_TRUE(answer->status == 415 || answer->status == 413) << path << " " << answer->status;
      }
      admitted += expected ? 1 : 0;
    }
  }
  EXPECT_GT(admitted, 50);
}

TEST_F(NodeDoor, methods_that_are_not_in_the_table_get_nobody_anywhere) {
  const json table = json::parse(mz::test::run_binary("routes --json").out).at("routes");
  std::map<std::string, std::set<std::string>> methods;
  for (const json& route : table) methods[route.at("path")].insert(route.at("method").get<std::string>());
  for (const auto& [path, known] : methods) {
    std::string address = path;
    for (auto open = address.find('{'); open != std::string::npos; open = address.find('{')) {
      address.replace(open, address.find('}') - open + 1, "none");
    }
    for (const std::string method : {"GET", "POST", "PUT", "DELETE"}) {
      if (known.contains(method)) continue;
      const HttpAnswer answer = locally({.method = method, .path = address});
      EXPECT_TRUE(answer.status == 405 || answer.status == 403) << method << " " << address << ": " << answer.status;
    }
  }
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
