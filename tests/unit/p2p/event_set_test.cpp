// What a set of events takes, from whom, and how much.
#include "p2p/agreement/event_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/unit/p2p/mark_signer.h"

namespace mz {
namespace {

NodeId node(std::string_view name) { return node_called(name); }

// Writes whatever it likes, unlike EventSet::write.
class Author {
 public:
  explicit Author(std::string_view name) : id(node(name)), signer_(id) {}

  void begin_feed() {
    ++next_.feed.boot_id;
    next_.number = 0;
    next_.previous = {};
  }
  // The next event of the feed, which counts when it is taken.
  Event event(std::string text = "text") {
    next_.feed.author = id;
    next_.topic = "topic";
    next_.text = std::move(text);
    next_.signature = next_.number == 0 ? signer_.sign_card({}) : signer_.sign({});
    return next_;
  }
  bool add_to(EventSet& set, std::string text = "text") {
    const Event event = this->event(std::move(text));
    if (set.add(event, signer_) != EventSet::Added::added) return false;
    next_.previous = event.hash();
    ++next_.number;
    return true;
  }
  // Until no more is taken.
  void fill_feeds(EventSet& set) {
    do {
      begin_feed();
    } while (add_to(set));
  }
  void fill_bytes(EventSet& set) {
    begin_feed();
    while (add_to(set, std::string(Event::kMaxTextBytes, 'x'))) {
    }
  }

  const NodeId id;

