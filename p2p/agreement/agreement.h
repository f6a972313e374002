// One member of the cluster as a pure state machine: messages, time, finished writes and commands go in; messages, writes
// and the next time to wake it come out. It reads no clock, opens no file and starts no thread, so the same code runs on
// sockets and in the simulator. It belongs to one thread.
//
// After each call, take the output. Every write must be reported by `written` in the order in which it was given; a
// `replace` is atomic (after a crash the file holds the old or the new content), an `append` may be torn by a crash.
// `undeliverable` says that a member cannot be reached now. Messages may be lost, delayed, doubled and
// reordered. The caller guarantees that ClusterMessage::from is who it says.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "p2p/agreement/election.h"
#include "p2p/agreement/event_set.h"
#include "p2p/agreement/ledger.h"
#include "p2p/agreement/message.h"
#include "p2p/agreement/roster.h"
#include "p2p/agreement/standing.h"

namespace mz {

struct AgreementConfig {
  NodeId self;
  std::uint64_t boot_id = 0;  // random
  std::uint64_t seed = 0;     // random
  std::string name;
  std::string version;  // of the program
  std::vector<std::string> addresses;
  std::uint8_t roles = 0;
  Fitness fitness = Fitness::best;
  Policy policy = Policy::available;
  std::vector<NodeId> voters;  // of policy majority
};

// Content of the three files; empty for a file that does not exist. A promise that was given is never empty: whoever reads the
// files refuses one that is.
struct AgreementFiles {
  std::vector<std::uint8_t> promise;
  std::vector<std::uint8_t> cards;
  std::vector<std::uint8_t> events;
};

struct Send {
  NodeId to;
  ClusterMessage message;
  // Goes back over the connection by which the message came that caused it, while that waits: what is known of the
  // receiver's address may be somebody else's, and an answer needs no connection of its own.
  bool back = false;
};

struct Write {
  enum class File : std::uint8_t { promise, cards, events };
  File file = File::promise;
  bool append = false;  // otherwise replace
  std::vector<std::uint8_t> bytes;
};

struct MemberView {
  Card card;
  MemberState state = MemberState::alive;
  bool excluded = false;         // revoked
  Instant since = 0;             // boot clock; of this life
  std::optional<Instant> heard;  // any message of it arrived; never for this node
};

class Agreement {
 public:
  static constexpr std::size_t kMaxWaiting = 1024;  // messages that wait for a write
  static constexpr std::size_t kMaxCardFile = 4U << 20;
  static constexpr std::size_t kMaxEventFile = 512U << 20;
  static_assert(2 * EventSet::kMaxBytes <= kMaxEventFile, "what a node has written must not keep it from starting");

  // Refused when the file of promises is damaged.
  static Result<std::unique_ptr<Agreement>> start(const AgreementConfig& config, const AgreementFiles& files,
                                                  Signer& signer, Now now);

  void tick(Now now);
  // A message from this node itself is heard for its cards only: a copy of it may have said it (see meet_own_card).
  void receive(const ClusterMessage& message, Now now);
  void written(Write::File file, bool ok, Now now);
  void undeliverable(const NodeId& to, Now now);
  // Policy etcd only.
  void registrar_answered(const RegistrarAnswer& answer, Now now);

  // Commands.
  // There is a member at this address; found by a token, a list of peers or another member.
  void introduce(const NodeId& id, const std::string& address, Now now);
  // Revoked: from now on nothing of it is read.
  void exclude(const NodeId& id, Now now);
  // A new fact; false when this node has written all it may. It is on disk when `durable_events` reaches `event_count`.
  bool record(const std::string& topic, const std::string& text, Now now);
  // Before shutdown: hands leadership over. `for_good`: never leads again in this process.
  void release(Now now, bool for_good);
  // Before sleep: hands leadership over, and takes none for kRest or until it resumes.
  void rest(Now now);
  void resume(Now now);
  // This node is reached elsewhere now, or has other roles.
  void describe(const std::vector<std::string>& addresses, std::uint8_t roles, Now now);
  // What has become of this node: a leader that should not lead hands over to a member that should.
  void become(Fitness fitness, Now now);
  // Says good-bye for ever: from now on this node only repeats that.
  void leave(Now now);

  std::vector<Send> take_sends();
  std::vector<Write> take_writes();
  // For the registrar (policy etcd), in this order. Answers may be lost, late, doubled and reordered.
  std::vector<RegistrarQuestion> take_questions() { return election_.take_questions(); }
  // On the boot clock. May lie in the past.
  [[nodiscard]] Instant wake_at() const;

