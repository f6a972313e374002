#include "p2p/agreement/event_set.h"

#include <algorithm>

#include "p2p/agreement/card.h"
#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr std::string_view kPurpose = "meshzero event 1";
constexpr std::size_t kMaxFrameBytes = 8192;
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kFrameBytes = sizeof(std::uint64_t) + kChecksumBytes;  // around an event

void write_unsigned(ByteWriter& out, const Event& event) {
  write_id(out, event.feed.author);
  out.u64(event.feed.boot_id);
  out.varint(event.number);
  out.raw(event.previous);
  out.text(event.topic);
  out.text(event.text);
}

// The first event of a feed proves that the cluster has admitted its author.
bool signature_holds(const Event& event, Signer& signer) {
  const NodeId& author = event.feed.author;
  return event.number == 0 ? signer.verify_card(author, event.signed_bytes(), event.signature)
                           : signer.verify(author, event.signed_bytes(), event.signature);
}

std::size_t bytes_of(const Event& event) {
  ByteWriter out;
  event.write(out);
  return out.bytes().size();
}

// A peer may name a feed twice.
std::map<FeedId, std::uint64_t> lengths(const std::vector<FeedHead>& heads) {
  std::map<FeedId, std::uint64_t> lengths;
  for (const FeedHead& head : heads) lengths[head.feed] = head.length;
  return lengths;
}

std::span<const std::uint8_t> checksum(const Digest& digest) { return std::span(digest).first(kChecksumBytes); }

}  // namespace

std::vector<std::uint8_t> Event::signed_bytes() const {
  ByteWriter out;
  write_unsigned(out, *this);
  out.text(kPurpose);
  return out.take();
}

Digest Event::hash() const { return sha256(signed_bytes()); }

void Event::write(ByteWriter& out) const {
  write_unsigned(out, *this);
  out.blob(signature);
}

Event Event::read(ByteReader& in) {
  Event event;
  event.feed.author = read_id(in);
  event.feed.boot_id = in.u64();
  event.number = in.varint(EventSet::kMaxPerAuthor);
  const auto previous = in.raw(event.previous.size());
  std::copy(previous.begin(), previous.end(), event.previous.begin());
  event.topic = in.text(kMaxTopicBytes);
  event.text = in.text(kMaxTextBytes);
  const auto signature = in.blob(event.number == 0 ? kMaxCardSignatureBytes : kMaxSignatureBytes);
  event.signature.assign(signature.begin(), signature.end());
  return event;
}

EventSet::Added EventSet::add(const Event& event, Signer& signer) {
  const auto found = feeds_.find(event.feed);
  const std::uint64_t length = found == feeds_.end() ? 0 : found->second.size();
  if (event.number < length) {
    if (found->second[event.number].hash() == event.hash()) return Added::known;
    if (!signature_holds(event, signer)) return Added::refused;
    ++forks_;
    return Added::forked;
  }
  if (event.number > length) return Added::gap;
  const Share share = share_with(event);
  if (!has_room(share, event, 1) || !signature_holds(event, signer)) return Added::refused;
  const Digest previous = length == 0 ? Digest{} : last_.at(event.feed);
  if (event.previous != previous) {
    ++forks_;
    return Added::forked;
  }
  feeds_[event.feed].push_back(event);
  last_[event.feed] = event.hash();
  Share& before = shares_[event.feed.author];
  bytes_ += share.bytes - before.bytes;
  before = share;
  ++size_;
  digest_.reset();
  return Added::added;
}

EventSet::Share EventSet::share_with(const Event& event) const {
  const auto found = shares_.find(event.feed.author);
  Share share = found == shares_.end() ? Share{} : found->second;
  ++share.events;
  if (event.number == 0) ++share.feeds;
  share.bytes += bytes_of(event) + kFrameBytes;
  return share;
}

bool EventSet::has_room(const Share& share, const Event& last, std::size_t parts) const {
  const std::size_t feeds = std::min(kMaxFeedsPerAuthor, kMaxFeeds - feeds_.size());
  const std::size_t bytes = std::min(kMaxBytesPerAuthor, kMaxBytes - bytes_);
  return share.events <= kMaxPerAuthor / parts && share.bytes <= bytes / parts &&
         (last.number > 0 || share.feeds <= feeds / parts);
}

