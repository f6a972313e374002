// What PairingService asks elsewhere, in threads of its own.
#include <algorithm>

#include "node/pairing_service.h"

namespace mz {
namespace {

constexpr std::chrono::seconds kOneAnswer{5};
constexpr std::chrono::milliseconds kBetweenPolls{250};
constexpr std::chrono::seconds kBetweenLooks{1};
constexpr std::size_t kMaxElsewhere = 8;     // places of admins that a worker names
constexpr std::int64_t kBetweenClocks = 30;  // by which two machines may see the same ten minutes end

}  // namespace

void PairingService::start_threads() {
  if (options_.wanted && trust_.cluster_id() != *options_.wanted) {
    const std::lock_guard lock(mutex_);  // other machines may be asking already
    targets_.named(cluster_id_text(*options_.wanted).substr(0, kShownCluster), options_.peers);
  }
  thread_ = std::thread([this] {
    if (options_.name_thread) options_.name_thread("pairing");
    run();
  });
}

void PairingService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  std::vector<std::shared_ptr<Errand>> errands;
  {
    const std::lock_guard lock(mutex_);
    errands.swap(errands_);  // nobody adds to them any more, but people still look at them
  }
  for (const auto& errand : errands) {
    if (errand->thread.joinable()) errand->thread.join();
  }
}

void PairingService::sighted(const PairingSighting& sighting) {
  if (!options_.open || !sighting.open || sighting.cluster.size() != kShownCluster) return;
  if (options_.wanted && !cluster_id_text(*options_.wanted).starts_with(sighting.cluster)) return;
  if (cluster_id_text(trust_.cluster_id()).starts_with(sighting.cluster)) return;
  {
    const std::lock_guard lock(mutex_);
    targets_.sighted(sighting.cluster, sighting.addresses);
  }
  changed_.notify_all();
}

void PairingService::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    end_unfit();
    begin_due();
    std::vector<std::thread> finished = take_finished();
    lock.unlock();
    for (std::thread& thread : finished) thread.join();
    lock.lock();
    if (!stopping_) changed_.wait_for(lock, kBetweenLooks);
  }
}

// What time or a change of clusters has made pointless.
void PairingService::end_unfit() {
  book_.tick(now());
  const Digest authority = trust_.authority().fingerprint();
  const bool has_others = !alone();
  for (PairingEntry* entry : book_.open_ones([](const PairingEntry& each) { return !each.adopting; })) {
    const bool moved = entry->request.incoming && entry->exchange && entry->exchange->parties().authority != authority;
    const bool settled = !entry->request.incoming && has_others;
    if (moved) book_.end(*entry, PairingState::failed, "This node has entered another cluster meanwhile.", now());
    if (settled) book_.end(*entry, PairingState::failed, "This node has other members now and asks nobody.", now());
  }
}

void PairingService::begin_due() {
  if (!options_.open || !alone()) return;
  if (options_.wanted && !waits_for_approval()) return;
  if (now() < asks_again_at()) return;
  const auto asked = static_cast<std::size_t>(std::count_if(
      errands_.begin(), errands_.end(), [](const auto& each) { return !each->finished && !each->by_person; }));
  if (asked >= kMaxPairingAskedByItself) return;
  for (auto& target : targets_.take(now(), kMaxPairingAskedByItself - asked)) {
    auto errand = std::make_shared<Errand>();
    errand->cluster = std::move(target.cluster);
    errand->addresses = std::move(target.addresses);
    begin(std::move(errand));
  }
}

void PairingService::begin(std::shared_ptr<Errand> errand) {
  errand->thread = std::thread([this, errand] {
    if (options_.name_thread) options_.name_thread("pair-ask");
    run_errand(*errand);
  });
  errands_.push_back(std::move(errand));
}

std::vector<std::thread> PairingService::take_finished() {
  std::vector<std::thread> threads;
  for (const auto& errand : errands_) {
    if (errand->finished) threads.push_back(std::move(errand->thread));
  }
  std::erase_if(errands_, [](const auto& errand) { return errand->finished; });
  return threads;
}

void PairingService::run_errand(Errand& errand) {
  const PairingOutcome outcome = ask(errand);
  const std::lock_guard lock(mutex_);
  count_broken_off(errand);
  if (!errand.by_person) targets_.ended(errand.cluster, outcome, now());
  if (!errand.begun) {
    errand.begun = Result<std::string>(
        Error{ErrorKind::refused, "The machine that was asked did not take the request. Ask from there instead."});
  }
  errand.finished = true;
  changed_.notify_all();
}

