#include "node/discovery_service.h"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <spdlog/spdlog.h>

#include "node/pairing_candidates.h"
#include "p2p/discovery/txt_record.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kSleepUs = 2'000'000;  // less is no sleep

}  // namespace

DiscoveryService::DiscoveryService(const NodeTrust& trust, NodeMembership& membership, Options options)
    : trust_(trust), membership_(membership), options_(std::move(options)), since_(std::time(nullptr)) {
  text_ = options_.enabled ? "Looking for the discovery daemon of this computer."
                           : "Switched off: other machines are found by --peer and where they were before.";
  if (!options_.enabled) return;
  state_ = DiscoveryState::starting;
  membership_.looking(state_, text_);
}

DiscoveryService::~DiscoveryService() { stop(); }

void DiscoveryService::start() {
  if (options_.enabled) {
    backend_ =
        make_discovery({.seen = [this](const Sighting& sighting) { on_seen(sighting); },
                        .lost =
                            [this](const std::string& instance) {
                              membership_.vanished(instance);
                              const std::lock_guard lock(mutex_);
                              seen_.erase(instance);
                            },
                        .changed = [this](DiscoveryState state, const std::string& text) { on_state(state, text); },
                        .name_thread = options_.name_thread});
    const std::optional<Advert> first = advert();
    {
      const std::lock_guard lock(mutex_);  // the front door is open already
      announced_ = first;
    }
    backend_->announce(first);
    backend_->start();
  }
  watcher_ = std::thread([this] {
    if (options_.name_thread) options_.name_thread("network-watch");
    watch();
  });
}

void DiscoveryService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  if (backend_) backend_->stop();
}

void DiscoveryService::announce_again() {
  {
    const std::lock_guard lock(mutex_);
    hurry_ = true;
  }
  changed_.notify_all();
}

std::optional<Advert> DiscoveryService::advert() const {
  if (!options_.announced) return std::nullopt;
  const std::string node = trust_.node_id().text();
  return Advert{.instance = instance_name(options_.host, node),
                .port = options_.port,
                .cluster = cluster_id_text(trust_.cluster_id()).substr(0, kAdvertIdLength),
                .node = node.substr(0, kAdvertIdLength),
                .protocol = protocol_version(),
                .pairing_open = options_.pairing_open && options_.pairing_open()};
}

DiscoveryService::Surroundings DiscoveryService::look() const {
  Surroundings now{.addresses = options_.addresses(), .slept_us = options_.slept_us()};
  std::sort(now.addresses.begin(), now.addresses.end());
  return now;
}

void DiscoveryService::watch() {
  Surroundings before = look();
  int wait = kFirstRefreshSeconds;
  auto refresh_from = Clock::now();
  bool unrest = false;  // a change that the daemon was not asked about yet
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(kWatchMs), [this] { return stopping_ || hurry_; });
      if (stopping_) return;
      hurry_ = false;
    }
    if (backend_) {
      const std::optional<Advert> wanted = advert();
      std::unique_lock lock(mutex_);
      const bool entered = wanted && announced_ && wanted->cluster != announced_->cluster;
      const bool news = wanted != announced_;
      announced_ = wanted;
      const std::map<std::string, Sighting> seen = entered ? seen_ : decltype(seen_)();
      lock.unlock();
      if (news) backend_->announce(wanted);
      // Whoever was a stranger may be a member of the cluster that this node has entered, and the other way round.
      for (const auto& [instance, sighting] : seen) on_seen(sighting);
    }
    Surroundings now = look();
    const bool slept = now.slept_us - before.slept_us > kSleepUs;
    if (now.addresses != before.addresses || slept) {
      if (slept) spdlog::info("this computer slept");
      if (now.addresses != before.addresses) spdlog::info("this computer has other addresses now");
      membership_.network_changed();
      options_.network_changed();
      unrest = true;
    }
    before = std::move(now);
    if (Clock::now() < refresh_from) continue;
    if (!unrest) {
      wait = kFirstRefreshSeconds;
      continue;
    }
    unrest = false;
    if (backend_) backend_->refresh();
    refresh_from = Clock::now() + std::chrono::seconds(wait);
    wait = std::min(2 * wait, kLongestRefreshSeconds);
  }
}

void DiscoveryService::on_seen(const Sighting& sighting) {
  const bool stranger = !cluster_id_text(trust_.cluster_id()).starts_with(sighting.advert.cluster);
  {
    const std::lock_guard lock(mutex_);
    seen_[sighting.advert.instance] = sighting;
  }
  spdlog::debug("seen: {}, cluster {}", sighting.advert.instance, sighting.advert.cluster);
  membership_.sighted(sighting);
  if (stranger && options_.stranger) options_.stranger(sighting);
}

void DiscoveryService::on_state(DiscoveryState state, const std::string& text) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (state != state_) since_ = std::time(nullptr);
    state_ = state;
    text_ = text;
    const bool answers = state == DiscoveryState::starting || state == DiscoveryState::running;
    first = answers && !std::exchange(has_daemon_, has_daemon_ || answers);
  }
  membership_.looking(state, text);
  spdlog::info("discovery: {}", text);
  if (first && options_.daemon_found) options_.daemon_found();
}

bool DiscoveryService::has_daemon() const {
  const std::lock_guard lock(mutex_);
  return has_daemon_;
}

DiscoveryPicture DiscoveryService::picture() const {
  DiscoveryPicture picture;
  {
    const std::lock_guard lock(mutex_);
    picture.state = state_;
    picture.backend = options_.enabled ? discovery_backend() : "none";
    picture.text = text_;
    picture.since = since_;
    if (state_ == DiscoveryState::running || state_ == DiscoveryState::starting) picture.advert = announced_;
  }
  for (const NodeMembership::CandidateView& view : membership_.candidates()) {
    const Candidate& candidate = view.candidate;
    DiscoveryPicture::Item item;
    item.address = view.address.text();
    for (const CandidateSource source :
         {CandidateSource::bonjour, CandidateSource::fixed, CandidateSource::known, CandidateSource::exchanged}) {
      if (candidate.from(source)) item.sources.emplace_back(candidate_source_word(source));
    }
    item.node_id = candidate.node.is_nobody() ? candidate.claim.node : candidate.node.text();
    item.name = candidate.claim.name;
    if (item.name.empty() && options_.member_name) item.name = options_.member_name(candidate.node);
    item.cluster = candidate.claim.cluster;
    item.state = candidate_state_word(candidate.state);
    item.reason = candidate.reason;
    item.failures = candidate.failures;
    item.last_tried = view.last_tried;
    item.last_worked = view.last_worked;
    picture.candidates.push_back(std::move(item));
  }
  if (options_.pairings) show_pairings(picture.candidates, options_.pairings(), trust_.node_id());
  return picture;
}

}  // namespace mz
