#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "p2p/trust/node_trust.h"
#include "p2p/trust/private_file.h"
#include "tests/unit/p2p/trust/handshake.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

// Some nodes, each with a directory of its own, under one clock.
class Trust : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "nodetrustXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<NodeTrust> open(const std::string& name) {
    auto trust = NodeTrust::open({.directory = folder_ / name, .host = "studio", .clock = [this] { return now_; }});
    if (trust) return std::move(*trust);
    ADD_FAILURE() << trust.error().text;
    return nullptr;
  }
  JoinAttempt attempt(const NodeTrust& joiner, const JoinToken& token) {
    JoinAttempt out{
        .token_id = token.id(), .request = make_request(joiner.key()).value(), .channel = {9}, .address = "a"};
    out.proof = join_proof(token.proof_key(), out.channel, out.request);
    return out;
  }
  void join(NodeTrust& joiner, NodeTrust& admin) {
    const JoinToken token = admin.create_join_token(1).value();
    ASSERT_TRUE(joiner.adopt(admin.admit(attempt(joiner, token)).value(), admin.authority(), admin.revocations()).ok());
  }
  // By name, what is in them.
  [[nodiscard]] std::map<std::string, Bytes> files_of(const std::string& name) const {
    std::map<std::string, Bytes> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / name)) {
      files[entry.path().filename().string()] = read_private_file(entry.path(), 1U << 20).value();
    }
    return files;
  }
  // What the server learns of the client.
  std::optional<Peer> met(const NodeTrust& client, const NodeTrust& server) {
    const auto connection = test::connect(client.client_context(), server.server_context());
    return connection.established ? server.member(connection.server.get()) : std::nullopt;
  }

  std::filesystem::path folder_;
  std::int64_t now_ = kNow;
};

TEST_F(Trust, AFreshNodeIsTheAdminOfAClusterOfItsOwn) {
  const auto one = open("one");
  const auto other = open("other");
  EXPECT_TRUE(one->is_admin());
  EXPECT_EQ(one->certificate().role(), Role::admin);
  EXPECT_NE(one->cluster_id(), other->cluster_id());
  EXPECT_NE(one->node_id(), other->node_id());
  EXPECT_FALSE(met(*other, *one).has_value());
}

TEST_F(Trust, IdentitySurvivesARestart) {
  NodeId id;
  ClusterId cluster{};
  {
    const auto before = open("one");
    id = before->node_id();
    cluster = before->cluster_id();
  }
  const auto after = open("one");
  EXPECT_EQ(after->node_id(), id);
  EXPECT_EQ(after->cluster_id(), cluster);
  EXPECT_TRUE(after->is_admin());
}

TEST_F(Trust, EverySecretIsForItsOwnerOnly) {
  const auto one = open("one");
  ASSERT_TRUE(one->create_join_token(1).ok());
  ASSERT_TRUE(one->create_operator_token(OperatorScope::read, 100).ok());
  std::size_t files = 0;
  struct stat status {};
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "one")) {
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 6U);
  ASSERT_EQ(::stat((folder_ / "one").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
}

TEST_F(Trust, JoiningKeepsTheKeyAndDropsTheOldAuthority) {
  const auto admin = open("admin");
  const auto joiner = open("joiner");
  const NodeId id = joiner->node_id();
  join(*joiner, *admin);
  EXPECT_EQ(joiner->node_id(), id);
  EXPECT_EQ(joiner->cluster_id(), admin->cluster_id());
  EXPECT_FALSE(joiner->is_admin());
  EXPECT_EQ(joiner->certificate().role(), Role::worker);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "joiner" / "authority.key"));
  EXPECT_EQ(met(*joiner, *admin)->node_id, id);
  EXPECT_EQ(open("joiner")->cluster_id(), admin->cluster_id());
}

TEST_F(Trust, AnInterruptedJoinLeavesOneClusterOrTheOther) {
  const auto admin = open("admin");
  const Bytes old_key = [this] {
    const auto fresh = open("joiner");
    return read_private_file(folder_ / "joiner" / "authority.key", 4096).value();
  }();
  const auto joiner = open("joiner");
  join(*joiner, *admin);
  // As if the power had failed after the certificate was replaced and before the old authority's key was removed.
  ASSERT_TRUE(write_private_file(folder_ / "joiner" / "authority.key", old_key).ok());
  const auto again = open("joiner");
  EXPECT_FALSE(again->is_admin());
  EXPECT_EQ(again->cluster_id(), admin->cluster_id());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "joiner" / "authority.key"));
}

