// Who leads. The only code that changes it.
//
//   observe  nothing is known: wait for a heartbeat
//   follow   a leader was heard within L
//   ask      silence for L + J: "would you take me?" Yes only from members that hear no leader either
//   vote     enough said yes: promise a new ballot, write it down, "take me"
//   claim    (available) enough took us: heartbeats begin, and so does the news of us. Whoever hears of a higher claim
//            follows that; whoever hears of a higher promise asks anew
//   lead     everybody in reach follows us, or the news had time to go round: a heartbeat each H. A higher leader, sleep,
//            drain or (majority, etcd) a lapsed lease ends it
//
// Enough is more than half: of the voters (majority), or of the members that answer now (available; alone is enough after
// a longer wait). With policy etcd nobody asks and nobody votes: the registrar says who leads (registration.h), the winner
// writes its ballot down, and leads. What is said leaves only when what it rests on is on disk; the caller sees to that (ledger.h).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/base/rng.h"
#include "p2p/agreement/ledger.h"
#include "p2p/agreement/message.h"
#include "p2p/agreement/registration.h"
#include "p2p/agreement/roster.h"
#include "p2p/agreement/standing.h"

namespace mz {

struct ElectionRules {
  NodeId self;
  Policy policy = Policy::available;
  std::vector<NodeId> voters;  // majority only
  Fitness fitness = Fitness::best;
  bool admin = false;  // holds the key of the cluster, so it may have founded it
};

// Another leader than ours was heard of.
struct Rival {
  Instant first = 0;
  Instant last = 0;
};

class Election {
 public:
  using Send = std::function<void(const NodeId& to, Body body)>;

  Election(ElectionRules rules, const Roster& roster, Ledger& ledger, Rng& rng, Send send);

  // At the start and after sleep: lead nothing, ask nobody, wait for a heartbeat.
  void observe(Instant now);
  // The node starts: whatever it acknowledged before is unknown, so it votes for nobody for L, unless it never promised anything.
  void start(Instant now);
  void tick(Instant now);
  [[nodiscard]] Instant next_wake() const;
  // The own loop was late, so silence proves nothing for a while.
  void forgive(Instant now);
  // The promise was written, or could not be and was taken back.
  void synced(Instant now);
  void rolled_back(Instant now);

  HeartbeatAnswer heartbeat(const NodeId& from, const Life& life, const Heartbeat& heartbeat, Instant now);
  void heartbeat_answered(const NodeId& from, const HeartbeatAnswer& answer, Instant now);
  Answer asked(const NodeId& from, const Ask& ask, Instant now);
  void answered(const NodeId& from, const Answer& answer, Instant now);
  void released(const NodeId& from, const Release& release, Instant now);
  // What a member knew that wrote to us. `sent_at`: when our message left that this one answers.
  void observed(const Known& known, std::optional<Instant> sent_at, Instant now);
  // That member goes by this leader now, or by none.
  void heard(const NodeId& from, const Ballot& leader);
  void undeliverable(const NodeId& to, Instant now);
  // A member began a new life: if it led, it does no more.
  void began_anew(const NodeId& id, const Life& life, Instant now);

  // A low fitness waits longer before it asks.
  void become(Fitness fitness) { rules_.fitness = fitness; }
  // Policy etcd only.
  void registrar_answered(const RegistrarAnswer& answer, Instant now);
  [[nodiscard]] std::vector<RegistrarQuestion> take_questions() { return registration_.take_questions(); }
  // Step down and propose a successor; `for_good`: ask no more.
  void release(Instant now, bool for_good);
  // Before sleep: step down likewise, and ask for nothing for kRest, also when another leader proposes this node.
  void rest(Instant now);
  // No sleep came, or it is over.
  void resume() { rest_until_ = INT64_MIN; }

  [[nodiscard]] bool leading() const { return !following_.none() && following_.node == rules_.self; }
  // Of a leader: it acts as one. Before, it claims to be one.
  [[nodiscard]] bool in_office() const { return leading() && in_office_; }
  // A member in reach has promised more than the leader we go by: not everybody can follow it.
  [[nodiscard]] bool contested(Instant now) const { return live_leader(now) && obstacle_ > following_; }
  [[nodiscard]] const Ballot& obstacle() const { return obstacle_; }
  [[nodiscard]] bool live_leader(Instant now) const;
  [[nodiscard]] bool leads_by_lease(Instant now) const;
  [[nodiscard]] const Ballot& following() const { return following_; }
  [[nodiscard]] Instant contact() const { return contact_; }
  [[nodiscard]] Instant lease_until() const { return lease_until_; }
  [[nodiscard]] const std::map<Ballot, Rival>& rivals() const { return rivals_; }
  // How often one appeared, and the last one: it may be gone before anybody looks.
  [[nodiscard]] std::uint64_t rivals_met() const { return rivals_met_; }
  [[nodiscard]] const Ballot& last_rival() const { return last_rival_; }
  // The highest that its leader has let go of, among those that this node could have followed; none before that.
  [[nodiscard]] Ballot released_ballot() const;
  [[nodiscard]] Known known(Instant now) const;

