#include "p2p/agreement/agreement.h"

#include <algorithm>

#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr std::size_t kCardBytes = 256U << 10;            // in one Cards message
constexpr std::uint64_t kCardFile = 0x33736472'61635a4d;  // begins the file: "MZcards3"
constexpr std::size_t kPartners = 8;                      // whom a node without duties talks to in one beat, at least

}  // namespace

Result<std::unique_ptr<Agreement>> Agreement::start(const AgreementConfig& config, const AgreementFiles& files,
                                                    Signer& signer, Now now) {
  Promise promise;
  if (!files.promise.empty()) {
    auto read = Promise::decode(files.promise);
    if (!read) return read.error();
    promise = *read;
  }
  std::unique_ptr<Agreement> agreement(new Agreement(config, promise, signer, now));
  agreement->load(files, now);
  agreement->new_life(now);
  agreement->election_.start(now.boot);
  agreement->finish(now);
  return agreement;
}

Agreement::Agreement(const AgreementConfig& config, const Promise& promise, Signer& signer, Now now)
    : signer_(signer),
      rng_(config.seed),
      policy_(config.policy),
      ledger_(promise),
      election_({.self = config.self,
                 .policy = config.policy,
                 .voters = config.voters,
                 .fitness = config.fitness,
                 .admin = (config.roles & Card::kAdmin) != 0},
                roster_, ledger_, rng_, [this](const NodeId& to, Body body) { send(to, std::move(body)); }),
      now_(now) {
  card_.id = config.self;
  card_.life.boot_id = config.boot_id;
  card_.roles = config.roles;
  card_.name = config.name.substr(0, Card::kMaxNameBytes);
  card_.version = config.version.substr(0, Card::kMaxVersionBytes);
  set_addresses(config.addresses);
}

void Agreement::set_addresses(const std::vector<std::string>& addresses) {
  card_.addresses.clear();
  for (const std::string& address : addresses) {
    if (address.size() <= Card::kMaxAddressBytes && card_.addresses.size() < Card::kMaxAddresses) {
      card_.addresses.push_back(address);
    }
  }
}

void Agreement::load(const AgreementFiles& files, Now now) {
  ByteReader in(files.cards);
  const bool readable = in.u64() == kCardFile;
  while (readable && in.remaining() > 0) {
    const Card card = Card::read(in);
    if (!in.good()) break;  // the rest comes back from the others
    if (card.life.incarnation == 0) {
      if (!card.addresses.empty()) roster_.introduce(card.id, card.addresses.front(), now.boot);
    } else if (card.id != card_.id) {
      roster_.merge(card, now.boot, signer_);
    }
  }
  events_torn_ = !read_event_file(files.events, events_, signer_);
  if (faulty(Fault::append_to_torn_file)) events_torn_ = false;
  durable_events_ = events_torn_ ? 0 : events_.size();
}

void Agreement::sign_card() {
  card_.life.incarnation = ledger_.incarnation();
  card_.signature = signer_.sign_card(card_.signed_bytes());
}

void Agreement::new_life(Now now) {
  waiting_.clear();  // said in another life
  ledger_.raise_incarnation(card_.life.incarnation);
  sign_card();
  alive_since_ = now.boot;
  next_beat_ = now.boot;
}

// --- inputs ---------------------------------------------------------------------------------------------------------

bool Agreement::begin(Now now) {
  if (!faulty(Fault::ignore_sleep)) notice_sleep(now);
  now_ = now;
  return takes_part();
}

void Agreement::notice_sleep(Now now) {
  const Duration slept = (now.boot - now_.boot) - (now.awake - now_.awake);
  if (slept <= kSlept || card_.presence == Presence::cloned) return;
  election_.observe(now.boot);
  new_life(now);
}

void Agreement::tick(Now now) {
  if (!begin(now)) {
    if (now.boot >= next_beat_) warn(now);
    return finish(now);
  }
  if (const Duration late = now.boot - asked_to_wake_; late > kLateLoop && alive_since_ != now.boot) {
    if (!faulty(Fault::accuse_when_late)) roster_.forgive(late);
    if (!faulty(Fault::ask_when_late)) election_.forgive(now.boot);
  }
  election_.tick(now.boot);
  if (now.boot >= next_beat_) beat(now);
  finish(now);
}

