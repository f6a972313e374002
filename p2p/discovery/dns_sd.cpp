// Discovery through Apple's mDNSResponder, by the API of <dns_sd.h>. All operations share one connection to the daemon.
#include <arpa/inet.h>
#include <dns_sd.h>
#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <mutex>
#include <thread>

#include "p2p/discovery/discovery.h"
#include "p2p/discovery/sightings.h"
#include "p2p/discovery/txt_record.h"
#include "store/descriptor.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kAtLeastEvery{1000};

constexpr char kRemedy[] =
    "Other machines are found by --peer and where they were before. The system starts mDNSResponder by itself; if this "
    "lasts, restart the computer.";

std::string error_text(DNSServiceErrorType error) { return "error " + std::to_string(error); }

class Operation {
 public:
  Operation() = default;
  ~Operation() { reset(); }
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // A reference that shares the connection of `main`, to be filled in by the call that starts the operation.
  DNSServiceRef* on(const Operation& main) {
    reset();
    reference_ = main.reference_;
    return &reference_;
  }
  DNSServiceRef* fresh() {
    reset();
    return &reference_;
  }
  void started(DNSServiceErrorType error) {
    if (error != kDNSServiceErr_NoError) reference_ = nullptr;  // nothing was made, or the shared connection is meant
  }
  [[nodiscard]] DNSServiceRef get() const { return reference_; }
  explicit operator bool() const { return reference_ != nullptr; }
  void reset() {
    if (reference_ != nullptr) DNSServiceRefDeallocate(std::exchange(reference_, nullptr));
  }

 private:
  DNSServiceRef reference_ = nullptr;
};

class DnsSdDiscovery final : public Discovery {
 public:
  explicit DnsSdDiscovery(Callbacks callbacks) : callbacks_(std::move(callbacks)) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return;
    wake_read_ = Descriptor(ends[0]);
    wake_write_ = Descriptor(ends[1]);
    for (const int end : ends) {
      set_close_on_exec(end);
      set_non_blocking(end);
    }
  }
  ~DnsSdDiscovery() override { stop(); }
  DnsSdDiscovery(const DnsSdDiscovery&) = delete;
  DnsSdDiscovery& operator=(const DnsSdDiscovery&) = delete;

  void start() override {
    thread_ = std::thread([this] { run(); });
  }
  void announce(const std::optional<Advert>& advert) override {
    change([&] { wanted_ = advert; });
  }
  void refresh() override {
    change([this] { refresh_ = true; });
  }
  void stop() override {
    change([this] { stopping_ = true; });
    if (thread_.joinable()) thread_.join();
  }

 private:
  // One advert on one interface.
  struct Lookup {
    DnsSdDiscovery* discovery = nullptr;
    Sightings::Place place;
    Operation resolve;
    Operation addresses;
    std::string host;
  };

  template <class Change>
  void change(const Change& what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    const char byte = 1;
    [[maybe_unused]] const auto written = ::write(wake_write_.get(), &byte, 1);
  }

  void run();
  bool take_commands();
  void connect();
  void disconnect();
  void fail(DNSServiceErrorType error);
  void wait(milliseconds longest);
  void put_advert();
  void on_browse(bool added, std::uint32_t interface, const char* name, const char* type, const char* domain);
  void on_resolved(Lookup& lookup, const char* host, std::uint16_t port, std::span<const std::uint8_t> txt);
  void tell();
  void say(DiscoveryState state, const std::string& text);

  const Callbacks callbacks_;
  Descriptor wake_read_;
  Descriptor wake_write_;
  std::thread thread_;

  std::mutex mutex_;  // guards what follows
  std::optional<Advert> wanted_;
  bool refresh_ = false;
  bool stopping_ = false;

  // Of the thread.
  Operation main_;
  Operation advertising_;
  Operation browser_;
  std::map<Sightings::Place, std::unique_ptr<Lookup>> lookups_;
  Sightings sightings_;
  std::optional<Advert> advert_;
  std::optional<Advert> put_;  // what is announced
  DNSServiceErrorType failure_ = kDNSServiceErr_NoError;
  milliseconds retry_wait_{kFirstRetryMs};
  Clock::time_point retry_at_;
  Clock::time_point connected_at_;
  std::optional<Clock::time_point> settle_at_;
  std::optional<std::pair<DiscoveryState, std::string>> said_;
};

