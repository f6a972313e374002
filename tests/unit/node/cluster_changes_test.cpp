#include "node/cluster_changes.h"

#include <gtest/gtest.h>

#include "p2p/protocol.h"

namespace mz {
namespace {

NodeId node(std::string_view name) {
  return NodeId::of_public_key({reinterpret_cast<const std::uint8_t*>(name.data()), name.size()});
}

const NodeId kSelf = node("self");
const NodeId kOther = node("other");

std::string called(const std::string& name) { return name + " (" + node(name).short_text() + ")"; }

// This node follows the other one; each test changes the picture and looks at what is noted.
class ClusterChangesTest : public testing::Test {
 protected:
  ClusterChangesTest() {
    picture_.self = kSelf;
    picture_.role = "following";
    picture_.policy = "available";
    picture_.leader = {.node = kOther, .term = 3};
    for (const char* name : {"self", "other"}) picture_.members.push_back(member(name));
    show();
    journal_.take_unsaved();
  }

  static ClusterMember member(const std::string& name) {
    ClusterMember member;
    member.node = node(name);
    member.name = name;
    member.state = "alive";
    member.roles = {"worker"};
    member.incarnation = 1;
    return member;
  }
  void show(std::int64_t seconds = 1) { changes_.note(std::make_shared<ClusterPicture>(picture_), now_ += seconds); }
  // "kind level text" of what the picture as it is now adds.
  std::vector<std::string> noted(std::int64_t seconds = 1) {
    show(seconds);
    std::vector<std::string> lines;
    for (const JournalEntry& entry : journal_.take_unsaved()) {
      lines.push_back(std::string(journal_kind_word(entry.kind)) + " " + std::string(journal_level_word(entry.level)) +
                      " " + entry.text);
    }
    return lines;
  }
  std::vector<std::string> one(const std::string& line) { return {line}; }

