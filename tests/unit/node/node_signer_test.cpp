// Who comes to be known as a member: nobody but those whom the authority of the cluster has certified.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "node/cluster_service.h"
#include "p2p/agreement/roster.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

class NodeSignerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "nodesignerXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    admin_ = open("admin");
    member_ = open("member");
    const auto certificate = admit(*member_);
    ASSERT_TRUE(member_->adopt(certificate, admin_->authority(), admin_->revocations()).ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<NodeTrust> open(const std::string& name) {
    return std::move(
        NodeTrust::open({.directory = folder_ / name, .host = "", .clock = [this] { return now_; }}).value());
  }
  Certificate admit(const NodeTrust& node) {
    const JoinToken token = admin_->create_join_token(1).value();
    const Bytes request = make_request(node.key()).value();
    JoinAttempt attempt{.token_id = token.id(), .request = request, .proof = {}, .channel = {}, .address = "192.0.2.1"};
    attempt.proof = join_proof(token.proof_key(), attempt.channel, request);
    return admin_->admit(attempt).value();
  }
  static Card card_of(const NodeTrust& node, Signer& signer) {
    Card card;
    card.id = node.node_id();
    card.life = {.incarnation = 1, .boot_id = 7};
    card.signature = signer.sign_card(card.signed_bytes());
    return card;
  }
  // What the admin node makes of a card after it came over the network.
  Roster::Merge merged(const Card& card) {
    ByteWriter out;
    card.write(out);
    ByteReader in(out.bytes());
    const Card read = Card::read(in);
    EXPECT_TRUE(in.good());
    NodeSigner signer(*admin_);
    return roster_.merge(read, 1, signer);
  }

  std::filesystem::path folder_;
  std::int64_t now_ = kNow;
  std::unique_ptr<NodeTrust> admin_;
  std::unique_ptr<NodeTrust> member_;
  Roster roster_;
};

TEST_F(NodeSignerTest, ACardOfAMemberIsTakenAlsoWhenItsCertificateHasExpired) {
  NodeSigner signer(*member_);
  now_ += 400 * kDaySeconds;
  EXPECT_EQ(merged(card_of(*member_, signer)), Roster::Merge::taken);
}

TEST_F(NodeSignerTest, ACardOfANodeThatNobodyAdmittedIsRefused) {
  const auto invented = open("invented");  // a cluster of its own, with an authority of its own
  NodeSigner signer(*invented);
  EXPECT_EQ(merged(card_of(*invented, signer)), Roster::Merge::refused);
}

// A member signs for a node that it made up, with all that it has itself.
TEST_F(NodeSignerTest, AMemberCannotLendItsCertificate) {
  const auto invented = open("invented");
  NodeSigner of_member(*member_);
  NodeSigner of_invented(*invented);
  Card card = card_of(*member_, of_member);
  card.id = invented->node_id();
  card.signature = of_member.sign_card(card.signed_bytes());
  EXPECT_EQ(merged(card), Roster::Merge::refused);
  // The member's certificate with the signature of the made-up key.
  const Signature foreign = of_invented.sign_card(card.signed_bytes());
  ByteReader in(foreign);
  (void)in.blob(kMaxCardSignatureBytes);
  ByteWriter mixed;
  mixed.blob(member_->certificate().der());
  mixed.raw(in.raw(in.remaining()));
  card.signature = mixed.take();
  EXPECT_EQ(merged(card), Roster::Merge::refused);
}

TEST_F(NodeSignerTest, AChangedCardIsRefused) {
  NodeSigner signer(*member_);
  Card card = card_of(*member_, signer);
  card.addresses = {"192.0.2.66:8765"};
  EXPECT_EQ(merged(card), Roster::Merge::refused);
}

TEST_F(NodeSignerTest, TheSignatureOfSomethingElseIsNoneOfACard) {
  NodeSigner signer(*member_);
  Card card = card_of(*member_, signer);
  card.signature = signer.sign(card.signed_bytes());
  EXPECT_EQ(merged(card), Roster::Merge::refused);
}

}  // namespace
}  // namespace mz
