#include "p2p/agreement/election.h"

#include <algorithm>

#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr std::size_t kMaxRivals = 8;
constexpr Duration kAskAgain = kHeartbeat / 8;  // whom our question may have reached before the release

}  // namespace

Election::Election(ElectionRules rules, const Roster& roster, Ledger& ledger, Rng& rng, Send send)
    : rules_(std::move(rules)),
      roster_(roster),
      ledger_(ledger),
      rng_(rng),
      send_(std::move(send)),
      registration_(rules_.self, rng) {}

std::vector<NodeId> Election::electors() const {
  if (rules_.policy != Policy::majority) return roster_.active();
  std::vector<NodeId> others;
  for (const NodeId& voter : rules_.voters) {
    const Member* member = roster_.find(voter);
    if (voter != rules_.self && (member == nullptr || member->active())) others.push_back(voter);
  }
  return others;
}

bool Election::is_elector(const NodeId& id) const {
  return rules_.policy != Policy::majority ||
         std::find(rules_.voters.begin(), rules_.voters.end(), id) != rules_.voters.end();
}

Duration Election::jitter() {
  const auto spread = static_cast<Duration>(rng_.below(static_cast<std::uint32_t>(kJitter)));
  return spread + (static_cast<int>(Fitness::best) - static_cast<int>(rules_.fitness)) * kFitnessDelay;
}

void Election::start(Instant now) {
  // A node that never promised anything never acknowledged anything either.
  vote_from_ = ledger_.promised().none() ? now : now + kLease;
  if (faulty(Fault::vote_after_start)) vote_from_ = now;
  observe(now);
}

void Election::observe(Instant now) {
  // The lease that this node has granted by its last answer runs on, whatever this node forgets.
  const bool granted = !following_.none() && !leading() && !faulty(Fault::vote_after_sleep);
  if (granted) vote_from_ = std::max(vote_from_, contact_ + kLease);
  following_ = {};
  campaign_.reset();
  registration_.let_go(now);
  acknowledged_.clear();
  raise_at_.reset();
  in_office_ = false;
  lease_until_ = 0;
  contact_ = now;
  const bool by_itself = rules_.policy == Policy::available && roster_.active().empty();
  // A registrar knows whether somebody leads, so nobody has to be waited for.
  const bool told = rules_.policy == Policy::etcd;
  // Whoever founds a cluster waits for nobody; whoever entered one will hear of the others.
  const Duration patience = rules_.admin && ledger_.promised().none() ? 0 : kReach;
  campaign_at_ = by_itself || told ? now + patience : now + kLease + jitter();
  alone_at_ = by_itself ? now + patience : now + kLease + kReach;
}

bool Election::live_leader(Instant now) const { return !following_.none() && (leading() || now < contact_ + kLease); }

bool Election::leads_by_lease(Instant now) const {
  return leading() && (rules_.policy == Policy::available || now < lease_until_);
}

Known Election::known(Instant now) const {
  Known known{.highest = std::max(ledger_.promised(), obstacle_), .leader = {}, .leader_age = 0};
  if (live_leader(now)) {
    known.leader = following_;
    known.leader_age = leading() ? 0 : std::clamp<Duration>(now - contact_, 0, kLease);
  }
  return known;
}

void Election::tick(Instant now) {
  ticked_at_ = now;
  std::erase_if(rivals_, [now](const auto& rival) { return now >= rival.second.last + kLease; });
  if (rules_.policy == Policy::etcd) tick_registration(now);
  if (leading()) {
    renew_lease(now);
    take_office(now);
    const bool lapsed = now >= std::max(lease_until_, led_since_ + kLeaderLease);
    if (rules_.policy == Policy::majority && lapsed) {
      step_down(now);
    } else if (raise_at_ && now >= *raise_at_) {
      raise_at_.reset();
      if (obstacle_ > following_) ask_for_more(now);
    } else if (misplaced(now)) {
      handed_over_at_ = now;
      release(now, false);
    }
    return;
  }
  if (rules_.policy == Policy::etcd) return;
  if (campaign_) {
    if (now >= campaign_->repeat_at) ask(now);
    decide(now);
    return;
  }
  if (now >= campaign_at_ && may_stand(now)) campaign(false, {}, now);
}