TEST_F(Trust, OnlyAnAdminSigns) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  EXPECT_EQ(worker->create_join_token(1).error().kind, ErrorKind::refused);
  EXPECT_EQ(worker->revoke(admin->node_id()).error().kind, ErrorKind::refused);
  EXPECT_EQ(worker->promote(worker->key().public_key()).error().kind, ErrorKind::refused);
  EXPECT_EQ(worker->back_up("four words in a row").error().kind, ErrorKind::refused);
  EXPECT_EQ(worker->renew_self().error().kind, ErrorKind::refused);
}

TEST_F(Trust, ACertificateOfAnotherKeyOrClusterIsNotAdopted) {
  const auto admin = open("admin");
  const auto one = open("one");
  const auto two = open("two");
  const JoinToken token = admin->create_join_token(2).value();
  const Certificate for_two = admin->admit(attempt(*two, token)).value();
  EXPECT_FALSE(one->adopt(for_two, admin->authority(), admin->revocations()).ok());
  EXPECT_FALSE(two->adopt(for_two, one->authority(), one->revocations()).ok());
  EXPECT_TRUE(two->adopt(for_two, admin->authority(), admin->revocations()).ok());
}

TEST_F(Trust, AnAddressThatFailsFiveTimesWaitsAMinute) {
  const auto admin = open("admin");
  const auto joiner = open("joiner");
  const JoinToken token = admin->create_join_token(1).value();
  JoinAttempt wrong = attempt(*joiner, token);
  wrong.proof[0] ^= 1;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(admin->admit(wrong).ok());
  EXPECT_FALSE(admin->admit(attempt(*joiner, token)).ok()) << "right, but too late";
  JoinAttempt from_elsewhere = attempt(*joiner, token);
  from_elsewhere.address = "b";
  EXPECT_TRUE(admin->admit(from_elsewhere).ok());
  now_ += 60;
  EXPECT_TRUE(admin->admit(attempt(*joiner, token)).ok());
}

TEST_F(Trust, ARequestThatProvesNoKeyCountsAsAFailureToo) {
  const auto admin = open("admin");
  const auto joiner = open("joiner");
  const JoinToken token = admin->create_join_token(1).value();
  JoinAttempt noise = attempt(*joiner, token);
  noise.request.back() ^= 1;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(admin->admit(noise).ok());
  EXPECT_FALSE(admin->admit(attempt(*joiner, token)).ok());
}

TEST_F(Trust, AnExpiredMemberIsRenewedForHalfAYearAndKeepsItsRole) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  now_ += 200 * kDaySeconds;
  ASSERT_TRUE(admin->renew_self().ok());
  const auto peer = met(*worker, *admin);
  ASSERT_TRUE(peer && peer->expired);
  const Bytes request = make_request(worker->key()).value();
  const Certificate renewed = admin->renew(*peer, request).value();
  EXPECT_EQ(renewed.role(), Role::worker);
  ASSERT_TRUE(worker->adopt_renewal(renewed).ok());
  EXPECT_FALSE(met(*worker, *admin)->expired);
}

TEST_F(Trust, WhoProvedToBeInTheClusterBeforeIsNobodyInTheNextOne) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const auto peer = met(*worker, *admin);
  ASSERT_TRUE(peer.has_value());
  EXPECT_TRUE(admin->is_member(peer->cluster, peer->node_id));
  ASSERT_TRUE(admin->start_alone().ok());
  EXPECT_FALSE(admin->is_member(peer->cluster, peer->node_id));
  EXPECT_EQ(admin->renew(*peer, make_request(worker->key()).value()).error().kind, ErrorKind::refused);
}

