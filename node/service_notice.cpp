#include "node/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

namespace mz {
namespace {

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Result<ServiceNotice> ServiceNotice::from_environment() {
  ServiceNotice notice;
  notice.address_ = take_variable("NOTIFY_SOCKET");
  const std::string limit = take_variable("WATCHDOG_USEC");
  const std::string watched = take_variable("WATCHDOG_PID");
  if (notice.address_.empty()) return notice;
  const char first = notice.address_.front();
  if ((first != '/' && first != '@') || notice.address_.size() < 2 ||
      notice.address_.size() >= sizeof(sockaddr_un::sun_path)) {
    return Error{ErrorKind::usage,
                 "NOTIFY_SOCKET names no socket: it must be an absolute path, or @ and a name, and be shorter than " +
                     std::to_string(sizeof(sockaddr_un::sun_path)) +
                     " bytes. Unset it if no service manager starts this node."};
  }
  notice.socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!notice.socket_.valid()) {
    return Error{ErrorKind::failure, std::string("No socket to the service manager: ") + std::strerror(errno) + "."};
  }
  set_close_on_exec(notice.socket_.get());
  if (limit.empty()) return notice;
  const auto microseconds = whole_number(limit);
  constexpr auto kLongest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 1000);
  if (!microseconds || *microseconds == 0 || *microseconds > kLongest) {
    return Error{ErrorKind::usage,
                 "WATCHDOG_USEC must be a number of microseconds; unset it to go without a watchdog."};
  }
  // Meant for somebody else when it names another process.
  if (watched.empty() || whole_number(watched) == static_cast<std::uint64_t>(::getpid())) {
    notice.watchdog_ = std::chrono::microseconds(static_cast<std::int64_t>(*microseconds));
  }
  return notice;
}

bool ServiceNotice::send(std::string_view text, int flags) const {
  if (!socket_.valid()) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  // The length decides for an abstract name; a path has its NUL behind it.
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket_.get(), text.data(), text.size(), flags, reinterpret_cast<const sockaddr*>(&address), size);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size());
}

Result<void> ServiceNotice::ready(const std::string& status) const {
  if (send("READY=1\nSTATUS=" + status + "\n", 0)) return {};
  return Error{ErrorKind::unreachable, "The service manager cannot be told that this node is ready (" +
                                           std::string(std::strerror(errno)) + " at " + address_ +
                                           "). Unset NOTIFY_SOCKET if there is none."};
}

void ServiceNotice::alive(Clock::time_point now) {
  if (watchdog_ == Clock::duration::zero() || now - last_alive_ < watchdog_ / 4) return;
  if (send("WATCHDOG=1\n", MSG_DONTWAIT)) last_alive_ = now;
}

void ServiceNotice::stopping() const {
  [[maybe_unused]] const bool sent = send("STOPPING=1\nSTATUS=Stopping\n", MSG_DONTWAIT);
}

}  // namespace mz