  [[nodiscard]] Standing standing() const;
  [[nodiscard]] const Card& card() const { return card_; }
  [[nodiscard]] const Roster& roster() const { return roster_; }
  [[nodiscard]] const EventSet& events() const { return events_; }
  [[nodiscard]] std::uint64_t durable_events() const { return durable_events_; }
  [[nodiscard]] const std::map<Ballot, Rival>& rivals() const { return election_.rivals(); }
  [[nodiscard]] std::uint64_t rivals_met() const { return election_.rivals_met(); }
  [[nodiscard]] const Ballot& last_rival() const { return election_.last_rival(); }
  // The highest ballot that this node promised to go by, as its disk says: it takes part in none below.
  [[nodiscard]] const Ballot& promised() const { return ledger_.durable_ballot(); }
  // The last ballot whose leader let go of it by itself; none before that.
  [[nodiscard]] Ballot released() const { return election_.released_ballot(); }
  // Somebody found no place among the members lately. It tries again and again, so this holds while it lasts.
  [[nodiscard]] bool crowded(Now now) const {
    return roster_.turned_away_at() && now.boot - *roster_.turned_away_at() < kDeadAfter;
  }
  // Everybody, this node included, in the order of ids.
  [[nodiscard]] std::vector<MemberView> members(Now now) const;

 private:
  struct Waiting {
    std::uint64_t version = 0;
    Send send;
  };
  struct Pace {  // of exchanges with one peer
    Instant cards_at = 0;
    Instant have_at = 0;
    Instant events_at = 0;
    std::uint64_t events_due = 0;  // how many of ours it holds when it has taken what it was sent last
    Instant probe_at = 0;
    Ballot probed_for;
    Ballot probed_leader;
  };

  Agreement(const AgreementConfig& config, const Promise& promise, Signer& signer, Now now);
  void load(const AgreementFiles& files, Now now);

  void set_addresses(const std::vector<std::string>& addresses);
  bool begin(Now now);  // every input; whether this node takes part
  [[nodiscard]] bool takes_part() const { return card_.presence == Presence::present; }
  void notice_sleep(Now now);
  void finish(Now now);
  void sign_card();
  void new_life(Now now);

  void send(const NodeId& to, Body body, bool back = false);
  void beat(Now now);
  [[nodiscard]] std::vector<NodeId> partners();
  void send_cards(const NodeId& to);
  void take_cards(const Cards& cards, Now now);
  void meet_own_card(const Card& card, Now now);
  void freeze(const Life& above);
  void warn(Now now);
  void reconcile(const ClusterMessage& message, Now now);
  void handle(const ClusterMessage& message, const Heartbeat& body, Now now);
  void handle(const ClusterMessage& message, const HeartbeatAnswer& body, Now now);
  void handle(const ClusterMessage& message, const Ask& body, Now now);
  void handle(const ClusterMessage& message, const Answer& body, Now now);
  void handle(const ClusterMessage& message, const Release& body, Now now);
  void handle(const ClusterMessage& message, const Cards& body, Now now);
  void handle(const ClusterMessage& message, const Have& body, Now now);
  void handle(const ClusterMessage& message, const Events& body, Now now);
  void spread_news(const NodeId& from, Now now);
  void round_trip(const NodeId& from, Instant sent_at, const Known& known, Now now);
  [[nodiscard]] MemberState state_of(const Member& member, Instant now) const;
  [[nodiscard]] std::vector<std::uint8_t> card_file() const;

  Signer& signer_;
  Rng rng_;
  Card card_;
  Policy policy_;
  Roster roster_;
  EventSet events_;
  Ledger ledger_;
  Election election_;

  Now now_;  // of the latest input
  Instant alive_since_ = 0;
  Instant next_beat_ = 0;
  Instant asked_to_wake_ = INT64_MAX;
  std::size_t next_partner_ = 0;
  std::size_t beats_ = 0;
  Instant heard_leader_ = 0;  // accepted its heartbeat
  NodeId relay_;              // by whom we hear of the leader, when not by itself
  std::map<NodeId, Pace> pace_;
  Ballot claimed_;    // the last ballot that this node won, for which it sent heartbeats at once
  Ballot announced_;  // the last ballot under which this node led and said so in an event

  std::vector<Send> sends_;
  std::vector<Waiting> waiting_;
  std::vector<Write> writes_;

  bool cards_dirty_ = false;
  bool cards_in_flight_ = false;
  Instant cards_retry_at_ = 0;
  std::vector<std::uint8_t> event_bytes_;  // to be appended
  bool events_torn_ = false;               // the file has to be written anew
  bool events_in_flight_ = false;
  Instant events_retry_at_ = 0;
  std::uint64_t events_in_write_ = 0;
  std::uint64_t durable_events_ = 0;
};

}  // namespace mz