TEST_F(Trust, OnlyALaterCertificateOfTheSameRoleIsARenewal) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const Certificate first = worker->certificate();
  const Bytes request = make_request(worker->key()).value();
  EXPECT_EQ(worker->adopt_renewal(first).error().kind, ErrorKind::refused);
  now_ += kDaySeconds;
  const Certificate second = admin->renew(*met(*worker, *admin), request).value();
  ASSERT_TRUE(worker->adopt_renewal(second).ok());
  EXPECT_EQ(worker->adopt_renewal(first).error().kind, ErrorKind::refused);
  now_ += kDaySeconds;
  const Certificate third = admin->renew(*met(*worker, *admin), request).value();
  ASSERT_TRUE(worker->accept_promotion(admin->promote(worker->key().public_key()).value()).ok());
  now_ += kDaySeconds;
  EXPECT_EQ(worker->adopt_renewal(third).error().kind, ErrorKind::refused) << "it would end the promotion";
  EXPECT_TRUE(worker->is_admin());
}

TEST_F(Trust, ANodeThatCannotEnterAClusterKeepsTheKeyOfItsOwn) {
  const std::filesystem::path file = folder_ / "one" / "certificate.pem";
  ClusterId before{};
  {
    const auto one = open("one");
    before = one->cluster_id();
    std::filesystem::rename(file, folder_ / "kept");
    std::filesystem::create_directory(file);  // so that no file can take its place
    EXPECT_FALSE(one->start_alone().ok());
    EXPECT_TRUE(one->is_admin());
    EXPECT_EQ(one->cluster_id(), before);
  }
  std::filesystem::remove(file);
  std::filesystem::rename(folder_ / "kept", file);
  const auto again = open("one");
  EXPECT_EQ(again->cluster_id(), before);
  EXPECT_TRUE(again->is_admin());
}

TEST_F(Trust, AKeyThatWasNotMovedToItsPlaceIsFoundAtTheNextStart) {
  ClusterId before{};
  {
    const auto one = open("one");
    before = one->cluster_id();
  }
  std::filesystem::rename(folder_ / "one" / "authority.key", folder_ / "one" / "authority.next");
  const auto again = open("one");
  EXPECT_TRUE(again->is_admin());
  EXPECT_EQ(again->cluster_id(), before);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "one" / "authority.key"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "one" / "authority.next"));
}

TEST_F(Trust, AMemberExpiredForMoreThanHalfAYearMustJoinAgain) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  now_ += 30 * kDaySeconds + 180 * kDaySeconds + 1;
  ASSERT_TRUE(admin->renew_self().ok());
  const auto peer = met(*worker, *admin);
  ASSERT_TRUE(peer.has_value());
  EXPECT_FALSE(admin->renew(*peer, make_request(worker->key()).value()).ok());
}

TEST_F(Trust, RenewalIsForTheSameKeyOnly) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const auto peer = met(*worker, *admin);
  const Bytes other = make_request(PrivateKey::generate().value()).value();
  EXPECT_EQ(admin->renew(*peer, other).error().kind, ErrorKind::refused);
}

TEST_F(Trust, ARevokedNodeIsAStrangerAndGetsNothing) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const auto peer = met(*worker, *admin);
  ASSERT_TRUE(peer.has_value());
  ASSERT_TRUE(admin->revoke(worker->node_id()).ok());
  EXPECT_FALSE(met(*worker, *admin).has_value());
  EXPECT_FALSE(admin->renew(*peer, make_request(worker->key()).value()).ok());
  EXPECT_FALSE(admin->admit(attempt(*worker, admin->create_join_token(1).value())).ok());
  EXPECT_TRUE(open("admin")->is_revoked(worker->node_id())) << "after a restart too";
}

TEST_F(Trust, OtherMembersLearnOfARevocation) {
  const auto admin = open("admin");
  const auto one = open("one");
  const auto two = open("two");
  join(*one, *admin);
  join(*two, *admin);
  ASSERT_TRUE(admin->revoke(two->node_id()).ok());
  EXPECT_EQ(one->add_revocations(admin->revocations()).value(), 1U);
  EXPECT_EQ(one->add_revocations(admin->revocations()).value(), 0U);
  EXPECT_FALSE(met(*two, *one).has_value());
  EXPECT_TRUE(open("one")->is_revoked(two->node_id()));
}

