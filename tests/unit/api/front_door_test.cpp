// TLS and plain HTTP through one port, who is recognised, bodies, sinks, the Unix socket.
#include "tests/unit/api/front_door.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

using namespace mz;
using mz::test::connect_to;
using mz::test::FrontDoorTest;
using mz::test::id_of;
using mz::test::kTalkPatience;
using mz::test::receive;
using mz::test::send_text;

namespace {

HttpResponse text(std::string body) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

HttpResponse who(const NodeServices&, const Request& request) {
  return text(std::string(principal_word(request.principal.kind)) + " " + request.principal.node_id.text());
}
HttpResponse size_of_body(const NodeServices&, const Request& request) {
  return text(std::to_string(request.body.size()));
}
HttpResponse exporter(const NodeServices&, const Request& request) {
  return text(std::string(request.exporter.begin(), request.exporter.end()));
}

// What sinks have seen, and a gate that holds them.
struct SinkRecord {
  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  std::uint64_t bytes = 0;
  std::size_t largest_piece = 0;
  int open = 0;
  bool blocked = false;
  std::uint64_t refuse_after = UINT64_MAX;
};
SinkRecord* record = nullptr;  // of the test that runs; routes are plain functions

class CountingSink : public BodySink {
 public:
  CountingSink() {
    const std::lock_guard lock(record->mutex);
    ++record->open;
  }
  ~CountingSink() override {
    const std::lock_guard lock(record->mutex);
    --record->open;
    record->changed.notify_all();
  }
  Result<void> write(std::string_view piece) override {
    std::unique_lock lock(record->mutex);
    record->bytes += piece.size();
    record->largest_piece = std::max(record->largest_piece, piece.size());
    record->changed.notify_all();
    record->changed.wait(lock, [] { return !record->blocked; });
    if (record->bytes > record->refuse_after) return Error{ErrorKind::refused, "enough"};
    return {};
  }
  HttpResponse finish() override {
    const std::lock_guard lock(record->mutex);
    return text("took " + std::to_string(record->bytes));
  }
};

Result<std::unique_ptr<BodySink>> open_counting_sink(const NodeServices&, const Request& request) {
  if (request.variables.front() == "forbidden") return Error{ErrorKind::refused, "not this one"};
  return std::unique_ptr<BodySink>(std::make_unique<CountingSink>());
}

constexpr Access kOpen{Caller::anyone};
constexpr Access kNode{Caller::node};
constexpr Access kTls{Caller::encrypted};
constexpr Access kHere{Caller::here};

std::vector<Route> example_routes() {
  return {
      {"GET", "/health", "", kOpen, Pool::reactor, who},
      {"GET", "/page", "", kHere, Pool::reactor, who},
      {"GET", "/who", "", Access{Caller::encrypted, Caller::here}, Pool::control, who},
      {"GET", "/member", "", kNode, Pool::reactor, who},
      {"POST", "/renew", "", Access{Caller::expired}, Pool::control, who, {}, BodyKind::bytes, 10},
      {"POST", "/local", "", Access{Caller::local}, Pool::control, who},
      {"GET", "/exporter", "", kTls, Pool::reactor, exporter},
      {"POST", "/size", "", kTls, Pool::control, size_of_body, {}, BodyKind::bytes, 2U << 20},
      {"POST", "/node/size", "", kNode, Pool::control, size_of_body, {}, BodyKind::bytes, 2U << 20},
      {"PUT",
       "/objects/{name}",
       "",
       kNode,
       Pool::bulk,
       nullptr,
       {},
       BodyKind::stream,
       std::size_t{1} << 40,
       open_counting_sink},
  };
}

class FrontDoor : public FrontDoorTest {
 protected:
  void SetUp() override {
    FrontDoorTest::SetUp();
    record = &record_;
    start(example_routes());
  }
  void TearDown() override {
    set_blocked(false);
    door_.reset();
  }
  void set_blocked(bool blocked) {
    const std::lock_guard lock(record_.mutex);
    record_.blocked = blocked;
    record_.changed.notify_all();
  }
  bool await(const std::function<bool()>& holds) {
    std::unique_lock lock(record_.mutex);
    return record_.changed.wait_for(lock, kTalkPatience, holds);
  }
  HttpAnswer ask(HttpsClient& client, const HttpQuestion& question) {
    auto answer = client.ask(question, within(kTalkPatience));
    if (answer) return *answer;
    ADD_FAILURE() << answer.error().text;
    return {};
  }
  static HttpQuestion post(const std::string& path, std::string body) {
    return {.method = "POST", .path = path, .content_type = "application/octet-stream", .body = std::move(body)};
  }
  static HttpQuestion put(const std::string& path, std::string body) {
    return {.method = "PUT", .path = path, .content_type = "application/octet-stream", .body = std::move(body)};
  }