std::optional<Event> EventSet::write(const FeedId& feed, const std::string& topic, const std::string& text,
                                     Signer& signer) {
  Event event{.feed = feed, .number = 0, .previous = {}, .topic = topic, .text = text, .signature = {}};
  if (const auto found = feeds_.find(feed); found != feeds_.end()) {
    event.number = found->second.size();
    event.previous = last_.at(feed);
  }
  event.signature = event.number == 0 ? signer.sign_card(event.signed_bytes()) : signer.sign(event.signed_bytes());
  if (!has_room(share_with(event), event, 2) || add(event, signer) != Added::added) return std::nullopt;
  return event;
}

void EventSet::withhold(const NodeId& author) {
  const auto found = shares_.find(author);
  if (found == shares_.end()) return;
  found->second.withheld = true;
  digest_.reset();
}

std::vector<FeedHead> EventSet::heads() const {
  std::vector<FeedHead> heads;
  heads.reserve(feeds_.size());
  for (const auto& [feed, events] : feeds_) {
    if (!is_withheld(feed)) heads.push_back({feed, events.size(), last_.at(feed)});
  }
  return heads;
}

std::uint64_t EventSet::digest() const {
  if (!digest_) {
    ByteWriter out;
    for (const FeedHead& head : heads()) {
      write_id(out, head.feed.author);
      out.u64(head.feed.boot_id);
      out.u64(head.length);
      out.raw(head.last);
    }
    const Digest hash = sha256(out.bytes());
    digest_ = ByteReader(hash).u64();
  }
  return *digest_;
}

std::vector<Event> EventSet::missing_from(const std::vector<FeedHead>& heads, std::size_t max_bytes, bool& more) const {
  const std::map<FeedId, std::uint64_t> has = lengths(heads);
  std::vector<Event> missing;
  std::size_t bytes = 0;
  more = false;
  for (const auto& [feed, events] : feeds_) {
    if (is_withheld(feed)) continue;
    const auto known = has.find(feed);
    for (std::uint64_t n = known == has.end() ? 0 : known->second; n < events.size(); ++n) {
      const std::size_t size = bytes_of(events[n]);
      if (!missing.empty() && bytes + size > max_bytes) {
        more = true;
        return missing;
      }
      bytes += size;
      missing.push_back(events[n]);
    }
  }
  return missing;
}

std::uint64_t EventSet::held_by(const std::vector<FeedHead>& heads) const {
  std::uint64_t held = 0;
  for (const auto& [feed, length] : lengths(heads)) {
    const auto found = feeds_.find(feed);
    if (found != feeds_.end() && !is_withheld(feed)) held += std::min<std::uint64_t>(length, found->second.size());
  }
  return held;
}

bool EventSet::lacks(const std::vector<FeedHead>& heads) const {
  return std::any_of(heads.begin(), heads.end(), [this](const FeedHead& head) {
    const auto found = feeds_.find(head.feed);
    if (found == feeds_.end()) return head.length > 0;
    return head.length > found->second.size() && !is_withheld(head.feed);
  });
}

std::vector<std::uint8_t> event_frame(const Event& event) {
  ByteWriter body;
  event.write(body);
  ByteWriter frame;
  frame.u64(body.bytes().size());
  frame.raw(body.bytes());
  const Digest digest = sha256(body.bytes());
  frame.raw(checksum(digest));
  return frame.take();
}

bool read_event_file(std::span<const std::uint8_t> bytes, EventSet& set, Signer& signer) {
  ByteReader in(bytes);
  bool all_kept = true;
  while (in.remaining() > 0) {
    const std::uint64_t size = in.u64();
    if (size > kMaxFrameBytes) return false;
    const auto body = in.raw(size);
    const auto sum = in.raw(kChecksumBytes);
    if (!in.good()) return false;
    const Digest digest = sha256(body);
    if (!std::equal(sum.begin(), sum.end(), checksum(digest).begin())) return false;
    ByteReader reader(body);
    const Event event = Event::read(reader);
    if (!reader.good() || reader.remaining() != 0) return false;
    const EventSet::Added added = set.add(event, signer);
    all_kept = all_kept && (added == EventSet::Added::added || added == EventSet::Added::known);
  }
  return all_kept;
}

}  // namespace mz