// Whoever breaks off has not been patient for ten minutes, and it was not the person here who ended it.
void PairingService::count_broken_off(const Errand& errand) {
  if (!errand.broken_off || errand.by_person || stopping_) return;
  broken_off_.push_back(now());
  if (broken_off_.size() > kMaxBrokenOff) broken_off_.pop_front();
  if (now() >= asks_again_at()) return;
  journal_.add(
      JournalKind::pairing, JournalLevel::warn, std::nullopt,
      "Other machines ended " + std::to_string(kMaxBrokenOff) +
          " requests for pairing before anybody had confirmed. Somebody may be trying digits, so this node asks "
          "nobody by itself for an hour. Name the machine to join: meshzero pair start HOST:PORT, or use a token.");
}

std::int64_t PairingService::asks_again_at() const {
  return broken_off_.size() < kMaxBrokenOff ? INT64_MIN : broken_off_.front() + kBrokenOffSeconds;
}

PairingOutcome PairingService::ask(Errand& errand) {
  std::vector<PeerAddress> places = errand.addresses;
  const std::size_t named = places.size();
  Error last{ErrorKind::unreachable, "No address of that machine is known."};
  for (std::size_t i = 0; i < places.size(); ++i) {  // `places` grows while it is walked through
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    std::vector<PeerAddress> elsewhere;
    const PeerAddress place = places[i];
    Error error = last;
    if (auto outcome = ask_at(errand, place, error, elsewhere)) return *outcome;
    // What the named machine said against it tells more than that an address it knows does not work.
    if (i < named || last.kind == ErrorKind::unreachable) last = std::move(error);
    if (i >= named) continue;
    for (const PeerAddress& other : elsewhere) {
      const bool known = std::find(places.begin(), places.end(), other) != places.end();
      if (known || places.size() >= named + kMaxElsewhere) continue;
      // Its own loopback is not ours.
      if (other.is_loopback() && !place.is_loopback()) continue;
      places.push_back(other);
    }
  }
  const std::lock_guard lock(mutex_);
  errand.begun = Result<std::string>(last);
  changed_.notify_all();
  return PairingOutcome::failed;
}

std::optional<Error> PairingService::unfit_to_ask(const Errand& errand, const PairingCall& call) {
  const Digest theirs = call.authority().fingerprint();
  if (theirs == trust_.cluster_id()) {
    return Error{ErrorKind::refused, "The machine at " + call.address().text() + " is in this node's cluster already."};
  }
  const bool announced = cluster_id_text(theirs).starts_with(errand.cluster);
  if (!announced || (errand.authority && theirs != *errand.authority)) {
    return Error{ErrorKind::refused, "The machine at " + call.address().text() + " is in the cluster " +
                                         cluster_id_text(theirs).substr(0, kShownCluster) +
                                         ", not in the one that was to be found there."};
  }
  if (options_.wanted && theirs != *options_.wanted) {
    return Error{ErrorKind::refused, "The machine at " + call.address().text() + " is in the cluster " +
                                         cluster_id_text(theirs).substr(0, kShownCluster) +
                                         ", not in the one that --cluster names."};
  }
  const std::lock_guard lock(mutex_);
  const bool asks_us = book_.count_open([&](const PairingEntry& entry) {
    return entry.shown && entry.request.incoming && entry.request.node == call.node();
  }) > 0;
  if (asks_us) {
    return Error{ErrorKind::refused, "The machine at " + errand.addresses.front().text() +
                                         " asks this one already. Compare the digits and confirm: meshzero pair."};
  }
  const bool asked = book_.count_open([&](const PairingEntry& entry) {
    return !entry.request.incoming && entry.request.node == call.node();
  }) > 0;
  if (asked) {
    return Error{ErrorKind::refused, "This node asks the machine at " + errand.addresses.front().text() +
                                         " already. Compare the digits and confirm: meshzero pair."};
  }
  return std::nullopt;
}

std::optional<PairingOutcome> PairingService::ask_at(Errand& errand, const PeerAddress& address, Error& last,
                                                     std::vector<PeerAddress>& elsewhere) {
  const auto note_error = [&last](Error error) {
    last = std::move(error);
    return std::nullopt;
  };
  auto call = PairingCall::open(trust_, address, within(kOneAnswer));
  if (!call) return note_error(call.error());
  if (auto unfit = unfit_to_ask(errand, *call)) return note_error(*unfit);
  const PairingOffer offer{.kind = options_.wanted ? PairingKind::approval : PairingKind::digits,
                           .name = options_.name,
                           .port = options_.port,
                           .addresses = membership_.self().addresses,
                           .by_person = errand.by_person};
  auto welcome = call->hello(offer, within(kOneAnswer));
  if (!welcome) return note_error(welcome.error());
  if (welcome->kind == PairingWelcome::Kind::turn_around) return PairingOutcome::turned;
  if (welcome->kind == PairingWelcome::Kind::elsewhere) {
    for (const std::string& text : welcome->addresses) {
      if (auto other = PeerAddress::parse(text)) elsewhere.push_back(*other);
    }
    errand.authority = call->authority().fingerprint();
    return note_error({ErrorKind::unreachable,
                       "The node at " + address.text() + " is no admin and sent us to others, which did not answer."});
  }
  auto digits = call->reveal(within(kOneAnswer));
  if (!digits) {
    // It knows our number by now; at the next place it would get another one to try.
    errand.broken_off = offer.kind == PairingKind::digits;
    const std::lock_guard lock(mutex_);
    errand.begun = Result<std::string>(
        Error{digits.error().kind, "The machine at " + address.text() + " broke off: " + digits.error().text});
    return PairingOutcome::failed;
  }
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    end_unfit();
    PairingEntry entry;
    entry.request.kind = offer.kind;
    entry.request.node = call->node();
    entry.request.name = call->name();
    entry.request.address = address.text();
    entry.request.cluster = cluster_id_text(call->authority().fingerprint());
    if (offer.kind == PairingKind::digits) entry.request.digits = *digits;
    entry.by_person = errand.by_person;
    auto added = book_.add_own(std::move(entry), now());
    if (!added) return note_error(added.error());
    id = (*added)->request.id;
    errand.begun = Result<std::string>(id);
    changed_.notify_all();
  }
  return follow(errand, id, *call);
}