Instant Election::next_wake() const {
  const Instant stand_at = std::max(campaign_at_, rest_until_);
  if (rules_.policy == Policy::etcd) {
    const Instant wake = std::min(registration_.next_wake(), raise_at_.value_or(INT64_MAX));
    return leading() || for_good_ || stand_at <= ticked_at_ ? wake : std::min(wake, stand_at);
  }
  if (leading()) {
    const Instant lapse =
        rules_.policy == Policy::majority ? std::max(lease_until_, led_since_ + kLeaderLease) : INT64_MAX;
    const Instant office = in_office_ || obstacle_ > following_ ? INT64_MAX : led_since_ + kClaim;
    return std::min({lapse, office, raise_at_.value_or(INT64_MAX)});
  }
  if (campaign_) {
    Instant wake = campaign_->repeat_at;
    for (const Instant limit : {campaign_->asked_at + kReach, alone_at_}) {
      if (limit > ticked_at_) wake = std::min(wake, limit);
    }
    return wake;
  }
  return for_good_ || !is_elector(rules_.self) ? INT64_MAX : stand_at;
}

void Election::forgive(Instant now) {
  campaign_at_ = std::max(campaign_at_, now + kReach);
  alone_at_ = std::max(alone_at_, now + kReach);
}

void Election::synced(Instant now) {
  if (campaign_) decide(now);
}

void Election::rolled_back(Instant now) {
  campaign_.reset();
  registration_.let_go(now);
  voted_ = {};
  if (following_ > ledger_.promised()) following_ = {};
  campaign_at_ = std::max(campaign_at_, now + kDiskRetry + jitter());
}

// --- following ------------------------------------------------------------------------------------------------------

void Election::refresh(Instant contact) {
  if (contact <= contact_) return;
  contact_ = contact;
  campaign_at_ = std::max(campaign_at_, contact + kLease + patience_);
  alone_at_ = std::max(alone_at_, contact + kLease + kReach);
}

void Election::follow(const Ballot& ballot, const Life& life, Instant contact, Instant now) {
  if (ballot != following_) {
    registration_.let_go(now);
    ledger_.promise(ballot);
    following_ = ballot;
    settled_from_ = now + kReach;
    contact_ = contact;
    acknowledged_.clear();
    raise_at_.reset();
    in_office_ = false;
    lease_until_ = 0;
    patience_ = jitter();
    campaign_at_ = now + kLease + patience_;
    alone_at_ = contact + kLease + kReach;
    rivals_.erase(ballot);
  }
  following_life_ = std::max(following_life_, life);
  campaign_.reset();
  refresh(contact);
}

HeartbeatAnswer Election::heartbeat(const NodeId& from, const Life& life, const Heartbeat& heartbeat, Instant now) {
  HeartbeatAnswer answer{.ballot = heartbeat.ballot,
                         .sent_at = heartbeat.sent_at,
                         .accepted = false,
                         .fitness = now < rest_until_ ? Fitness::last_resort : rules_.fitness,
                         .reached = {}};
  const Ballot& ballot = heartbeat.ballot;
  if (ballot.none() || ballot.node != from) return answer;
  if (!heartbeat.heard && !faulty(Fault::follow_the_deaf)) return answer;
  if (ballot < ledger_.promised() && !faulty(Fault::accept_lower_ballot)) return answer;
  if (is_released(ballot)) return answer;
  if (ballot > ledger_.promised() && ledger_.ailing(now)) return answer;
  if (!believes(ballot, now)) return answer;
  if (leading() && faulty(Fault::keep_leading)) return answer;
  if (ballot != following_) following_life_ = {};
  follow(ballot, life, now, now);
  answer.accepted = true;
  return answer;
}

