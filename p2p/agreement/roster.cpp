#include "p2p/agreement/roster.h"

#include <algorithm>
#include <tuple>

#include "engine/base/sha256.h"

namespace mz {
namespace {

// What makes one card of a member newer than another. A clone never becomes a member again; within one life, going away
// is the last thing a member says.
auto rank(const Card& card) { return std::tuple(card.presence == Presence::cloned, card.life, card.presence); }

// What two rosters are compared by. Who has left is forgotten sooner here than there; an identity that runs twice never is.
bool counts(const Card& card) { return card.life.incarnation != 0 && card.presence != Presence::left; }

bool may_go(const Member& member) { return member.excluded || !counts(member.card); }

}  // namespace

const char* member_state_name(MemberState state) {
  switch (state) {
    case MemberState::alive:
      return "alive";
    case MemberState::suspect:
      return "suspect";
    case MemberState::dead:
      return "dead";
    case MemberState::left:
      return "left";
  }
  return "";
}

Roster::Merge Roster::merge(const Card& card, Instant now, Signer& signer) {
  if (card.life.incarnation == 0 || card.id.is_nobody() || excludes(card.id)) return Merge::refused;
  const auto found = members_.find(card.id);
  if (found != members_.end() && rank(card) <= rank(found->second.card)) return Merge::known;
  // Nobody is forgotten for somebody who has left.
  const bool full = found == members_.end() && members_.size() >= kMaxMembers;
  if (full && card.presence == Presence::left) return Merge::refused;
  if (!signer.verify_card(card.id, card.signed_bytes(), card.signature)) return Merge::refused;
  if (full && !make_room(now)) return Merge::refused;
  Member& member = members_[card.id];
  if (member.card.life != card.life) member.since = now;
  member.card = card;
  active_.reset();
  digest_.reset();
  return Merge::taken;
}

void Roster::introduce(const NodeId& id, const std::string& address, Instant now) {
  if (excludes(id) || (!members_.contains(id) && members_.size() >= kMaxMembers && !make_room(now))) return;
  const auto [at, added] = members_.try_emplace(id);
  Member& member = at->second;
  if (added) {
    member.card.id = id;
    member.since = now;
    active_.reset();
  }
  if (member.card.life.incarnation == 0) member.card.addresses = {address};
}

void Roster::exclude(const NodeId& id) {
  if (excluded_.size() < kMaxExcluded) excluded_.insert(id);
  const auto found = members_.find(id);
  if (found == members_.end()) return;
  found->second.excluded = true;
  active_.reset();
  digest_.reset();
}

bool Roster::excludes(const NodeId& id) const {
  const auto found = members_.find(id);
  return excluded_.contains(id) || (found != members_.end() && found->second.excluded);
}

bool Roster::make_room(Instant now) {
  const auto last_sign = [](const Member& member) {
    return std::max(member.since, member.heard.value_or(member.since));
  };
  auto silent = members_.end();
  for (auto at = members_.begin(); at != members_.end(); ++at) {
    if (!may_go(at->second)) continue;
    if (silent == members_.end() || last_sign(at->second) < last_sign(silent->second)) silent = at;
  }
  if (silent == members_.end()) {
    turned_away_at_ = now;
    return false;
  }
  members_.erase(silent);
  active_.reset();
  return true;
}

const Member* Roster::find(const NodeId& id) const {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

Member* Roster::find(const NodeId& id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::vector<NodeId>& Roster::active() const {
  if (!active_) {
    active_.emplace();
    for (const auto& [id, member] : members_) {
      if (member.active()) active_->push_back(id);
    }
  }
  return *active_;
}

std::uint64_t Roster::digest(const Card& own) const {
  if (digest_ && digest_life_ == own.life && digest_presence_ == own.presence) return *digest_;
  ByteWriter out;
  const auto add = [&out](const Card& card) {
    write_id(out, card.id);
    out.u64(card.life.incarnation);
    out.u64(card.life.boot_id);
    out.u8(static_cast<std::uint8_t>(card.presence));
  };
  bool own_added = !counts(own);
  for (const auto& [id, member] : members_) {
    if (!own_added && own.id < id) {
      add(own);
      own_added = true;
    }
    if (counts(member.card) && !member.excluded) add(member.card);
  }
  if (!own_added) add(own);
  const Digest hash = sha256(out.bytes());
  digest_ = ByteReader(hash).u64();
  digest_life_ = own.life;
  digest_presence_ = own.presence;
  return *digest_;
}

MemberState Roster::judge(const Member& member, Instant now) {
  if (!member.active()) return MemberState::left;
  const Duration silence = now - std::max(member.since, member.round_trip.value_or(member.since));
  if (silence < kSuspectAfter) return MemberState::alive;
  return silence < kDeadAfter ? MemberState::suspect : MemberState::dead;
}

void Roster::forgive(Duration late) {
  for (auto& [id, member] : members_) {
    member.since += late;
    if (member.round_trip) *member.round_trip += late;
  }
}

}  // namespace mz