TEST_F(Trust, WhoeverWasPutOutBeforeANodeJoinedIsAStrangerToItFromTheFirstMoment) {
  const auto admin = open("admin");
  const auto outcast = open("outcast");
  const auto joiner = open("joiner");
  join(*outcast, *admin);
  ASSERT_TRUE(admin->revoke(outcast->node_id()).ok());
  join(*joiner, *admin);
  EXPECT_FALSE(met(*outcast, *joiner).has_value());
  EXPECT_TRUE(open("joiner")->is_revoked(outcast->node_id())) << "after a restart too";
}

TEST_F(Trust, AJoinWithAListOfRevocationsThatIsNoneChangesNothing) {
  const auto admin = open("admin");
  const auto other = open("other");
  const auto joiner = open("joiner");
  ASSERT_TRUE(admin->revoke(other->node_id()).ok());
  const ClusterId before = joiner->cluster_id();
  const Certificate certificate = admin->admit(attempt(*joiner, admin->create_join_token(1).value())).value();
  Bytes forged = admin->revocations();
  forged.back() ^= 1;
  Bytes cut = admin->revocations();
  cut.pop_back();
  for (const Bytes& list : {Bytes(), Bytes{1, 2}, forged, cut, other->revocations()}) {
    EXPECT_FALSE(joiner->adopt(certificate, admin->authority(), list).ok());
    EXPECT_EQ(joiner->cluster_id(), before);
    EXPECT_TRUE(joiner->is_admin());
    EXPECT_EQ(open("joiner")->cluster_id(), before);
  }
  EXPECT_TRUE(joiner->adopt(certificate, admin->authority(), admin->revocations()).ok());
}

TEST_F(Trust, ANodeThatCannotKeepWhoWasPutOutDoesNotJoin) {
  const auto admin = open("admin");
  const auto joiner = open("joiner");
  ASSERT_TRUE(admin->revoke(NodeId::of_public_key(Bytes{1})).ok());
  const ClusterId before = joiner->cluster_id();
  std::filesystem::create_directory(folder_ / "joiner" / "revoked.next");  // so that no file can take its place
  const Certificate certificate = admin->admit(attempt(*joiner, admin->create_join_token(1).value())).value();
  EXPECT_FALSE(joiner->adopt(certificate, admin->authority(), admin->revocations()).ok());
  EXPECT_EQ(joiner->cluster_id(), before);
}

TEST_F(Trust, RevocationsThatWereNotMovedToTheirPlaceAreFoundAtTheNextStart) {
  const NodeId outcast = NodeId::of_public_key(Bytes{1});
  const Bytes old_list = open("joiner")->revocations();
  {
    const auto admin = open("admin");
    const auto joiner = open("joiner");
    ASSERT_TRUE(admin->revoke(outcast).ok());
    join(*joiner, *admin);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "joiner" / "revoked.next"));
  }
  // As if the power had failed after the certificate was replaced.
  std::filesystem::rename(folder_ / "joiner" / "revoked", folder_ / "joiner" / "revoked.next");
  ASSERT_TRUE(write_private_file(folder_ / "joiner" / "revoked", old_list).ok());
  EXPECT_TRUE(open("joiner")->is_revoked(outcast));
}

TEST_F(Trust, AListOfRevocationsThatIsDamagedIsNotTakenForNone) {
  const std::filesystem::path file = folder_ / "admin" / "revoked";
  Bytes whole;
  {
    const auto admin = open("admin");
    ASSERT_TRUE(admin->revoke(NodeId::of_public_key(Bytes{1})).ok());
    whole = admin->revocations();
  }
  Bytes cut = whole;
  cut.resize(20);
  Bytes other_head = whole;
  other_head[0] ^= 1;
  Bytes other_title = whole;
  other_title[40] ^= 1;
  for (const Bytes& damaged : {Bytes(), cut, other_head, other_title}) {
    ASSERT_TRUE(write_private_file(file, damaged).ok());
    const auto opened = NodeTrust::open({.directory = folder_ / "admin", .host = "", .clock = [this] { return now_; }});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
    EXPECT_NE(opened.error().text.find(file.string()), std::string::npos) << opened.error().text;
    EXPECT_NE(opened.error().text.find("meshzero revoke"), std::string::npos)
        << "nobody else may have them: " << opened.error().text;
  }
  const auto other = open("other");
  ASSERT_TRUE(other->revoke(NodeId::of_public_key(Bytes{2})).ok());
  ASSERT_TRUE(write_private_file(file, other->revocations()).ok());
  EXPECT_TRUE(open("admin")->revoked_nodes().empty()) << "a change of clusters was interrupted";
}