void Agreement::written(Write::File file, bool ok, Now now) {
  begin(now);
  switch (file) {
    case Write::File::promise:
      ledger_.written(ok, now.boot);
      if (!ok) {
        waiting_.clear();
        if (takes_part()) election_.rolled_back(now.boot);
      } else if (takes_part()) {
        election_.synced(now.boot);
      }
      break;
    case Write::File::cards:
      cards_in_flight_ = false;
      if (!ok) cards_dirty_ = true;
      cards_retry_at_ = now.boot + (ok ? kProbeRound : kDiskRetry);
      break;
    case Write::File::events:
      events_in_flight_ = false;
      if (ok) {
        durable_events_ = events_in_write_;
      } else {
        events_torn_ = true;  // who knows how much of it is there
        events_retry_at_ = now.boot + kDiskRetry;
      }
      break;
  }
  finish(now);
}

void Agreement::undeliverable(const NodeId& to, Now now) {
  if (begin(now)) election_.undeliverable(to, now.boot);
  finish(now);
}

void Agreement::registrar_answered(const RegistrarAnswer& answer, Now now) {
  if (begin(now)) election_.registrar_answered(answer, now.boot);
  finish(now);
}

void Agreement::receive(const ClusterMessage& message, Now now) {
  begin(now);
  if (message.to == card_.id && message.from == card_.id) {
    const Cards* cards = std::get_if<Cards>(&message.body);
    for (const Card& card : cards != nullptr ? cards->cards : std::vector<Card>()) {
      if (card.id == card_.id) meet_own_card(card, now);
    }
  }
  if (message.to == card_.id && message.from != card_.id) {
    const bool cards = std::holds_alternative<Cards>(message.body);
    if (takes_part() && cards) take_cards(std::get<Cards>(message.body), now);
    Member* member = roster_.find(message.from);
    if (member != nullptr && !member->excluded) {
      const Life& known = member->card.life;
      // From before a restart or a wake, or from a clone.
      const bool stale = message.life < known && !faulty(Fault::hear_earlier_lives);
      if (takes_part() && !stale && member->active()) {
        member->heard = now.boot;
        election_.heard(message.from, message.known.leader);
        std::visit([&](const auto& body) { handle(message, body, now); }, message.body);
      }
      reconcile(message, now);
    }
  }
  finish(now);
}

void Agreement::introduce(const NodeId& id, const std::string& address, Now now) {
  if (begin(now) && id != card_.id) {
    const bool by_itself = roster_.active().empty();
    roster_.introduce(id, address.substr(0, Card::kMaxAddressBytes), now.boot);
    cards_dirty_ = true;
    next_beat_ = now.boot;
    if (by_itself && !election_.leading()) election_.observe(now.boot);
  }
  finish(now);
}

void Agreement::exclude(const NodeId& id, Now now) {
  if (begin(now) && id != card_.id) {
    roster_.exclude(id);
    events_.withhold(id);
    cards_dirty_ = true;
  }
  finish(now);
}

bool Agreement::record(const std::string& topic, const std::string& text, Now now) {
  bool done = false;
  if (begin(now) && topic.size() <= Event::kMaxTopicBytes && text.size() <= Event::kMaxTextBytes) {
    const auto event = events_.write({.author = card_.id, .boot_id = card_.life.boot_id}, topic, text, signer_);
    done = event.has_value();
    if (event) {
      const auto frame = event_frame(*event);
      event_bytes_.insert(event_bytes_.end(), frame.begin(), frame.end());
      Events body{.events = {*event}, .more = false};
      for (const NodeId& id : roster_.active()) send(id, body);
    }
  }
  finish(now);
  return done;
}

void Agreement::release(Now now, bool for_good) {
  if (for_good) {  // what is known of the others is not put off any more: it is how they are found again
    cards_in_flight_ = false;
    cards_retry_at_ = now.boot;
  }
  if (begin(now)) election_.release(now.boot, for_good);
  finish(now);
}

void Agreement::rest(Now now) {
  if (begin(now)) election_.rest(now.boot);
  finish(now);
}

void Agreement::resume(Now now) {
  if (begin(now)) election_.resume();
  finish(now);
}

void Agreement::describe(const std::vector<std::string>& addresses, std::uint8_t roles, Now now) {
  if (begin(now)) {
    const std::vector<std::string> before = card_.addresses;
    set_addresses(addresses);
    if (card_.addresses != before || card_.roles != roles) {
      card_.roles = roles;
      new_life(now);
      // To others, a new life does not lead. What it says must come behind its beginning, which takes back what waits.
      election_.release(now.boot, false);
    }
  }
  finish(now);
}

