// What the client of etcd makes of answers that a real one gives, and of those that none should give. The server is a script:
// one canned answer for each request.
#include "node/etcd_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "api/listening_socket.h"
#include "store/sample.h"
#include "tests/unit/api/talk.h"

namespace mz {
namespace {

using nlohmann::json;
using Kind = RegistrarQuestion::Kind;

const NodeId kSelf = NodeId::of_public_key({});
constexpr const char* kHeader = R"("header":{"revision":"10","raft_term":"2"})";
constexpr const char* kLater = R"("header":{"revision":"11","raft_term":"2"})";

std::string http(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ok(const std::string& members) { return http(200, "{" + members + "}"); }

std::string chunked(const std::string& body) {
  const std::size_t half = body.size() / 2;
  const auto piece = [](const std::string& text) {
    std::array<char, 32> size{};
    std::snprintf(size.data(), size.size(), "%zx;x=y\r\n", text.size());
    return size.data() + text + "\r\n";
  };
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + piece(body.substr(0, half)) +
         piece(body.substr(half)) + "0\r\nGrpc-Trailer: z\r\n\r\n";
}

std::string base64(const std::string& text) {
  return to_base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// A range that finds the key.
std::string kvs(const std::string& value, const std::string& lease = "77", const std::string& revision = "9") {
  return R"("kvs":[{"key":"eA==","mod_revision":")" + revision + R"(","lease":")" + lease + R"(","value":")" +
         base64(value) + R"("}],"count":"1")";
}

std::string leader(const NodeId& node, std::uint64_t floor = 0) {
  return json{{"node_id", node.text()}, {"floor", floor}}.dump();
}

// Answers one request after the other on connections to it; closes when the script ends.
class Script {
 public:
  explicit Script(std::deque<std::string> answers) : answers_(std::move(answers)), socket_(listen()) {
    thread_ = std::thread([this] { run(); });
  }
  ~Script() {
    stopping_ = true;
    thread_.join();
  }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // Path and body of each request, so far.
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  Descriptor listen() {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket.get(), 8), 0);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    return socket;
  }
  bool readable(const Descriptor& socket) {
    while (!stopping_) {
      if (wait_for(socket.get(), POLLIN, within(std::chrono::milliseconds(20)))) return true;
    }
    return false;
  }
  void run() {
    while (readable(socket_)) {
      const Descriptor peer(::accept(socket_.get(), nullptr, nullptr));
      while (readable(peer) && serve(peer)) {
      }
    }
  }
  bool serve(const Descriptor& peer) {
    std::string request;
    std::array<char, 8192> chunk{};
    std::size_t whole = 0;
    while (whole == 0 || request.size() < whole) {
      const auto n = ::recv(peer.get(), chunk.data(), chunk.size(), 0);
      if (n <= 0) return false;
      request.append(chunk.data(), static_cast<std::size_t>(n));
      const auto head = request.find("\r\n\r\n");
      const auto length = request.find("Content-Length: ");
      if (head != std::string::npos) whole = head + 4 + std::stoul(request.substr(length + 16));
    }
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      const auto start = request.find(' ') + 1;
      requests_.push_back(request.substr(start, request.find(' ', start) - start) + " " +
                          request.substr(request.find("\r\n\r\n") + 4));
      if (answers_.empty()) return false;
      answer = answers_.front();
      answers_.pop_front();
    }
    return test::send_text(peer, answer);
  }

  std::mutex mutex_;  // guards answers_ and requests_
  std::deque<std::string> answers_;
  std::vector<std::string> requests_;
  std::uint16_t port_ = 0;
  Descriptor socket_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class EtcdClientTest : public testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }

  static EtcdSettings settings(const std::vector<std::string>& urls) {
    EtcdSettings settings;
    for (const std::string& url : urls) settings.endpoints.push_back(parse_etcd_endpoint(url).value());
    return settings;
  }
  static EtcdClient client(const EtcdSettings& settings) { return EtcdClient::create(settings).value(); }
  static Result<RegistrarAnswer> ask(EtcdClient& client, Kind kind, std::uint64_t above = 0, std::uint64_t lease = 0) {
    return client.ask({.kind = kind, .number = 3, .above = above, .lease = lease}, "abc", kSelf,
                      within(std::chrono::seconds(20)));
  }
  static Result<RegistrarAnswer> one(Kind kind, std::deque<std::string> answers, std::uint64_t above = 0,
                                     std::uint64_t lease = 0) {
    Script script(std::move(answers));
    auto etcd = client(settings({script.url()}));
    return ask(etcd, kind, above, lease);
  }
};