TEST_F(Trust, APromotedNodeSignsForTheCluster) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const Promotion promotion = admin->promote(worker->key().public_key()).value();
  ASSERT_TRUE(worker->accept_promotion(promotion).ok());
  EXPECT_TRUE(worker->is_admin());
  EXPECT_EQ(met(*worker, *admin)->role, Role::admin);
  const auto third = open("third");
  join(*third, *worker);
  EXPECT_TRUE(met(*third, *admin).has_value());
}

TEST_F(Trust, APromotionIsForItsNodeOnly) {
  const auto admin = open("admin");
  const auto one = open("one");
  const auto two = open("two");
  join(*one, *admin);
  join(*two, *admin);
  const Promotion promotion = admin->promote(one->key().public_key()).value();
  EXPECT_FALSE(two->accept_promotion(promotion).ok());
  EXPECT_FALSE(two->is_admin());
}

TEST_F(Trust, ABackupMakesAnotherNodeAnAdminOfTheSameCluster) {
  Bytes backup;
  ClusterId cluster{};
  const auto worker = open("worker");
  {
    const auto admin = open("admin");
    join(*worker, *admin);
    cluster = admin->cluster_id();
    backup = admin->back_up("four words in a row").value();
  }
  std::filesystem::remove_all(folder_ / "admin");
  const auto fresh = open("fresh");
  EXPECT_EQ(fresh->restore("another passphrase", backup).error().kind, ErrorKind::refused);
  ASSERT_TRUE(fresh->restore("four words in a row", backup).ok());
  EXPECT_EQ(fresh->cluster_id(), cluster);
  EXPECT_TRUE(fresh->is_admin());
  EXPECT_TRUE(met(*worker, *fresh).has_value());
}

TEST_F(Trust, WhoeverWasPutOutStaysOutAfterARestoredBackup) {
  const auto worker = open("worker");
  Bytes backup;
  {
    const auto admin = open("admin");
    join(*worker, *admin);
    ASSERT_TRUE(admin->revoke(worker->node_id()).ok());
    backup = admin->back_up("four words in a row").value();
  }
  const auto fresh = open("fresh");
  ASSERT_TRUE(fresh->restore("four words in a row", backup).ok());
  EXPECT_TRUE(fresh->is_revoked(worker->node_id()));
  EXPECT_FALSE(met(*worker, *fresh).has_value());
  EXPECT_TRUE(open("fresh")->is_revoked(worker->node_id())) << "after a restart too";
}

TEST_F(Trust, ABackupLetsNobodyInWhoWasPutOut) {
  const auto outcast = open("outcast");
  const auto admin = open("admin");
  join(*outcast, *admin);
  ASSERT_TRUE(admin->revoke(outcast->node_id()).ok());
  const Bytes backup = admin->back_up("four words in a row").value();
  const Result<void> restored = outcast->restore("four words in a row", backup);
  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().kind, ErrorKind::refused);
  EXPECT_NE(restored.error().text.find("meshzero identity reset"), std::string::npos) << restored.error().text;
  EXPECT_FALSE(outcast->is_admin());
}

TEST_F(Trust, LookingAtANodeWritesNothing) {
  { const auto one = open("one"); }
  const auto written = [this] {
    std::map<std::string, ino_t> files;  // a file that is replaced is another one
    struct stat status {};
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "one")) {
      EXPECT_EQ(::stat(entry.path().c_str(), &status), 0);
      files[entry.path().filename().string()] = status.st_ino;
    }
    return files;
  };
  const auto before = written();
  { const auto one = open("one"); }
  EXPECT_EQ(written(), before);
}

TEST_F(Trust, LeavingMakesANewClusterOfOne) {
  const auto admin = open("admin");
  const auto worker = open("worker");
  join(*worker, *admin);
  const NodeId id = worker->node_id();
  ASSERT_TRUE(worker->start_alone().ok());
  EXPECT_TRUE(worker->is_admin());
  EXPECT_NE(worker->cluster_id(), admin->cluster_id());
  EXPECT_EQ(worker->node_id(), id);
}

