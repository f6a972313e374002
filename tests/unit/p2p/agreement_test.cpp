// Members of a cluster that talk to each other at once and write to disks that never fail: what they say, and to whom.
#include "p2p/agreement/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/p2p/mark_signer.h"

namespace mz {
namespace {

NodeId node(std::string_view name) { return node_called(name); }

class AgreementTest : public testing::Test {
 protected:
  struct Member {
    std::unique_ptr<MarkSigner> signer;
    std::unique_ptr<Agreement> process;
  };

  // The first one founds the cluster; the others enter it by meeting all before them.
  Agreement& add(const std::string& name, const AgreementFiles& files = {}) {
    const NodeId id = node(name);
    Member& member = members_[id];
    member.signer = std::make_unique<MarkSigner>(id);
    AgreementConfig config;
    config.self = id;
    config.boot_id = config.seed = members_.size();
    config.name = name;
    config.addresses = {"192.0.2.1:8765"};
    config.roles = members_.size() == 1 ? Card::kWorker | Card::kAdmin : Card::kWorker;
    auto started = Agreement::start(config, files, *member.signer, now_);
    EXPECT_TRUE(started.ok());
    member.process = std::move(*started);
    for (auto& [other, before] : members_) {
      if (other == id) continue;
      before.process->introduce(id, "192.0.2.1:8765", now_);
      member.process->introduce(other, "192.0.2.1:8765", now_);
    }
    settle();
    return *member.process;
  }
  Agreement& of(std::string_view name) { return *members_.at(node(name)).process; }

  // Until nobody has anything to say or to write at this moment.
  void settle() {
    for (bool calm = false; !calm;) {
      calm = true;
      for (auto& [id, member] : members_) {
        for (const Write& write : member.process->take_writes()) {
          member.process->written(write.file, true, now_);
          calm = false;
        }
        for (Send& send : member.process->take_sends()) {
          said_.push_back(send.message);
          const auto to = members_.find(send.to);
          if (to != members_.end()) to->second.process->receive(send.message, now_);
          calm = false;
        }
      }
    }
  }
  void run(Duration length) {
    const Instant end = now_.boot + length;
    for (;;) {
      Instant next = end;
      for (const auto& [id, member] : members_)
        next = std::min(next, std::max(now_.boot + 1, member.process->wake_at()));
      now_.awake += next - now_.boot;
      now_.boot = next;
      if (next >= end) return;
      for (auto& [id, member] : members_) {
        if (member.process->wake_at() <= now_.boot) member.process->tick(now_);
      }
      settle();
    }
  }
  // Time in which nobody does anything, though no machine sleeps.
  void pass(Duration length) {
    now_.boot += length;
    now_.awake += length;
  }
  [[nodiscard]] bool leads(std::string_view name) { return part(of(name).standing(), now_.boot) == Part::leading; }
  // A member says that, and the receiver answers it.
  void say(std::string_view from, std::string_view to, Body body) {
    const Card& card = of(from).card();
    of(to).receive({.from = card.id,
                    .to = node(to),
                    .life = card.life,
                    .known = {},
                    .roster_digest = of(from).roster().digest(card),
                    .events_digest = of(from).events().digest(),
                    .body = std::move(body)},
                   now_);
    settle();
  }
  template <class Kind>
  [[nodiscard]] std::size_t said(const NodeId& from) const {
    return static_cast<std::size_t>(std::count_if(said_.begin(), said_.end(), [&](const ClusterMessage& message) {
      return message.from == from && std::holds_alternative<Kind>(message.body);
    }));
  }