PairingOutcome PairingService::follow(Errand& errand, const std::string& id, PairingCall& call) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const PairingEntry* entry = book_.find(id);
    if (stopping_ || entry == nullptr) return PairingOutcome::failed;
    const PairingState state = entry->request.state;
    const bool here = entry->here;
    const bool ended = !is_open(state);
    lock.unlock();
    // Told to the other side, so that nobody there waits for a request that is no more.
    auto progress = call.poll(here && !ended, ended, within(kOneAnswer));
    lock.lock();
    if (ended) {
      return state == PairingState::refused   ? PairingOutcome::refused
             : state == PairingState::expired ? PairingOutcome::expired
             : state == PairingState::done    ? PairingOutcome::done
                                              : PairingOutcome::failed;
    }
    if (heard(id, std::move(progress), lock)) {
      const PairingEntry* last = book_.find(id);
      const PairingState end = last == nullptr ? PairingState::failed : last->request.state;
      const bool early = last != nullptr && now() < last->request.since + kPairingLifeSeconds - kBetweenClocks;
      errand.broken_off = early && end != PairingState::done && !last->here;
      return end == PairingState::done      ? PairingOutcome::done
             : end == PairingState::refused ? PairingOutcome::refused
             : end == PairingState::expired ? PairingOutcome::expired
                                            : PairingOutcome::failed;
    }
    changed_.wait_for(lock, kBetweenPolls, [&] {
      const PairingEntry* now_entry = book_.find(id);
      return stopping_ || now_entry == nullptr || now_entry->here != here || !is_open(now_entry->request.state);
    });
  }
}

bool PairingService::heard(const std::string& id, Result<PairingCall::Progress> progress,
                           std::unique_lock<std::mutex>& lock) {
  end_unfit();
  PairingEntry* entry = book_.find(id);
  if (entry == nullptr || !is_open(entry->request.state))
    return false;  // it ended here meanwhile: still to be told there
  if (!progress) {
    book_.end(*entry, PairingState::failed, "The connection broke: " + progress.error().text, now());
    return true;
  }
  switch (progress->state) {
    case PairingState::waiting:
    case PairingState::confirmed_there:  // by this node, as the other one sees it
      return false;
    case PairingState::confirmed_here:
      book_.confirmed_there(*entry);
      return false;
    case PairingState::refused:
      book_.end(*entry, PairingState::refused, "Refused at " + PairingBook::who(entry->request) + ".", now());
      return true;
    case PairingState::expired:
    case PairingState::failed:
      book_.end(*entry, progress->state, "Ended at " + PairingBook::who(entry->request) + ": " + progress->text, now());
      return true;
    case PairingState::done:
      break;
  }
  // The heart of it: whatever the other side says, without this machine's own person nothing is adopted.
  if (!entry->here || !progress->admitted) {
    book_.end(*entry, PairingState::failed,
              "The other machine says that it is done, but nobody has confirmed here. Nothing was changed.", now());
    return true;
  }
  enter(id, *progress->admitted, lock);
  return true;
}

void PairingService::enter(const std::string& id, const Admitted& admitted, std::unique_lock<std::mutex>& lock) {
  book_.find(id)->adopting = true;
  lock.unlock();
  const Result<void> entered = membership_.enter(admitted);
  if (entered) options_.members_changed();
  lock.lock();
  PairingEntry* entry = book_.find(id);
  if (entry == nullptr) return;
  entry->adopting = false;
  if (entered) {
    book_.end(*entry, PairingState::done, "This node joined the cluster of " + PairingBook::who(entry->request) + ".",
              now());
  } else {
    book_.end(*entry, PairingState::failed, entered.error().text, now());
  }
}

}  // namespace mz
