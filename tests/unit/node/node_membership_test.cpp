#include "node/node_membership.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <sstream>
#include <thread>

#include "api/member_list.h"
#include "node/front_door.h"
#include "p2p/protocol.h"
#include "p2p/trust/private_file.h"
#include "tests/unit/node/paired_machines.h"

namespace mz {
namespace {

using std::chrono::seconds;

class NodeMembershipTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "membershipXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    trust_ = NodeTrust::open({.directory = folder_ / "identity", .host = ""}).value();
  }
  void TearDown() override {
    membership_.reset();
    std::filesystem::remove_all(folder_);
  }

  void make_membership(std::function<std::vector<std::string>()> own) {
    membership_ = std::make_unique<NodeMembership>(*trust_, folder_ / "cluster", std::move(own),
                                                   std::vector<PeerAddress>(), journal_);
  }
  // Of a node of this cluster.
  [[nodiscard]] Sighting advert_of(const std::string& node) const {
    Sighting sighting;
    sighting.advert = {.instance = "studio",
                       .port = 8765,
                       .cluster = cluster_id_text(trust_->cluster_id()).substr(0, kAdvertIdLength),
                       .node = node.substr(0, kAdvertIdLength),
                       .protocol = protocol_version()};
    return sighting;
  }

  std::filesystem::path folder_;
  std::unique_ptr<NodeTrust> trust_;
  Journal journal_;
  std::unique_ptr<NodeMembership> membership_;
};

TEST_F(NodeMembershipTest, ANodeThatIsAnnouncedWithThisVersionAtLastIsToBeMet) {
  make_membership({});
  Sighting sighting = advert_of("qrstuvwxyz234567");
  sighting.addresses = {{.host = "192.0.2.7", .port = 8765}};
  ++sighting.advert.protocol;
  membership_->sighted(sighting);
  ASSERT_EQ(membership_->candidates().size(), 1U);
  EXPECT_EQ(membership_->candidates()[0].candidate.state, CandidateState::other_version);
  --sighting.advert.protocol;
  membership_->sighted(sighting);
  EXPECT_EQ(membership_->candidates()[0].candidate.state, CandidateState::fresh);
}

TEST_F(NodeMembershipTest, ManyAddressesInTheNameOfThisNodeCostNoSearchForItsOwnEachAndHoldUpNobody) {
  Sighting sighting = advert_of(trust_->node_id().text());
  std::vector<std::string> own;
  for (int i = 1; i <= 100; ++i) {
    sighting.addresses.push_back({.host = "192.0.2." + std::to_string(i), .port = 8765});
    own.push_back(sighting.addresses.back().text());
  }
  std::mutex mutex;  // guards what follows
  std::condition_variable called;
  std::size_t calls = 0;
  bool held_up = false;
  std::vector<std::future<void>> others;
  make_membership([&] {
    const std::lock_guard lock(mutex);
    if (!held_up) {
      others.push_back(std::async(std::launch::async, [&] { (void)membership_->candidates(); }));
      held_up = others.back().wait_for(seconds(20)) != std::future_status::ready;
    }
    ++calls;
    called.notify_all();
    return own;
  });
  membership_->sighted(sighting);
  EXPECT_EQ(calls, 1U);
  membership_->start({});
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(called.wait_for(lock, seconds(60), [&] { return calls > NodeMembership::kMeetings; }))
        << "each thread looks for somebody to meet";
  }
  membership_->stop();
  EXPECT_FALSE(held_up);
  EXPECT_LT(calls, own.size());
}

TEST_F(NodeMembershipTest, TellsTheBestOfItsAddressesAndKnowsItselfAtAll) {
  std::vector<std::string> own;
  for (int i = 1; i <= 20; ++i) own.push_back("192.0.2." + std::to_string(i) + ":8765");
  make_membership([&] { return own; });
  EXPECT_EQ(membership_->self().addresses, std::vector<std::string>(own.begin(), own.begin() + kMaxListedAddresses));
  Sighting sighting = advert_of(trust_->node_id().text());
  sighting.addresses = {{.host = "192.0.2.20", .port = 8765}};
  membership_->sighted(sighting);
  ASSERT_EQ(membership_->candidates().size(), 1U);
  EXPECT_EQ(membership_->candidates()[0].candidate.reason, "It is this node itself.");
}

