#include "api/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "api/loopback_client.h"
#include "api/reactor.h"
#include "store/descriptor.h"

using mz::Descriptor;
using mz::HttpResponse;
using mz::Listener;
using mz::Pool;
using mz::Request;
using mz::RequestHead;
using mz::Route;

namespace {

Descriptor connect_to(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

void send_text(const Descriptor& socket, const std::string& text) {
  ASSERT_EQ(::write(socket.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

// Everything until the other side closes, or until the text contains `enough`.
std::string receive(const Descriptor& socket, const std::string& enough = "") {
  std::string text;
  std::array<char, 4096> chunk{};
  while (enough.empty() || text.find(enough) == std::string::npos) {
    pollfd entry{socket.get(), POLLIN, 0};
    if (::poll(&entry, 1, 20'000) <= 0) {
      ADD_FAILURE() << "nothing more came after: " << text;
      return text;
    }
    const auto n = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (n <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return text;
}

mz::HttpResponse unused(const mz::NodeServices&, const Request&) { return {}; }

constexpr Route kFast{"GET", "/fast", "", mz::Access{mz::Caller::anyone}, Pool::reactor, unused};
constexpr Route kSlow{"GET", "/slow", "", mz::Access{mz::Caller::anyone}, Pool::ui, unused};

mz::Admission admit_all(const RequestHead& head, const mz::Principal& peer, const mz::Arrival&) {
  mz::Admission admission;
  admission.principal = peer;
  if (head.method == "POST") {
    admission.refusal = mz::error_response(401, "unauthorized", "");
  } else {
    admission.route = head.path.starts_with("/slow") ? &kSlow : &kFast;
  }
  return admission;
}

constexpr const char* kRequest = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

class ListenerTest : public testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }  // the node may close first
  void start(Listener::Service service) {
    auto bound = Listener::bind({.port = 0});
    ASSERT_TRUE(bound.ok());
    listener_ = std::move(*bound);
    listener_->start(std::move(service));
  }
  // Answers the path; a path that begins with /slow goes to the pool and waits for `release`.
  void start_echo() {
    start({
        .admit = admit_all,
        .answer =
            [this](const Route&, const Request& request) {
              if (request.head.path.starts_with("/slow")) {
                std::unique_lock lock(mutex_);
                ++waiting_;
                changed_.notify_all();
                changed_.wait(lock, [this] { return released_; });
              }
              HttpResponse response;
              response.body = "path=" + request.head.path + ";";
              return response;
            },
    });
  }
  void await_slow_requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return waiting_ >= count; }));
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  void TearDown() override { release(); }

  std::mutex mutex_;  // guards the two below
  std::condition_variable changed_;
  std::size_t waiting_ = 0;
  bool released_ = false;
  std::unique_ptr<Listener> listener_;
  Listener* door_ = nullptr;  // also while it is being destroyed
};

}  // namespace

TEST_F(ListenerTest, a_request_is_answered_and_the_connection_kept) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  for (int i = 0; i < 3; ++i) {
    send_text(socket, kRequest);
    EXPECT_NE(receive(socket, "path=/x;").find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  }
}

TEST_F(ListenerTest, a_port_that_is_taken_is_refused_with_a_sentence_that_names_it) {
  start_echo();
  const auto second = Listener::bind({.port = listener_->port()});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, mz::ErrorKind::refused);
  EXPECT_NE(second.error().text.find(std::to_string(listener_->port())), std::string::npos);
}

TEST_F(ListenerTest, requests_sent_at_once_are_answered_in_order) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  std::string all;
  for (int i = 0; i < 500; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  send_text(socket, all);
  const std::string answer = receive(socket, "path=/499;");
  std::size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = answer.find("path=/" + std::to_string(i) + ";", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ListenerTest, a_client_that_sends_many_requests_at_once_leaves_the_others_their_turn) {
  std::vector<std::string> served;  // in the reactor, one after the other
  start({.admit = admit_all, .answer = [&](const Route&, const Request& request) {
           std::unique_lock lock(mutex_);
           if (request.head.path == "/first") {
             ++waiting_;
             changed_.notify_all();
             changed_.wait(lock, [this] { return released_; });
           }
           served.push_back(request.head.path);
           HttpResponse response;
           response.body = "path=" + request.head.path + ";";
           return response;
         }});
  const Descriptor modest = connect_to(listener_->port());
  send_text(modest, kRequest);
  receive(modest, "path=/x;");
  const Descriptor greedy = connect_to(listener_->port());
  std::string all = "GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (int i = 1; i < 500; ++i) all += kRequest;
  send_text(greedy, all);
  await_slow_requests(1);
  send_text(modest, "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n");  // while the first of the many is answered
  release();
  receive(modest, "path=/other;");
  listener_.reset();  // it may still be serving the greedy one, and `served` ends with this test
  const auto first = std::find(served.begin(), served.end(), "/first");
  const auto other = std::find(served.begin(), served.end(), "/other");
  EXPECT_LE(other - first, 2 * Listener::kRequestsPerTurn);
}

TEST_F(ListenerTest, a_head_request_gets_no_body) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  send_text(socket, "HEAD /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string answer = receive(socket);
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(ListenerTest, a_client_that_has_finished_sending_is_answered) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  send_text(socket, kRequest);
  ::shutdown(socket.get(), SHUT_WR);
  EXPECT_NE(receive(socket).find("path=/x;"), std::string::npos);
}

TEST_F(ListenerTest, a_client_that_has_finished_sending_is_answered_to_all_of_its_requests) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  std::string all;
  for (int i = 0; i < 5; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  send_text(socket, all + "GET /half");
  ::shutdown(socket.get(), SHUT_WR);
  const std::string answer = receive(socket);
  for (int i = 0; i < 5; ++i) EXPECT_NE(answer.find("path=/" + std::to_string(i) + ";"), std::string::npos) << i;
}

TEST_F(ListenerTest, a_refusal_reaches_a_client_that_is_still_sending_a_body) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  send_text(socket, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  const std::string body(50'000, 'x');
  [[maybe_unused]] const auto sent = ::write(socket.get(), body.data(), body.size());
  EXPECT_NE(receive(socket).find("HTTP/1.1 401"), std::string::npos);
}

TEST_F(ListenerTest, requests_that_wait_in_the_pool_do_not_hold_up_the_others) {
  start_echo();
  std::vector<Descriptor> slow;
  for (std::size_t i = 0; i < 2 * Listener::kUiThreads; ++i) {
    slow.push_back(connect_to(listener_->port()));
    send_text(slow.back(), "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  await_slow_requests(Listener::kUiThreads);
  const auto answer = mz::http_get(listener_->port(), "/x");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "path=/x;");
  release();
  for (const Descriptor& socket : slow) EXPECT_NE(receive(socket, "path=/slow;").find("200 OK"), std::string::npos);
}

TEST_F(ListenerTest, a_full_pool_says_so_at_once) {
  start_echo();
  std::vector<Descriptor> slow;
  const auto send_slow = [&] {
    slow.push_back(connect_to(listener_->port()));
    send_text(slow.back(), "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  for (std::size_t i = 0; i < Listener::kUiThreads; ++i) send_slow();
  await_slow_requests(Listener::kUiThreads);
  for (std::size_t i = 0; i < Listener::kUiQueue; ++i) send_slow();
  // The reactor serves connections in the order they came, so these are queued before the next one is looked at.
  const auto answer = mz::http_get(listener_->port(), "/slow");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 503);
}

TEST_F(ListenerTest, more_silent_connections_than_there_are_places_lock_nobody_out) {
  start_echo();
  std::vector<Descriptor> silent;
  for (std::size_t i = 0; i < Listener::kMaxStrangers + 50; ++i) {
    silent.push_back(connect_to(listener_->port()));
    send_text(silent.back(), "GET / HTT");
  }
  const auto answer = mz::http_get(listener_->port(), "/x", std::chrono::seconds(5));
  ASSERT_TRUE(answer.ok()) << answer.error().text;
  EXPECT_EQ(answer->body, "path=/x;");
}

TEST_F(ListenerTest, a_request_that_does_not_get_finished_is_told_so_and_closed) {
  start_echo();
  const Descriptor socket = connect_to(listener_->port());
  send_text(socket, "GET / HTTP/1.1\r\nHost: ");
  EXPECT_NE(receive(socket).find("HTTP/1.1 408"), std::string::npos);  // after kHeadSeconds
}

TEST_F(ListenerTest, a_client_that_takes_nothing_of_a_large_answer_holds_up_nobody) {
  start({
      .admit = admit_all,
      .answer =
          [](const Route&, const Request& request) {
            HttpResponse response;
            response.body = request.head.path == "/large" ? std::string(16U << 20, 'a') : "small";
            return response;
          },
  });
  std::vector<Descriptor> greedy;
  for (int i = 0; i < 4; ++i) {
    greedy.push_back(connect_to(listener_->port()));
    send_text(greedy.back(), "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  const auto answer = mz::http_get(listener_->port(), "/x", std::chrono::seconds(60));
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "small");
}

TEST_F(ListenerTest, large_answers_that_nobody_takes_are_bounded_in_memory) {
  constexpr std::size_t kLarge = 32U << 20;
  start({.admit = admit_all, .answer = [](const Route&, const Request& request) {
           HttpResponse response;
           response.body = std::string(request.head.path == "/large" ? kLarge : 5, 'a');
           return response;
         }});
  std::vector<Descriptor> greedy;
  // One more than fit, besides what the kernel takes off each.
  for (std::size_t i = 0; i < 2 * Listener::kMaxUnsentBytes / kLarge; ++i) {
    greedy.push_back(connect_to(listener_->port()));
    send_text(greedy.back(), "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    receive(greedy.back(), "HTTP/1.1 ");
  }
  EXPECT_EQ(mz::http_get(listener_->port(), "/large", std::chrono::seconds(20))->status, 503);
  EXPECT_EQ(mz::http_get(listener_->port(), "/small", std::chrono::seconds(20))->body, "aaaaa");
  greedy.clear();
  // Their memory is free again as soon as they are gone.
  int status = 503;
  for (int i = 0; i < 1000 && status != 200; ++i) {
    status = mz::http_get(listener_->port(), "/large", std::chrono::seconds(20))->status;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(ListenerTest, a_change_of_reach_by_a_request_that_outlives_the_sockets_is_refused_and_stops_nothing) {
  std::promise<mz::Result<void>> changed_reach;
  auto result = changed_reach.get_future();
  start({.admit = admit_all, .answer = [&](const Route&, const Request&) {
           std::unique_lock lock(mutex_);
           ++waiting_;
           changed_.notify_all();
           changed_.wait(lock, [this] { return released_; });
           changed_reach.set_value(door_->set_reach(mz::Reach::everywhere));
           return HttpResponse{};
         }});
  door_ = listener_.get();
  const Descriptor socket = connect_to(listener_->port());
  send_text(socket, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await_slow_requests(1);
  std::thread stopping([this] { listener_.reset(); });
  EXPECT_EQ(receive(socket), "");  // closed, so the reactor has left its loop
  release();
  if (result.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
    ADD_FAILURE() << "nobody answers whoever changes the reach";
    std::_Exit(1);  // threads that hang cannot be joined
  }
  stopping.join();
  const auto refused = result.get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, mz::ErrorKind::refused);
}

TEST(Reactor, runs_what_was_posted_before_its_end_and_takes_nothing_afterwards) {
  mz::Reactor reactor({});
  int runs = 0;
  reactor.stop();
  EXPECT_TRUE(reactor.post([&] { ++runs; }));
  reactor.run({}, {});
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(reactor.post([&] { ++runs; }));
  EXPECT_EQ(runs, 1);
}

TEST_F(ListenerTest, ipv6_loopback_is_served_on_the_same_port) {
  start_echo();
  const Descriptor socket(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(listener_->port());
  if (!socket.valid() || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    GTEST_SKIP() << "this machine has no IPv6 loopback";
  }
  send_text(socket, kRequest);
  EXPECT_NE(receive(socket, "path=/x;").find("200 OK"), std::string::npos);
}