  SinkRecord record_;
};

}  // namespace

TEST_F(FrontDoor, one_port_speaks_http_and_tls) {
  const auto plain = connect_to(port());
  send_text(plain, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(receive(plain).find("200 OK"), std::string::npos);
  auto encrypted = stranger();
  EXPECT_EQ(ask(encrypted, {.path = "/health"}).status, 200);
}

TEST_F(FrontDoor, a_member_is_known_by_its_key_and_others_are_strangers) {
  const TlsIdentity worker = cluster_.member(Role::worker);
  auto member = client(worker);
  EXPECT_EQ(ask(member, {.path = "/who"}).body, "node " + id_of(worker).text());
  auto nobody = stranger();
  EXPECT_EQ(ask(nobody, {.path = "/who"}).body, "stranger " + NodeId().text());
  EXPECT_EQ(ask(nobody, {.path = "/member"}).status, 401);
}

TEST_F(FrontDoor, a_member_of_another_cluster_is_a_stranger_and_is_not_trusted_itself) {
  const test::TestCluster theirs;
  auto client_of_theirs = client(theirs.member(Role::admin));
  const auto answer = client_of_theirs.ask({.path = "/who"}, within(kTalkPatience));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::refused);
}

TEST_F(FrontDoor, the_client_goes_on_only_with_the_node_it_means) {
  const TlsIdentity worker = cluster_.member(Role::worker);
  const auto context = context_of(worker);
  const auto wrong = HttpConnection::dial_tls({"127.0.0.1", port()}, context, id_of(worker), within(kTalkPatience));
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().kind, ErrorKind::refused);
  EXPECT_NE(wrong.error().text.find(id_of(self_).short_text()), std::string::npos);
  EXPECT_TRUE(HttpConnection::dial_tls({"127.0.0.1", port()}, context, id_of(self_), within(kTalkPatience)).ok());
}

TEST_F(FrontDoor, an_expired_certificate_is_good_for_renewal_only) {
  const std::int64_t long_ago = std::time(nullptr) - 40 * kDaySeconds;
  const TlsIdentity sleeper = cluster_.member(Role::worker, long_ago);
  auto member = client(sleeper);
  EXPECT_EQ(ask(member, {.path = "/member"}).status, 403);
  EXPECT_EQ(ask(member, post("/renew", "x")).body, "node " + id_of(sleeper).text());
}

TEST_F(FrontDoor, both_ends_compute_the_same_bytes_of_a_connection_and_of_no_other) {
  auto first = stranger();
  auto second = stranger();
  const std::string seen = ask(first, {.path = "/exporter"}).body;
  const TlsExporter& own = first.connection()->exporter();
  EXPECT_EQ(seen, std::string(own.begin(), own.end()));
  EXPECT_NE(seen, ask(second, {.path = "/exporter"}).body);
}

TEST_F(FrontDoor, a_connection_is_kept_and_replaced_when_the_node_has_closed_it) {
  auto member = client(cluster_.member(Role::worker));
  ask(member, {.path = "/who"});
  const TlsExporter before = member.connection()->exporter();
  ask(member, {.path = "/who"});
  EXPECT_EQ(member.connection()->exporter(), before);
  const std::uint16_t same = port();
  door_.reset();
  start(example_routes(), {.port = same});
  ask(member, {.path = "/who"});
  EXPECT_NE(member.connection()->exporter(), before);
}

TEST_F(FrontDoor, nobody_at_the_other_end_is_said_so) {
  const std::uint16_t gone = port();
  door_.reset();
  const auto context = context_of(self_);
  const auto answer = HttpConnection::dial_tls({"localhost", gone}, context, {}, within(kTalkPatience));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::unreachable);
}

TEST_F(FrontDoor, requests_sent_at_once_over_tls_are_all_answered) {
  // Far more than one look of the reactor takes: what TLS has decrypted already is announced by no socket.
  constexpr int kCount = 3000;
  test::TlsTalk talk(port(), strange_context());
  std::string all;
  for (int i = 1; i < kCount; ++i) all += "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
  all += "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  ASSERT_TRUE(talk.write(all));
  const std::string answers = talk.read();
  int count = 0;
  for (auto at = answers.find("HTTP/1.1 200"); at != std::string::npos; at = answers.find("HTTP/1.1 200", at + 1))
    ++count;
  EXPECT_EQ(count, kCount);
}