TEST_F(NodeMembershipTest, ANodeThatCannotLeaveBeginsAnewWhereItIs) {
  make_membership({});
  const MemberAddress other{.node = NodeId::of_public_key(Bytes{1}), .addresses = {"192.0.2.9:8765"}};
  using Told = std::vector<std::string>;
  Told told;  // to the agreement
  membership_->connect({.others = [&] { return std::vector{other}; },
                        .alive = {},
                        .admins = [&] { return std::vector{other.node}; },
                        .entered = [&] { told.emplace_back("entered"); },
                        .leaving = [&] { told.emplace_back("leaving"); },
                        .excluded = {},
                        .admitted = [&](const MemberAddress& member) { told.push_back(member.addresses.front()); },
                        .card_message = {},
                        .met_own_key = {}});
  // In the way of the new certificate, like a full disk.
  const std::filesystem::path obstacle = folder_ / "identity/certificate.pem.new";
  std::filesystem::create_directory(obstacle);
  const ClusterId before = trust_->cluster_id();
  EXPECT_FALSE(membership_->leave(false).ok());
  EXPECT_EQ(trust_->cluster_id(), before);
  EXPECT_EQ(told, (Told{"leaving", "entered", "192.0.2.9:8765"}));

  std::filesystem::remove(obstacle);
  told.clear();
  EXPECT_TRUE(membership_->leave(false).ok());
  EXPECT_NE(trust_->cluster_id(), before);
  EXPECT_EQ(told, (Told{"leaving", "entered"})) << "nobody of the cluster that it left";
}

TEST_F(NodeMembershipTest, WhoHasNoRoomForAClusterOfItsOwnSaysNoGoodBye) {
  make_membership({});
  bool said_good_bye = false;
  NodeMembership::Agreement agreement;
  agreement.leaving = [&] { said_good_bye = true; };
  membership_->connect(std::move(agreement));
  // In the way of what is written to see whether the disk is full.
  std::filesystem::create_directory(folder_ / "identity/room");
  EXPECT_FALSE(membership_->leave(false).ok());
  EXPECT_FALSE(said_good_bye);
  std::filesystem::remove(folder_ / "identity/room");
  EXPECT_TRUE(membership_->leave(false).ok());
  EXPECT_TRUE(said_good_bye);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "identity/room"));
}