void Election::observed(const Known& known, std::optional<Instant> sent_at, Instant now) {
  const std::uint64_t limit = believable(now);
  const bool believed = known.highest.term <= limit;
  // More than that moves this node towards it: it may be true, and then this node must get there.
  seen_term_ = std::max(seen_term_, std::min(known.highest.term, limit));
  const bool fresh = !known.leader.none() && known.leader_age < kLease && known.leader.node != rules_.self &&
                     !is_released(known.leader) && known.leader.term <= limit;
  if (fresh) note_rival(known.leader, now - known.leader_age, now);
  if (!sent_at) return;
  if (believed) obstacle_ = std::max(obstacle_, known.highest);
  // Whoever answers is connected to us in both directions, so its leader can be ours. The age counts from before our
  // question left, or news that is always on its way would keep a dead leader alive.
  const Instant contact = *sent_at - known.leader_age;
  if (fresh && known.leader == following_ && !leading()) {
    refresh(contact);
  } else if (fresh && known.leader > following_ && known.leader >= ledger_.promised()) {
    if (contact + kLease <= now || (known.leader > ledger_.promised() && ledger_.ailing(now))) return;
    if (leading() && faulty(Fault::keep_leading)) return;
    following_life_ = {};
    follow(known.leader, {}, contact, now);
  } else if (leading() && obstacle_ > following_ && !raise_at_) {
    // A member has promised more than we lead with. Whoever asked for that may be about to lead, and then we follow;
    // if nobody does, we ask with a higher ballot.
    raise_at_ = now + kReach + rng_.below(static_cast<std::uint32_t>(kReach));
  }
}

void Election::note_rival(const Ballot& ballot, Instant seen, Instant now) {
  if (ballot == following_ || !live_leader(now)) return;
  // The leader before ours is given up, and a claim that lost against it ends, a moment later elsewhere than here.
  if (seen < settled_from_) return;
  const auto found = rivals_.find(ballot);
  if (found != rivals_.end()) {
    found->second.last = std::max(found->second.last, seen);
  } else if (rivals_.size() < kMaxRivals) {
    rivals_.emplace(ballot, Rival{.first = now, .last = seen});
    ++rivals_met_;
    last_rival_ = ballot;
  }
}

void Election::heard(const NodeId& from, const Ballot& leader) {
  std::erase_if(rivals_, [&](const auto& rival) { return rival.first.node == from && rival.first != leader; });
}

void Election::began_anew(const NodeId& id, const Life& life, Instant now) {
  if (leading() || following_.none() || following_.node != id || life <= following_life_) return;
  if (following_life_.incarnation == 0) return;  // known by hearsay only: it times out by itself
  following_ = {};
  campaign_at_ = now + jitter();
  alone_at_ = now + kReach;
}

void Election::note_release(const Ballot& ballot) {
  std::uint64_t& term = released_[ballot.node];
  term = std::max(term, ballot.term);
}

bool Election::is_released(const Ballot& ballot) const {
  const auto found = released_.find(ballot.node);
  return found != released_.end() && ballot.term <= found->second;
}

Ballot Election::released_ballot() const {
  Ballot highest;
  for (const auto& [node, term] : released_) {
    const Ballot ballot{.term = term, .node = node};
    if (ballot <= ledger_.promised()) highest = std::max(highest, ballot);
  }
  return highest;
}

void Election::released(const NodeId& from, const Release& release, Instant now) {
  if (release.ballot.node != from) return;
  note_release(release.ballot);
  if (following_ != release.ballot) return;
  following_ = {};
  alone_at_ = now + kReach;
  vote_at_once(now);
  if (release.successor == rules_.self && may_stand(now)) {
    if (rules_.policy == Policy::etcd) {
      campaign_at_ = now;
      return registration_.hurry(now);
    }
    alone_at_ = now;
    campaign(true, {}, now);
    if (campaign_) {
      campaign_->appointed = true;
      // Nobody waits for the answer of a node that may be gone already; but where votes are counted, its own may decide.
      if (rules_.policy != Policy::majority) undeliverable(from, now);
    }
  } else {
    campaign_at_ = now + kReach + jitter();
  }
}

// --- asking and voting ----------------------------------------------------------------------------------------------

