// Discovery through the Avahi daemon, by its own client library.
#include <avahi-client/client.h>
#include <avahi-client/lookup.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "p2p/discovery/discovery.h"
#include "p2p/discovery/sightings.h"
#include "p2p/discovery/txt_record.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kAtLeastEvery{1000};  // for what is due by the clock
constexpr milliseconds kFirstResolve{1000};  // until an advert that did not resolve is asked for again
constexpr milliseconds kLongestResolve{60'000};
constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeAaaa = 28;

constexpr char kRemedy[] =
    "Other machines are found by --peer and where they were before. To be found without, install and start the Avahi "
    "daemon: the package is called avahi-daemon or avahi.";

// Frees what the library made.
template <auto Free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, FreeWith<Free>>;

using Client = Owned<AvahiClient, avahi_client_free>;
using Group = Owned<AvahiEntryGroup, avahi_entry_group_free>;
using Browser = Owned<AvahiServiceBrowser, avahi_service_browser_free>;
using Resolver = Owned<AvahiServiceResolver, avahi_service_resolver_free>;
using RecordBrowser = Owned<AvahiRecordBrowser, avahi_record_browser_free>;
using Strings = Owned<AvahiStringList, avahi_string_list_free>;

Strings string_list(const Advert& advert) {
  AvahiStringList* list = nullptr;
  for (const std::string& text : txt_strings(advert)) list = avahi_string_list_add(list, text.c_str());
  return Strings(list);
}

std::vector<std::string> strings_of(AvahiStringList* list) {
  std::vector<std::string> strings;
  for (AvahiStringList* at = list; at != nullptr && strings.size() <= kMaxTxtStrings;
       at = avahi_string_list_get_next(at)) {
    strings.emplace_back(reinterpret_cast<const char*>(avahi_string_list_get_text(at)), avahi_string_list_get_size(at));
  }
  return strings;
}

// The loop and all it owns. Kept alive by its thread, which may be stuck in a call to a daemon that hangs when nobody else needs
// it any more.
class AvahiLoop {
 public:
  explicit AvahiLoop(Discovery::Callbacks callbacks)
      : callbacks_(std::move(callbacks)), poll_(avahi_simple_poll_new()) {}
  ~AvahiLoop() {
    if (poll_ != nullptr) avahi_simple_poll_free(poll_);
  }
  AvahiLoop(const AvahiLoop&) = delete;
  AvahiLoop& operator=(const AvahiLoop&) = delete;

  void run();

  void announce(const std::optional<Advert>& advert) {
    change([&] { wanted_ = advert; });
  }
  void refresh() {
    change([this] { refresh_ = true; });
  }
  // True when the thread has ended.
  bool stop() {
    change([this] { stopping_ = true; });
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, milliseconds(Discovery::kStopWithinMs), [this] { return done_; });
    ended_.wait(lock, [this] { return !calling_; });
    return done_;
  }

 private:
  // One advert on one interface.
  struct Lookup {
    AvahiLoop* loop = nullptr;
    Sightings::Place place;
    AvahiIfIndex interface = AVAHI_IF_UNSPEC;
    std::string domain;
    std::set<AvahiProtocol> protocols;  // over which it was seen
    Resolver resolver;
    std::string host;
    RecordBrowser ipv4;
    RecordBrowser ipv6;
    milliseconds wait = kFirstResolve;
    Clock::time_point resolve_at;  // while there is no resolver
  };

  template <class Change>
  void change(const Change& what) {
    {
      const std::lock_guard lock(mutex_);
      what();
    }
    if (poll_ != nullptr) avahi_simple_poll_wakeup(poll_);
  }

  bool take_commands();
  void connect();
  void disconnect();
  void fail(const std::string& why);
  void on_client(AvahiClient* client, AvahiClientState state);
  void browse();
  void put_advert();
  void on_group(AvahiEntryGroupState state);
  void resolve(Lookup& lookup);
  void on_browse(AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event, const char* name,
                 const char* domain);
  void on_resolved(Lookup& lookup, AvahiResolverEvent event, const char* host, std::uint16_t port,
                   AvahiStringList* txt);
  RecordBrowser look_for_addresses(Lookup& lookup, std::uint16_t type);
  void tell();
  void say(DiscoveryState state, const std::string& text);
  template <class Callback>
  void call(const Callback& callback);

  const Discovery::Callbacks callbacks_;
  AvahiSimplePoll* const poll_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::optional<Advert> wanted_;
  bool refresh_ = false;
  bool stopping_ = false;
  bool done_ = false;
  bool calling_ = false;  // a callback is under way

  // Of the thread.
  Client client_;
  Group group_;
  Browser browser_;
  std::map<Sightings::Place, std::unique_ptr<Lookup>> lookups_;
  Sightings sightings_;
  std::optional<Advert> advert_;  // the wanted one
  std::optional<Advert> put_;     // what the group holds, under the name the daemon accepted
  std::string name_;              // tried for advert_
  bool ready_ = false;            // the daemon takes adverts
  std::string failure_;           // the connection must be given up, outside of its callbacks
  milliseconds retry_wait_{Discovery::kFirstRetryMs};
  Clock::time_point retry_at_;
  Clock::time_point connected_at_;
  std::optional<Clock::time_point> settle_at_;
  std::optional<std::pair<DiscoveryState, std::string>> said_;
};

