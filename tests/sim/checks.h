// What must never happen, checked at every step, and what must have happened after a quiet time.
//
//   I1 ballots that a node issues strictly increase, across crashes
//   I2 in a component with stable links there is at most one leader, at any instant, after L + J + 2H
//   I3 no node acts on a ballot below one it has acted on, across crashes; one vote a term
//   I4 with policy `majority` or `etcd` at most one leader holds a valid lease at any instant; with `etcd`, nobody does when the
//      registrar has been silent for L
//   I5 after healing all event sets are equal, and hold every event that was acknowledged
//   I7 elections never read the wall clock: p2p/agreement has none to read; every host's clocks start elsewhere and drift
//   and: who hears a leader takes nobody else, whether asked for an opinion or for its vote; with policy `majority` a leader
//   has the votes of more than half of the voters; what a member said in an earlier life changes nothing
//   and: incarnations increase with each start and wake; a quiet component finds one leader, keeps it under one
//   ballot (one that should not lead may hand over), agrees on it and calls nobody dead who answers; whoever was away comes back
//   without a new ballot; whoever stood still blames nobody for it; an identity that runs twice ends frozen in both places
//
// Bounds are times of the slowest clock.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/sim/world.h"

namespace mz::sim {

class Checks : public Observer {
 public:
  static constexpr Instant kOneLeaderAfter = kLease + kJitter + 2 * kHeartbeat;
  static constexpr Instant kLeaderAfter = 5 * kLease;  // several rounds of asking, after lost votes and vetoes

  explicit Checks(World& world) : world_(world) { world.observer = this; }

  void started(const Host& host) override;
  void crashed(const Host& host) override;
  void woke(const Host& host, Duration slept) override;
  void sent(const Host& host, const ClusterMessage& message) override;
  void received(const Host& host, const ClusterMessage& message) override;
  void stepped(const Host& host) override;

  // Links are stable from now on, until `stir`.
  void settle();
  // Hosts crashed. The links are as stable as before, but there is a leader to be found.
  void lost_hosts();
  void stir();
  // During a quiet time, now and then.
  void look();
  // At the end of the last quiet time, in which all links worked.
  void look_at_the_end();

  // Everybody hears of everybody.
  [[nodiscard]] bool united() const;
  // Somebody is away from now on, and comes back: it pauses, sleeps, loses the leader, or is cut off from all where that does not
  // make it a leader of its own. Until `came_back` nothing of that makes another leader or another ballot necessary, and nobody
  // asks for one but whoever is cut off. `away` may be the leader, for less than L.
  void goes_away(const Host& leader, const Host& away, bool cut_off);
  void came_back();

  // An identity runs twice from now on: what it says proves nothing any more.
  void cloned(const NodeId& id) { clones_.insert(id); }

  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t elections() const { return issued_count_; }
  [[nodiscard]] std::uint64_t checks() const { return check_count_; }

 private:
  struct Component {
    std::vector<const Host*> hosts;
    bool complete = true;  // everybody is linked to everybody
  };
  void violated(const std::string& what);
  [[nodiscard]] std::vector<Component> components() const;
  [[nodiscard]] bool takes_part(const Host& host) const;
  [[nodiscard]] bool linked(const Host& a, const Host& b) const;
  // That time of the slowest clock.
  [[nodiscard]] Duration slowly(Duration bound) const { return bound * 1'000'000 / (1'000'000 - world_.skew_ppm); }
  [[nodiscard]] bool may_elect(const Component& component) const;
  void issued(const Host& host, const Ballot& ballot);
  void acted_on(const Host& host, const Ballot& ballot);
  void voted(const Host& host, const Ballot& ballot);
  void would_take(const Host& host, const Answer& answer);
  void look_for_blame(const Host& host, const Heartbeat& heartbeat);
  void look_for_votes(const Host& host, const Ballot& ballot);
  void look_at_what_was_received(const Host& host);
  void look_at_the_kept_leader(const Host& host);
  // Lives of hosts and links that work.
  [[nodiscard]] std::vector<std::uint64_t> surroundings() const;
  void look_for_two_leaders(const Host& host);
  void look_at(const Component& component);
  void look_for_the_registered_leader();
  void look_for_a_leader_without_registrar(const Host& host);
  static std::string name(const Host& host) { return "host " + std::to_string(host.index); }
  static std::string name(const Ballot& ballot) {
    return "(" + std::to_string(ballot.term) + ", " + ballot.node.short_text() + ")";
  }

  World& world_;
  std::optional<std::string> violation_;
  std::set<NodeId> clones_;
  struct Issued {
    Ballot ballot;
    std::uint64_t boot_id = 0;
  };
  std::map<NodeId, Issued> issued_;
  std::map<NodeId, Ballot> acted_on_;
  std::map<NodeId, std::map<std::uint64_t, Ballot>> votes_;
  std::map<NodeId, std::uint64_t> incarnation_;     // the highest that a life used
  std::map<int, std::uint64_t> least_incarnation_;  // of a host, since its last start or wake
  std::map<NodeId, std::uint64_t> durable_;         // events on the disk of a node
  std::optional<Instant> quiet_since_;
  Instant complete_since_ = 0;              // no host was lost since, in this quiet time
  std::vector<std::uint64_t> settled_;      // the surroundings when the quiet time began
  Instant handed_over_at_ = INT64_MIN / 2;  // the last time, in a quiet time
  std::map<int, Ballot> steady_leader_;     // of a host in this quiet time
  struct Received {                         // by the host that reads it this moment, as it was before
    const Host* host = nullptr;
    NodeId from;
    bool stale = false;
    std::optional<Ask> ask;
    bool hears_another = false;
    Life life;
    Standing standing;
    std::optional<Instant> heard;
  };
  std::optional<Received> received_;
  struct Kept {
    const Host* leader = nullptr;
    Ballot ballot;
    const Host* away = nullptr;
    bool cut_off = false;
  };
  std::optional<Kept> kept_;
  std::uint64_t issued_count_ = 0;
  std::uint64_t check_count_ = 0;
};

}  // namespace mz::sim