Answer Election::asked(const NodeId& from, const Ask& ask, Instant now) {
  Answer answer{.ballot = ask.ballot, .binding = ask.binding, .yes = false, .sent_at = ask.sent_at};
  if (rules_.policy == Policy::etcd) return answer;
  const Ballot& promised = ledger_.promised();
  const bool again = ask.binding && ask.ballot == promised && ask.ballot == voted_;
  const bool higher = faulty(Fault::vote_twice) ? ask.ballot.term >= promised.term : ask.ballot.term > promised.term;
  if (ask.ballot.node != from || (!higher && !again)) return answer;
  if (!believes(ask.ballot, now)) return answer;
  if (!is_elector(rules_.self) || !is_elector(from)) return answer;
  if (now < vote_from_) return answer;
  const bool despite = faulty(ask.binding ? Fault::vote_despite_leader : Fault::take_despite_leader);
  if (live_leader(now) && following_.node != from && !despite) return answer;
  if (now < hold_until_ && from != voted_.node) return answer;
  if (higher && ask.binding) {
    if (ledger_.ailing(now)) return answer;
    ledger_.promise(ask.ballot);
    voted_ = ask.ballot;
    hold_until_ = now + kReach;
    following_ = {};
    campaign_.reset();
    campaign_at_ = std::max(campaign_at_, now + kReach + jitter());
    alone_at_ = std::max(alone_at_, now + kReach);
  }
  answer.yes = true;
  return answer;
}

std::uint64_t Election::highest_known_term() const { return std::max(ledger_.promised().term, seen_term_); }

// The highest term that this node takes from others. Terms end at kMaxTerm and a promise is never taken back, so a hostile
// member must not use them up; but a node that comes late, new or after months, must be able to follow wherever the others are,
// and everybody must be able to go wherever a late one was led to, or a wrong word could part them for ever.
//
// - Whatever is plausible is believed, by everybody. A cluster that a lie takes there goes on above it.
// - Above, everybody moves by kMaxTermJump in an H. To use up the terms takes 2^42 H, seventy thousand years, and whoever was
//   absent while somebody tried catches up in no more time than that went on (ADR 011).
std::uint64_t Election::believable(Instant now) {
  const std::uint64_t known =
      std::max({kMaxPlausibleTerm, seen_term_, ledger_.promised().term, registration_.named_term()});
  if (now >= ceiling_until_) {
    ceiling_ = known + kMaxTermJump;
    ceiling_until_ = now + kHeartbeat;
  }
  return std::max(known, ceiling_);
}

void Election::campaign(bool binding, std::set<NodeId> reached, Instant now) {
  if (binding && ledger_.ailing(now)) {
    campaign_.reset();
    campaign_at_ = now + kDiskRetry + jitter();
    return;
  }
  Campaign next;
  next.binding = binding;
  next.ballot = {.term = highest_known_term() + 1, .node = rules_.self};
  next.reached = std::move(reached);
  if (binding) {
    following_ = {};
    in_office_ = false;
    ledger_.promise(next.ballot);
    voted_ = next.ballot;
    hold_until_ = now + kReach;
    next.version = ledger_.version();
  }
  next.asked_at = now;
  campaign_ = std::move(next);
  ask(now);
  decide(now);
}

// Members have promised more than this leader leads with, and nobody came who leads with that.
void Election::ask_for_more(Instant now) {
  if (rules_.policy == Policy::etcd) return step_down(now);  // the next claim names what has to be exceeded
  campaign(true, {}, now);
}

void Election::ask(Instant now) {
  campaign_->repeat_at = now + kHeartbeat;
  for (const NodeId& elector : electors()) {
    if (campaign_->answered.contains(elector)) continue;
    send_(elector, Ask{.ballot = campaign_->ballot, .binding = campaign_->binding, .sent_at = now});
  }
}

void Election::answered(const NodeId& from, const Answer& answer, Instant now) {
  if (!campaign_) return;
  if (answer.ballot != campaign_->ballot && !faulty(Fault::count_old_answers)) return;
  if (answer.binding != campaign_->binding && !faulty(Fault::count_pre_votes)) return;
  campaign_->reached.insert(from);
  if (campaign_->appointed && !answer.yes && now < campaign_->asked_at + kReach) {
    campaign_->repeat_at = std::min(campaign_->repeat_at, now + kAskAgain);
    return;
  }
  campaign_->answered.insert(from);
  if (answer.yes && is_elector(from)) campaign_->granted.insert(from);
  decide(now);
}

void Election::undeliverable(const NodeId& to, Instant now) {
  if (!campaign_ || campaign_->answered.contains(to)) return;
  campaign_->unreachable.insert(to);
  decide(now);
}