TEST_F(NodeMembershipTest, AnAdminWithoutItsSigningKeySaysSoAtTheStart) {
  const auto warned = [this] {
    make_membership({});
    membership_->start({});
    membership_->stop();
    for (const JournalEntry& entry : journal_.after(0, 1000)) {
      if (entry.level == JournalLevel::warn && entry.text.find("authority.key") != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_FALSE(warned());
  trust_.reset();
  std::filesystem::remove(folder_ / "identity/authority.key");
  trust_ = NodeTrust::open({.directory = folder_ / "identity", .host = ""}).value();
  EXPECT_TRUE(warned());
}

TEST_F(NodeMembershipTest, AddressesOfTheClusterBeforeAreNoMembersOfThisOne) {
  const MemberAddress other{.node = NodeId::of_public_key(Bytes{1}), .addresses = {"192.0.2.9:8765"}};
  make_membership({});
  membership_->admitted(other);
  make_membership({});
  EXPECT_EQ(membership_->others().size(), 1U) << "as the next start reads them";
  ASSERT_TRUE(trust_->start_alone().ok());  // and killed before it forgot the others
  make_membership({});
  EXPECT_TRUE(membership_->others().empty());
  const std::string of_version_0_1 = "192.0.2.9:8765 " + other.node.text() + "\n";
  ASSERT_TRUE(write_private_file(folder_ / "cluster/addresses", of_version_0_1).ok());
  make_membership({});
  EXPECT_EQ(membership_->others().size(), 1U);
}

TEST_F(NodeMembershipTest, WhoJoinsKnowsWhereTheOthersAreBeforeItIsAMember) {
  const auto admin = NodeTrust::open({.directory = folder_ / "admin", .host = ""}).value();
  const Admitted admitted{.certificate = admin->admit_confirmed(trust_->key().public_key()).value(),
                          .authority = admin->authority(),
                          .revocations = admin->revocations(),
                          .members = {},
                          .admin = admin->node_id(),
                          .admin_address = {.host = "192.0.2.9", .port = 8765}};
  make_membership({});
  ASSERT_TRUE(make_private_directory(folder_ / "cluster").ok());
  const std::filesystem::path obstacle = folder_ / "cluster/addresses.new";
  std::filesystem::create_directory(obstacle);
  const ClusterId before = trust_->cluster_id();
  EXPECT_FALSE(membership_->enter(admitted).ok());
  EXPECT_EQ(trust_->cluster_id(), before) << "it would be a member that knows nobody";
  std::filesystem::remove(obstacle);
  ASSERT_TRUE(membership_->enter(admitted).ok());
  make_membership({});
  ASSERT_EQ(membership_->others().size(), 1U);
  EXPECT_EQ(membership_->others().front().addresses, std::vector<std::string>{"192.0.2.9:8765"});
}

TEST_F(NodeMembershipTest, AWorkerIsToBeReachedAlsoWhenItKnowsNobody) {
  NodeServices services;
  services.trust = trust_.get();
  make_membership({});
  services.membership = membership_.get();
  EXPECT_EQ(FrontDoor::wanted_reach(services), Reach::loopback) << "a cluster of one";
  const auto admin = NodeTrust::open({.directory = folder_ / "admin", .host = ""}).value();
  const auto certificate = admin->admit_confirmed(trust_->key().public_key()).value();
  ASSERT_TRUE(trust_->adopt(certificate, admin->authority(), admin->revocations()).ok());
  EXPECT_TRUE(membership_->others().empty());
  EXPECT_EQ(FrontDoor::wanted_reach(services), Reach::everywhere);
}

TEST_F(NodeMembershipTest, FailedJoinsAreNotedOnceAMinuteForEachAddressAndFewInAll) {
  trust_.reset();
  std::int64_t now = 1'800'000'000;
  trust_ = NodeTrust::open({.directory = folder_ / "identity", .host = "", .clock = [&now] { return now; }}).value();
  make_membership({});
  const auto noted = [this] {
    std::size_t count = 0;
    for (const JournalEntry& entry : journal_.after(0, 1000)) {
      EXPECT_EQ(entry.level, JournalLevel::warn);
      ++count;
    }
    return count;
  };
  const Error wrong{ErrorKind::refused, "This token is not valid."};
  for (int i = 0; i < 7; ++i) membership_->turned_away("192.0.2.1", wrong);
  EXPECT_EQ(noted(), 1U);
  membership_->turned_away("2001:db8::1", wrong);
  membership_->turned_away("2001:db8::2", wrong);
  EXPECT_EQ(noted(), 2U) << "one network of IPv6 is one address";
  now += NodeMembership::kTurnedAwaySeconds;
  membership_->turned_away("192.0.2.1", wrong);
  EXPECT_EQ(noted(), 3U);
  for (int i = 2; i < 200; ++i) membership_->turned_away("192.0.2." + std::to_string(i), wrong);
  EXPECT_EQ(noted(), 2 + NodeMembership::kMaxTurnedAway);
  EXPECT_NE(journal_.after(0, 1)[0].text.find("192.0.2.1 could not join by a token"), std::string::npos);
}

TEST_F(NodeMembershipTest, TheOnlyHolderOfTheSigningKeyLeavesItsMembersByForceOnly) {
  make_membership({});
  const MemberAddress other{.node = NodeId::of_public_key(Bytes{1}), .addresses = {"192.0.2.9:8765"}};
  std::vector<MemberAddress> others;
  std::vector<NodeId> admins;
  bool said_good_bye = false;
  NodeMembership::Agreement agreement;
  agreement.others = [&] { return others; };
  agreement.admins = [&] { return admins; };
  agreement.leaving = [&] { said_good_bye = true; };
  membership_->connect(std::move(agreement));
  EXPECT_TRUE(membership_->check_key_stays().ok()) << "nobody is left behind";
  others = {other};
  const ClusterId before = trust_->cluster_id();
  const Result<void> left = membership_->leave(false);
  ASSERT_FALSE(left.ok());
  EXPECT_NE(left.error().text.find("meshzero nodes promote"), std::string::npos) << left.error().text;
  EXPECT_NE(left.error().text.find("meshzero ca backup"), std::string::npos) << left.error().text;
  EXPECT_EQ(trust_->cluster_id(), before);
  EXPECT_FALSE(said_good_bye);
  admins = {NodeId::of_public_key(Bytes{2})};
  EXPECT_FALSE(membership_->check_key_stays().ok()) << "that one is no member any more";
  admins = {other.node};
  EXPECT_TRUE(membership_->check_key_stays().ok());
  admins.clear();
  EXPECT_TRUE(membership_->leave(true).ok());
  EXPECT_NE(trust_->cluster_id(), before);
}

// Real machines that talk over TLS; none pairs by itself.
class MembershipBetweenMachines : public test::PairedMachines {
 protected:
  test::Machine& member_of(test::Machine& admin, const std::string& name) {
    test::Machine& member = machine(name, {.open = false});
    const auto admitted = admin.trust->admit_confirmed(member.trust->key().public_key());
    EXPECT_TRUE(member.trust->adopt(admitted.value(), admin.trust->authority(), admin.trust->revocations()).ok());
    member.membership->learn_members({{admin.trust->node_id(), {admin.address().text()}}});
    return member;
  }
  // The texts of the events of that kind.
  static std::vector<std::string> events(const test::Machine& machine, JournalKind kind) {
    std::vector<std::string> texts;
    for (const JournalEntry& entry : machine.journal.after(0, 1000)) {
      if (entry.kind == kind) texts.push_back(entry.text);
    }
    return texts;
  }
};

TEST_F(MembershipBetweenMachines, ANodeThatWasPutOutIsToldOnceAndWhatToDo) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& outcast = member_of(admin, "outcast");
  ASSERT_TRUE(admin.trust->revoke(outcast.trust->node_id()).ok());
  const JoinToken token = admin.trust->create_join_token(3).value();
  for (int i = 0; i < 3; ++i) {
    const Result<void> joined = outcast.membership->join(token, {admin.address()});
    ASSERT_FALSE(joined.ok());
    EXPECT_NE(joined.error().text.find("meshzero identity reset"), std::string::npos) << joined.error().text;
  }
  const std::vector<std::string> told = events(outcast, JournalKind::revocation);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told.front().find("meshzero identity reset"), std::string::npos) << told.front();
}

TEST_F(MembershipBetweenMachines, AMemberThatJoinsAgainIsConfirmedAndUsesNoToken) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& member = member_of(admin, "member");
  const JoinToken token = admin.trust->create_join_token(1).value();
  const std::string before = member.trust->certificate().pem();
  EXPECT_TRUE(member.membership->join(token, {}).ok()) << "by the addresses that it knows";
  EXPECT_EQ(member.trust->certificate().pem(), before);
  EXPECT_TRUE(admin.trust->join_tokens().front().redeemers.empty());
  EXPECT_TRUE(admin.membership->join(token, {}).ok());
  EXPECT_TRUE(admin.trust->is_admin()) << "with the token that it made itself";
}

