#include "api/loopback_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "api/descriptor.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

// Waits until the socket can be read or written; false when the time is over.
bool wait_for(int socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd entry{socket, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<Descriptor> connect_to(std::uint16_t port, Clock::time_point deadline) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (!socket.valid()) return Error{ErrorKind::failure, "no socket: " + std::string(std::strerror(errno))};
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
#ifdef SO_NOSIGPIPE
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  if (errno != EINPROGRESS || !wait_for(socket.get(), POLLOUT, deadline)) {
    return Error{ErrorKind::unreachable, std::strerror(errno)};
  }
  int code = 0;
  socklen_t size = sizeof code;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return Error{ErrorKind::unreachable, std::strerror(code)};
  return socket;
}

Result<HttpAnswer> parse_answer(std::string_view bytes) {
  HttpAnswer answer;
  const auto head_end = bytes.find("\r\n\r\n");
  constexpr std::string_view kStart = "HTTP/1.1 ";
  if (head_end == std::string_view::npos || !bytes.starts_with(kStart)) {
    return Error{ErrorKind::corrupt, "what answered is no node"};
  }
  std::from_chars(bytes.data() + kStart.size(), bytes.data() + kStart.size() + 3, answer.status);
  answer.body = bytes.substr(head_end + 4);
  return answer;
}

}  // namespace

Result<HttpAnswer> http_get(std::uint16_t port, const std::string& path, std::chrono::milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  const auto unreachable = [&](const std::string& why) {
    return Error{ErrorKind::unreachable,
                 "Nothing answers at http://127.0.0.1:" + std::to_string(port) + path + " (" + why + ")."};
  };
  auto socket = connect_to(port, deadline);
  if (!socket) return unreachable(socket.error().text);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
#ifdef MSG_NOSIGNAL
  constexpr int kFlags = MSG_NOSIGNAL;
#else
  constexpr int kFlags = 0;
#endif
  // A request this short fits into the empty send buffer of a fresh connection.
  if (::send(socket->get(), request.data(), request.size(), kFlags) != static_cast<ssize_t>(request.size())) {
    return unreachable(std::strerror(errno));
  }
  std::string bytes;
  std::array<char, 65'536> chunk{};
  for (;;) {
    if (!wait_for(socket->get(), POLLIN, deadline)) return unreachable("no answer in time");
    const auto n = ::recv(socket->get(), chunk.data(), chunk.size(), 0);
    if (n == 0) break;
    if (n < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      return unreachable(std::strerror(errno));
    }
    bytes.append(chunk.data(), static_cast<std::size_t>(n));
    if (bytes.size() > kMaxAnswerBytes) return unreachable("the answer is larger than 64 MiB");
  }
  auto answer = parse_answer(bytes);
  if (!answer) return unreachable(answer.error().text);
  return answer;
}

}  // namespace mz