Election::Verdict Election::verdict(Instant now) const {
  const Campaign& campaign = *campaign_;
  if (campaign.binding && !ledger_.synced(campaign.version)) return Verdict::wait;  // our own vote is not on disk
  if (rules_.policy == Policy::etcd) return registration_.holds(now) ? Verdict::won : Verdict::lost;
  const std::vector<NodeId> others = electors();
  const std::size_t yes = campaign.granted.size() + 1;
  std::size_t all = others.size() + 1;
  if (rules_.policy == Policy::majority) all = rules_.voters.size();
  if (rules_.policy == Policy::majority && faulty(Fault::count_absent_voters)) all = campaign.reached.size() + 1;
  if (2 * yes > all || (2 * yes == all && faulty(Fault::half_is_enough))) return Verdict::won;

  const bool settled =
      now >= campaign.asked_at + kReach || std::all_of(others.begin(), others.end(), [&campaign](const NodeId& id) {
        return campaign.answered.contains(id) || campaign.unreachable.contains(id);
      });
  if (!settled) return Verdict::wait;
  if (rules_.policy == Policy::majority || 2 * yes <= campaign.reached.size() + 1) return Verdict::lost;
  return campaign.reached.empty() && now < alone_at_ ? Verdict::wait : Verdict::won;
}

void Election::decide(Instant now) {
  switch (verdict(now)) {
    case Verdict::wait:
      return;
    case Verdict::lost:
      campaign_.reset();
      campaign_at_ = now + jitter();
      return;
    case Verdict::won:
      if (campaign_->binding) {
        lead(now);
      } else {
        campaign(true, campaign_->reached, now);
      }
      return;
  }
}

// --- leading --------------------------------------------------------------------------------------------------------

void Election::lead(Instant now) {
  following_ = campaign_->ballot;
  settled_from_ = now + kReach;
  in_office_ = rules_.policy != Policy::available || campaign_->appointed || campaign_->reached.empty();
  campaign_.reset();
  acknowledged_.clear();
  raise_at_.reset();
  led_since_ = now;
  contact_ = now;
  lease_until_ = 0;
  renew_lease(now);
  take_office(now);
}

// Without a quorum, members that do not reach each other may be elected at the same time, and members between them connect
// them. So the news of a claim goes round before the claim counts; and the claims that it meets are lower, and end there,
// or it is stopped by a member that promised more, and then the news of that promise stops the claim.
void Election::take_office(Instant now) {
  if (in_office_) return;
  const std::vector<NodeId> others = electors();
  const bool all_agree =
      std::all_of(others.begin(), others.end(), [this](const NodeId& id) { return acknowledged_.contains(id); });
  const bool known = now >= led_since_ + kClaim && obstacle_ <= following_;
  in_office_ = all_agree || known || faulty(Fault::lead_unannounced);
}

void Election::step_down(Instant now) {
  registration_.let_go(now);
  following_ = {};
  in_office_ = false;
  acknowledged_.clear();
  raise_at_.reset();
  lease_until_ = 0;
  campaign_at_ = now + jitter();
  alone_at_ = now + kLease;
}

void Election::heartbeat_answered(const NodeId& from, const HeartbeatAnswer& answer, Instant now) {
  if (!leading() || !answer.accepted || answer.ballot != following_) return;
  Follower& follower = acknowledged_[from];
  const Instant counts_from = faulty(Fault::lease_from_receipt) ? now : answer.sent_at;
  if (counts_from >= follower.sent_at) {  // answers may overtake each other
    follower.sent_at = counts_from;
    follower.fitness = answer.fitness;
  }
  renew_lease(now);
  take_office(now);
}

void Election::renew_lease(Instant now) {
  if (rules_.policy == Policy::etcd) {
    lease_until_ = registration_.until();
    return;
  }
  std::vector<Instant> acknowledged;
  for (const NodeId& elector : electors()) {
    const Member* member = roster_.find(elector);
    const bool counts =
        rules_.policy == Policy::majority || (member != nullptr && Roster::judge(*member, now) != MemberState::dead);
    const auto found = acknowledged_.find(elector);
    if (counts) acknowledged.push_back(found == acknowledged_.end() ? INT64_MIN : found->second.sent_at);
  }
  acknowledged.push_back(now);
  std::sort(acknowledged.begin(), acknowledged.end(), std::greater<>());
  const std::size_t all = rules_.policy == Policy::majority ? rules_.voters.size() : acknowledged.size();
  const std::size_t quorum = all / 2 + 1;
  if (quorum > acknowledged.size() || acknowledged[quorum - 1] == INT64_MIN) return;
  const Duration counted = faulty(Fault::lead_too_long) ? kLease * 99 / 100 : kLeaderLease;
  lease_until_ = std::max(lease_until_, acknowledged[quorum - 1] + counted);
}

