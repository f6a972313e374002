#include "node/node_membership.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace mz {
namespace {

class NodeMembershipTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "membershipXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    trust_ = NodeTrust::open({.directory = folder_ / "identity", .host = ""}).value();
    membership_ = std::make_unique<NodeMembership>(
        *trust_, folder_ / "cluster", [] { return std::vector<std::string>(); }, std::vector<PeerAddress>(), journal_);
    membership_->connect(
        {.others = [this] { return std::vector{other_}; },
         .alive = {},
         .entered = [this] { told_.emplace_back("entered"); },
         .leaving = [this] { told_.emplace_back("leaving"); },
         .excluded = {},
         .admitted = [this](const MemberAddress& member) { told_.push_back(member.addresses.front()); },
         .card_message = {},
         .met_own_key = {}});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const MemberAddress other_{.node = NodeId::of_public_key(Bytes{1}), .addresses = {"192.0.2.9:8765"}};
  std::filesystem::path folder_;
  std::unique_ptr<NodeTrust> trust_;
  Journal journal_;
  std::vector<std::string> told_;  // to the agreement
  std::unique_ptr<NodeMembership> membership_;
};

using Told = std::vector<std::string>;

TEST_F(NodeMembershipTest, ANodeThatCannotLeaveBeginsAnewWhereItIs) {
  // In the way of the new certificate, like a full disk.
  const std::filesystem::path obstacle = folder_ / "identity/certificate.pem.new";
  std::filesystem::create_directory(obstacle);
  const ClusterId before = trust_->cluster_id();
  EXPECT_FALSE(membership_->leave().ok());
  EXPECT_EQ(trust_->cluster_id(), before);
  EXPECT_EQ(told_, (Told{"leaving", "entered", "192.0.2.9:8765"}));

  std::filesystem::remove(obstacle);
  told_.clear();
  EXPECT_TRUE(membership_->leave().ok());
  EXPECT_NE(trust_->cluster_id(), before);
  EXPECT_EQ(told_, (Told{"leaving", "entered"})) << "nobody of the cluster that it left";
}

}  // namespace
}  // namespace mz