void DnsSdDiscovery::run() {
  if (callbacks_.name_thread) callbacks_.name_thread("discovery");
  while (take_commands()) {
    const auto now = Clock::now();
    if (!main_ && now >= retry_at_) connect();
    if (main_ && sightings_.should_begin_anew(now)) {
      disconnect();
      connect();
    }
    if (settle_at_ && now >= *settle_at_) {
      settle_at_.reset();
      sightings_.settle();
    }
    tell();
    milliseconds longest = kAtLeastEvery;
    if (!main_) longest = std::clamp(std::chrono::ceil<milliseconds>(retry_at_ - now), milliseconds(0), longest);
    wait(longest);
    if (failure_ != kDNSServiceErr_NoError) fail(std::exchange(failure_, kDNSServiceErr_NoError));
  }
  disconnect();
}

// False when it is time to end.
bool DnsSdDiscovery::take_commands() {
  std::optional<Advert> wanted;
  bool refresh = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    wanted = wanted_;
    refresh = std::exchange(refresh_, false);
  }
  const bool changed = wanted != advert_;
  advert_ = std::move(wanted);
  if (refresh && main_) {
    disconnect();
    connect();
  } else if (changed && main_) {
    put_advert();
  }
  return true;
}

void DnsSdDiscovery::connect() {
  connected_at_ = Clock::now();
  DNSServiceErrorType error = DNSServiceCreateConnection(main_.fresh());
  main_.started(error);
  if (error == kDNSServiceErr_NoError) {
    sightings_.begin_anew(Clock::now());
    settle_at_ = Clock::now() + std::chrono::seconds(kSettleSeconds);
    const auto callback = [](DNSServiceRef, DNSServiceFlags flags, std::uint32_t interface, DNSServiceErrorType code,
                             const char* name, const char* type, const char* domain, void* self) {
      auto& discovery = *static_cast<DnsSdDiscovery*>(self);
      if (code != kDNSServiceErr_NoError) {
        discovery.failure_ = code;
      } else {
        discovery.on_browse((flags & kDNSServiceFlagsAdd) != 0, interface, name, type, domain);
      }
    };
    error = DNSServiceBrowse(browser_.on(main_), kDNSServiceFlagsShareConnection, kDNSServiceInterfaceIndexAny,
                             kServiceType, nullptr, callback, this);
    browser_.started(error);
  }
  if (error != kDNSServiceErr_NoError) return fail(error);
  put_advert();
}

void DnsSdDiscovery::disconnect() {
  lookups_.clear();
  browser_.reset();
  advertising_.reset();
  put_.reset();
  main_.reset();
  settle_at_.reset();  // who is not asked cannot say that somebody is gone
}

void DnsSdDiscovery::fail(DNSServiceErrorType error) {
  disconnect();
  sightings_.begin_anew(Clock::now());
  if (Clock::now() - connected_at_ > milliseconds(kLongestRetryMs)) retry_wait_ = milliseconds(kFirstRetryMs);
  retry_at_ = Clock::now() + retry_wait_;
  retry_wait_ = std::min(2 * retry_wait_, milliseconds(kLongestRetryMs));
  say(DiscoveryState::unavailable, "mDNSResponder cannot be used (" + error_text(error) + "). " + kRemedy);
}