 private:
  MarkSigner signer_;
  Event next_;
};

std::size_t bytes_of(const EventSet& set, const NodeId& author) {
  std::size_t bytes = 0;
  for (const auto& [feed, events] : set.feeds()) {
    for (const Event& event : events) bytes += feed.author == author ? event_frame(event).size() : 0;
  }
  return bytes;
}

std::size_t feeds_of(const EventSet& set, const NodeId& author) {
  return static_cast<std::size_t>(std::count_if(set.feeds().begin(), set.feeds().end(),
                                                [&](const auto& feed) { return feed.first.author == author; }));
}

TEST(EventSetTest, AFeedBeginsWithTheProofThatItsAuthorWasAdmitted) {
  EventSet set;
  MarkSigner signer(node("reader"));
  Author author("a");
  Event first = author.event();
  first.signature = MarkSigner(author.id).sign({});
  EXPECT_EQ(set.add(first, signer), EventSet::Added::refused);
  EXPECT_TRUE(author.add_to(set));
  EXPECT_TRUE(author.add_to(set));
}

TEST(EventSetTest, AnAuthorFindsRoomForItsShareOfBytesAndForNoMore) {
  EventSet set;
  Author author("a");
  author.fill_bytes(set);
  EXPECT_LE(bytes_of(set, author.id), EventSet::kMaxBytesPerAuthor);
  EXPECT_GT(bytes_of(set, author.id), EventSet::kMaxBytesPerAuthor - 2 * Event::kMaxTextBytes);
  author.begin_feed();
  EXPECT_FALSE(author.add_to(set, std::string(Event::kMaxTextBytes, 'x'))) << "a new feed is no new share";
  Author other("b");
  EXPECT_TRUE(other.add_to(set));
}

TEST(EventSetTest, AuthorsThatCouldFillTheSetByTheirLimitLeaveRoomForOthers) {
  constexpr std::size_t kAuthors = EventSet::kMaxBytes / EventSet::kMaxBytesPerAuthor;
  EventSet set;
  for (std::size_t i = 0; i < kAuthors; ++i) Author("hostile " + std::to_string(i)).fill_bytes(set);
  Author other("b");
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(other.add_to(set, std::string(Event::kMaxTextBytes, 'x')));
  std::size_t bytes = 0;
  for (const auto& [feed, events] : set.feeds()) {
    for (const Event& event : events) bytes += event_frame(event).size();
  }
  EXPECT_LE(bytes, EventSet::kMaxBytes);
}

TEST(EventSetTest, AnAuthorBeginsAsManyFeedsAsItsShareAllowsAndLeavesRoomForOthers) {
  EventSet set;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    Author author(name);
    author.fill_feeds(set);
    EXPECT_LE(feeds_of(set, author.id), EventSet::kMaxFeedsPerAuthor);
  }
  EXPECT_EQ(feeds_of(set, node("a")), EventSet::kMaxFeedsPerAuthor);
  EXPECT_LT(set.feeds().size(), EventSet::kMaxFeeds);
  Author other("f");
  for (int i = 0; i < 100; ++i) {
    other.begin_feed();
    EXPECT_TRUE(other.add_to(set));
  }
}

TEST(EventSetTest, AFeedGoesOnWhereNoNewOneMayBegin) {
  EventSet set;
  Author author("a");
  author.fill_feeds(set);
  author.begin_feed();
  ASSERT_FALSE(author.add_to(set));
  const auto& [feed, events] = *set.feeds().begin();
  Event next{
      .feed = feed, .number = 1, .previous = events.back().hash(), .topic = "topic", .text = "text", .signature = {}};
  MarkSigner signer(author.id);
  next.signature = signer.sign({});
  EXPECT_EQ(set.add(next, signer), EventSet::Added::added);
}

// Two nodes may hold different amounts of what others wrote; what an honest one writes is taken by both.
TEST(EventSetTest, WhatAnHonestNodeWritesIsTakenByNodesThatHoldMoreThanIt) {
  MarkSigner signer(node("honest"));
  EventSet own;
  EventSet crowded;
  Author hostile("hostile");
  hostile.fill_bytes(crowded);
  hostile.fill_feeds(crowded);
  std::size_t written = 0;
  for (std::uint64_t boot_id = 1;; ++boot_id) {
    const auto event = own.write({.author = node("honest"), .boot_id = boot_id}, "topic", "text", signer);
    if (!event) break;
    ++written;
    ASSERT_EQ(crowded.add(*event, signer), EventSet::Added::added) << boot_id;
  }
  EXPECT_EQ(written, EventSet::kMaxFeedsPerAuthor / 2);
  const FeedId feed{.author = node("honest"), .boot_id = 1};
  while (const auto event = own.write(feed, "topic", std::string(Event::kMaxTextBytes, 'x'), signer)) {
    ASSERT_EQ(crowded.add(*event, signer), EventSet::Added::added);
  }
  EXPECT_GT(bytes_of(own, node("honest")), EventSet::kMaxBytesPerAuthor / 2 - 2 * Event::kMaxTextBytes);
}

TEST(EventSetTest, WhatIsWithheldIsNeitherComparedNorPassedOn) {
  MarkSigner signer(node("reader"));
  Author kept("a");
  Author out("b");
  EventSet without;
  EventSet with;
  ASSERT_TRUE(Author("a").add_to(without));
  ASSERT_TRUE(kept.add_to(with));
  ASSERT_TRUE(out.add_to(with));
  const std::vector<FeedHead> before = with.heads();
  with.withhold(out.id);
  EXPECT_EQ(with.digest(), without.digest());
  EXPECT_EQ(with.heads(), without.heads());
  bool more = false;
  EXPECT_TRUE(with.missing_from(without.heads(), 1U << 20, more).empty());
  std::vector<FeedHead> longer = before;
  for (FeedHead& head : longer) head.length += head.feed.author == out.id ? 1 : 0;
  EXPECT_FALSE(with.lacks(longer));
  EXPECT_EQ(with.size(), 2U) << "it is kept all the same";
}

TEST(EventSetTest, AFeedThatIsNamedTwiceIsHeldOnce) {
  EventSet set;
  Author author("a");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(author.add_to(set));
  FeedHead head = set.heads().front();
  EXPECT_EQ(set.held_by({head, head}), 3U);
  head.length = 1000;
  EXPECT_EQ(set.held_by({head}), 3U);
  head.feed.boot_id += 1;
  EXPECT_EQ(set.held_by({head}), 0U);
}

}  // namespace
}  // namespace mz