void AvahiLoop::run() {
  if (callbacks_.name_thread) callbacks_.name_thread("discovery");
  if (poll_ == nullptr) {
    say(DiscoveryState::unavailable, "The process has no file descriptors left for discovery.");
  }
  while (take_commands() && poll_ != nullptr) {
    const auto now = Clock::now();
    if (!client_ && now >= retry_at_) connect();
    for (auto& [place, lookup] : lookups_) {
      if (!lookup->resolver && now >= lookup->resolve_at) resolve(*lookup);
    }
    if (browser_ && sightings_.should_begin_anew(now)) browse();
    if (settle_at_ && now >= *settle_at_) {
      settle_at_.reset();
      sightings_.settle();
    }
    tell();
    milliseconds wait = kAtLeastEvery;
    if (!client_) wait = std::clamp(std::chrono::ceil<milliseconds>(retry_at_ - now), milliseconds(0), wait);
    avahi_simple_poll_iterate(poll_, static_cast<int>(wait.count()));
    if (!failure_.empty()) fail(std::exchange(failure_, {}));
  }
  disconnect();
  const std::lock_guard lock(mutex_);
  done_ = true;
  ended_.notify_all();
}

// False when it is time to end.
bool AvahiLoop::take_commands() {
  std::optional<Advert> wanted;
  bool refresh = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    wanted = wanted_;
    refresh = std::exchange(refresh_, false);
  }
  const bool renamed = wanted && (!advert_ || wanted->instance != advert_->instance);
  const bool changed = wanted != advert_;
  advert_ = std::move(wanted);
  if (renamed) name_ = advert_->instance;
  if (refresh && client_) {
    group_.reset();
    put_.reset();
    browse();
  }
  if ((changed || refresh) && ready_) put_advert();
  return true;
}

void AvahiLoop::connect() {
  int error = 0;
  // Without failing when there is no daemon: then the library tells when one appears.
  const auto callback = [](AvahiClient* client, AvahiClientState state, void* self) {
    static_cast<AvahiLoop*>(self)->on_client(client, state);
  };
  AvahiClient* client = avahi_client_new(avahi_simple_poll_get(poll_), AVAHI_CLIENT_NO_FAIL, callback, this, &error);
  client_.reset(client);
  connected_at_ = Clock::now();
  if (!client_) {
    fail(avahi_strerror(error));
  } else if (avahi_client_get_state(client) == AVAHI_CLIENT_S_RUNNING && !ready_) {
    on_client(client, AVAHI_CLIENT_S_RUNNING);  // the first call came before client_ was set
  }
}