void DnsSdDiscovery::wait(milliseconds longest) {
  std::array<pollfd, 2> polled{{{wake_read_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
  if (main_) polled[1].fd = DNSServiceRefSockFD(main_.get());
  if (::poll(polled.data(), static_cast<nfds_t>(polled.size()), static_cast<int>(longest.count())) <= 0) return;
  std::array<char, 64> bytes{};
  while (::read(wake_read_.get(), bytes.data(), bytes.size()) > 0) {
  }
  if (polled[1].revents == 0) return;
  const DNSServiceErrorType error = DNSServiceProcessResult(main_.get());
  if (error != kDNSServiceErr_NoError) failure_ = error;
}

void DnsSdDiscovery::put_advert() {
  if (!advert_) {
    advertising_.reset();
    put_.reset();
    say(DiscoveryState::running, "Watching for other nodes on the local network. This node is not announced.");
    return;
  }
  const std::vector<std::uint8_t> txt = join_txt(txt_strings(*advert_));
  const auto size = static_cast<std::uint16_t>(txt.size());
  if (advertising_ && put_ && put_->port == advert_->port && put_->instance == advert_->instance &&
      DNSServiceUpdateRecord(advertising_.get(), nullptr, 0, size, txt.data(), 0) == kDNSServiceErr_NoError) {
    put_ = advert_;
    return;
  }
  const auto callback = [](DNSServiceRef, DNSServiceFlags, DNSServiceErrorType code, const char* name, const char*,
                           const char*, void* self) {
    auto& discovery = *static_cast<DnsSdDiscovery*>(self);
    if (code != kDNSServiceErr_NoError) {
      discovery.failure_ = code;
      return;
    }
    discovery.retry_wait_ = milliseconds(kFirstRetryMs);
    discovery.say(
        DiscoveryState::running,
        "Watching for other nodes on the local network, where this one is called \"" + std::string(name) + "\".");
  };
  const DNSServiceErrorType error = DNSServiceRegister(
      advertising_.on(main_), kDNSServiceFlagsShareConnection, kDNSServiceInterfaceIndexAny, advert_->instance.c_str(),
      kServiceType, nullptr, nullptr, htons(advert_->port), size, txt.data(), callback, this);
  advertising_.started(error);
  if (error != kDNSServiceErr_NoError) {
    failure_ = error;
    return;
  }
  put_ = advert_;
  say(DiscoveryState::starting, "Announcing this node on the local network.");
}

void DnsSdDiscovery::on_browse(bool added, std::uint32_t interface, const char* name, const char* type,
                               const char* domain) {
  const Sightings::Place place{.interface = interface, .instance = name};
  if (!added) {
    if (lookups_.erase(place) > 0) sightings_.vanish(place);
    return;
  }
  if (lookups_.contains(place) || !sightings_.appear(place)) return;
  auto lookup = std::make_unique<Lookup>();
  lookup->discovery = this;
  lookup->place = place;
  const auto callback = [](DNSServiceRef, DNSServiceFlags, std::uint32_t, DNSServiceErrorType code, const char*,
                           const char* host, std::uint16_t port, std::uint16_t length, const unsigned char* txt,
                           void* data) {
    auto& found = *static_cast<Lookup*>(data);
    if (code == kDNSServiceErr_NoError) found.discovery->on_resolved(found, host, ntohs(port), {txt, length});
  };
  const DNSServiceErrorType error = DNSServiceResolve(lookup->resolve.on(main_), kDNSServiceFlagsShareConnection,
                                                      interface, name, type, domain, callback, lookup.get());
  lookup->resolve.started(error);
  lookups_[place] = std::move(lookup);
}

void DnsSdDiscovery::on_resolved(Lookup& lookup, const char* host, std::uint16_t port,
                                 std::span<const std::uint8_t> txt) {
  const auto strings = split_txt(txt);
  sightings_.describe(lookup.place, port, strings.value_or(std::vector<std::string>{}));
  if (lookup.addresses && lookup.host == host) return;
  lookup.host = host;
  const auto callback = [](DNSServiceRef, DNSServiceFlags flags, std::uint32_t interface, DNSServiceErrorType code,
                           const char*, const sockaddr* address, std::uint32_t, void* data) {
    if (code != kDNSServiceErr_NoError || address == nullptr) return;
    auto& found = *static_cast<Lookup*>(data);
    std::string text;
    if (address->sa_family == AF_INET) {
      std::array<std::uint8_t, 4> bytes{};
      std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, bytes.size());
      text = host_text(bytes, interface);
    } else if (address->sa_family == AF_INET6) {
      std::array<std::uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, bytes.size());
      text = host_text(bytes, interface);
    }
    Sightings& sightings = found.discovery->sightings_;
    if ((flags & kDNSServiceFlagsAdd) != 0) {
      sightings.add_address(found.place, text, 0);
    } else {
      sightings.remove_address(found.place, text, 0);
    }
  };
  const DNSServiceErrorType error =
      DNSServiceGetAddrInfo(lookup.addresses.on(main_), kDNSServiceFlagsShareConnection, lookup.place.interface,
                            kDNSServiceProtocol_IPv4 | kDNSServiceProtocol_IPv6, host, callback, &lookup);
  lookup.addresses.started(error);
}

void DnsSdDiscovery::tell() {
  const Sightings::Changes changes = sightings_.take_changes();
  for (const Sighting& sighting : changes.seen) callbacks_.seen(sighting);
  for (const std::string& instance : changes.lost) callbacks_.lost(instance);
}

void DnsSdDiscovery::say(DiscoveryState state, const std::string& text) {
  if (said_ == std::pair(state, text)) return;
  said_ = {state, text};
  callbacks_.changed(state, text);
}

}  // namespace

std::unique_ptr<Discovery> make_discovery(Discovery::Callbacks callbacks) {
  return std::make_unique<DnsSdDiscovery>(std::move(callbacks));
}

const char* discovery_backend() { return "dns_sd"; }

}  // namespace mz
