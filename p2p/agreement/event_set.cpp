#include "p2p/agreement/event_set.h"

#include <algorithm>

#include "p2p/agreement/card.h"
#include "p2p/agreement/fault.h"

namespace mz {
namespace {

constexpr std::string_view kPurpose = "meshzero event 1";
constexpr std::size_t kMaxFrameBytes = 8192;
constexpr std::size_t kChecksumBytes = 8;

void write_unsigned(ByteWriter& out, const Event& event) {
  write_id(out, event.feed.author);
  out.u64(event.feed.boot_id);
  out.varint(event.number);
  out.raw(event.previous);
  out.text(event.topic);
  out.text(event.text);
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
  const auto signature = in.blob(kMaxSignatureBytes);
  event.signature.assign(signature.begin(), signature.end());
  return event;
}

EventSet::Added EventSet::add(const Event& event, Signer& signer) {
  const auto found = feeds_.find(event.feed);
  const std::uint64_t length = found == feeds_.end() ? 0 : found->second.size();
  if (event.number < length) {
    if (found->second[event.number].hash() == event.hash()) return Added::known;
    if (!signer.verify(event.feed.author, event.signed_bytes(), event.signature)) return Added::refused;
    ++forks_;
    return Added::forked;
  }
  if (event.number > length) return Added::gap;
  if (found == feeds_.end() && feeds_.size() >= kMaxFeeds) return Added::refused;
  if (const auto written = per_author_.find(event.feed.author);
      written != per_author_.end() && written->second >= kMaxPerAuthor) {
    return Added::refused;
  }
  if (!signer.verify(event.feed.author, event.signed_bytes(), event.signature)) return Added::refused;
  const Digest previous = length == 0 ? Digest{} : last_.at(event.feed);
  if (event.previous != previous) {
    ++forks_;
    return Added::forked;
  }
  feeds_[event.feed].push_back(event);
  last_[event.feed] = event.hash();
  ++per_author_[event.feed.author];
  ++size_;
  digest_.reset();
  return Added::added;
}

std::optional<Event> EventSet::write(const FeedId& feed, const std::string& topic, const std::string& text,
                                     Signer& signer) {
  Event event{.feed = feed, .number = 0, .previous = {}, .topic = topic, .text = text, .signature = {}};
  if (const auto found = feeds_.find(feed); found != feeds_.end()) {
    event.number = found->second.size();
    event.previous = last_.at(feed);
  }
  event.signature = signer.sign(event.signed_bytes());
  if (add(event, signer) != Added::added) return std::nullopt;
  return event;
}

std::vector<FeedHead> EventSet::heads() const {
  std::vector<FeedHead> heads;
  heads.reserve(feeds_.size());
  for (const auto& [feed, events] : feeds_) heads.push_back({feed, events.size(), last_.at(feed)});
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
  std::map<FeedId, std::uint64_t> has;
  for (const FeedHead& head : heads) has[head.feed] = head.length;
  std::vector<Event> missing;
  std::size_t bytes = 0;
  more = false;
  for (const auto& [feed, events] : feeds_) {
    const auto known = has.find(feed);
    for (std::uint64_t n = known == has.end() ? 0 : known->second; n < events.size(); ++n) {
      ByteWriter size;
      events[n].write(size);
      if (!missing.empty() && bytes + size.bytes().size() > max_bytes) {
        more = true;
        return missing;
      }
      bytes += size.bytes().size();
      missing.push_back(events[n]);
    }
  }
  return missing;
}

bool EventSet::lacks(const std::vector<FeedHead>& heads) const {
  return std::any_of(heads.begin(), heads.end(), [this](const FeedHead& head) {
    const auto found = feeds_.find(head.feed);
    return head.length > (found == feeds_.end() ? 0 : found->second.size());
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
    set.add(event, signer);
  }
  return true;
}

}  // namespace mz
