// The facts of the cluster as signed events that are never changed and never removed. Two sets merge to their union.
//
// The events of one start of one node form a feed, numbered from zero; each names the hash of the one before it. A feed
// belongs to a random boot_id, so a node that lost its last events (or was copied) never uses a number twice. A set is
// described completely by the length and the last hash of each feed.
//
// The first event of a feed is signed as a card is, with the proof that the cluster has admitted its author: a feed speaks for
// itself, whatever its reader knows of the members, and nobody can invent authors.
//
// What one author writes is limited, and so is what all write; and no author holds more than it leaves free for all others, so
// as many hostile ones as could fill the set by their limit leave room for the rest. An honest node stops at half of its
// limits: what it wrote is taken everywhere, in whatever order it comes.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/sha256.h"
#include "p2p/agreement/signer.h"
#include "p2p/node_id.h"

namespace mz {

struct FeedId {
  NodeId author;
  std::uint64_t boot_id = 0;
  friend constexpr auto operator<=>(const FeedId&, const FeedId&) = default;
};

struct Event {
  static constexpr std::size_t kMaxTopicBytes = 32;
  static constexpr std::size_t kMaxTextBytes = 4096;

  FeedId feed;
  std::uint64_t number = 0;  // in its feed, from zero
  Digest previous{};         // hash of the event before it, zero for the first
  std::string topic;         // what kind of fact
  std::string text;          // the fact, in the form that the topic defines
  Signature signature;

  [[nodiscard]] std::vector<std::uint8_t> signed_bytes() const;
  [[nodiscard]] Digest hash() const;  // of what is signed
  void write(ByteWriter& out) const;
  static Event read(ByteReader& in);  // spoils the reader when the bytes are no event

  friend bool operator==(const Event&, const Event&) = default;
};

// One line of the description of a set.
struct FeedHead {
  FeedId feed;
  std::uint64_t length = 0;
  Digest last{};
  friend bool operator==(const FeedHead&, const FeedHead&) = default;
};

class EventSet {
 public:
  static constexpr std::size_t kMaxFeeds = 12'288;
  static constexpr std::size_t kMaxFeedsPerAuthor = 4096;  // one for each start after which the author wrote something
  static constexpr std::uint64_t kMaxPerAuthor = 100'000;
  // As the file has them. A line about a new leader takes 300 bytes.
  static constexpr std::size_t kMaxBytes = 128U << 20;
  static constexpr std::size_t kMaxBytesPerAuthor = 8U << 20;

  enum class Added {
    added,
    known,
    gap,      // an earlier event of the feed is missing
    forked,   // the author signed another event with this number: the feed is frozen here
    refused,  // wrong signature, or above a limit
  };
  Added add(const Event& event, Signer& signer);
  // The next event of our own feed, signed and added; nothing when this node has written its share.
  std::optional<Event> write(const FeedId& feed, const std::string& topic, const std::string& text, Signer& signer);

  // The author was put out: its events stay, but they are neither compared nor passed on any more.
  void withhold(const NodeId& author);

  [[nodiscard]] std::vector<FeedHead> heads() const;
  [[nodiscard]] std::uint64_t digest() const;
  // Events that a set with these heads lacks, in an order in which it can add them; at most `max_bytes` of them (and at
  // least one when any is missing). `more` says whether some were left out.
  [[nodiscard]] std::vector<Event> missing_from(const std::vector<FeedHead>& heads, std::size_t max_bytes,
                                                bool& more) const;
  // How many of these events a set with these heads holds.
  [[nodiscard]] std::uint64_t held_by(const std::vector<FeedHead>& heads) const;
  // Whether a set with these heads holds events that this one lacks.
  [[nodiscard]] bool lacks(const std::vector<FeedHead>& heads) const;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t forks() const { return forks_; }
  [[nodiscard]] const std::map<FeedId, std::vector<Event>>& feeds() const { return feeds_; }

 private:
  struct Share {  // of an author
    std::uint64_t events = 0;
    std::size_t feeds = 0;
    std::size_t bytes = 0;
    bool withheld = false;
  };
  [[nodiscard]] Share share_with(const Event& event) const;  // of its author, when it is added
  // Whether an author with this event as its last one keeps to its limits, divided by `parts`.
  [[nodiscard]] bool has_room(const Share& share, const Event& last, std::size_t parts) const;
  [[nodiscard]] bool is_withheld(const FeedId& feed) const { return shares_.at(feed.author).withheld; }

  std::map<FeedId, std::vector<Event>> feeds_;
  std::map<FeedId, Digest> last_;
  std::map<NodeId, Share> shares_;
  std::uint64_t size_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t forks_ = 0;
  mutable std::optional<std::uint64_t> digest_;
};

// The event file: frames of length, checksum and event, each appended and synced. A torn end is cut off when it is read.
std::vector<std::uint8_t> event_frame(const Event& event);
// Adds what is whole and finds room; false when there is something else in the file, and it should be written anew.
bool read_event_file(std::span<const std::uint8_t> bytes, EventSet& set, Signer& signer);

}  // namespace mz