void Agreement::become(Fitness fitness, Now now) {
  if (begin(now)) election_.become(fitness);
  finish(now);
}

void Agreement::leave(Now now) {
  if (begin(now)) {
    card_.presence = Presence::left;
    new_life(now);
    election_.release(now.boot, true);  // before the card that says it left: nobody listens to it after that
    for (const NodeId& id : roster_.active()) send(id, Cards{{card_}});
  }
  finish(now);
}

// --- talking --------------------------------------------------------------------------------------------------------

void Agreement::send(const NodeId& to, Body body, bool back) {
  ClusterMessage message{.from = card_.id,
                         .to = to,
                         .life = card_.life,
                         .known = election_.known(now_.boot),
                         .roster_digest = roster_.digest(card_),
                         .events_digest = events_.digest(),
                         .body = std::move(body)};
  const std::uint64_t version = faulty(Fault::answer_before_sync) ? 0 : ledger_.version();
  if (waiting_.size() >= kMaxWaiting) waiting_.erase(waiting_.begin());
  waiting_.push_back({.version = version, .send = {.to = to, .message = std::move(message), .back = back}});
}

std::vector<NodeId> Agreement::partners() {
  const std::vector<NodeId>& all = roster_.active();
  const bool calm = election_.live_leader(now_.boot) && now_.boot - election_.contact() < kReach;
  if (election_.leading()) return all;
  std::vector<NodeId> chosen;
  ++beats_;
  if (calm) {
    // With a leader at hand each pair of members still talks once in a while, so that no part of the cluster can have a
    // leader of its own unnoticed. The leader itself is heard each H.
    constexpr std::size_t kBeats = kProbeRound / kHeartbeat;
    for (std::size_t i = beats_ % kBeats; i < all.size(); i += kBeats) {
      if (all[i] != election_.following().node) chosen.push_back(all[i]);
    }
  } else {
    // Without one, everybody is asked at once, as far as that is affordable.
    const std::size_t share = (all.size() + kProbeRound / kHeartbeat - 1) / (kProbeRound / kHeartbeat);
    const std::size_t count = std::min(all.size(), std::max(share, kPartners));
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(all[(next_partner_ + i) % all.size()]);
    next_partner_ += count;
  }
  // Whoever connects us to a leader that we do not hear is asked in each beat: so the news ages by H at most with each member
  // that passes it on, however many members there are.
  const bool relayed = relay_ != election_.following().node && std::binary_search(all.begin(), all.end(), relay_);
  if (relayed && std::find(chosen.begin(), chosen.end(), relay_) == chosen.end()) chosen.push_back(relay_);
  return chosen;
}

void Agreement::beat(Now now) {
  next_beat_ = std::max(next_beat_ + kHeartbeat, now.boot + kHeartbeat / 2);
  const bool leads = election_.leads_by_lease(now.boot) || (election_.leading() && policy_ == Policy::majority);
  Heartbeat heartbeat{
      .ballot = leads ? election_.following() : Ballot{}, .sent_at = now.boot, .heard = false, .troubled = {}};
  if (leads) {
    for (const NodeId& id : roster_.active()) {
      const MemberState state = Roster::judge(*roster_.find(id), now.boot);
      if (state != MemberState::alive) heartbeat.troubled.emplace_back(id, state);
    }
  }
  for (const NodeId& id : partners()) {
    const Member& member = *roster_.find(id);
    // Whoever has not answered in this life of ours may not know us, or not this life.
    if (!member.heard || *member.heard < alive_since_) send(id, Cards{{card_}});
    heartbeat.heard = member.heard && now.boot - *member.heard < kLease;
    send(id, heartbeat);
  }
}

void Agreement::round_trip(const NodeId& from, Instant sent_at, const Known& known, Now now) {
  if (sent_at > now.boot || sent_at < alive_since_ || now.boot - sent_at >= kLease) return;
  Member& member = *roster_.find(from);
  member.round_trip = std::max(member.round_trip.value_or(sent_at), sent_at);
  const Ballot before = election_.following();
  const Ballot obstacle = election_.obstacle();
  const Instant contact = election_.contact();
  election_.observed(known, sent_at, now.boot);
  if (election_.contact() > contact && now.boot - heard_leader_ >= kReach) relay_ = from;
  const bool followed = election_.following() != before && !election_.following().none();
  if (followed || (election_.contested(now.boot) && election_.obstacle() != obstacle)) spread_news(from, now);
}