TEST_F(Trust, AResetIdentityIsANewNode) {
  NodeId id;
  {
    const auto one = open("one");
    id = one->node_id();
  }
  ASSERT_TRUE(NodeTrust::reset(folder_ / "one").ok());
  EXPECT_NE(open("one")->node_id(), id);
}

TEST_F(Trust, ANodeThatLostAFileIsNoFreshNode) {
  const auto member = open("member");
  {
    const auto admin = open("admin");
    join(*member, *admin);
  }
  const std::string with_key = "meshzero ca restore BACKUP";
  for (const char* node : {"admin", "member"}) {
    for (const char* name : {"certificate.pem", "node.key"}) {
      const std::filesystem::path file = folder_ / node / name;
      std::filesystem::rename(file, folder_ / "kept");
      const auto before = files_of(node);
      const auto opened = NodeTrust::open({.directory = folder_ / node, .host = "", .clock = [this] { return now_; }});
      ASSERT_FALSE(opened.ok()) << file;
      EXPECT_EQ(opened.error().kind, ErrorKind::corrupt);
      EXPECT_NE(opened.error().text.find(file.string()), std::string::npos) << opened.error().text;
      EXPECT_NE(opened.error().text.find("meshzero identity reset"), std::string::npos) << opened.error().text;
      EXPECT_EQ(opened.error().text.find(with_key) != std::string::npos, std::string(node) == "admin")
          << opened.error().text;
      EXPECT_EQ(files_of(node), before);
      std::filesystem::rename(folder_ / "kept", file);
    }
  }
  EXPECT_EQ(open("admin")->cluster_id(), member->cluster_id());
}

TEST_F(Trust, AFirstStartThatWasInterruptedIsBegunAnew) {
  ASSERT_TRUE(make_private_directory(folder_ / "one").ok());
  ASSERT_TRUE(write_private_file(folder_ / "one" / "node.key", PrivateKey::generate().value().pem()).ok());
  ASSERT_TRUE(write_private_file(folder_ / "one" / "authority.next", PrivateKey::generate().value().pem()).ok());
  EXPECT_TRUE(open("one")->is_admin());
}

TEST_F(Trust, AResetThatWasInterruptedIsFinishedAtTheNextStart) {
  const auto files = [this] {
    open("one");
    return files_of("one");
  }();
  // Killed after any of its steps, in whatever order they are.
  for (const auto& [lost, bytes] : files) {
    const std::string before = open("one")->node_id().text();
    std::filesystem::remove(folder_ / "one" / lost);
    ASSERT_TRUE(write_private_file(folder_ / "one" / "reset", "").ok());
    EXPECT_FALSE(NodeTrust::has_authority_key(folder_ / "one")) << "it was given up";
    EXPECT_NE(open("one")->node_id().text(), before) << lost;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "one" / "reset"));
  }
}

TEST_F(Trust, AResetThatFailsHalfWayIsFinishedAtTheNextStart) {
  const std::string before = open("one")->node_id().text();
  std::filesystem::create_directory(folder_ / "one" / "operator-tokens");  // so that it cannot be unlinked
  EXPECT_FALSE(NodeTrust::reset(folder_ / "one").ok());
  std::filesystem::remove(folder_ / "one" / "operator-tokens");
  EXPECT_NE(open("one")->node_id().text(), before);
}