void AvahiLoop::disconnect() {
  lookups_.clear();
  browser_.reset();
  group_.reset();
  put_.reset();
  client_.reset();
  ready_ = false;
  settle_at_.reset();  // who is not asked cannot say that somebody is gone
}

void AvahiLoop::fail(const std::string& why) {
  disconnect();
  sightings_.begin_anew(Clock::now());
  if (Clock::now() - connected_at_ > milliseconds(Discovery::kLongestRetryMs)) {
    retry_wait_ = milliseconds(Discovery::kFirstRetryMs);  // it had worked
  }
  retry_at_ = Clock::now() + retry_wait_;
  retry_wait_ = std::min(2 * retry_wait_, milliseconds(Discovery::kLongestRetryMs));
  say(DiscoveryState::unavailable, "No Avahi daemon can be used (" + why + "). " + kRemedy);
}

void AvahiLoop::on_client(AvahiClient* client, AvahiClientState state) {
  if (client_.get() != client) {
    // Within avahi_client_new: connect() goes on from the state itself.
    if (state == AVAHI_CLIENT_CONNECTING) {
      say(DiscoveryState::unavailable, std::string("No Avahi daemon runs on this computer. ") + kRemedy);
    }
    return;
  }
  switch (state) {
    case AVAHI_CLIENT_S_RUNNING:
      ready_ = true;
      if (!browser_) browse();
      put_advert();
      break;
    case AVAHI_CLIENT_S_REGISTERING:
    case AVAHI_CLIENT_S_COLLISION:
      // The daemon settles its own name; what was announced under the old one is gone.
      ready_ = false;
      group_.reset();
      put_.reset();
      say(DiscoveryState::starting, "The Avahi daemon is settling the name of this computer on the network.");
      break;
    case AVAHI_CLIENT_CONNECTING:
      say(DiscoveryState::unavailable, std::string("No Avahi daemon runs on this computer. ") + kRemedy);
      break;
    case AVAHI_CLIENT_FAILURE:
      failure_ = avahi_strerror(avahi_client_errno(client));
      break;
  }
}

void AvahiLoop::browse() {
  lookups_.clear();
  sightings_.begin_anew(Clock::now());
  settle_at_ = Clock::now() + std::chrono::seconds(Discovery::kSettleSeconds);
  const auto callback = [](AvahiServiceBrowser*, AvahiIfIndex interface, AvahiProtocol protocol,
                           AvahiBrowserEvent event, const char* name, const char*, const char* domain,
                           AvahiLookupResultFlags, void* self) {
    static_cast<AvahiLoop*>(self)->on_browse(interface, protocol, event, name, domain);
  };
  browser_.reset(avahi_service_browser_new(client_.get(), AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, kServiceType, nullptr,
                                           AvahiLookupFlags{}, callback, this));
  if (!browser_) failure_ = avahi_strerror(avahi_client_errno(client_.get()));
}

// --- our own advert -----------------------------------------------------------------------------------------------------

void AvahiLoop::put_advert() {
  if (!ready_) return;
  if (!advert_) {
    group_.reset();
    put_.reset();
    say(DiscoveryState::running, "Watching for other nodes on the local network. This node is not announced.");
    return;
  }
  const Strings txt = string_list(*advert_);
  if (group_ && put_ && put_->port == advert_->port && put_->instance == name_) {
    const int error = avahi_entry_group_update_service_txt_strlst(group_.get(), AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                                                  AvahiPublishFlags{}, name_.c_str(), kServiceType,
                                                                  nullptr, txt.get());
    if (error == 0) {
      put_ = advert_;
      put_->instance = name_;
      return;
    }
  }
  const auto callback = [](AvahiEntryGroup*, AvahiEntryGroupState state, void* self) {
    static_cast<AvahiLoop*>(self)->on_group(state);
  };
  if (!group_) group_.reset(avahi_entry_group_new(client_.get(), callback, this));
  put_.reset();
  if (!group_ || avahi_entry_group_reset(group_.get()) != 0) {
    failure_ = avahi_strerror(avahi_client_errno(client_.get()));
    return;
  }
  int error = AVAHI_ERR_COLLISION;
  for (int tries = 0; tries < 10 && error == AVAHI_ERR_COLLISION; ++tries) {
    error =
        avahi_entry_group_add_service_strlst(group_.get(), AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, AvahiPublishFlags{},
                                             name_.c_str(), kServiceType, nullptr, nullptr, advert_->port, txt.get());
    if (error != AVAHI_ERR_COLLISION) break;
    const Owned<char, avahi_free> other(avahi_alternative_service_name(name_.c_str()));
    name_ = other.get();
  }
  if (error == 0) error = avahi_entry_group_commit(group_.get());
  if (error != 0) {
    failure_ = avahi_strerror(error);
    return;
  }
  put_ = advert_;
  put_->instance = name_;
  say(DiscoveryState::starting, "Announcing this node on the local network.");
}