void Agreement::handle(const ClusterMessage& message, const Heartbeat& body, Now now) {
  election_.observed(message.known, std::nullopt, now.boot);
  // News are believed when they come back over a link that works in both directions.
  const Ballot news = std::max(message.known.leader, message.known.highest);
  const bool new_to_us = message.known.leader > election_.following() || news > election_.known(now.boot).highest;
  // That somebody leads by a ballot is news also when it was asked about the promise of that ballot a moment ago.
  Pace& pace = pace_[message.from];
  const bool leads_now = message.known.leader > std::max(election_.following(), pace.probed_leader);
  if (new_to_us && (news > pace.probed_for || leads_now || now.boot >= pace.probe_at)) {
    pace.probe_at = now.boot + kHeartbeat;
    pace.probed_for = news;
    pace.probed_leader = std::max(pace.probed_leader, message.known.leader);
    send(message.from, Heartbeat{.ballot = {}, .sent_at = now.boot, .heard = true, .troubled = {}});
  }
  const Ballot before = election_.following();
  HeartbeatAnswer answer = election_.heartbeat(message.from, message.life, body, now.boot);
  if (answer.accepted && election_.following() != before) spread_news(message.from, now);
  if (answer.accepted) {
    // It hears us too, or its ballot would not have been accepted; so nobody has to ask it.
    Member& leader = *roster_.find(message.from);
    leader.round_trip = std::max(leader.round_trip.value_or(now.boot), now.boot);
    relay_ = {};
    heard_leader_ = now.boot;
    for (const NodeId& id : roster_.active()) roster_.find(id)->published = MemberState::alive;
    for (const auto& [id, state] : body.troubled) {
      Member* member = roster_.find(id);
      if (member == nullptr) continue;
      member->published = state;
      if (member->round_trip && now.boot - *member->round_trip < kSuspectAfter) answer.reached.push_back(id);
    }
  }
  send(message.from, std::move(answer), /*back=*/true);
}

// Another leader than a moment ago, or a promise that stands in its way: everybody is told to ask. Left to the rounds of
// heartbeats, two leaders of a wide net would meet too late.
void Agreement::spread_news(const NodeId& from, Now now) {
  for (const NodeId& id : roster_.active()) {
    if (id != from) send(id, Heartbeat{.ballot = {}, .sent_at = now.boot, .heard = true, .troubled = {}});
  }
}

void Agreement::handle(const ClusterMessage& message, const HeartbeatAnswer& body, Now now) {
  round_trip(message.from, body.sent_at, message.known, now);
  if (body.sent_at > now.boot || now.boot - body.sent_at >= kLease) return;
  election_.heartbeat_answered(message.from, body, now.boot);
  if (!election_.leading()) return;
  for (const NodeId& id : body.reached) {
    Member* member = roster_.find(id);
    if (member != nullptr) member->round_trip = std::max(member->round_trip.value_or(body.sent_at), body.sent_at);
  }
}

void Agreement::handle(const ClusterMessage& message, const Ask& body, Now now) {
  election_.observed(message.known, std::nullopt, now.boot);
  const Answer answer = election_.asked(message.from, body, now.boot);
  send(message.from, answer, /*back=*/true);
}

void Agreement::handle(const ClusterMessage& message, const Answer& body, Now now) {
  round_trip(message.from, body.sent_at, message.known, now);
  election_.answered(message.from, body, now.boot);
}

void Agreement::handle(const ClusterMessage& message, const Release& body, Now now) {
  election_.released(message.from, body, now.boot);
}

void Agreement::handle(const ClusterMessage& /*message*/, const Cards& /*body*/, Now /*now*/) {}  // taken before

