// Who belongs to the cluster, as far as this node knows: the newest card of each member, and when it was last heard.
//
// A card is taken only with a valid signature of its own member and the proof that the cluster has admitted it, so a member can
// neither speak for another nor invent one. Cards merge in any
// order to the same roster, as long as there is room for all that are present.
//
// Where there is none, whoever has been silent longest goes, of those that left, were put out, or are known by hearsay only. None
// of these counts when two rosters are compared, so each node may forget others.
#pragma once

#include <map>
#include <optional>
#include <set>
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
  static constexpr std::size_t kMaxExcluded = 10'000;  // as many as the authority of a cluster puts out

  enum class Merge { taken, known, refused };

  // Takes the card when it is newer than what is known of the member. The caller keeps its own card out of here.
  Merge merge(const Card& card, Instant now, Signer& signer);
  // A member to be, of which only an address is known.
  void introduce(const NodeId& id, const std::string& address, Instant now);
  // Put out, for ever; whoever is no member takes no place among them by this.
  void exclude(const NodeId& id);

  [[nodiscard]] const Member* find(const NodeId& id) const;
  Member* find(const NodeId& id);
  [[nodiscard]] bool excludes(const NodeId& id) const;
  // When somebody found no place last, for everybody else is a member that may come back; nothing when everybody did.
  [[nodiscard]] const std::optional<Instant>& turned_away_at() const { return turned_away_at_; }
  [[nodiscard]] const std::map<NodeId, Member>& members() const { return members_; }
  // Members that may take part, in the order of their ids, this node not among them.
  [[nodiscard]] const std::vector<NodeId>& active() const;

  // Equal exactly when the cards of all are equal that are members now; `own` is the card of this node. Whoever takes a member
  // for present that has left is told so, for its digest is another one.
  [[nodiscard]] std::uint64_t digest(const Card& own) const;

  // By the age of the last round trip, for a node that judges by itself (the leader).
  [[nodiscard]] static MemberState judge(const Member& member, Instant now);
  // This node was late by `late`: nobody else is to blame for it.
  void forgive(Duration late);

 private:
  bool make_room(Instant now);

  std::map<NodeId, Member> members_;
  std::set<NodeId> excluded_;
  std::optional<Instant> turned_away_at_;
  mutable std::optional<std::vector<NodeId>> active_;
  mutable std::optional<std::uint64_t> digest_;
  mutable Life digest_life_;
  mutable Presence digest_presence_ = Presence::present;
};

}  // namespace mz