// --- policy etcd ----------------------------------------------------------------------------------------------------

void Election::tick_registration(Instant now) {
  // Before the incarnation is on disk this node must not be heard of, so it does not lead either.
  const bool able = may_stand(now) && !ledger_.ailing(now) && ledger_.synced(ledger_.version());
  const bool lead = able && !live_leader(now) && now >= campaign_at_;
  registration_.tick({.lead = lead, .above = highest_known_term(), .fitness = rules_.fitness}, now);
  follow_registration(now);
}

void Election::registrar_answered(const RegistrarAnswer& answer, Instant now) {
  registration_.answered(answer, now);
  follow_registration(now);
}

// What the registrar grants is promised and written down first; what it takes away is over at once.
void Election::follow_registration(Instant now) {
  const bool held = registration_.holds(now);
  const Ballot& ballot = registration_.ballot();
  if (leading() && (!held || ballot != following_)) step_down(now);
  if (campaign_ && (!held || ballot != campaign_->ballot)) campaign_.reset();
  if (leading()) return renew_lease(now);
  if (!held || campaign_) return;
  if (ballot <= ledger_.promised() || ledger_.ailing(now)) return registration_.let_go(now);
  following_ = {};
  ledger_.promise(ballot);
  campaign_ = Campaign{};
  campaign_->binding = true;
  campaign_->ballot = ballot;
  campaign_->version = ledger_.version();
}

// Rather one that has acknowledged a heartbeat, for then it can write; but a leader that stops at once still names somebody.
NodeId Election::best_successor(Instant now) const {
  const auto rank = [this](const NodeId& id) {
    const auto found = acknowledged_.find(id);
    return found == acknowledged_.end() ? std::pair(false, Fitness::last_resort)
                                        : std::pair(true, found->second.fitness);
  };
  NodeId best;
  for (const NodeId& id : electors()) {
    const Member* member = roster_.find(id);
    if (member == nullptr || Roster::judge(*member, now) != MemberState::alive) continue;
    if (best.is_nobody() || rank(id) > rank(best)) best = id;
  }
  return best;
}

// This node should not lead, and somebody who should is there. Only a settled cluster is disturbed for that, in which
// everybody who is not dead hears this node: elsewhere the other one might not win, and it would go round in circles.
bool Election::misplaced(Instant now) const {
  if (should_lead(rules_.fitness) || !in_office() || now < led_since_ + kSettled || obstacle_ > following_)
    return false;
  if (handed_over_at_ != INT64_MIN && now < handed_over_at_ + kHandOverPause) return false;
  for (const NodeId& id : electors()) {
    const Member* member = roster_.find(id);
    if (member == nullptr) return false;
    const bool dead = Roster::judge(*member, now) == MemberState::dead;
    const auto found = acknowledged_.find(id);
    const bool follows = found != acknowledged_.end() && now < found->second.sent_at + kReach;
    if (!dead && (!follows || now < member->since + kSettled)) return false;
  }
  const auto successor = acknowledged_.find(best_successor(now));
  return successor != acknowledged_.end() && should_lead(successor->second.fitness);
}

// A leader is no more by its own word. What this node may have acknowledged before its start was over when that leader came to
// lead, and whoever had our vote has used it.
void Election::vote_at_once(Instant now) {
  vote_from_ = std::min(vote_from_, now);
  hold_until_ = std::min(hold_until_, now);
}

void Election::release(Instant now, bool for_good) {
  for_good_ = for_good_ || for_good;
  campaign_.reset();
  if (!leading()) registration_.let_go(now);
  if (!leading()) return;
  const Release release{.ballot = following_, .successor = best_successor(now)};
  note_release(following_);
  step_down(now);
  vote_at_once(now);
  campaign_at_ = now + kLease + jitter();
  for (const NodeId& id : roster_.active()) send_(id, release);
}

void Election::rest(Instant now) {
  release(now, false);
  rest_until_ = now + kRest;
}

}  // namespace mz