void Agreement::handle(const ClusterMessage& message, const Have& body, Now now) {
  Pace& pace = pace_[message.from];
  // Whoever took all that it was sent may have more at once; the same is sent again after a pause.
  const std::uint64_t held = events_.held_by(body.heads);
  if (now.boot >= pace.events_at || held >= pace.events_due) {
    bool more = false;
    auto missing = events_.missing_from(body.heads, ClusterMessage::kEventBytes, more);
    pace.events_at = now.boot + kSyncPause;
    pace.events_due = held + std::max<std::uint64_t>(missing.size(), 1);
    if (!missing.empty()) send(message.from, Events{.events = std::move(missing), .more = more});
  }
  if (events_.lacks(body.heads) && now.boot >= pace.have_at) {
    pace.have_at = now.boot + kSyncPause;
    send(message.from, Have{events_.heads()});
  }
}

void Agreement::handle(const ClusterMessage& message, const Events& body, Now /*now*/) {
  const std::uint64_t before = events_.size();
  for (const Event& event : body.events) {
    if (roster_.excludes(event.feed.author) || events_.add(event, signer_) != EventSet::Added::added) continue;
    const auto frame = event_frame(event);
    event_bytes_.insert(event_bytes_.end(), frame.begin(), frame.end());
  }
  if (body.more && events_.size() > before) send(message.from, Have{events_.heads()});
}

// What the sender lacks, and what we lack, by the digests in its message.
void Agreement::reconcile(const ClusterMessage& message, Now now) {
  Pace& pace = pace_[message.from];
  if (message.roster_digest != roster_.digest(card_) && now.boot >= pace.cards_at) {
    pace.cards_at = now.boot + kSyncPause;
    send_cards(message.from);
  }
  const bool about_events = std::holds_alternative<Have>(message.body) || std::holds_alternative<Events>(message.body);
  if (!takes_part() || about_events || faulty(Fault::pull_no_events)) return;
  if (message.events_digest != events_.digest() && now.boot >= pace.have_at) {
    pace.have_at = now.boot + kSyncPause;
    send(message.from, Have{events_.heads()});
  }
}

// --- members --------------------------------------------------------------------------------------------------------

// Back to where the message came from: the sender's address may be what the cards are about.
void Agreement::send_cards(const NodeId& to) {
  Cards cards{{card_}};
  std::size_t bytes = 0;
  for (const auto& [id, member] : roster_.members()) {
    if (member.card.life.incarnation == 0 || member.excluded) continue;
    ByteWriter size;
    member.card.write(size);
    if (bytes + size.bytes().size() > kCardBytes) {
      send(to, std::move(cards), /*back=*/true);
      cards.cards.clear();
      bytes = 0;
    }
    bytes += size.bytes().size();
    cards.cards.push_back(member.card);
  }
  send(to, std::move(cards), /*back=*/true);
}

void Agreement::take_cards(const Cards& cards, Now now) {
  for (const Card& card : cards.cards) {
    if (card.id == card_.id) {
      meet_own_card(card, now);
      continue;
    }
    if (roster_.merge(card, now.boot, signer_) != Roster::Merge::taken) continue;
    cards_dirty_ = true;
    election_.began_anew(card.id, card.life, now.boot);
  }
  if (pace_.size() <= Roster::kMaxMembers) return;
  std::erase_if(pace_, [this](const auto& each) { return roster_.find(each.first) == nullptr; });
}

// Somebody else signed with our key. It may be an earlier life of this data directory that a restored backup forgot: then
// raising the incarnation above it settles the matter. But a process that has raised its incarnation above ours has
// seen us, so it runs while we do.
void Agreement::meet_own_card(const Card& card, Now now) {
  if (card.life.boot_id == card_.life.boot_id || card_.presence == Presence::cloned || faulty(Fault::ignore_clone))
    return;
  if (!signer_.verify_card(card.id, card.signed_bytes(), card.signature)) return;
  if (card.presence == Presence::cloned || card.outbids == card_.life.boot_id) {
    freeze(card.life);
  } else if (card.life > card_.life) {
    election_.observe(now.boot);
    card_.outbids = card.life.boot_id;
    card_.life.incarnation = card.life.incarnation;
    new_life(now);
  }
}

void Agreement::freeze(const Life& above) {
  election_.release(now_.boot, true);
  waiting_.clear();
  card_.presence = Presence::cloned;
  card_.life.incarnation = std::max(above.incarnation, card_.life.incarnation);
  ledger_.raise_incarnation(card_.life.incarnation);
  sign_card();
  warn(now_);
}

// All that a node does that is frozen, or has left and still runs: everybody must hear of it, and an identity's other process.
void Agreement::warn(Now now) {
  next_beat_ = now.boot + kProbeRound;
  for (const NodeId& id : roster_.active()) send(id, Cards{{card_}});
}