void AvahiLoop::on_group(AvahiEntryGroupState state) {
  if (state == AVAHI_ENTRY_GROUP_ESTABLISHED && put_) {
    retry_wait_ = milliseconds(Discovery::kFirstRetryMs);
    say(DiscoveryState::running,
        "Watching for other nodes on the local network, where this one is called \"" + put_->instance + "\".");
  } else if (state == AVAHI_ENTRY_GROUP_COLLISION) {
    const Owned<char, avahi_free> other(avahi_alternative_service_name(name_.c_str()));
    name_ = other.get();
    put_advert();
  } else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
    failure_ = avahi_strerror(avahi_client_errno(client_.get()));
  }
}

// --- others' adverts ----------------------------------------------------------------------------------------------------

void AvahiLoop::on_browse(AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event, const char* name,
                          const char* domain) {
  if (event == AVAHI_BROWSER_FAILURE) {
    failure_ = avahi_strerror(avahi_client_errno(client_.get()));
    return;
  }
  if (name == nullptr || domain == nullptr) return;
  const Sightings::Place place{.interface = static_cast<std::uint32_t>(interface), .instance = name};
  const auto known = lookups_.find(place);
  if (event == AVAHI_BROWSER_REMOVE) {
    if (known == lookups_.end()) return;
    known->second->protocols.erase(protocol);
    if (!known->second->protocols.empty()) return;
    lookups_.erase(known);
    sightings_.vanish(place);
    return;
  }
  if (event != AVAHI_BROWSER_NEW) return;
  if (known != lookups_.end()) {
    known->second->protocols.insert(protocol);
    return;
  }
  if (!sightings_.appear(place)) return;
  auto lookup = std::make_unique<Lookup>();
  lookup->loop = this;
  lookup->place = place;
  lookup->interface = interface;
  lookup->domain = domain;
  lookup->protocols = {protocol};
  resolve(*lookup);
  lookups_[place] = std::move(lookup);
}

void AvahiLoop::resolve(Lookup& lookup) {
  const auto callback = [](AvahiServiceResolver*, AvahiIfIndex, AvahiProtocol, AvahiResolverEvent event, const char*,
                           const char*, const char*, const char* host, const AvahiAddress*, std::uint16_t port,
                           AvahiStringList* txt, AvahiLookupResultFlags, void* data) {
    auto& found = *static_cast<Lookup*>(data);
    found.loop->on_resolved(found, event, host, port, txt);
  };
  // The addresses are asked for apart, because this would tell one of them only.
  lookup.resolver.reset(avahi_service_resolver_new(client_.get(), lookup.interface, AVAHI_PROTO_UNSPEC,
                                                   lookup.place.instance.c_str(), kServiceType, lookup.domain.c_str(),
                                                   AVAHI_PROTO_UNSPEC, AVAHI_LOOKUP_NO_ADDRESS, callback, &lookup));
  if (lookup.resolver) return;
  lookup.resolve_at = Clock::now() + lookup.wait;
  lookup.wait = std::min(2 * lookup.wait, kLongestResolve);
}

