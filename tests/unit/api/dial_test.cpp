#include "api/dial.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "api/listening_socket.h"

using mz::parse_endpoint;

TEST(Endpoint, is_a_host_with_or_without_port) {
  const auto check = [](const char* text, const char* host, int port) {
    const auto endpoint = parse_endpoint(text, 8765);
    ASSERT_TRUE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint->host, host);
    EXPECT_EQ(endpoint->port, port);
  };
  check("studio.local", "studio.local", 8765);
  check("studio.local:1", "studio.local", 1);
  check("192.0.2.1:65535", "192.0.2.1", 65535);
  check("[2001:db8::1]", "2001:db8::1", 8765);
  check("[fe80::1%en0]:20000", "fe80::1%en0", 20000);
  for (const char* text : {"", ":1", "host:", "host:0", "host:65536", "host:x", "host:1x", "2001:db8::1", "[::1",
                           "[]:1", "[::1]x", "a b", "https://host", "user@host", "host/path"}) {
    EXPECT_FALSE(parse_endpoint(text, 8765).ok()) << text;
  }
}

TEST(Endpoint, its_text_is_read_back) {
  for (const char* text : {"studio.local:1", "192.0.2.1:65535", "[2001:db8::1]:8765"}) {
    EXPECT_EQ(parse_endpoint(text, 1)->text(), text);
  }
}

TEST(Dial, the_next_address_is_tried_when_one_refuses) {
  // localhost is ::1 and 127.0.0.1; only one of them listens.
  std::uint16_t port = 0;
  const auto listening = mz::listen_on(AF_INET, mz::Reach::loopback, 0, port);
  ASSERT_TRUE(listening.ok());
  EXPECT_TRUE(mz::dial({"localhost", port}, mz::within(std::chrono::seconds(20))).ok());
}

TEST(Dial, a_name_that_is_none_is_unreachable) {
  const auto socket = mz::dial({"no-such-host.invalid", 1}, mz::within(std::chrono::seconds(5)));
  ASSERT_FALSE(socket.ok());
  EXPECT_EQ(socket.error().kind, mz::ErrorKind::unreachable);
}

TEST(Dial, a_wait_ends_when_it_is_given_up) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const mz::Descriptor reading(ends[0]);
  const mz::Descriptor writing(ends[1]);
  std::atomic<bool> give_up{false};
  std::thread stopper([&] { give_up = true; });
  const auto deadline = mz::within(std::chrono::seconds(60));
  EXPECT_FALSE(mz::wait_for(reading.get(), POLLIN, deadline, &give_up));
  stopper.join();
  // Somebody listens there, so without being given up it would succeed.
  std::uint16_t port = 0;
  const auto listening = mz::listen_on(AF_INET, mz::Reach::loopback, 0, port);
  ASSERT_TRUE(listening.ok());
  EXPECT_FALSE(mz::dial({"127.0.0.1", port}, deadline, &give_up).ok());
  EXPECT_LT(mz::Deadline::clock::now() + std::chrono::seconds(30), deadline);
}