 private:
  struct Campaign {
    bool binding = false;
    bool appointed = false;  // by the leader before us
    Ballot ballot;
    Instant asked_at = 0;
    Instant repeat_at = 0;
    std::uint64_t version = 0;  // of the ledger, for a binding one
    std::set<NodeId> reached;   // answered now or in the asking before
    std::set<NodeId> answered;
    std::set<NodeId> granted;
    std::set<NodeId> unreachable;
  };
  enum class Verdict { wait, won, lost };

  [[nodiscard]] std::vector<NodeId> electors() const;  // without this node
  [[nodiscard]] bool is_elector(const NodeId& id) const;
  [[nodiscard]] bool may_stand(Instant now) const {
    return !for_good_ && now >= rest_until_ && is_elector(rules_.self);
  }
  Duration jitter();
  void follow(const Ballot& ballot, const Life& life, Instant contact, Instant now);
  void refresh(Instant contact);
  [[nodiscard]] std::uint64_t highest_known_term() const;
  [[nodiscard]] std::uint64_t believable(Instant now);
  [[nodiscard]] bool believes(const Ballot& ballot, Instant now) { return ballot.term <= believable(now); }
  void ask_for_more(Instant now);
  void campaign(bool binding, std::set<NodeId> reached, Instant now);
  void ask(Instant now);
  [[nodiscard]] Verdict verdict(Instant now) const;
  void decide(Instant now);
  void lead(Instant now);
  void take_office(Instant now);
  void step_down(Instant now);
  void vote_at_once(Instant now);
  void renew_lease(Instant now);
  void tick_registration(Instant now);
  void follow_registration(Instant now);
  void note_rival(const Ballot& ballot, Instant seen, Instant now);
  void note_release(const Ballot& ballot);
  [[nodiscard]] bool is_released(const Ballot& ballot) const;
  struct Follower {
    Instant sent_at = INT64_MIN;  // of our newest heartbeat that it followed
    Fitness fitness = Fitness::best;
  };
  [[nodiscard]] NodeId best_successor(Instant now) const;
  [[nodiscard]] bool misplaced(Instant now) const;

  ElectionRules rules_;
  const Roster& roster_;
  Ledger& ledger_;
  Rng& rng_;
  Send send_;

  Ballot following_;
  Life following_life_;
  Ballot voted_;  // in this process; a lost vote may be asked for again
  // The highest term that each leader has let go of: it leads under that and lower ones no more, whatever others still say.
  // Kept for each by itself, so that neither a late release nor an invented one makes room for a leader that is over.
  std::map<NodeId, std::uint64_t> released_;
  Instant contact_ = 0;
  Instant hold_until_ = 0;   // whoever got our vote last has this long to win
  Instant vote_from_ = 0;    // no votes before
  Duration patience_ = 0;    // with the silence of this leader, beyond L: not all members ask at once
  Instant campaign_at_ = 0;  // no campaign before
  Instant alone_at_ = 0;     // no leading alone before
  Instant ticked_at_ = 0;
  bool for_good_ = false;           // draining: never again
  Instant rest_until_ = INT64_MIN;  // about to sleep: not before
  std::optional<Campaign> campaign_;
  Registration registration_;
  std::uint64_t seen_term_ = 0;
  std::uint64_t ceiling_ = 0;  // of the terms that others may name
  Instant ceiling_until_ = INT64_MIN;
  Ballot obstacle_;  // the highest that members in reach have promised: a lower leader is not followed by all

  // As leader.
  Instant led_since_ = 0;
  bool in_office_ = false;
  Instant lease_until_ = 0;
  std::map<NodeId, Follower> acknowledged_;
  Instant handed_over_at_ = INT64_MIN;  // to a member that should lead rather
  std::optional<Instant> raise_at_;     // ask for a higher ballot than the one that stands in the way
  std::map<Ballot, Rival> rivals_;
  std::uint64_t rivals_met_ = 0;
  Ballot last_rival_;

  Instant settled_from_ = 0;  // the leader we go by was new to others before
};

}  // namespace mz
