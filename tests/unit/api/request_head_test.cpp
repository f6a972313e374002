#include "api/request_head.h"

#include <gtest/gtest.h>

#include "api/host_name.h"

using mz::HeadIncomplete;
using mz::HeadRefusal;
using mz::RequestHead;

namespace {

RequestHead accepted(const std::string& bytes) {
  auto outcome = mz::parse_request_head(bytes);
  if (const auto* head = std::get_if<RequestHead>(&outcome)) return *head;
  ADD_FAILURE() << "not accepted: " << bytes;
  return {};
}

// The status of the refusal, 0 when the head is accepted, -1 when more is awaited.
int refused(const std::string& bytes) {
  auto outcome = mz::parse_request_head(bytes);
  if (const auto* refusal = std::get_if<HeadRefusal>(&outcome)) return refusal->status;
  return std::holds_alternative<HeadIncomplete>(outcome) ? -1 : 0;
}

std::string get(const std::string& target, const std::string& headers = "Host: localhost\r\n") {
  return "GET " + target + " HTTP/1.1\r\n" + headers + "\r\n";
}

}  // namespace

TEST(RequestHead, path_and_query_are_decoded) {
  const RequestHead head = accepted(get("/a%20b?x=1%2B1&y=a+b&empty="));
  EXPECT_EQ(head.path, "/a b");
  EXPECT_EQ(head.query.at("x"), "1+1");
  EXPECT_EQ(head.query.at("y"), "a b");
  EXPECT_EQ(head.query.at("empty"), "");
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, header_names_are_lower_case_and_values_are_trimmed) {
  const RequestHead head = accepted(get("/", "HOST:  localhost:1 \r\nAccept-Encoding: gzip\r\n"));
  EXPECT_EQ(head.host, "localhost:1");
  EXPECT_EQ(head.header("accept-encoding"), "gzip");
}

TEST(RequestHead, its_length_is_known_when_the_next_request_follows) {
  const std::string first = get("/one");
  EXPECT_EQ(accepted(first + get("/two")).bytes, first.size());
}

TEST(RequestHead, every_proper_prefix_awaits_more) {
  const std::string whole = get("/health");
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(refused(whole.substr(0, n)), -1) << n;
}

TEST(RequestHead, http_1_0_and_connection_close_end_the_connection) {
  EXPECT_FALSE(accepted("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").keep_alive);
  EXPECT_FALSE(accepted(get("/", "Host: localhost\r\nConnection: close\r\n")).keep_alive);
  EXPECT_FALSE(accepted(get("/", "Host: localhost\r\nConnection: close, keep-alive\r\n")).keep_alive);
}

TEST(RequestHead, only_the_methods_of_the_api_are_accepted) {
  for (const char* method : {"OPTIONS", "TRACE", "CONNECT", "PATCH", "get"}) {
    const int status = refused(std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(status, 405) << method;
  }
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
    EXPECT_EQ(accepted(std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\n\r\n").method, method);
  }
}

TEST(RequestHead, a_body_is_announced_by_one_length_and_nothing_else) {
  const auto post = [](const std::string& headers) {
    return "POST / HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  };
  EXPECT_EQ(accepted(post("Content-Length: 5\r\n")).content_length, 5U);
  EXPECT_FALSE(accepted(post("")).content_length.has_value());
  EXPECT_EQ(refused(post("Transfer-Encoding: chunked\r\n")), 411);
  EXPECT_EQ(refused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")), 411);
  EXPECT_EQ(refused(post("Transfer-Encoding: identity\r\n")), 411);
  EXPECT_EQ(refused(post("Content-Length: 5\r\nContent-Length: 5\r\n")), 400);
  for (const char* length : {"", "-1", "+5", "5,5", "0x5", "5 5", "1234567890123456789"}) {
    EXPECT_EQ(refused(post("Content-Length: " + std::string(length) + "\r\n")), 400) << length;
  }
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nContent-Length: 5\r\n")), 413);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nContent-Length: 0\r\n")), 0);
}

TEST(RequestHead, a_client_may_wait_for_100_continue_and_expect_nothing_else) {
  EXPECT_TRUE(accepted(get("/", "Host: localhost\r\nExpect: 100-Continue\r\n")).expects_continue);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nExpect: a-miracle\r\n")), 417);
}

TEST(RequestHead, more_than_one_range_is_refused) {
  EXPECT_EQ(accepted(get("/", "Host: localhost\r\nRange: bytes=0-9\r\n")).header("range"), "bytes=0-9");
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nRange: bytes=0-0,2-2,4-4\r\n")), 416);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nRange: bytes=0-0\r\nRange: bytes=2-2\r\n")), 400);
}