MemberState Agreement::state_of(const Member& member, Instant now) const {
  if (!member.active()) return MemberState::left;
  const bool own_judgement = election_.leading() || !election_.live_leader(now);
  if (own_judgement) return Roster::judge(member, now);
  if (member.card.id != election_.following().node) return member.published;
  return now - election_.contact() < kSuspectAfter ? MemberState::alive : MemberState::suspect;
}

std::vector<MemberView> Agreement::members(Now now) const {
  std::vector<MemberView> views;
  for (const auto& [id, member] : roster_.members()) {
    views.push_back({.card = member.card,
                     .state = state_of(member, now.boot),
                     .excluded = member.excluded,
                     .since = member.since,
                     .heard = member.heard});
  }
  const MemberState own = card_.presence == Presence::present ? MemberState::alive : MemberState::left;
  MemberView self{.card = card_, .state = own, .excluded = false, .since = alive_since_, .heard = {}};
  const auto at = std::lower_bound(views.begin(), views.end(), card_.id,
                                   [](const MemberView& view, const NodeId& id) { return view.card.id < id; });
  views.insert(at, std::move(self));
  return views;
}

// --- output ---------------------------------------------------------------------------------------------------------

Standing Agreement::standing() const {
  const bool frozen = card_.presence == Presence::cloned;
  Condition condition = frozen ? Condition::frozen : Condition::taking_part;
  if (!frozen && ledger_.durable_incarnation() < card_.life.incarnation) condition = Condition::starting;
  return {.self = card_.id,
          .policy = policy_,
          .condition = condition,
          .promised = ledger_.promised(),
          .following = election_.following(),
          .contact = election_.contact(),
          .in_office = election_.in_office(),
          .lease_until = election_.lease_until()};
}

std::vector<std::uint8_t> Agreement::card_file() const {
  ByteWriter out;
  out.u64(kCardFile);
  for (const auto& [id, member] : roster_.members()) member.card.write(out);
  return out.take();
}

void Agreement::finish(Now now) {
  if (election_.leading() && election_.following() != claimed_ && takes_part()) {
    claimed_ = election_.following();
    next_beat_ = now.boot;
    beat(now);
  }
  if (election_.in_office() && election_.following() != announced_ && takes_part()) {
    announced_ = election_.following();
    record("leader", std::to_string(announced_.term), now);
    return;  // record ends with this function
  }
  if (auto bytes = ledger_.next_write(now.boot)) {
    writes_.push_back({.file = Write::File::promise, .append = false, .bytes = std::move(*bytes)});
  }
  if (cards_dirty_ && !cards_in_flight_ && now.boot >= cards_retry_at_) {
    cards_dirty_ = false;
    cards_in_flight_ = true;
    writes_.push_back({.file = Write::File::cards, .append = false, .bytes = card_file()});
  }
  if (!events_in_flight_ && now.boot >= events_retry_at_ && (events_torn_ || !event_bytes_.empty())) {
    Write write{.file = Write::File::events, .append = !events_torn_, .bytes = {}};
    if (events_torn_) {
      for (const auto& [feed, events] : events_.feeds()) {
        for (const Event& event : events) {
          const auto frame = event_frame(event);
          write.bytes.insert(write.bytes.end(), frame.begin(), frame.end());
        }
      }
      event_bytes_.clear();
    } else {
      write.bytes = std::move(event_bytes_);
      event_bytes_.clear();
    }
    events_torn_ = false;
    events_in_flight_ = true;
    events_in_write_ = events_.size();
    writes_.push_back(std::move(write));
  }
  const auto ready = std::stable_partition(waiting_.begin(), waiting_.end(),
                                           [this](const Waiting& waiting) { return ledger_.synced(waiting.version); });
  for (auto at = waiting_.begin(); at != ready; ++at) sends_.push_back(std::move(at->send));
  waiting_.erase(waiting_.begin(), ready);
  asked_to_wake_ = wake_at();
}

std::vector<Send> Agreement::take_sends() { return std::exchange(sends_, {}); }

std::vector<Write> Agreement::take_writes() { return std::exchange(writes_, {}); }

Instant Agreement::wake_at() const { return takes_part() ? std::min(next_beat_, election_.next_wake()) : next_beat_; }

}  // namespace mz