TEST_F(Trust, ABackupMendsAnAdminWhoseFilesAreDamaged) {
  const auto worker = open("worker");
  const NodeId outcast = NodeId::of_public_key(Bytes{1});
  Bytes backup;
  Bytes of_another;
  NodeId id;
  {
    const auto admin = open("admin");
    join(*worker, *admin);
    backup = admin->back_up("four words in a row").value();
    ASSERT_TRUE(admin->revoke(outcast).ok());
    of_another = open("another")->back_up("four words in a row").value();
    id = admin->node_id();
  }
  const auto open_admin = [this] {
    return NodeTrust::open({.directory = folder_ / "admin", .host = "", .clock = [this] { return now_; }});
  };
  const auto mend = [this](const Bytes& bytes) {
    return NodeTrust::open_from_backup({.directory = folder_ / "admin", .host = "", .clock = [this] { return now_; }},
                                       "four words in a row", bytes);
  };
  for (const char* name : {"certificate.pem", "authority.key", "node.key"}) {
    for (const bool removed : {true, false}) {
      if (removed && std::string(name) == "authority.key") continue;
      const std::filesystem::path file = folder_ / "admin" / name;
      ASSERT_TRUE(write_private_file(file, "-----BEGIN").ok());
      if (removed) std::filesystem::remove(file);
      const auto damaged = open_admin();
      ASSERT_FALSE(damaged.ok()) << name;
      EXPECT_EQ(damaged.error().kind, ErrorKind::corrupt);
      EXPECT_NE(damaged.error().text.find(file.string()), std::string::npos) << damaged.error().text;
      EXPECT_NE(damaged.error().text.find("meshzero ca restore BACKUP"), std::string::npos) << damaged.error().text;
      ASSERT_TRUE(mend(backup).ok()) << name;
      const auto mended = open_admin();
      ASSERT_TRUE(mended.ok()) << mended.error().text;
      EXPECT_TRUE((*mended)->is_admin());
      EXPECT_TRUE((*mended)->is_revoked(outcast)) << "which the backup does not know";
      EXPECT_EQ((*mended)->node_id() == id, std::string(name) != "node.key");
      EXPECT_TRUE(met(*worker, **mended).has_value());
      id = (*mended)->node_id();
    }
  }
  std::filesystem::remove(folder_ / "admin" / "certificate.pem");
  EXPECT_EQ(mend(of_another).error().kind, ErrorKind::refused) << "it would take the key away";
  EXPECT_TRUE(mend(backup).ok());
}

TEST_F(Trust, AnAdminRenewsItselfWhenItStartsLate) {
  { const auto one = open("one"); }
  now_ += 60 * kDaySeconds;
  const auto later = open("one");
  EXPECT_GT(later->certificate().not_after(), now_);
  EXPECT_GT(later->renewal_due(), now_);
}

TEST_F(Trust, ACertificateFromTheFutureIsRenewedWhenTheClockIsRightAgain) {
  constexpr std::int64_t kAhead = 20 * kDaySeconds;
  const auto worker = open("worker");
  Certificate from_future = worker->certificate();
  Certificate right = worker->certificate();
  {
    const auto admin = open("admin");
    now_ += kAhead;
    ASSERT_TRUE(admin->renew_self().ok());
    join(*worker, *admin);
    const Peer peer = met(*worker, *admin).value();
    const Bytes request = make_request(worker->key()).value();
    EXPECT_FALSE(worker->needs_renewal());
    now_ += kDaySeconds;
    from_future = admin->renew(peer, request).value();
    now_ -= kAhead + kDaySeconds;
    right = admin->renew(peer, request).value();
    EXPECT_TRUE(admin->needs_renewal());
  }
  EXPECT_TRUE(worker->needs_renewal());
  EXPECT_EQ(worker->adopt_renewal(from_future).error().kind, ErrorKind::refused);
  ASSERT_TRUE(worker->adopt_renewal(right).ok()) << "though it ends before the one from the future";
  EXPECT_FALSE(worker->needs_renewal());
  const auto admin = open("admin");
  EXPECT_LE(admin->certificate().not_before(), now_);
  EXPECT_TRUE(met(*worker, *admin).has_value());
}

TEST_F(Trust, RenewalFallsBetweenHalfAndFourFifthsOfTheLife) {
  const auto one = open("one");
  EXPECT_GE(one->renewal_due(), kNow - 3600 + (30 * kDaySeconds + 3600) / 2);
  EXPECT_LE(one->renewal_due(), kNow - 3600 + (30 * kDaySeconds + 3600) * 8 / 10);
}

TEST_F(Trust, ACopiedCertificateWithoutItsKeyIsRefusedAtStart) {
  { const auto one = open("one"); }
  { const auto two = open("two"); }
  std::filesystem::copy_file(folder_ / "one" / "certificate.pem", folder_ / "two" / "certificate.pem",
                             std::filesystem::copy_options::overwrite_existing);
  auto damaged = NodeTrust::open({.directory = folder_ / "two", .host = "", .clock = [this] { return now_; }});
  EXPECT_EQ(damaged.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace mz