TEST_F(EtcdClientTest, AFreeKeyHasNoHolder) {
  Script script({ok(kHeader)});
  auto etcd = client(settings({script.url()}));
  const auto answer = ask(etcd, Kind::look);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->number, 3U);
  EXPECT_TRUE(answer->answered);
  EXPECT_TRUE(answer->holder.none());
  const std::string key = base64("/meshzero/abc/leader");
  EXPECT_EQ(script.requests(), (std::vector<std::string>{"/v3/kv/range {\"key\":\"" + key + "\"}"}));
}

TEST_F(EtcdClientTest, ATermIsTheRevisionOfTheKeyAboveItsFloor) {
  auto answer = one(Kind::look, {ok(std::string(kHeader) + "," + kvs(leader(kSelf, 100)))});
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->holder, (Ballot{.term = 109, .node = kSelf}));
  EXPECT_EQ(answer->lease, 77U);
  EXPECT_FALSE(answer->granted);
}

TEST_F(EtcdClientTest, AClaimPutsTheKeyUnderALeaseIfNobodyHasIt) {
  Script script(
      {ok(std::string(kHeader) + R"(,"ID":"77","TTL":"4")"), ok(std::string(kLater) + R"(,"succeeded":true)")});
  auto etcd = client(settings({script.url()}));
  const auto answer = ask(etcd, Kind::claim, /*above=*/50);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_TRUE(answer->granted);
  EXPECT_EQ(answer->holder, (Ballot{.term = 51, .node = kSelf}));  // 40 + revision 11
  EXPECT_EQ(answer->life, kLease);
  const auto requests = script.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0], "/v3/lease/grant {\"TTL\":\"4\"}");
  ASSERT_TRUE(requests[1].starts_with("/v3/kv/txn "));
  const json txn = json::parse(requests[1].substr(11));
  EXPECT_EQ(txn["compare"][0]["target"], "CREATE");
  EXPECT_EQ(txn["compare"][0]["create_revision"], "0");
  EXPECT_EQ(txn["success"][0]["request_put"]["lease"], "77");
  EXPECT_EQ(txn["success"][0]["request_put"]["value"], base64(leader(kSelf, 40)));
}

TEST_F(EtcdClientTest, ALostClaimNamesTheHolderAndGivesItsLeaseBack) {
  Script script({ok(std::string(kHeader) + R"(,"ID":"78","TTL":"4")"),
                 ok(std::string(kHeader) + R"(,"responses":[{"response_range":{)" + kvs(leader(kSelf)) + "}}]"),
                 ok(kHeader)});
  auto etcd = client(settings({script.url()}));
  const auto answer = ask(etcd, Kind::claim);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_FALSE(answer->granted);
  EXPECT_EQ(answer->lease, 77U);
  EXPECT_EQ(script.requests().back(), "/v3/lease/revoke {\"ID\":\"78\"}");
}

TEST_F(EtcdClientTest, ARenewedLeaseCountsOnlyWithItsKey) {
  const std::string kept = chunked(std::string("{\"result\":{") + kHeader + R"(,"ID":"77","TTL":"3"}})");
  auto answer = one(Kind::renew, {kept, ok(std::string(kHeader) + "," + kvs(leader(kSelf)))}, 0, 77);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_TRUE(answer->granted);
  EXPECT_EQ(answer->life, 3'000'000);
  answer = one(Kind::renew, {kept, ok(std::string(kHeader) + "," + kvs(leader(kSelf), "99"))}, 0, 77);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_FALSE(answer->granted);
  const std::string gone = chunked(std::string("{\"result\":{") + kHeader + R"(,"ID":"77"}})");
  answer = one(Kind::renew, {gone, ok(kHeader)}, 0, 77);
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_FALSE(answer->granted);
}

// A member of etcd that was its leader may renew what is over elsewhere.
TEST_F(EtcdClientTest, ALeaseIsNotRenewedAcrossAnElectionOfEtcdItself) {
  const std::string kept = chunked(std::string("{\"result\":{") + kHeader + R"(,"ID":"77","TTL":"4"}})");
  const std::string later = R"("header":{"revision":"10","raft_term":"3"})";
  const auto answer = one(Kind::renew, {kept, ok(later + "," + kvs(leader(kSelf)))}, 0, 77);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::unreachable);
}

TEST_F(EtcdClientTest, ALeaseThatIsGoneNeedsNoRelease) {
  const auto answer =
      one(Kind::release, {http(404, R"({"error":"lease not found","message":"lease not found","code":5})")});
  EXPECT_TRUE(answer.ok());
}

