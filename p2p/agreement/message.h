// What members say to each other, and its canonical bytes. The reader accepts exactly what the writer produces, within the
// limits named here, whoever sends it.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "p2p/agreement/ballot.h"
#include "p2p/agreement/card.h"
#include "p2p/agreement/event_set.h"
#include "p2p/agreement/roster.h"
#include "p2p/agreement/standing.h"
#include "p2p/agreement/timing.h"

namespace mz {

// Everybody to everybody, in turn; the leader to everybody, each H. An answer proves that both directions work.
struct Heartbeat {
  Ballot ballot;        // under which the sender leads; none when it does not
  Instant sent_at = 0;  // comes back in the answer
  bool heard = false;   // the sender heard the receiver lately: a leader that hears nobody is not followed
  std::vector<std::pair<NodeId, MemberState>> troubled;  // of a leader: members that are not alive
};

struct HeartbeatAnswer {
  Ballot ballot;  // as asked
  Instant sent_at = 0;
  bool accepted = false;            // the ballot is followed, and this is on disk
  Fitness fitness = Fitness::best;  // of the sender
  std::vector<NodeId> reached;      // troubled members that the sender reaches
};

// "Would you take me?" (not binding), then "take me" (binding).
struct Ask {
  Ballot ballot;
  bool binding = false;
  Instant sent_at = 0;
};

struct Answer {
  Ballot ballot;
  bool binding = false;
  bool yes = false;
  Instant sent_at = 0;
};

// A leader steps down by its own will and names whom it proposes.
struct Release {
  Ballot ballot;
  NodeId successor;  // nobody: whoever comes
};

struct Cards {
  std::vector<Card> cards;
};

// The description of the sender's events.
struct Have {
  std::vector<FeedHead> heads;
};

struct Events {
  std::vector<Event> events;
  bool more = false;
};

using Body = std::variant<Heartbeat, HeartbeatAnswer, Ask, Answer, Release, Cards, Have, Events>;

// What the sender knew when it wrote, in each message.
struct Known {
  Ballot highest;           // that it has promised, or that a member it reaches has
  Ballot leader;            // whom it follows; none when nobody
  Duration leader_age = 0;  // since that leader was last known to lead, at most kLease
};

struct ClusterMessage {
  static constexpr std::uint8_t kVersion = 4;
  static constexpr std::size_t kMaxBytes = 1U << 20;
  static constexpr std::size_t kEventBytes = 256U << 10;  // in one Events message
  static constexpr std::size_t kMaxEvents = 4096;

  NodeId from;
  NodeId to;
  Life life;  // of the sender
  Known known;
  std::uint64_t roster_digest = 0;
  std::uint64_t events_digest = 0;
  Body body;
};

std::vector<std::uint8_t> encode_cluster_message(const ClusterMessage& message);
// Nothing for bytes that are no message.
std::optional<ClusterMessage> decode_cluster_message(std::span<const std::uint8_t> bytes);

}  // namespace mz
