#include "api/dial.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kStagger{250};
constexpr milliseconds kLookAround{200};  // between two looks at whether to give up
constexpr std::size_t kMaxAddresses = 16;

bool told_to(GiveUp give_up) { return give_up != nullptr && *give_up; }

// The end of the next wait, when somebody may want it to be given up.
Deadline slice(Deadline deadline, GiveUp give_up) {
  return give_up == nullptr ? deadline : std::min(deadline, Clock::now() + kLookAround);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Error unreachable(const Endpoint& endpoint, const std::string& why) {
  return {ErrorKind::unreachable, "Nothing answers at " + endpoint.text() + " (" + why + ")."};
}

// Blocks as long as the system's resolver pleases.
std::vector<Address> look_up(const Endpoint& endpoint, int flags, int& code) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  code = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  std::vector<Address> addresses;
  if (code != 0) return addresses;
  for (const addrinfo* entry = list; entry != nullptr && addresses.size() < kMaxAddresses; entry = entry->ai_next) {
    Address address;
    if (entry->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return addresses;
}

// The resolver knows no deadline. It runs in a thread of its own, which is left alone when it takes too long.
struct Lookup {
  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  bool done = false;
  int code = 0;
  std::vector<Address> addresses;
};

Result<std::vector<Address>> resolve(const Endpoint& endpoint, Deadline deadline, GiveUp give_up) {
  int code = 0;
  std::vector<Address> addresses = look_up(endpoint, AI_NUMERICHOST, code);
  if (code == 0) return addresses;
  auto lookup = std::make_shared<Lookup>();
  std::thread([lookup, endpoint] {
    int result = 0;
    auto found = look_up(endpoint, AI_ADDRCONFIG, result);
    const std::lock_guard lock(lookup->mutex);
    lookup->addresses = std::move(found);
    lookup->code = result;
    lookup->done = true;
    lookup->changed.notify_all();
  }).detach();
  std::unique_lock lock(lookup->mutex);
  while (!lookup->changed.wait_until(lock, slice(deadline, give_up), [&] { return lookup->done; })) {
    if (told_to(give_up) || Clock::now() >= deadline) return unreachable(endpoint, "the name was not resolved in time");
  }
  if (lookup->code != 0) return unreachable(endpoint, ::gai_strerror(lookup->code));
  return lookup->addresses;
}

Descriptor start_connecting(const Address& address, int& code) {
  Descriptor socket(::socket(address.storage.ss_family, SOCK_STREAM, 0));
  if (!socket.valid()) {
    code = errno;
    return {};
  }
  set_close_on_exec(socket.get());
  set_non_blocking(socket.get());
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
  ::setsockopt(socket.get(), SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 &&
      errno != EINPROGRESS) {
    code = errno;
    return {};
  }
  return socket;
}

int connect_result(int socket) {
  int code = 0;
  socklen_t size = sizeof code;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

}  // namespace

bool wait_for(int descriptor, short events, Deadline deadline, GiveUp give_up) {
  for (;;) {
    if (Clock::now() >= deadline || told_to(give_up)) return false;
    const auto left = std::chrono::ceil<milliseconds>(slice(deadline, give_up) - Clock::now()).count();
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

std::string Endpoint::text() const {
  const bool bare_ipv6 = host.find(':') != std::string::npos;
  return (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Endpoint> parse_endpoint(std::string_view text, std::uint16_t default_port) {
  const Error wrong{ErrorKind::usage,
                    "\"" + std::string(text) + "\" is no address. Write HOST, HOST:PORT or [IPV6]:PORT."};
  Endpoint endpoint;
  endpoint.port = default_port;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong;
    endpoint.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (endpoint.host.empty() || endpoint.host.size() > 255) return wrong;
  if (endpoint.host.find_first_of(" \t\r\n/@") != std::string::npos) return wrong;
  if (rest.empty()) return endpoint;
  if (rest.front() != ':') return wrong;
  rest.remove_prefix(1);
  const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), endpoint.port);
  if (code != std::errc() || end != rest.data() + rest.size() || endpoint.port == 0) return wrong;
  return endpoint;
}

Result<Descriptor> dial(const Endpoint& endpoint, Deadline deadline, GiveUp give_up) {
  auto addresses = resolve(endpoint, deadline, give_up);
  if (!addresses) return addresses.error();
  std::vector<Descriptor> trying;
  std::size_t next = 0;
  int last_code = ETIMEDOUT;
  Deadline next_start = Clock::now();
  for (;;) {
    while (next < addresses->size() && (trying.empty() || Clock::now() >= next_start)) {
      Descriptor socket = start_connecting((*addresses)[next++], last_code);
      if (socket.valid()) trying.push_back(std::move(socket));
      next_start = Clock::now() + kStagger;
    }
    if (trying.empty()) return unreachable(endpoint, std::strerror(last_code));
    if (Clock::now() >= deadline || told_to(give_up)) return unreachable(endpoint, "no answer in time");
    std::vector<pollfd> polled;
    polled.reserve(trying.size());
    for (const Descriptor& socket : trying) polled.push_back({socket.get(), POLLOUT, 0});
    const Deadline until = next < addresses->size() ? std::min(deadline, next_start) : deadline;
    const auto left = std::chrono::ceil<milliseconds>(slice(until, give_up) - Clock::now()).count();
    ::poll(polled.data(), static_cast<nfds_t>(polled.size()),
           static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000)));
    for (std::size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents == 0) continue;
      const int code = connect_result(trying[i].get());
      if (code == 0) return std::move(trying[i]);
      last_code = code;
      trying.erase(trying.begin() + static_cast<std::ptrdiff_t>(i));
      next_start = Clock::now();
    }
  }
}

}  // namespace mz