  Journal journal_;
  ClusterChanges changes_{&journal_};
  ClusterPicture picture_;
  std::int64_t now_ = 1000;
};

TEST_F(ClusterChangesTest, TheFirstPictureTellsTheLeaderAndNoMembers) {
  changes_.begin_anew();
  EXPECT_EQ(noted(), one("leader info " + called("other") + " leads, term 3."));
  EXPECT_TRUE(noted().empty());
}

TEST_F(ClusterChangesTest, AMemberIsNewWhenItsOwnWordIsHeard) {
  picture_.members.push_back(member("third"));
  picture_.members.back().incarnation = 0;
  EXPECT_TRUE(noted().empty());
  picture_.members.back().incarnation = 1;
  EXPECT_EQ(noted(), one("member info " + called("third") + " is a member now."));
}

TEST_F(ClusterChangesTest, AnotherVersionOfTheProtocolIsNotedOnceForEachMemberAndVersion) {
  const std::string ours = std::to_string(protocol_version());
  const std::string advice = " of the protocol and this node version " + ours +
                             ", so they refuse each other. Install the same version of MeshZero on both.";
  picture_.members[1].other_protocol = 98;
  EXPECT_EQ(noted(), one("member warn " + called("other") + " speaks version 98" + advice));
  EXPECT_TRUE(noted().empty()) << "once";
  picture_.members[1].other_protocol = 99;
  EXPECT_EQ(noted(), one("member warn " + called("other") + " speaks version 99" + advice));
  picture_.members[1].other_protocol = 0;
  EXPECT_TRUE(noted().empty()) << "that it answers again is noted as ever";
  picture_.members[1].other_protocol = 99;
  EXPECT_EQ(noted(), one("member warn " + called("other") + " speaks version 99" + advice));
}

TEST_F(ClusterChangesTest, SilenceDeathAndReturn) {
  picture_.members[1].state = "suspect";
  EXPECT_EQ(noted(), one("member warn " + called("other") + " does not answer."));
  picture_.members[1].state = "dead";
  EXPECT_EQ(noted(), one("member error " + called("other") + " is taken for dead: it has not answered for seconds."));
  picture_.members[1].state = "alive";
  EXPECT_EQ(noted(), one("member info " + called("other") + " answers again."));
}

TEST_F(ClusterChangesTest, LeavingComesWithItsReason) {
  picture_.members[1].state = "left";
  picture_.members[1].left_because = "leave";
  EXPECT_EQ(noted(), one("member info " + called("other") + " left the cluster."));
  picture_.members[1].state = "alive";
  EXPECT_EQ(noted(), one("member info " + called("other") + " is back in the cluster."));
  picture_.members[1].state = "left";
  picture_.members[1].left_because = "cloned";
  EXPECT_EQ(noted(),
            one("clone error Two machines run with the identity of " + called("other") + ", so both are frozen."));
}

TEST_F(ClusterChangesTest, ARevocationIsNotedWhereItIsLearntAndNotHere) {
  picture_.members[1].state = "left";
  picture_.members[1].left_because = "revoked";
  EXPECT_TRUE(noted().empty());
}

TEST_F(ClusterChangesTest, ANewLeaderComesWithTheEndOfTheOldOne) {
  picture_.leader = {.node = kSelf, .term = 4};
  EXPECT_EQ(noted(),
            one("leader warn " + called("self") + " leads now, term 4: before it " + called("other") + ", term 3."));
  picture_.leader = {.node = kSelf, .term = 5};
  EXPECT_EQ(noted(), one("leader info " + called("self") + " leads on, term 5."));
  picture_.leader = {.node = kOther, .term = 6};
  picture_.released = {.node = kSelf, .term = 5};
  EXPECT_EQ(noted(),
            one("leader info " + called("self") + " handed leadership over to " + called("other") + ", term 6."));
  picture_.members[1].state = "dead";
  (void)noted();
  picture_.leader = {.node = kSelf, .term = 7};
  EXPECT_EQ(noted(),
            one("leader warn " + called("self") + " leads now, term 7: " + called("other") + " does not answer."));
}

TEST_F(ClusterChangesTest, AnElectionIsShorterThanALineAboutIt) {
  picture_.leader.reset();
  picture_.role = "looking";
  picture_.policy = "majority";
  EXPECT_TRUE(noted().empty());
  EXPECT_TRUE(noted(ClusterChanges::kLeaderlessSeconds - 1).empty());
  EXPECT_EQ(noted(), one("leader error There is no leader: fewer than half of the voters answer here."));
  EXPECT_TRUE(noted(100).empty());
}

TEST_F(ClusterChangesTest, ASilentEtcdIsToldWithSinceWhenAndItsReturn) {
  setenv("TZ", "UTC", 1);
  tzset();
  picture_.policy = "etcd";
  picture_.etcd_silent = EtcdSilence{.since = 12 * 3600 + 4 * 60, .why = "Nobody is there."};
  EXPECT_TRUE(noted().empty());
  EXPECT_EQ(noted(ClusterChanges::kSilentSeconds),
            one("leader warn etcd does not answer since 12:04. Nobody is there."));
  picture_.leader.reset();
  picture_.role = "looking";
  EXPECT_TRUE(noted().empty());
  EXPECT_EQ(noted(ClusterChanges::kLeaderlessSeconds),
            one("leader error There is no leader: etcd does not answer since 12:04. Games are played on."));
  picture_.etcd_silent.reset();
  EXPECT_EQ(noted(), one("leader info etcd answers again."));
}

TEST_F(ClusterChangesTest, APartitionIsSeenAndHeals) {
  picture_.rivals = {{.node = kSelf, .term = 2}};
  picture_.partition_since = 1;
  picture_.rivals_met = 1;
  EXPECT_EQ(noted(), one("partition warn 2 leaders: here " + called("other") + ", term 3, elsewhere " + called("self") +
                         ", term 2."));
  EXPECT_TRUE(noted(6).empty());
  picture_.rivals.clear();
  picture_.partition_since.reset();
  EXPECT_EQ(noted(), one("partition info One leader again: " + called("other") +
                         ", term 3. Several led for 7 s, as seen from here."));
}

TEST_F(ClusterChangesTest, ASecondLeaderThatIsGoneAtOnceIsNotedAllTheSame) {
  picture_.rivals_met = 1;
  picture_.last_rival = {.node = kSelf, .term = 2};
  EXPECT_EQ(noted(), one("partition warn 2 leaders met: " + called("self") + ", term 2, leads no more; " +
                         called("other") + ", term 3, leads on."));
  EXPECT_TRUE(noted().empty());
}

TEST_F(ClusterChangesTest, ThePartThatGivesWayNotesTheSame) {
  picture_.rivals_met = 1;
  picture_.last_rival = {.node = kSelf, .term = 5};
  picture_.leader = picture_.last_rival;
  const auto lines = noted();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1], "partition warn 2 leaders met: " + called("other") + ", term 3, leads no more; " +
                          called("self") + ", term 5, leads on.");
}

TEST_F(ClusterChangesTest, ANewAdminAndAFrozenNode) {
  picture_.members[1].roles = {"admin", "worker"};
  EXPECT_EQ(noted(), one("admin warn " + called("other") + " is an admin now."));
  picture_.role = "frozen";
  picture_.leader.reset();
  const auto lines = noted();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].starts_with("clone error Another machine runs with the identity of this node")) << lines[0];
  EXPECT_TRUE(noted(100).empty());
  picture_.members[1].state = "dead";
  picture_.members.push_back(member("third"));
  EXPECT_TRUE(noted(100).empty()) << "nobody talks to it, so it says nothing of the others";
}

TEST_F(ClusterChangesTest, AClusterWithoutRoomIsSaidOnceEachTime) {
  for (int i = 0; i < 2; ++i) {
    picture_.crowded = true;
    const auto lines = noted();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].find("member error A machine finds no place in the cluster"), 0U) << lines[0];
    EXPECT_EQ(noted().size(), 0U);
    picture_.crowded = false;
    EXPECT_EQ(noted().size(), 0U);
  }
}

}  // namespace
}  // namespace mz
