#include "p2p/agreement/message.h"

#include <algorithm>

namespace mz {
namespace {

void write(ByteWriter& out, const Ballot& ballot) {
  out.varint(ballot.term);
  if (!ballot.none()) write_id(out, ballot.node);
}

Ballot read_ballot(ByteReader& in) {
  Ballot ballot;
  ballot.term = in.varint(kMaxTerm);
  if (!ballot.none()) ballot.node = read_id(in);
  return ballot;
}

void write(ByteWriter& out, bool value) { out.u8(value ? 1 : 0); }

// Who knows a leader has mostly promised to no higher one.
enum class LeaderIs : std::uint8_t { nobody, highest, another };

void write(ByteWriter& out, const Known& known) {
  const LeaderIs leader = known.leader.none()             ? LeaderIs::nobody
                          : known.leader == known.highest ? LeaderIs::highest
                                                          : LeaderIs::another;
  write(out, known.highest);
  out.u8(static_cast<std::uint8_t>(leader));
  if (leader == LeaderIs::another) write(out, known.leader);
  out.varint(static_cast<std::uint64_t>(known.leader_age));
}

bool read(ByteReader& in, Known& known) {
  known.highest = read_ballot(in);
  const auto leader = static_cast<LeaderIs>(in.varint(static_cast<std::uint8_t>(LeaderIs::another)));
  if (leader == LeaderIs::highest) known.leader = known.highest;
  if (leader == LeaderIs::another) known.leader = read_ballot(in);
  known.leader_age = static_cast<Duration>(in.varint(kLease));
  if (leader == LeaderIs::nobody) return in.good();
  return in.good() && !known.leader.none() && (leader == LeaderIs::highest) == (known.leader == known.highest);
}

bool read_bool(ByteReader& in) { return in.varint(1) != 0; }

Instant read_instant(ByteReader& in) { return static_cast<Instant>(in.varint(INT64_MAX)); }

void write(ByteWriter& out, const Heartbeat& body) {
  write(out, body.ballot);
  out.varint(static_cast<std::uint64_t>(body.sent_at));
  write(out, body.heard);
  out.varint(body.troubled.size());
  for (const auto& [id, state] : body.troubled) {
    write_id(out, id);
    out.u8(static_cast<std::uint8_t>(state));
  }
}

void read(ByteReader& in, Heartbeat& body) {
  body.ballot = read_ballot(in);
  body.sent_at = read_instant(in);
  body.heard = read_bool(in);
  const std::uint64_t count = in.varint(Roster::kMaxMembers);
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    const NodeId id = read_id(in);
    body.troubled.emplace_back(id, static_cast<MemberState>(in.varint(static_cast<std::uint8_t>(MemberState::left))));
  }
}

void write(ByteWriter& out, const HeartbeatAnswer& body) {
  write(out, body.ballot);
  out.varint(static_cast<std::uint64_t>(body.sent_at));
  write(out, body.accepted);
  out.u8(static_cast<std::uint8_t>(body.fitness));
  out.varint(body.reached.size());
  for (const NodeId& id : body.reached) write_id(out, id);
}

void read(ByteReader& in, HeartbeatAnswer& body) {
  body.ballot = read_ballot(in);
  body.sent_at = read_instant(in);
  body.accepted = read_bool(in);
  body.fitness = static_cast<Fitness>(in.varint(static_cast<std::uint8_t>(Fitness::best)));
  const std::uint64_t count = in.varint(Roster::kMaxMembers);
  for (std::uint64_t i = 0; i < count && in.good(); ++i) body.reached.push_back(read_id(in));
}

void write(ByteWriter& out, const Ask& body) {
  write(out, body.ballot);
  write(out, body.binding);
  out.varint(static_cast<std::uint64_t>(body.sent_at));
}

void read(ByteReader& in, Ask& body) {
  body.ballot = read_ballot(in);
  body.binding = read_bool(in);
  body.sent_at = read_instant(in);
}

void write(ByteWriter& out, const Answer& body) {
  write(out, body.ballot);
  write(out, body.binding);
  write(out, body.yes);
  out.varint(static_cast<std::uint64_t>(body.sent_at));
}

void read(ByteReader& in, Answer& body) {
  body.ballot = read_ballot(in);
  body.binding = read_bool(in);
  body.yes = read_bool(in);
  body.sent_at = read_instant(in);
}

void write(ByteWriter& out, const Release& body) {
  write(out, body.ballot);
  write_id(out, body.successor);
}

void read(ByteReader& in, Release& body) {
  body.ballot = read_ballot(in);
  body.successor = read_id(in);
}

void write(ByteWriter& out, const Cards& body) {
  out.varint(body.cards.size());
  for (const Card& card : body.cards) card.write(out);
}

void read(ByteReader& in, Cards& body) {
  const std::uint64_t count = in.varint(Roster::kMaxMembers + 1);
  for (std::uint64_t i = 0; i < count && in.good(); ++i) body.cards.push_back(Card::read(in));
}

constexpr std::size_t kHeadBytes = NodeId::kBytes + sizeof(std::uint64_t) + 3 + Digest{}.size();
static_assert(EventSet::kMaxFeeds * kHeadBytes + 1024 <= ClusterMessage::kMaxBytes, "a full set must be described");
static_assert(EventSet::kMaxPerAuthor < 1U << 21, "a length takes three bytes");

void write(ByteWriter& out, const Have& body) {
  out.varint(body.heads.size());
  for (const FeedHead& head : body.heads) {
    write_id(out, head.feed.author);
    out.u64(head.feed.boot_id);
    out.varint(head.length);
    out.raw(head.last);
  }
}

void read(ByteReader& in, Have& body) {
  const std::uint64_t count = in.varint(EventSet::kMaxFeeds);
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    FeedHead head;
    head.feed.author = read_id(in);
    head.feed.boot_id = in.u64();
    head.length = in.varint(EventSet::kMaxPerAuthor);
    const auto last = in.raw(head.last.size());
    std::copy(last.begin(), last.end(), head.last.begin());
    body.heads.push_back(head);
  }
}

