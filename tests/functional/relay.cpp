#include "tests/functional/relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <list>
#include <vector>

namespace mz::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxWaiting = 1U << 20;  // bytes of one direction; then its sender is read no further

sockaddr_in place(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

struct Chunk {
  Clock::time_point due;
  std::string bytes;
};

// One direction of one connection.
struct Way {
  int from = -1;
  int to = -1;
  std::deque<Chunk> waiting;
  std::size_t size = 0;
  bool ended = false;  // nothing more comes
};

struct Pair {
  Descriptor left;
  Descriptor right;
  Way out;
  Way back;
};

void read_from(Way& way, std::chrono::milliseconds delay) {
  char buffer[16'384];
  const auto got = ::read(way.from, buffer, sizeof buffer);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    way.ended = true;
    return;
  }
  way.waiting.push_back({Clock::now() + delay, std::string(buffer, static_cast<std::size_t>(got))});
  way.size += static_cast<std::size_t>(got);
}

// False when the connection is over.
bool write_due(Way& way) {
  while (!way.waiting.empty() && way.waiting.front().due <= Clock::now()) {
    std::string& bytes = way.waiting.front().bytes;
    const auto sent = ::send(way.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
    way.size -= static_cast<std::size_t>(sent);
    bytes.erase(0, static_cast<std::size_t>(sent));
    if (bytes.empty()) way.waiting.pop_front();
  }
  return !(way.ended && way.waiting.empty());
}

void run(const Descriptor& listener, const sockaddr_in& target, std::chrono::milliseconds delay) {
  std::list<Pair> pairs;
  for (;;) {
    std::vector<pollfd> polled{{listener.get(), POLLIN, 0}};
    for (Pair& pair : pairs) {
      const auto reads = [](const Way& way) { return !way.ended && way.size < kMaxWaiting ? POLLIN : 0; };
      polled.push_back({pair.left.get(), static_cast<short>(reads(pair.out)), 0});
      polled.push_back({pair.right.get(), static_cast<short>(reads(pair.back)), 0});
    }
    const bool busy = std::any_of(pairs.begin(), pairs.end(), [](const Pair& pair) {
      return !pair.out.waiting.empty() || !pair.back.waiting.empty();
    });
    ::poll(polled.data(), static_cast<nfds_t>(polled.size()), busy ? 2 : 1000);
    std::size_t at = 1;
    for (auto pair = pairs.begin(); pair != pairs.end(); at += 2) {
      constexpr int kNews = POLLIN | POLLHUP | POLLERR;
      if ((polled[at].revents & kNews) != 0 && !pair->out.ended) read_from(pair->out, delay);
      if ((polled[at + 1].revents & kNews) != 0 && !pair->back.ended) read_from(pair->back, delay);
      const bool goes_on = write_due(pair->out) && write_due(pair->back);
      pair = goes_on ? std::next(pair) : pairs.erase(pair);
    }
    if ((polled[0].revents & POLLIN) == 0) continue;
    Descriptor left(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    Descriptor right(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!left.valid() || !right.valid()) continue;
    if (::connect(right.get(), reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0 &&
        errno != EINPROGRESS) {
      continue;
    }
    Pair& pair = pairs.emplace_back();
    pair.left = std::move(left);
    pair.right = std::move(right);
    pair.out = {.from = pair.left.get(), .to = pair.right.get(), .waiting = {}};
    pair.back = {.from = pair.right.get(), .to = pair.left.get(), .waiting = {}};
  }
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::start(const Lan& lan, int host, std::uint16_t port, const std::string& to,
                                            std::uint16_t to_port, std::chrono::milliseconds delay) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return Error{ErrorKind::failure, "no pipe"};
  const Descriptor ready(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Error{ErrorKind::failure, "no process"};
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const bool there = lan.enter(host);
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in own = place("0.0.0.0", port);
    if (!there || ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own) != 0 ||
        ::listen(listener.get(), 64) != 0 || ::write(theirs.get(), "r", 1) != 1) {
      ::_exit(1);
    }
    run(listener, place(to, to_port), delay);
  }
  theirs.reset();
  char byte = 0;
  if (::read(ready.get(), &byte, 1) == 1) return std::unique_ptr<Relay>(new Relay(pid));
  ::waitpid(pid, nullptr, 0);
  return Error{ErrorKind::failure, "The relay cannot listen on port " + std::to_string(port) + "."};
}

Relay::~Relay() {
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace mz::test