TEST_F(MembershipBetweenMachines, AMemberWhoseCertificateCannotBeRenewedAnyMoreJoinsAgain) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& member = member_of(admin, "member");
  for (test::Machine* each : {&admin, &member}) each->advance(-40 * kDaySeconds);
  const auto old = admin.trust->admit_confirmed(member.trust->key().public_key()).value();
  for (test::Machine* each : {&admin, &member}) each->advance(40 * kDaySeconds);
  ASSERT_TRUE(member.trust->adopt(old, admin.trust->authority(), admin.trust->revocations()).ok());
  const JoinToken token = admin.trust->create_join_token(1).value();
  ASSERT_LE(member.trust->certificate().not_after(), member.trust->now());
  EXPECT_TRUE(member.membership->join(token, {admin.address()}).ok());
  EXPECT_GT(member.trust->certificate().not_after(), member.trust->now());
  EXPECT_EQ(admin.trust->join_tokens().front().redeemers.size(), 1U);
}

TEST_F(MembershipBetweenMachines, WhoseClockIsFarFromTheAdminsIsToldSoAndDoesNotJoin) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& joiner = machine("joiner", {.open = false});
  const ClusterId before = joiner.trust->cluster_id();
  for (const int days : {20, -60}) {
    admin.advance(days * kDaySeconds);
    const JoinToken token = admin.trust->create_join_token(1).value();
    const Result<void> joined = joiner.membership->join(token, {admin.address()});
    ASSERT_FALSE(joined.ok());
    EXPECT_EQ(joined.error().kind, ErrorKind::refused);
    EXPECT_NE(joined.error().text.find(days > 0 ? "480 hours ahead of" : "960 hours behind"), std::string::npos)
        << joined.error().text;
    EXPECT_EQ(joiner.trust->cluster_id(), before);
  }
}