TEST_F(FrontDoor, a_request_in_records_of_one_byte_is_read) {
  test::TlsTalk talk(port(), context_of(cluster_.member(Role::worker)));
  const std::string request =
      "POST /node/size HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\nConnection: close\r\n"
      "Content-Type: application/octet-stream\r\n\r\nabc";
  for (const char& byte : request) ASSERT_TRUE(talk.write(std::string_view(&byte, 1)));
  EXPECT_TRUE(talk.read().ends_with("\r\n\r\n3"));
}

TEST_F(FrontDoor, older_versions_of_tls_are_refused) {
  const TlsContext old(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_2_VERSION);
  Stream stream(connect_to(port()));
  ASSERT_TRUE(stream.start_tls_client(old.get()));
  Stream::Status status = stream.handshake();
  while (status == Stream::Status::want_read && wait_for(stream.descriptor(), POLLIN, within(kTalkPatience))) {
    status = stream.handshake();
  }
  EXPECT_EQ(status, Stream::Status::failed);
}

namespace {

// Has the client believe that the server asks for RSA-PSS too (RFC 8446 section 4.2.3), so that it shows its RSA key unasked. What
// the two ends sign was taken from the message before.
void hear_that_rsa_is_wanted(int sent, int, int type, const void* message, std::size_t size, SSL*, void*) {
  const auto* begin = static_cast<const char*>(message);
  if (sent != 0 || type != SSL3_RT_HANDSHAKE || size == 0 || *begin != SSL3_MT_CERTIFICATE_REQUEST) return;
  constexpr std::string_view kEcdsaOnly("\x00\x0d\x00\x04\x00\x02\x04\x03", 8);
  constexpr std::string_view kRsaOnly("\x00\x0d\x00\x04\x00\x02\x08\x04", 8);
  const auto at = std::string_view(begin, size).find(kEcdsaOnly);
  if (at == std::string_view::npos) return;
  std::memcpy(const_cast<char*>(begin) + at, kRsaOnly.data(), kRsaOnly.size());
}

TlsContext rsa_client() {
  TlsContext context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_pubkey(certificate.get(), key.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
  EXPECT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  return context;
}

}  // namespace

TEST_F(FrontDoor, a_client_that_proves_itself_with_a_key_of_another_kind_is_refused_at_the_handshake) {
  const std::string request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const TlsContext context = rsa_client();
  // One that listens shows no certificate, like a browser that has none for us.
  test::TlsTalk polite(port(), context);
  polite.write(request);
  EXPECT_TRUE(polite.read().starts_with("HTTP/1.1 200"));
  SSL_CTX_set_msg_callback(context.get(), hear_that_rsa_is_wanted);
  test::TlsTalk rude(port(), context);
  rude.write(request);
  EXPECT_EQ(rude.read(), "");
}

TEST_F(FrontDoor, a_body_arrives_whole_over_tls) {
  auto nobody = stranger();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16'384}, std::size_t{2} << 20}) {
    EXPECT_EQ(ask(nobody, post("/size", std::string(size, 'x'))).body, std::to_string(size));
  }
  EXPECT_EQ(ask(nobody, post("/size", std::string((2U << 20) + 1, 'x'))).status, 413);
}

TEST_F(FrontDoor, a_stranger_is_refused_before_its_body_is_read) {
  auto connection = HttpConnection::dial_tls({"127.0.0.1", port()}, strange_context(), {}, within(kTalkPatience));
  ASSERT_TRUE(connection.ok());
  const auto answer = connection->ask(put("/objects/x", std::string(8U << 20, 'x')), within(kTalkPatience));
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(record_.bytes, 0U);
}