TEST_F(EtcdClientTest, NonsenseIsRefused) {
  const std::string huge(EtcdClient::kMaxAnswerBytes + 1, ' ');
  const std::string deep(60'000, '[');
  const std::vector<std::string> answers{
      "garbage\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
      http(200, "[]"),
      http(200, "\xff\xfe"),
      http(200, huge),
      http(200, deep),
      chunked("{" + huge + "}"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(10'000, '1'),
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
      http(500, "oops"),
      ok(R"("kvs":7)"),
      ok(R"("kvs":[])"),
      ok(R"("kvs":[1])"),
      ok(kvs("not json")),
      ok(kvs("{}")),
      ok(kvs(R"({"node_id":7,"floor":0})")),
      ok(kvs(R"({"node_id":"x","floor":0})")),
      ok(kvs(leader(kSelf), "0")),
      ok(kvs(leader(kSelf), "-4")),
      ok(kvs(leader(kSelf), "77", "9e9")),
      ok(kvs(leader(kSelf), "77", "18446744073709551615")),
      ok(kvs(leader(kSelf, kMaxTerm))),
      ok(R"("kvs":[{"mod_revision":9,"lease":77,"value":"AA=="}])"),
      ok(R"("kvs":[{"mod_revision":"9","lease":"77","value":"%%%"}])"),
  };
  for (const std::string& text : answers) {
    const auto answer = one(Kind::look, {text});
    ASSERT_FALSE(answer.ok()) << text.substr(0, 200);
    EXPECT_EQ(answer.error().kind, ErrorKind::corrupt) << text.substr(0, 200) << ": " << answer.error().text;
  }
}

TEST_F(EtcdClientTest, ALeaseOfNonsenseIsNoLease) {
  for (const char* lease : {R"("ID":"0","TTL":"4")", R"("ID":"77","TTL":"0")", R"("TTL":"4")", R"("ID":77,"TTL":4)"}) {
    const auto answer = one(Kind::claim, {ok(std::string(kHeader) + "," + lease)});
    ASSERT_FALSE(answer.ok()) << lease;
    EXPECT_EQ(answer.error().kind, ErrorKind::corrupt) << answer.error().text;
  }
  // A key whose revision is not greater than what was seen before.
  const auto answer = one(Kind::claim, {ok(std::string(kHeader) + R"(,"ID":"77","TTL":"4")"),
                                        ok(std::string(kHeader) + R"(,"succeeded":true)")});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::corrupt) << answer.error().text;
}

TEST_F(EtcdClientTest, TheNextEndpointIsAskedAndKept) {
  Script broken({http(503, R"({"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14})")});
  Script good({ok(kHeader), ok(kHeader)});
  auto etcd = client(settings({"http://127.0.0.1:1", broken.url(), good.url()}));
  EXPECT_TRUE(ask(etcd, Kind::look).ok());
  EXPECT_TRUE(ask(etcd, Kind::look).ok());
  EXPECT_EQ(broken.requests().size(), 1U);
  EXPECT_EQ(good.requests().size(), 2U);
}

TEST_F(EtcdClientTest, ATokenThatEtcdForgotIsReplacedOnce) {
  Script script({ok(R"("token":"first")"),
                 http(401, R"({"error":"x","message":"etcdserver: invalid auth token","code":16})"),
                 ok(R"("token":"second")"), ok(kHeader)});
  EtcdSettings with_user = settings({script.url()});
  with_user.user = "mesh";
  with_user.password = "secret";
  auto etcd = client(with_user);
  EXPECT_TRUE(ask(etcd, Kind::look).ok());
  const auto requests = script.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[2], "/v3/auth/authenticate {\"name\":\"mesh\",\"password\":\"secret\"}");
}

TEST_F(EtcdClientTest, ATokenThatWouldBreakAHeaderIsNone) {
  Script script({ok(R"("token":"first\r\nX: y")")});
  EtcdSettings with_user = settings({script.url()});
  with_user.user = "mesh";
  with_user.password = "secret";
  auto etcd = client(with_user);
  const auto answer = ask(etcd, Kind::look);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::corrupt);
}

TEST_F(EtcdClientTest, NobodyIsWaitedForBeyondTheDeadline) {
  const Descriptor silent(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent.get(), 8), 0);
  ::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size);
  auto etcd = client(settings({"http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))}));
  const auto start = std::chrono::steady_clock::now();
  const auto answer = etcd.ask({.kind = Kind::look, .number = 1, .above = 0, .lease = 0}, "abc", kSelf,
                               within(std::chrono::milliseconds(300)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::unreachable);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace mz