void AvahiLoop::on_resolved(Lookup& lookup, AvahiResolverEvent event, const char* host, std::uint16_t port,
                            AvahiStringList* txt) {
  if (event != AVAHI_RESOLVER_FOUND || host == nullptr) {
    lookup.resolver.reset();
    lookup.resolve_at = Clock::now() + lookup.wait;
    lookup.wait = std::min(2 * lookup.wait, kLongestResolve);
    return;
  }
  lookup.wait = kFirstResolve;
  sightings_.describe(lookup.place, port, strings_of(txt));
  if (lookup.host == host && lookup.ipv4 && lookup.ipv6) return;
  lookup.host = host;
  lookup.ipv4 = look_for_addresses(lookup, kTypeA);
  lookup.ipv6 = look_for_addresses(lookup, kTypeAaaa);
}

RecordBrowser AvahiLoop::look_for_addresses(Lookup& lookup, std::uint16_t type) {
  const auto callback = [](AvahiRecordBrowser*, AvahiIfIndex interface, AvahiProtocol protocol, AvahiBrowserEvent event,
                           const char*, std::uint16_t, std::uint16_t, const void* bytes, std::size_t size,
                           AvahiLookupResultFlags, void* data) {
    if (bytes == nullptr || (event != AVAHI_BROWSER_NEW && event != AVAHI_BROWSER_REMOVE)) return;
    auto& found = *static_cast<Lookup*>(data);
    const std::string text =
        host_text({static_cast<const std::uint8_t*>(bytes), size}, static_cast<std::uint32_t>(std::max(interface, 0)));
    if (event == AVAHI_BROWSER_NEW) {
      found.loop->sightings_.add_address(found.place, text, protocol);
    } else {
      found.loop->sightings_.remove_address(found.place, text, protocol);
    }
  };
  return RecordBrowser(avahi_record_browser_new(client_.get(), lookup.interface, AVAHI_PROTO_UNSPEC,
                                                lookup.host.c_str(), kClassIn, type, AvahiLookupFlags{}, callback,
                                                &lookup));
}

// --- to the outside -----------------------------------------------------------------------------------------------------

// Never once it was told to stop: what the callbacks use may be gone.
template <class Callback>
void AvahiLoop::call(const Callback& callback) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    calling_ = true;
  }
  callback();
  const std::lock_guard lock(mutex_);
  calling_ = false;
  ended_.notify_all();
}

void AvahiLoop::tell() {
  const Sightings::Changes changes = sightings_.take_changes();
  for (const Sighting& sighting : changes.seen) {
    call([&] { callbacks_.seen(sighting); });
  }
  for (const std::string& instance : changes.lost) {
    call([&] { callbacks_.lost(instance); });
  }
}

void AvahiLoop::say(DiscoveryState state, const std::string& text) {
  if (said_ == std::pair(state, text)) return;
  said_ = {state, text};
  call([&] { callbacks_.changed(state, text); });
}

class AvahiDiscovery final : public Discovery {
 public:
  explicit AvahiDiscovery(Callbacks callbacks) : loop_(std::make_shared<AvahiLoop>(std::move(callbacks))) {}
  ~AvahiDiscovery() override { stop(); }
  AvahiDiscovery(const AvahiDiscovery&) = delete;
  AvahiDiscovery& operator=(const AvahiDiscovery&) = delete;

  void start() override {
    thread_ = std::thread([loop = loop_] { loop->run(); });
  }
  void announce(const std::optional<Advert>& advert) override { loop_->announce(advert); }
  void refresh() override { loop_->refresh(); }
  void stop() override {
    if (!thread_.joinable()) return;
    if (loop_->stop()) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

 private:
  const std::shared_ptr<AvahiLoop> loop_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Discovery> make_discovery(Discovery::Callbacks callbacks) {
  return std::make_unique<AvahiDiscovery>(std::move(callbacks));
}

const char* discovery_backend() { return "avahi"; }

}  // namespace mz