  Now now_{100 * kLease, 100 * kLease};
  std::map<NodeId, Member> members_;
  std::vector<ClusterMessage> said_;  // in this order
};

// --- a loop that was late -------------------------------------------------------------------------------------------

TEST_F(AgreementTest, ALeaderWhoseOwnLoopWasLateCallsNobodyDead) {
  Agreement& leader = add("a");
  run(kLease);
  add("b");
  run(kLease);
  ASSERT_TRUE(leads("a"));
  said_.clear();
  pass(kDeadAfter);
  leader.tick(now_);
  for (const MemberView& member : leader.members(now_)) EXPECT_EQ(member.state, MemberState::alive);
  settle();
  ASSERT_EQ(said<Heartbeat>(node("a")), 1U);
  for (const ClusterMessage& message : said_) {
    const auto* heartbeat = std::get_if<Heartbeat>(&message.body);
    if (heartbeat == nullptr || message.from != node("a")) continue;
    EXPECT_TRUE(heartbeat->troubled.empty());
  }
}

TEST_F(AgreementTest, WhoIsStillSilentAfterALateLoopIsCalledDeadLater) {
  Agreement& leader = add("a");
  run(kLease);
  add("b");
  run(kLease);
  ASSERT_TRUE(leads("a"));
  members_.erase(node("b"));
  pass(kDeadAfter);
  leader.tick(now_);
  run(kDeadAfter);
  EXPECT_EQ(leader.members(now_)[node("a") < node("b") ? 1 : 0].state, MemberState::dead);
}

TEST_F(AgreementTest, AMemberWhoseOwnLoopWasLateListensBeforeItAsksToLead) {
  add("a");
  run(kLease);
  add("b");
  add("c");
  run(kLease);
  ASSERT_TRUE(leads("a"));
  said_.clear();
  pass(kLease + 2 * kJitter + kReach);
  of("b").tick(now_);
  settle();
  EXPECT_EQ(said<Ask>(node("b")), 0U);
  // With nobody there either, it leads in the end, but not before others had a round trip to answer in.
  members_.erase(node("a"));
  members_.erase(node("c"));
  said_.clear();
  pass(kLease + 2 * kJitter + kReach);
  of("b").tick(now_);
  run(kReach - 1);
  EXPECT_EQ(said<Ask>(node("b")), 0U);
  EXPECT_FALSE(leads("b"));
  run(kLease);
  EXPECT_TRUE(leads("b"));
}

// --- a leader that goes ---------------------------------------------------------------------------------------------

TEST_F(AgreementTest, ALeaderWhoseAddressChangesHandsOver) {
  Agreement& leader = add("a");
  run(kLease);
  add("b");
  run(kLease);
  ASSERT_TRUE(leads("a"));
  said_.clear();
  leader.describe({"192.0.2.9:8765"}, Card::kWorker | Card::kAdmin, now_);
  settle();
  EXPECT_EQ(said<Release>(node("a")), 1U);
  EXPECT_TRUE(leads("b")) << "without waiting for anything";
}

TEST_F(AgreementTest, ALeaderThatLeavesHandsOver) {
  Agreement& leader = add("a");
  run(kLease);
  add("b");
  run(kLease);
  ASSERT_TRUE(leads("a"));
  said_.clear();
  leader.leave(now_);
  settle();
  EXPECT_EQ(said<Release>(node("a")), 1U);
  EXPECT_TRUE(leads("b")) << "without waiting for anything";
  EXPECT_EQ(of("b").roster().find(node("a"))->card.presence, Presence::left);
}

TEST_F(AgreementTest, WhoeverHasLeftAnswersNobodyAndRepeatsItsGoodBye) {
  add("a");
  run(kLease);
  Agreement& leaver = add("b");
  run(kLease);
  leaver.leave(now_);
  for (const Write& write : leaver.take_writes()) leaver.written(write.file, true, now_);
  ASSERT_FALSE(leaver.take_sends().empty());  // and lost
  said_.clear();
  run(kProbeRound + kHeartbeat);
  EXPECT_EQ(said<HeartbeatAnswer>(node("b")), 0U);
  EXPECT_EQ(of("a").roster().find(node("b"))->card.presence, Presence::left);
}

// --- news -----------------------------------------------------------------------------------------------------------

TEST_F(AgreementTest, ThatSomebodyLeadsIsAskedForAlsoRightAfterTheNewsOfItsPromise) {
  for (const char* name : {"a", "b", "c"}) {
    add(name);
    run(kLease);
  }
  Agreement& member = of("b");
  const Agreement& other = of("c");
  ClusterMessage news{.from = node("c"),
                      .to = node("b"),
                      .life = other.card().life,
                      .known = {},
                      .roster_digest = other.roster().digest(other.card()),
                      .events_digest = other.events().digest(),
                      .body = Heartbeat{.ballot = {}, .sent_at = now_.boot, .heard = true, .troubled = {}}};
  news.known.highest = {.term = member.standing().promised.term + 1, .node = node("d")};
  said_.clear();
  member.receive(news, now_);
  settle();
  EXPECT_EQ(said<Heartbeat>(node("b")), 1U);
  news.known.leader = news.known.highest;
  for (int i = 0; i < 3; ++i) {
    member.receive(news, now_);
    settle();
    EXPECT_EQ(said<Heartbeat>(node("b")), 2U) << "once, however often it is told";
  }
}

// --- who was put out ------------------------------------------------------------------------------------------------

// One of them has the card of the one that was put out, the other never heard of it.
TEST_F(AgreementTest, MembersSendEachOtherNothingAboutSomebodyWhoWasPutOut) {
  add("a");
  add("b");
  run(2 * kLease);
  of("a").exclude(node("b"), now_);
  members_.erase(node("b"));
  add("c").exclude(node("b"), now_);
  run(kLease);
  said_.clear();
  run(kLease);
  EXPECT_EQ(said<Cards>(node("a")) + said<Cards>(node("c")), 0U);
  EXPECT_GT(said<HeartbeatAnswer>(node("a")) + said<HeartbeatAnswer>(node("c")), 0U) << "they do talk";
}

// --- events ---------------------------------------------------------------------------------------------------------

TEST_F(AgreementTest, EventsOfAuthorsThatTheClusterNeverAdmittedAreNotTaken) {
  add("a");
  add("b");
  run(2 * kLease);
  const std::uint64_t before = of("a").events().size();
  const NodeId invented = node("invented");
  Event event{.feed = {.author = invented, .boot_id = 1},
              .number = 0,
              .previous = {},
              .topic = "x",
              .text = "y",
              .signature = {}};
  event.signature = MarkSigner(invented).sign(event.signed_bytes());  // a key is all that it has
  say("b", "a", Events{.events = {event}, .more = false});
  EXPECT_EQ(of("a").events().size(), before);
  event.signature = MarkSigner(invented).sign_card(event.signed_bytes());
  say("b", "a", Events{.events = {event}, .more = false});
  EXPECT_EQ(of("a").events().size(), before + 1) << "an admitted one is taken, though its card is known to nobody";
}

TEST_F(AgreementTest, WhatWasWrittenByAMemberThatIsGoneReachesWhoeverComesLater) {
  add("a");
  add("b");
  run(2 * kLease);
  ASSERT_TRUE(of("b").record("note", "I was here", now_));
  settle();
  of("b").leave(now_);
  settle();
  members_.erase(node("b"));
  add("c");
  run(2 * kSyncPause);
  EXPECT_EQ(of("c").events().size(), of("a").events().size());
  EXPECT_EQ(of("c").events().digest(), of("a").events().digest());
}

TEST_F(AgreementTest, NothingOfAnAuthorThatWasPutOutIsTakenOrAskedFor) {
  for (const char* name : {"a", "b", "c"}) add(name);
  run(2 * kLease);
  of("c").record("note", "known to all", now_);
  settle();
  Agreement& out = of("c");
  for (const char* name : {"a", "b"}) of(name).exclude(node("c"), now_);
  out.record("note", "afterwards", now_);
  const Event* last = nullptr;
  for (const auto& [feed, events] : out.events().feeds()) {
    if (feed.author == node("c")) last = &events.back();
  }
  ASSERT_NE(last, nullptr);
  const Event copy = *last;
  members_.erase(node("c"));
  const std::uint64_t before = of("a").events().size();
  say("b", "a", Events{.events = {copy}, .more = false});
  EXPECT_EQ(of("a").events().size(), before);
  add("d").exclude(node("c"), now_);  // it has nothing of that author, and gets nothing
  run(2 * kSyncPause);
  said_.clear();
  run(kLease);
  for (const char* name : {"a", "b", "d"}) {
    EXPECT_EQ(said<Have>(node(name)), 0U) << name;
    EXPECT_EQ(said<Events>(node(name)), 0U) << name;
  }
}

TEST_F(AgreementTest, EventsAreSentAtOnceToWhoeverTakesThemAndAgainOnlyAfterAPause) {
  add("a");
  run(kLease);
  const std::string text(Event::kMaxTextBytes, 'x');
  constexpr std::size_t kMessages = 3;
  for (std::size_t i = 0; i * text.size() < kMessages * ClusterMessage::kEventBytes; ++i) {
    ASSERT_TRUE(of("a").record("note", text, now_));
  }
  settle();
  add("b");
  settle();
  run(kSyncPause);
  EXPECT_EQ(of("b").events().size(), of("a").events().size());
  const std::size_t needed = said<Events>(node("a"));
  EXPECT_GE(needed, kMessages);

  run(kSyncPause);
  said_.clear();
  for (int i = 0; i < 100; ++i) say("b", "a", Have{});
  EXPECT_EQ(said<Events>(node("a")), 1U);
  run(kSyncPause);
  say("b", "a", Have{});
  EXPECT_EQ(said<Events>(node("a")), 2U);
}

TEST_F(AgreementTest, AnEventFileWithMoreThanAnAuthorMayWriteIsWrittenAnewAndNothingElseIsLost) {
  const NodeId author = node("a hostile one");
  AgreementFiles files;
  Event event{
      .feed = {.author = author, .boot_id = 1}, .number = 0, .previous = {}, .topic = "x", .text = {}, .signature = {}};
  event.text.assign(Event::kMaxTextBytes, 'x');
  while (files.events.size() <= EventSet::kMaxBytesPerAuthor) {
    MarkSigner signer(author);
    event.signature = event.number == 0 ? signer.sign_card(event.signed_bytes()) : signer.sign(event.signed_bytes());
    const auto frame = event_frame(event);
    files.events.insert(files.events.end(), frame.begin(), frame.end());
    event.previous = event.hash();
    ++event.number;
  }
  EventSet of_b;
  MarkSigner signer(node("b"));
  const auto wanted = of_b.write({.author = node("b"), .boot_id = 1}, "note", "mine", signer);
  ASSERT_TRUE(wanted);
  const auto frame = event_frame(*wanted);
  files.events.insert(files.events.end(), frame.begin(), frame.end());

  MarkSigner own(node("a"));
  AgreementConfig config;
  config.self = node("a");
  config.boot_id = 7;
  const auto started = Agreement::start(config, files, own, now_);
  ASSERT_TRUE(started.ok());
  EXPECT_EQ((*started)->events().size(), event.number);  // all but the last of it, and the other one
  EXPECT_EQ((*started)->durable_events(), 0U);
  std::vector<std::uint8_t> written;
  for (const Write& write : (*started)->take_writes()) {
    if (write.file != Write::File::events) continue;
    EXPECT_FALSE(write.append);
    written = write.bytes;
  }
  EventSet again;
  EXPECT_TRUE(read_event_file(written, again, own));
  EXPECT_EQ(again.digest(), (*started)->events().digest());
}

// --- who left, and who finds no place --------------------------------------------------------------------------------

TEST_F(AgreementTest, WhoeverMissedThatAMemberLeftHearsOfItFromTheOthers) {
  for (const char* name : {"a", "b", "c"}) add(name);
  run(2 * kLease);
  of("c").leave(now_);
  for (const Write& write : of("c").take_writes()) of("c").written(write.file, true, now_);
  for (const Send& send : of("c").take_sends()) {
    if (send.to == node("a")) of("a").receive(send.message, now_);
  }
  members_.erase(node("c"));
  EXPECT_EQ(of("b").roster().find(node("c"))->card.presence, Presence::present);
  run(kProbeRound);
  EXPECT_EQ(of("b").roster().find(node("c"))->card.presence, Presence::left);
}

TEST_F(AgreementTest, ANodeSaysThatItIsCrowdedWhileSomebodyFindsNoPlace) {
  add("a");
  add("b");
  run(2 * kLease);
  const auto meet = [&](std::size_t first, std::size_t last) {
    Cards cards;
    for (std::size_t i = first; i < last; ++i) {
      Card card;
      card.id = node("member " + std::to_string(i));
      card.life = {.incarnation = 1, .boot_id = 1};
      card.signature = MarkSigner(card.id).sign_card({});
      cards.cards.push_back(std::move(card));
    }
    say("b", "a", std::move(cards));
  };
  meet(1, Roster::kMaxMembers);
  EXPECT_EQ(of("a").roster().members().size(), Roster::kMaxMembers);
  EXPECT_FALSE(of("a").crowded(now_));
  meet(Roster::kMaxMembers, Roster::kMaxMembers + 1);
  EXPECT_TRUE(of("a").crowded(now_));
  now_.boot += kDeadAfter;
  EXPECT_FALSE(of("a").crowded(now_));
}

// --- a cluster whose terms an etcd named before ---------------------------------------------------------------------

TEST_F(AgreementTest, ANewcomerFollowsALeaderWhoseTermsHaveGrownByMillions) {
  const Promise promise{.incarnation = 1, .ballot = {.term = 5'000'000, .node = node("a")}};
  add("a", {.promise = promise.encode(), .cards = {}, .events = {}});
  run(2 * kLease);
  ASSERT_TRUE(leads("a"));
  const Standing newcomer = add("b").standing();
  EXPECT_TRUE(newcomer.promised.none());
  run(kReach);
  EXPECT_EQ(of("b").standing().following, of("a").standing().following);
  EXPECT_EQ(part(of("b").standing(), now_.boot), Part::following);
}

}  // namespace
}  // namespace mz
