// One node's agreement on real threads and files, whose threads the test can hold.
#include "node/cluster_service.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "p2p/agreement/ledger.h"
#include "p2p/trust/private_file.h"
#include "tests/unit/node/paired_machines.h"

namespace mz {
namespace {

using test::comes_true;

// Where a thread passes, and waits while it is closed.
class Gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  // Returns when a thread has arrived since, by what `nudge` makes it do.
  void await(const std::function<void()>& nudge) {
    std::unique_lock lock(mutex_);
    const unsigned before = arrived_;
    lock.unlock();
    nudge();
    lock.lock();
    changed_.wait(lock, [&] { return arrived_ > before; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned arrived_ = 0;
  bool open_ = true;
};

class ClusterServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "clusterserviceXXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    trust_ = NodeTrust::open({.directory = folder_ / "identity", .host = ""}).value();
    service_ =
        std::make_unique<ClusterService>(*trust_, ClusterService::Options{.directory = folder_ / "cluster",
                                                                          .name = "a",
                                                                          .version = "1",
                                                                          .addresses = [] { return Addresses(); },
                                                                          .voters = {},
                                                                          .fitness = [] { return Fitness::best; },
                                                                          .name_thread = {},
                                                                          .beat = [this] { agreement_.pass(); },
                                                                          .late = [](Duration) {},
                                                                          .disk_beat = [this] { disk_.pass(); }});
    ASSERT_TRUE(service_->start({}).ok());
    ASSERT_TRUE(comes_true([this] { return service_->picture()->role == "leading"; }));
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  // As a node reads it that starts now.
  [[nodiscard]] std::uint64_t incarnation_on_disk() const {
    const auto bytes = read_private_file(folder_ / "cluster/promise", 1024);
    return bytes ? Promise::decode(*bytes).value().incarnation : 0;
  }
  [[nodiscard]] std::string state_of(const NodeId& node) const {
    const auto picture = service_->picture();
    for (const ClusterMember& member : picture->members) {
      if (member.node == node) return member.state == "left" ? member.left_because : member.state;
    }
    return "";
  }

  using Addresses = std::vector<std::string>;
  std::filesystem::path folder_;
  std::unique_ptr<NodeTrust> trust_;
  Gate agreement_;
  Gate disk_;
  std::unique_ptr<ClusterService> service_;
};

TEST_F(ClusterServiceTest, ANodeThatLeavesWaitsForThePromiseOnWhichItsGoodByeRests) {
  constexpr int kRounds = 20;  // of another thread, by which a third one has surely done what it does at once
  ASSERT_EQ(incarnation_on_disk(), 1U);
  agreement_.set_open(false);
  agreement_.await([this] { service_->resume(); });
  std::uint64_t when_left = 0;
  std::thread leaver([&] {
    service_->leaving();
    when_left = incarnation_on_disk();
  });
  for (int i = 0; i < kRounds; ++i) disk_.await([this] { service_->describe(); });
  disk_.set_open(false);
  disk_.await([this] { service_->describe(); });
  // The agreement says good-bye, which is to be written while the disk takes nothing.
  agreement_.set_open(true);
  for (int i = 0; i < kRounds; ++i) agreement_.await([this] { service_->resume(); });
  disk_.set_open(true);
  leaver.join();
  EXPECT_EQ(when_left, 2U);
}

TEST_F(ClusterServiceTest, ANodeThatCouldNotLeaveIsPresentAgainAndForgetsNoRevocation) {
  const auto member = NodeTrust::open({.directory = folder_ / "member", .host = ""}).value();
  ASSERT_TRUE(member
                  ->adopt(trust_->admit_confirmed(member->key().public_key()).value(), trust_->authority(),
                          trust_->revocations())
                  .ok());
  NodeSigner signer(*member);
  Card card;
  card.id = member->node_id();
  card.life = {.incarnation = 1, .boot_id = 7};
  card.signature = signer.sign_card(card.signed_bytes());
  std::string body;
  add_frame(body, encode_cluster_message({.from = card.id,
                                          .to = trust_->node_id(),
                                          .life = card.life,
                                          .known = {},
                                          .roster_digest = 0,
                                          .events_digest = 0,
                                          .body = Cards{{card}}}));
  ASSERT_TRUE(service_->receive(card.id, body).ok());
  ASSERT_TRUE(comes_true([this] { return std::filesystem::exists(folder_ / "cluster/cards"); }));
  ASSERT_TRUE(trust_->revoke(card.id).ok());
  service_->exclude(card.id);
  service_->leaving();
  ASSERT_TRUE(comes_true([this] { return state_of(trust_->node_id()) == "leave"; }));

  service_->entered();  // the same cluster
  EXPECT_TRUE(comes_true([this] { return state_of(trust_->node_id()) == "alive"; }));
  EXPECT_EQ(state_of(card.id), "revoked");
  EXPECT_TRUE(comes_true([this] { return incarnation_on_disk() == 3; })) << "a life after the one that left";
}

}  // namespace
}  // namespace mz
