// Bytes over a socket as they are, plain or inside TLS, for what no proper client would send.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "api/dial.h"
#include "api/stream.h"
#include "p2p/trust/tls.h"

namespace mz::test {

inline constexpr std::chrono::seconds kTalkPatience{20};

inline Descriptor connect_to(std::uint16_t port) {
  auto socket = dial({"127.0.0.1", port}, within(kTalkPatience));
  if (!socket) {
    ADD_FAILURE() << socket.error().text;
    return {};
  }
  return std::move(*socket);
}

// Sends what the other side takes; false when it does not take everything in time.
inline bool send_text(const Descriptor& socket, std::string_view text) {
  const Deadline deadline = within(kTalkPatience);
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
  const Deadline deadline = within(kTalkPatience);
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
      if (!waits || !wait_for(stream_.descriptor(), events, within(kTalkPatience))) return moved;
    }
  }
  Stream stream_;
};

}  // namespace mz::test