TEST(RequestHead, headers_that_claim_to_know_the_sender_are_dropped) {
  const RequestHead head = accepted(get("/",
                                        "Host: localhost\r\nREMOTE_ADDR: 127.0.0.1\r\nRemote_Port: 1\r\n"
                                        "LOCAL_ADDR: 127.0.0.1\r\nX-Forwarded-For: 127.0.0.1\r\n"
                                        "Forwarded: for=127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\n"));
  EXPECT_EQ(head.headers.size(), 1U);
}

TEST(RequestHead, there_must_be_exactly_one_host) {
  EXPECT_EQ(refused(get("/", "")), 400);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nHost: localhost\r\n")), 400);
}

TEST(RequestHead, malformed_lines_are_refused) {
  EXPECT_EQ(refused("GET /\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET  HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505);
  EXPECT_EQ(refused(get("no-slash")), 400);
  EXPECT_EQ(refused(get("/%zz")), 400);
  EXPECT_EQ(refused(get("/%0a")), 400);
  EXPECT_EQ(refused(get("/?a=1&a=2")), 400);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\n folded\r\n")), 400);
  EXPECT_EQ(refused(get("/", "Host : localhost\r\n")), 400);
  EXPECT_EQ(refused(get("/", "Host: local\x01host\r\n")), 400);
  EXPECT_EQ(refused(get("/", "Host: localhost\r\nno colon\r\n")), 400);
}

TEST(RequestHead, something_that_is_no_http_is_refused_at_its_first_byte) {
  EXPECT_EQ(refused("\x16\x03\x01"), 400);  // a TLS greeting
  EXPECT_EQ(refused(std::string(1, '\0')), 400);
}

TEST(RequestHead, limits_hold_at_their_exact_values) {
  EXPECT_EQ(refused(get("/" + std::string(mz::kMaxTargetBytes - 1, 'a'))), 0);
  EXPECT_EQ(refused(get("/" + std::string(mz::kMaxTargetBytes, 'a'))), 414);

  std::string headers = "Host: localhost\r\n";
  for (std::size_t i = 1; i < mz::kMaxHeaders; ++i) headers += "X: y\r\n";
  EXPECT_EQ(refused(get("/", headers)), 0);
  EXPECT_EQ(refused(get("/", headers + "X: y\r\n")), 431);

  std::string large = get("/", "Host: localhost\r\nX: \r\n");
  large.insert(large.size() - 4, std::string(mz::kMaxHeadBytes - large.size(), 'a'));
  ASSERT_EQ(large.size(), mz::kMaxHeadBytes);
  EXPECT_EQ(refused(large), 0);
  large.insert(large.size() - 4, "a");
  EXPECT_EQ(refused(large), 431);
  EXPECT_EQ(refused("GET /" + std::string(mz::kMaxHeadBytes, 'a')), 431);
}

TEST(RequestHead, only_names_of_this_machine_are_loopback_hosts) {
  for (const char* host : {"localhost", "LocalHost:8765", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535"}) {
    EXPECT_TRUE(mz::is_loopback_host(host)) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "localhost:", "localhost:1x",
                           "127.0.0.1.nip.io", "::1", "[::1", "localhost:123456", "localhost@evil", "127.0.0.2"}) {
    EXPECT_FALSE(mz::is_loopback_host(host)) << host;
  }
}