TEST_F(FrontDoor, a_client_that_asks_first_is_told_to_go_on_or_not) {
  const auto asks = [&](const std::string& length) {
    const auto socket = connect_to(port());
    send_text(socket, "POST /local HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: " + length +
                          "\r\n\r\n");
    return receive(socket);
  };
  EXPECT_TRUE(asks("5").starts_with("HTTP/1.1 401"));
  // Only a route that takes the body says go on.
  test::TlsTalk talk(port(), strange_context());
  talk.write(
      "POST /size HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n"
      "Content-Type: application/octet-stream\r\n\r\n");
  EXPECT_EQ(talk.read("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  talk.write("12345");
  EXPECT_TRUE(talk.read("\r\n\r\n5").starts_with("HTTP/1.1 200"));
}

TEST_F(FrontDoor, a_member_that_sends_many_large_bodies_slowly_holds_up_itself_only) {
  constexpr std::size_t kLarge = 2U << 20;
  const TlsContext slow = context_of(cluster_.member(Role::worker));
  std::vector<std::unique_ptr<test::TlsTalk>> begun;
  const auto begin_large = [&] {
    begun.push_back(std::make_unique<test::TlsTalk>(port(), slow));
    begun.back()->write(
        "POST /node/size HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
        "Content-Type: application/octet-stream\r\nContent-Length: " +
        std::to_string(kLarge) + "\r\n\r\n");
    return begun.back()->read("\r\n\r\n");
  };
  // As many as would fill all the memory for bodies.
  std::size_t taken = 0;
  for (std::size_t i = 0; i < Listener::kMaxBufferedBodyBytes / kLarge; ++i) {
    taken += begin_large().starts_with("HTTP/1.1 100") ? 1 : 0;
  }
  EXPECT_EQ(taken, Listener::kMaxSenderBodyBytes / kLarge);
  auto other = client(cluster_.member(Role::worker));
  EXPECT_EQ(ask(other, post("/node/size", "heartbeat")).body, "9");
  EXPECT_EQ(ask(other, post("/node/size", std::string(kLarge, 'x'))).body, "2097152");
  // Its share is free again as soon as its connections are gone.
  begun.clear();
  std::string answer;
  for (int i = 0; i < 1000 && !answer.starts_with("HTTP/1.1 100"); ++i) {
    answer = begin_large();
    begun.clear();
  }
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100"));
}

TEST_F(FrontDoor, a_large_body_goes_through_a_sink_in_bounded_pieces) {
  auto member = client(cluster_.member(Role::worker));
  constexpr std::size_t kSize = 20'000'000;
  EXPECT_EQ(ask(member, put("/objects/a", std::string(kSize, 'x'))).body, "took 20000000");
  EXPECT_LE(record_.largest_piece, Listener::kPieceBytes + (64U << 10));
  // The connection goes on as after any other request.
  EXPECT_EQ(ask(member, {.path = "/member"}).status, 200);
  EXPECT_TRUE(await([&] { return record_.open == 0; }));
}

TEST_F(FrontDoor, a_sink_that_cannot_be_opened_or_has_enough_answers_itself) {
  auto member = client(cluster_.member(Role::worker));
  EXPECT_EQ(ask(member, put("/objects/forbidden", "x")).status, 403);
  record_.refuse_after = 1'000'000;
  const HttpAnswer answer = ask(member, put("/objects/a", std::string(8'000'000, 'x')));
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("enough"), std::string::npos);
  EXPECT_TRUE(await([&] { return record_.open == 0; }));
}

TEST_F(FrontDoor, a_sink_is_destroyed_when_its_sender_goes_away) {
  {
    test::TlsTalk talk(port(), context_of(cluster_.member(Role::worker)));
    ASSERT_TRUE(
        talk.write("PUT /objects/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
                   "Content-Type: application/octet-stream\r\n\r\n" +
                   std::string(300'000, 'x')));
    ASSERT_TRUE(await([&] { return record_.bytes >= Listener::kPieceBytes; }));
  }
  EXPECT_TRUE(await([&] { return record_.open == 0; }));
  EXPECT_LT(record_.bytes, 1'000'000U);
}

TEST_F(FrontDoor, a_client_is_not_too_slow_while_the_sink_has_its_whole_body) {
  const TlsContext worker = context_of(cluster_.member(Role::worker));
  const std::string type = "Content-Type: application/octet-stream\r\n";
  set_blocked(true);
  test::TlsTalk complete(port(), worker);
  ASSERT_TRUE(
      complete.write("PUT /objects/a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n" + type + "\r\n12345"));
  ASSERT_TRUE(await([&] { return record_.bytes == 5; }));
  // Begun later, so when its time is over that of the other one would have been too.
  test::TlsTalk dripping(port(), worker);
  ASSERT_TRUE(dripping.write("POST /node/size HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n" + type + "\r\n1"));
  EXPECT_TRUE(dripping.read().starts_with("HTTP/1.1 408"));
  set_blocked(false);
  EXPECT_TRUE(complete.read("took 5").starts_with("HTTP/1.1 200"));
}

TEST_F(FrontDoor, uploads_that_hang_hold_up_neither_heartbeats_nor_pages) {
  set_blocked(true);
  std::vector<std::thread> uploads;
  for (std::size_t i = 0; i < 2 * Listener::kBulkThreads; ++i) {
    uploads.emplace_back([this] {
      auto member = client(cluster_.member(Role::worker));
      EXPECT_EQ(ask(member, put("/objects/a", std::string(1'000'000, 'x'))).status, 200);
    });
  }
  ASSERT_TRUE(await([&] { return record_.bytes >= Listener::kBulkThreads * Listener::kPieceBytes; }));
  auto member = client(cluster_.member(Role::worker));
  EXPECT_EQ(ask(member, post("/node/size", "heartbeat")).body, "9");
  EXPECT_EQ(ask(member, {.path = "/health"}).status, 200);
  set_blocked(false);
  for (std::thread& upload : uploads) upload.join();
}

TEST_F(FrontDoor, a_handshake_that_stops_half_way_is_closed) {
  const auto socket = connect_to(port());
  send_text(socket, std::string("\x16\x03\x01\x02\x00", 5));  // a record of 512 bytes that never come
  const auto start = std::chrono::steady_clock::now();
  receive(socket);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took.count(), Listener::kHandshakeSeconds - 1.0);
}

TEST_F(FrontDoor, more_half_open_handshakes_than_there_are_places_lock_nobody_out) {
  std::vector<Descriptor> half_open;
  for (std::size_t i = 0; i < Listener::kMaxHandshakes + 100; ++i) {
    half_open.push_back(connect_to(port()));
    send_text(half_open.back(), std::string("\x16\x03\x01\x02\x00", 5));
  }
  auto member = client(cluster_.member(Role::worker));
  EXPECT_EQ(ask(member, {.path = "/member"}).status, 200);
  EXPECT_EQ(receive(half_open.front()), "");  // the oldest had to go at once
}

TEST_F(FrontDoor, a_body_that_drips_is_ended) {
  test::TlsTalk talk(port(), context_of(cluster_.member(Role::worker)));
  talk.write(
      "POST /node/size HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
      "Content-Type: application/octet-stream\r\n\r\n12345");
  EXPECT_TRUE(talk.read().starts_with("HTTP/1.1 408"));
}

TEST_F(FrontDoor, the_unix_socket_is_of_this_user_only_and_makes_a_local_principal) {
  std::string pattern = testing::TempDir() + "doorXXXXXX";
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  // Longer than a socket's path may be.
  const std::filesystem::path folder = std::filesystem::path(pattern) / std::string(120, 'd');
  std::filesystem::create_directories(folder);
  const std::filesystem::path path = folder / "control.sock";
  door_.reset();
  start(example_routes(), {.control_socket = path});
  struct stat entry {};
  ASSERT_EQ(::stat(path.c_str(), &entry), 0);
  EXPECT_EQ(entry.st_mode & 0777, 0600U);
  auto local = HttpConnection::dial_file(path);
  ASSERT_TRUE(local.ok()) << local.error().text;
  EXPECT_EQ(local->ask({.method = "POST", .path = "/local"}, within(kTalkPatience))->body, "local " + NodeId().text());
  auto loopback = HttpConnection::dial_loopback(port(), within(kTalkPatience));
  EXPECT_EQ(loopback->ask({.method = "POST", .path = "/local"}, within(kTalkPatience))->status, 401);
  door_.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(pattern);
}

TEST_F(FrontDoor, it_can_be_opened_to_other_computers_and_closed_again_on_the_same_port) {
  const std::uint16_t before = port();
  // Every loopback address but the one it is bound to stands for the other interfaces of this computer.
  const Endpoint other{"127.0.0.2", before};
  EXPECT_FALSE(dial(other, within(kTalkPatience)).ok());
  ASSERT_TRUE(door_->set_reach(Reach::everywhere).ok());
  EXPECT_TRUE(dial(other, within(kTalkPatience)).ok());
  EXPECT_EQ(port(), before);
  ASSERT_TRUE(door_->set_reach(Reach::loopback).ok());
  EXPECT_FALSE(dial(other, within(kTalkPatience)).ok());
  EXPECT_TRUE(dial({"127.0.0.1", before}, within(kTalkPatience)).ok());
}

TEST_F(FrontDoor, a_port_is_never_shared_whatever_the_reach) {
  ASSERT_TRUE(door_->set_reach(Reach::everywhere).ok());
  for (const Reach reach : {Reach::loopback, Reach::everywhere}) {
    const auto second = Listener::bind({.reach = reach, .port = port()});
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::refused);
  }
}