void write(ByteWriter& out, const Events& body) {
  out.varint(body.events.size());
  for (const Event& event : body.events) event.write(out);
  write(out, body.more);
}

void read(ByteReader& in, Events& body) {
  const std::uint64_t count = in.varint(ClusterMessage::kMaxEvents);
  for (std::uint64_t i = 0; i < count && in.good(); ++i) body.events.push_back(Event::read(in));
  body.more = read_bool(in);
}

// A body of the kind with this number, empty.
template <std::size_t... I>
bool make_body(std::uint64_t kind, Body& body, std::index_sequence<I...> /*unused*/) {
  return ((kind == I && (body.emplace<I>(), true)) || ...);
}

}  // namespace

std::vector<std::uint8_t> encode_cluster_message(const ClusterMessage& message) {
  ByteWriter out;
  out.u8(ClusterMessage::kVersion);
  write_id(out, message.from);
  write_id(out, message.to);
  out.varint(message.life.incarnation);
  out.u64(message.life.boot_id);
  write(out, message.known);
  out.u64(message.roster_digest);
  out.u64(message.events_digest);
  out.u8(static_cast<std::uint8_t>(message.body.index()));
  std::visit([&out](const auto& body) { write(out, body); }, message.body);
  return out.take();
}

std::optional<ClusterMessage> decode_cluster_message(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > ClusterMessage::kMaxBytes) return std::nullopt;
  ByteReader in(bytes);
  if (in.u8() != ClusterMessage::kVersion) return std::nullopt;
  ClusterMessage message;
  message.from = read_id(in);
  message.to = read_id(in);
  message.life.incarnation = in.varint(UINT64_MAX);
  message.life.boot_id = in.u64();
  if (!read(in, message.known)) return std::nullopt;
  message.roster_digest = in.u64();
  message.events_digest = in.u64();
  const std::uint64_t kind = in.varint(std::variant_size_v<Body> - 1);
  if (!in.good()) return std::nullopt;
  make_body(kind, message.body, std::make_index_sequence<std::variant_size_v<Body>>{});
  std::visit([&in](auto& body) { read(in, body); }, message.body);
  if (!in.good() || in.remaining() != 0) return std::nullopt;
  return message;
}

}  // namespace mz
