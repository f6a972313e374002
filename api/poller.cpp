#include "api/poller.h"

#include <array>
#include <cerrno>

#ifdef __linux__
#include <sys/epoll.h>
#endif

namespace mz {

void PollPoller::watch(int descriptor, std::uint64_t key, short events) {
  const auto [entry, is_new] = place_of_.emplace(descriptor, polled_.size());
  if (is_new) {
    polled_.push_back({descriptor, events, 0});
    keys_.push_back(key);
    return;
  }
  polled_[entry->second].events = events;
  keys_[entry->second] = key;
}

void PollPoller::forget(int descriptor) {
  const auto entry = place_of_.find(descriptor);
  if (entry == place_of_.end()) return;
  const std::size_t place = entry->second;
  place_of_.erase(entry);
  if (place + 1 != polled_.size()) {
    polled_[place] = polled_.back();
    keys_[place] = keys_.back();
    place_of_[polled_[place].fd] = place;
  }
  polled_.pop_back();
  keys_.pop_back();
}

void PollPoller::wait(std::chrono::milliseconds limit, std::vector<PollEvent>& out) {
  out.clear();
  if (::poll(polled_.data(), static_cast<nfds_t>(polled_.size()), static_cast<int>(limit.count())) <= 0) return;
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    if (polled_[i].revents != 0) out.push_back({keys_[i], polled_[i].revents});
  }
}

#ifdef __linux__

namespace {

constexpr std::size_t kEventsPerRound = 256;  // the kernel turns the rest round, so nobody is left out

constexpr std::array<std::pair<short, std::uint32_t>, 4> kEventNames{
    {{POLLIN, EPOLLIN}, {POLLOUT, EPOLLOUT}, {POLLERR, EPOLLERR}, {POLLHUP, EPOLLHUP}}};

}  // namespace

EpollPoller::EpollPoller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

void EpollPoller::watch(int descriptor, std::uint64_t key, short events) {
  epoll_event event{};
  event.data.u64 = key;
  for (const auto& [ours, theirs] : kEventNames) {
    if ((events & ours) != 0) event.events |= theirs;
  }
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0 || errno != ENOENT) return;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event);
}

void EpollPoller::forget(int descriptor) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr); }

void EpollPoller::wait(std::chrono::milliseconds limit, std::vector<PollEvent>& out) {
  out.clear();
  std::array<epoll_event, kEventsPerRound> ready;
  const int count =
      ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), static_cast<int>(limit.count()));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    PollEvent reported{event.data.u64, 0};
    for (const auto& [ours, theirs] : kEventNames) {
      if ((event.events & theirs) != 0) reported.events = static_cast<short>(reported.events | ours);
    }
    out.push_back(reported);
  }
}

#endif

}  // namespace mz
