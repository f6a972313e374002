#include "tests/sim/checks.h"

#include <algorithm>

namespace mz::sim {

void Checks::violated(const std::string& what) {
  if (violation_) return;
  violation_ = "at " + std::to_string(static_cast<double>(world_.time()) / kSecond) + " s: " + what;
  world_.trace("VIOLATED " + *violation_);
}

// --- at every step --------------------------------------------------------------------------------------------------

void Checks::started(const Host& host) {
  if (clones_.contains(host.id)) return;
  ++check_count_;
  const std::uint64_t incarnation = host.process->card().life.incarnation;
  if (incarnation <= incarnation_[host.id]) violated(name(host) + " starts with an incarnation it has used before");
  least_incarnation_[host.index] = incarnation;
  if (host.process->events().size() < durable_[host.id]) violated("I5: " + name(host) + " lost acknowledged events");
}

void Checks::crashed(const Host& host) { durable_[host.id] = host.process->durable_events(); }

void Checks::woke(const Host& host, Duration slept) {
  if (slept <= 2 * kSlept) return;  // a nap that clocks may not tell from none
  least_incarnation_[host.index] = host.process->card().life.incarnation + 1;
}

void Checks::sent(const Host& host, const ClusterMessage& message) {
  if (clones_.contains(host.id)) return;
  ++check_count_;
  if (message.life.incarnation < least_incarnation_[host.index]) {
    violated(name(host) + " speaks with an incarnation from before it slept");
  }
  incarnation_[host.id] = std::max(incarnation_[host.id], message.life.incarnation);
  if (const auto* heartbeat = std::get_if<Heartbeat>(&message.body)) {
    if (!heartbeat->ballot.none()) {
      issued(host, heartbeat->ballot);
      look_for_votes(host, heartbeat->ballot);
    }
    if (kept_ && kept_->away == kept_->leader) look_for_blame(host, *heartbeat);
  } else if (const auto* ask = std::get_if<Ask>(&message.body)) {
    if (kept_ && takes_part(host) && !(kept_->cut_off && &host == kept_->away))
      violated(name(host) + " asks to lead without need");
    if (ask->binding) {
      issued(host, ask->ballot);
      voted(host, ask->ballot);
    }
  } else if (std::holds_alternative<Release>(message.body) && quiet_since_) {
    if (should_lead(host.fitness)) violated(name(host) + " hands over without need");
    handed_over_at_ = world_.time();
    steady_leader_.clear();
  } else if (const auto* answer = std::get_if<HeartbeatAnswer>(&message.body)) {
    if (answer->accepted) acted_on(host, answer->ballot);
  } else if (const auto* vote = std::get_if<Answer>(&message.body)) {
    if (vote->yes && !vote->binding) would_take(host, *vote);
    if (vote->yes && vote->binding) voted(host, vote->ballot);
  }
}

void Checks::issued(const Host& host, const Ballot& ballot) {
  Issued& last = issued_[host.id];
  if (ballot.node != host.id) violated("I1: " + name(host) + " issued a ballot of another node");
  if (ballot == last.ballot && last.boot_id == host.boot_id) return;
  if (ballot <= last.ballot) violated("I1: " + name(host) + " issued " + name(ballot) + " after " + name(last.ballot));
  last = {.ballot = ballot, .boot_id = host.boot_id};
  ++issued_count_;
}

void Checks::acted_on(const Host& host, const Ballot& ballot) {
  Ballot& highest = acted_on_[host.id];
  if (ballot < highest) violated("I3: " + name(host) + " acted on " + name(ballot) + " after " + name(highest));
  highest = std::max(highest, ballot);
}

void Checks::voted(const Host& host, const Ballot& ballot) {
  const auto [at, first] = votes_[host.id].try_emplace(ballot.term, ballot);
  if (!first && at->second != ballot) {
    violated("I3: " + name(host) + " voted for " + name(ballot) + " and " + name(at->second));
  }
  acted_on(host, ballot);
}

void Checks::look_for_blame(const Host& host, const Heartbeat& heartbeat) {
  for (const auto& [id, state] : heartbeat.troubled) {
    if (std::any_of(world_.hosts().begin(), world_.hosts().end(),
                    [this, &id = id](const auto& other) { return other->id == id && takes_part(*other); })) {
      violated(name(host) + " stood still and calls a member " + member_state_name(state) + " for it");
    }
  }
}

// Of the voters that have said so; a leader hears of no vote before.
void Checks::look_for_votes(const Host& host, const Ballot& ballot) {
  if (world_.settings.policy != Policy::majority || !clones_.empty()) return;
  ++check_count_;
  const auto& voters = world_.settings.voters;
  const auto votes = std::count_if(voters.begin(), voters.end(), [&](const NodeId& voter) {
    const auto& given = votes_[voter];
    const auto at = given.find(ballot.term);
    return at != given.end() && at->second == ballot;
  });
  if (2 * static_cast<std::size_t>(votes) <= voters.size()) {
    violated("I4: " + name(host) + " leads by " + std::to_string(votes) + " votes of " + std::to_string(voters.size()));
  }
}

void Checks::received(const Host& host, const ClusterMessage& message) {
  received_.reset();
  const Member* sender = host.process->roster().find(message.from);
  if (sender == nullptr || !clones_.empty()) return;
  const bool stale = message.life < sender->card.life && !std::holds_alternative<Cards>(message.body);
  const auto* ask = std::get_if<Ask>(&message.body);
  if (!stale && ask == nullptr) return;
  Received now{.host = &host,
               .from = message.from,
               .stale = stale,
               .ask = {},
               .hears_another = false,
               .life = host.process->card().life,
               .standing = host.process->standing(),
               .heard = sender->heard};
  if (ask != nullptr) now.ask = *ask;
  const Ballot& leader = now.standing.following;
  now.hears_another = !leader.none() && leader.node != message.from &&
                      (leader.node == host.id || world_.now(host).boot < now.standing.contact + kLease);
  received_ = now;
}

// "I would take you" is said at once; when it waits for the disk it is not looked at.
void Checks::would_take(const Host& host, const Answer& answer) {
  if (!received_ || received_->host != &host || !received_->ask || received_->life != host.process->card().life) return;
  const Ask& ask = *received_->ask;
  if (ask.binding || answer.ballot != ask.ballot || answer.sent_at != ask.sent_at) return;
  ++check_count_;
  if (!received_->hears_another) return;
  violated(name(host) + " would take " + name(ask.ballot) + " though it hears " + name(received_->standing.following));
}

void Checks::look_at_what_was_received(const Host& host) {
  if (!received_ || received_->host != &host) return;
  const Received before = *received_;
  received_.reset();
  if (before.life != host.process->card().life) return;
  ++check_count_;
  const Standing after = host.process->standing();
  const Ballot asked = before.ask ? before.ask->ballot : Ballot{};
  if (before.hears_another && after.promised == asked && before.standing.promised != asked) {
    violated(name(host) + " votes for " + name(asked) + " though it hears " + name(before.standing.following));
  }
  if (!before.stale) return;
  const Member* sender = host.process->roster().find(before.from);
  if (after.following != before.standing.following || after.promised != before.standing.promised ||
      after.contact != before.standing.contact || (sender != nullptr && sender->heard != before.heard)) {
    violated(name(host) + " listens to an earlier life of a member");
  }
}

bool Checks::united() const {
  const std::vector<Component> all = components();
  return all.size() == 1 && all[0].complete;
}

void Checks::goes_away(const Host& leader, const Host& away, bool cut_off) {
  kept_ = Kept{.leader = &leader, .ballot = leader.process->standing().following, .away = &away, .cut_off = cut_off};
}

void Checks::came_back() {
  if (!kept_) return;
  ++check_count_;
  if (kept_->away->process->standing().following != kept_->ballot)
    violated(name(*kept_->away) + " came back and does not follow " + name(kept_->ballot));
  kept_.reset();
}

void Checks::look_at_the_kept_leader(const Host& host) {
  if (!kept_ || !takes_part(host) || (&host == kept_->away && &host != kept_->leader)) return;
  ++check_count_;
  const Ballot following = host.process->standing().following;
  if (following != kept_->ballot || (&host == kept_->leader && world_.part_of(host) != Part::leading))
    violated(name(host) + " gives up " + name(kept_->ballot) + " for somebody who was away");
}

void Checks::stepped(const Host& host) {
  look_at_what_was_received(host);
  look_at_the_kept_leader(host);
  look_for_two_leaders(host);
  look_for_a_leader_without_registrar(host);
  if (world_.settings.policy == Policy::available || !clones_.empty()) return;
  ++check_count_;
  if (world_.part_of(host) != Part::leading) return;
  for (const auto& other : world_.hosts()) {
    if (other.get() != &host && world_.part_of(*other) == Part::leading) {
      violated("I4: " + name(host) + " and " + name(*other) + " both lead with a valid lease");
    }
  }
}

// Leaders are made by inputs to them, so together with a look at the moment when the bound is reached this misses no instant.
void Checks::look_for_two_leaders(const Host& host) {
  if (!quiet_since_ || world_.time() - *quiet_since_ < slowly(kOneLeaderAfter)) return;
  const auto leads = [this](const Host& one) { return takes_part(one) && world_.part_of(one) == Part::leading; };
  if (!leads(host)) return;
  ++check_count_;
  if (std::count_if(world_.hosts().begin(), world_.hosts().end(), [&leads](const auto& one) { return leads(*one); }) <
      2)
    return;
  for (const Component& component : components()) {
    if (std::find(component.hosts.begin(), component.hosts.end(), &host) == component.hosts.end()) continue;
    for (const Host* other : component.hosts) {
      if (other != &host && leads(*other))
        violated("I2: " + name(host) + " and " + name(*other) + " lead one component");
    }
  }
}

// --- in quiet times -------------------------------------------------------------------------------------------------

std::vector<std::uint64_t> Checks::surroundings() const {
  std::vector<std::uint64_t> all;
  for (const auto& a : world_.hosts()) {
    all.push_back(a->life);
    for (const auto& b : world_.hosts()) all.push_back(world_.link(a->index, b->index).up ? 1 : 0);
  }
  return all;
}

void Checks::settle() {
  quiet_since_ = world_.time();
  lost_hosts();
}

void Checks::lost_hosts() {
  complete_since_ = world_.time();
  settled_ = surroundings();
  steady_leader_.clear();
}

void Checks::stir() { quiet_since_.reset(); }

bool Checks::takes_part(const Host& host) const {
  return host.running() && host.rest == Rest::none && !host.gone && !host.cloned && !clones_.contains(host.id);
}

bool Checks::linked(const Host& a, const Host& b) const {
  return world_.link(a.index, b.index).up && world_.link(b.index, a.index).up &&
         a.process->roster().find(b.id) != nullptr && b.process->roster().find(a.id) != nullptr;
}

std::vector<Checks::Component> Checks::components() const {
  std::vector<Component> components;
  std::set<int> seen;
  for (const auto& first : world_.hosts()) {
    if (!takes_part(*first) || seen.contains(first->index)) continue;
    Component component;
    component.hosts.push_back(first.get());
    seen.insert(first->index);
    for (std::size_t i = 0; i < component.hosts.size(); ++i) {
      for (const auto& other : world_.hosts()) {
        if (!takes_part(*other) || seen.contains(other->index) || !linked(*component.hosts[i], *other)) continue;
        component.hosts.push_back(other.get());
        seen.insert(other->index);
      }
    }
    for (const Host* a : component.hosts) {
      for (const Host* b : component.hosts) component.complete = component.complete && (a == b || linked(*a, *b));
    }
    components.push_back(std::move(component));
  }
  return components;
}

bool Checks::may_elect(const Component& component) const {
  // Members follow an identity that runs twice until they learn that it does.
  for (const auto& host : world_.hosts()) {
    if (host->running() && clones_.contains(host->id) && world_.part_of(*host) != Part::frozen) return false;
  }
  if (std::any_of(component.hosts.begin(), component.hosts.end(), [](const Host* host) { return host->disk.full; }))
    return false;
  if (world_.settings.policy == Policy::available) return true;
  // The registrar is asked by everybody and lets one lead, in whichever part of the net that is.
  if (world_.settings.policy == Policy::etcd) {
    return std::any_of(component.hosts.begin(), component.hosts.end(),
                       [this](const Host* host) { return world_.part_of(*host) == Part::leading; });
  }
  if (!component.complete) return false;
  const auto& voters = world_.settings.voters;
  const auto present = std::count_if(component.hosts.begin(), component.hosts.end(), [&voters](const Host* host) {
    return std::find(voters.begin(), voters.end(), host->id) != voters.end();
  });
  return 2 * static_cast<std::size_t>(present) > voters.size();
}

void Checks::look() {
  if (!quiet_since_) return;
  if (surroundings() != settled_) return violated("the simulator disturbs what it calls quiet");
  for (const auto& host : world_.hosts()) {
    look_for_two_leaders(*host);
    look_for_a_leader_without_registrar(*host);
  }
  if (world_.time() - complete_since_ < slowly(kLeaderAfter)) return;
  if (world_.time() - handed_over_at_ < slowly(kReach)) return;
  if (world_.settings.policy == Policy::etcd) look_for_the_registered_leader();
  for (const Component& component : components()) look_at(component);
}

void Checks::look_for_the_registered_leader() {
  if (!world_.registrar.up() || !clones_.empty()) return;
  const auto leaders = std::count_if(world_.hosts().begin(), world_.hosts().end(), [this](const auto& host) {
    return takes_part(*host) && world_.part_of(*host) == Part::leading;
  });
  const bool anybody =
      std::any_of(world_.hosts().begin(), world_.hosts().end(), [this](const auto& host) { return takes_part(*host); });
  ++check_count_;
  if (anybody && leaders != 1) violated("the registrar answers, and " + std::to_string(leaders) + " hosts lead");
}

// A grant that was on its way may come in later, with what is left of its lease.
void Checks::look_for_a_leader_without_registrar(const Host& host) {
  if (world_.settings.policy != Policy::etcd || world_.registrar.up()) return;
  if (world_.time() - world_.registrar.changed_at() < slowly(kLease)) return;
  ++check_count_;
  if (world_.part_of(host) == Part::leading)
    violated("I4: " + name(host) + " leads though nobody could renew its lease");
}

void Checks::look_at(const Component& component) {
  ++check_count_;
  std::vector<const Host*> leaders;
  for (const Host* host : component.hosts) {
    if (world_.part_of(*host) == Part::leading) leaders.push_back(host);
  }
  if (!may_elect(component)) return;
  if (leaders.empty()) {
    std::string text = "a component has no leader:";
    for (const Host* host : component.hosts) text += " " + name(*host) + " " + part_name(world_.part_of(*host));
    return violated(text);
  }
  const Host& leader = *leaders[0];
  for (const Host* host : component.hosts) {
    const Standing standing = host->process->standing();
    if (standing.following.node != leader.id || (host != &leader && world_.part_of(*host) != Part::following)) {
      violated(name(*host) + " does not follow " + name(leader));
    }
    const auto [at, first] = steady_leader_.try_emplace(host->index, standing.following);
    if (first || at->second == standing.following) continue;
    violated("the leader of " + name(*host) + " changes without need, from " + name(at->second) + " to " +
             name(standing.following));
  }
  for (const MemberView& member : leader.process->members(world_.now(leader))) {
    const bool here = std::any_of(component.hosts.begin(), component.hosts.end(),
                                  [&member](const Host* host) { return host->id == member.card.id; });
    if (here && component.complete && member.state != MemberState::alive) {
      violated(name(leader) + " calls a member " + member_state_name(member.state) + " that answers");
    }
  }
}

void Checks::look_at_the_end() {
  look();
  for (const auto& a : world_.hosts()) {
    for (const auto& b : world_.hosts()) {
      if (a == b || a->id != b->id || !a->running() || !b->running()) continue;
      // They learn of each other from a third.
      const bool witnessed = std::any_of(world_.hosts().begin(), world_.hosts().end(), [&](const auto& third) {
        return takes_part(*third) && linked(*third, *a) && linked(*third, *b);
      });
      if (witnessed && world_.part_of(*a) != Part::frozen) violated(name(*a) + " shares its identity and carries on");
    }
  }
  for (const Component& component : components()) {
    const Agreement& first = *component.hosts[0]->process;
    for (const Host* host : component.hosts) {
      ++check_count_;
      const Agreement& process = *host->process;
      if (process.events().digest() != first.events().digest()) {
        violated("I5: " + name(*component.hosts[0]) + " and " + name(*host) + " hold different events");
      }
      if (process.roster().digest(process.card()) != first.roster().digest(first.card())) {
        violated(name(*component.hosts[0]) + " and " + name(*host) + " know different members");
      }
    }
  }
}

}  // namespace mz::sim
