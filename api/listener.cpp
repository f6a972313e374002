#include "api/listener.h"

#include <future>
#include <thread>

#include "api/reactor.h"

namespace mz {
namespace {

constexpr int kBindTries = 16;  // for a port that is free with IPv4 and IPv6, when any will do

// The doors of one port. `port` 0 becomes the one taken.
Result<std::vector<Reactor::Door>> open_doors(Reach reach, std::uint16_t& port) {
  for (int attempt = 1;; ++attempt) {
    std::vector<Reactor::Door> doors;
    std::uint16_t bound = port;
    auto ipv4 = listen_on(AF_INET, reach, port, bound);
    if (!ipv4) {
      if (ipv4.error().kind == ErrorKind::refused) return ipv4.error();
      return Error{ErrorKind::failure, "This computer's addresses are not usable: " + ipv4.error().text + "."};
    }
    doors.push_back({std::move(*ipv4), false});
    std::uint16_t same = bound;
    auto ipv6 = listen_on(AF_INET6, reach, bound, same);
    if (ipv6) {
      doors.push_back({std::move(*ipv6), false});
    } else if (ipv6.error().kind == ErrorKind::refused) {
      if (port != 0 || attempt == kBindTries) return ipv6.error();
      continue;  // what is free with the one is taken with the other
    }
    port = bound;
    return doors;
  }
}

}  // namespace

struct Listener::Parts {
  explicit Parts(std::vector<Reactor::Door> doors) : reactor(std::move(doors)) {}

  Reactor reactor;
  Service service;
  std::uint16_t port = 0;
  Reach reach = Reach::loopback;  // reactor only, once it runs
  std::filesystem::path control_socket;
  std::unique_ptr<WorkerPool> control;
  std::unique_ptr<WorkerPool> ui;
  std::unique_ptr<WorkerPool> bulk;
  std::thread thread;

  // The old doors must be closed first: an address and "all addresses" are never listened on together.
  Result<void> exchange_doors(Reach wanted) {
    if (wanted == reach) return {};
    reactor.close_tcp_doors();
    auto opened = open_doors(wanted, port);
    const Result<void> result = opened ? Result<void>() : Result<void>(opened.error());
    if (opened) {
      reach = wanted;
    } else {
      opened = open_doors(reach, port);
    }
    if (opened) reactor.add_doors(std::move(*opened));
    return result;
  }
};

Result<std::unique_ptr<Listener>> Listener::bind(const Place& place) {
  std::uint16_t port = place.port;
  auto doors = open_doors(place.reach, port);
  if (!doors) return doors.error();
  if (!place.control_socket.empty()) {
    auto control = listen_on_file(place.control_socket);
    if (!control) return control.error();
    doors->push_back({std::move(*control), true});
  }
  auto parts = std::make_unique<Parts>(std::move(*doors));
  if (!parts->reactor.valid()) return Error{ErrorKind::failure, "The process has no file descriptors left."};
  parts->port = port;
  parts->reach = place.reach;
  parts->control_socket = place.control_socket;
  return std::unique_ptr<Listener>(new Listener(std::move(parts)));
}

Listener::Listener(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

std::uint16_t Listener::port() const { return parts_->port; }

void Listener::start(Service service) {
  Parts& parts = *parts_;
  parts.service = std::move(service);
  const auto name = parts.service.name_thread;
  const auto named = [name](const char* what) {
    return [name, what] {
      if (name) name(what);
    };
  };
  parts.control = std::make_unique<WorkerPool>(kControlThreads, kControlQueue, named("http-control"));
  parts.ui = std::make_unique<WorkerPool>(kUiThreads, kUiQueue, named("http-ui"));
  parts.bulk = std::make_unique<WorkerPool>(kBulkThreads, kBulkQueue, named("http-bulk"));
  parts.thread = std::thread([&parts, start = named("http")] {
    start();
    parts.reactor.run(parts.service, {.control = parts.control.get(), .ui = parts.ui.get(), .bulk = parts.bulk.get()});
  });
}

Result<void> Listener::set_reach(Reach reach) {
  auto done = std::make_shared<std::promise<Result<void>>>();
  auto result = done->get_future();
  if (!parts_->reactor.post([this, reach, done] { done->set_value(parts_->exchange_doors(reach)); })) {
    return Error{ErrorKind::refused, "The node is stopping."};
  }
  return result.get();
}

Listener::~Listener() {
  parts_->reactor.stop();
  if (parts_->thread.joinable()) parts_->thread.join();
  parts_->control.reset();
  parts_->ui.reset();
  parts_->bulk.reset();
  if (!parts_->control_socket.empty()) {
    std::error_code ignored;
    std::filesystem::remove(parts_->control_socket, ignored);
  }
}

}  // namespace mz
