// Who belongs to the cluster, as far as this node knows: the newest card of each member, and when it was last heard.
//
// A card is taken only with a valid signature of its own member and the proof that the cluster has admitted it, so a member can
// neither speak for another nor invent one. Cards merge in any
// order to the same roster.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "p2p/agreement/card.h"
#include "p2p/agreement/timing.h"

namespace mz {

enum class MemberState : std::uint8_t { alive, suspect, dead, left };

const char* member_state_name(MemberState state);

struct Member {
  Card card;                          // incarnation 0: only id and address are known, from whoever introduced it
  bool excluded = false;              // revoked by an administrator
  Instant since = 0;                  // known, or in this life, since
  std::optional<Instant> heard;       // any message arrived
  std::optional<Instant> round_trip;  // when our newest answered message was sent to it
  MemberState published = MemberState::alive;  // what the leader said last

  [[nodiscard]] bool active() const { return !excluded && card.presence == Presence::present; }
};

class Roster {
 public:
  static constexpr std::size_t kMaxMembers = 512;

  enum class Merge { taken, known, refused };

  // Takes the card when it is newer than what is known of the member. The caller keeps its own card out of here.
  Merge merge(const Card& card, Instant now, Signer& signer);
  // A member to be, of which only an address is known.
  void introduce(const NodeId& id, const std::string& address, Instant now);
  void exclude(const NodeId& id, Instant now);

  [[nodiscard]] const Member* find(const NodeId& id) const;
  Member* find(const NodeId& id);
  [[nodiscard]] const std::map<NodeId, Member>& members() const { return members_; }
  // Members that may take part, in the order of their ids, this node not among them.
  [[nodiscard]] const std::vector<NodeId>& active() const;

  // Equal exactly when all cards are equal that members send each other; `own` is the card of this node.
  [[nodiscard]] std::uint64_t digest(const Card& own) const;

  // By the age of the last round trip, for a node that judges by itself (the leader).
  [[nodiscard]] static MemberState judge(const Member& member, Instant now);
  // This node was late by `late`: nobody else is to blame for it.
  void forgive(Duration late);

 private:
  std::map<NodeId, Member> members_;
  mutable std::optional<std::vector<NodeId>> active_;
  mutable std::optional<std::uint64_t> digest_;
  mutable Life digest_life_;
  mutable Presence digest_presence_ = Presence::present;
};

}  // namespace mz