TEST_F(MembershipBetweenMachines, NobodyIsCalledAMemberWhomNobodyConfirms) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& member = member_of(admin, "member");
  const JoinToken token = admin.trust->create_join_token(1).value();
  admin.listener.reset();
  const Result<void> joined = member.membership->join(token, {});
  ASSERT_FALSE(joined.ok());
  EXPECT_EQ(joined.error().kind, ErrorKind::unreachable);
}

TEST_F(MembershipBetweenMachines, AnAnnouncedAddressIsUnreachableOnlyAsLongAsNobodyAnswersThere) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& member = member_of(admin, "member");
  const NodeId node = admin.trust->node_id();
  const PeerAddress address = admin.address();
  NodeMembership::Agreement agreement;
  agreement.others = [&] { return std::vector{MemberAddress{.node = node, .addresses = {address.text()}}}; };
  agreement.alive = [&] { return std::vector{node}; };  // all the time, by another way
  member.membership->connect(std::move(agreement));
  Sighting sighting;
  sighting.advert = {.instance = "admin",
                     .port = address.port,
                     .cluster = cluster_id_text(admin.trust->cluster_id()).substr(0, kAdvertIdLength),
                     .node = node.text().substr(0, kAdvertIdLength),
                     .protocol = protocol_version()};
  sighting.addresses = {address};
  member.membership->sighted(sighting);
  member.membership->start({});
  const auto becomes = [&](CandidateState state) {
    return test::comes_true([&] {
      const auto all = member.membership->candidates();
      return std::any_of(all.begin(), all.end(), [&](const NodeMembership::CandidateView& each) {
        return each.address == address && each.candidate.state == state;
      });
    });
  };
  EXPECT_TRUE(becomes(CandidateState::member));
  admin.close_door();
  member.membership->spread(
      {.node = NodeId::of_public_key(Bytes{1}), .at = 0, .signature = {}});  // told to everybody at once
  EXPECT_TRUE(becomes(CandidateState::unreachable));
  admin.open_door();
  EXPECT_TRUE(becomes(CandidateState::member));
  member.membership->stop();
}

TEST_F(NodeMembershipTest, AddressesThatManyLearnAtOnceAreAllKept) {
  make_membership({});
  std::ostringstream log;
  const auto before = spdlog::default_logger();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  constexpr int kThreads = 8;
  constexpr int kEach = 12;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < kEach; ++i) {
        const int number = thread * kEach + i + 1;
        membership_->admitted({NodeId::of_public_key(Bytes{static_cast<std::uint8_t>(number)}),
                               {"192.0.2." + std::to_string(number) + ":8765"}});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  spdlog::set_default_logger(before);
  EXPECT_EQ(log.str(), "") << "nobody takes the file away under the hands of another";
  const std::size_t known = membership_->candidates().size();
  EXPECT_EQ(known, static_cast<std::size_t>(kThreads * kEach));
  make_membership({});
  EXPECT_EQ(membership_->candidates().size(), known) << "as the next start reads them";
}

TEST_F(MembershipBetweenMachines, ARenewalTellsWhoWasPutOutMeanwhile) {
  test::Machine& admin = machine("admin", {.open = false});
  test::Machine& member = member_of(admin, "member");
  admin.services.membership = nullptr;  // so that it renews, but exchanges nothing
  const NodeId outcast = NodeId::of_public_key(Bytes{1});
  ASSERT_TRUE(admin.trust->revoke(outcast).ok());
  std::mutex mutex;  // guards what follows
  std::vector<NodeId> excluded;
  NodeMembership::Agreement agreement;
  agreement.excluded = [&](const NodeId& node) {
    const std::lock_guard lock(mutex);
    excluded.push_back(node);
  };
  member.membership->connect(std::move(agreement));
  for (test::Machine* each : {&admin, &member}) each->advance(29 * kDaySeconds);
  ASSERT_LE(member.trust->renewal_due(), member.trust->now());
  member.membership->start({});
  EXPECT_TRUE(test::comes_true([&] {
    const std::lock_guard lock(mutex);
    return !excluded.empty();
  }));
  member.membership->stop();
  EXPECT_TRUE(member.trust->is_revoked(outcast));
  EXPECT_EQ(excluded, std::vector{outcast});
  EXPECT_EQ(events(member, JournalKind::revocation).size(), 1U);
}

}  // namespace
}  // namespace mz
