#include "node/cluster_files.h"

#include <gtest/gtest.h>

#include "p2p/agreement/ledger.h"
#include "p2p/trust/authority.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

class ClusterFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "clusterXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    ids_ = {cluster_id_text(ClusterId{1}), cluster_id_text(ClusterId{2})};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // What a node finds that starts in this cluster.
  Promise promise_in(std::size_t cluster) {
    const auto files = ClusterFiles(folder_).load(ids_[cluster]);
    EXPECT_TRUE(files.ok());
    if (!files || files->promise.empty()) return {};
    const auto promise = Promise::decode(files->promise);
    EXPECT_TRUE(promise.ok());
    return promise ? *promise : Promise{};
  }
  void write(const Promise& promise) {
    EXPECT_TRUE(
        ClusterFiles(folder_).write({.file = Write::File::promise, .append = false, .bytes = promise.encode()}).ok());
  }

  std::filesystem::path folder_;
  std::vector<std::string> ids_;
};

Ballot ballot(std::uint64_t term) { return {.term = term, .node = {}}; }

TEST_F(ClusterFilesTest, APromiseBindsInItsOwnClusterAndAgainAfterAReturn) {
  EXPECT_TRUE(promise_in(0).ballot.none());
  write({.incarnation = 3, .ballot = ballot(7)});
  EXPECT_EQ(promise_in(0).ballot, ballot(7));

  EXPECT_TRUE(promise_in(1).ballot.none()) << "nothing was promised there";
  EXPECT_EQ(promise_in(1).incarnation, 3U);
  write({.incarnation = 5, .ballot = ballot(2)});

  EXPECT_EQ(promise_in(0).ballot, ballot(7));
  EXPECT_EQ(promise_in(0).incarnation, 5U) << "lives are counted wherever they are spent";
  EXPECT_EQ(promise_in(1).ballot, ballot(2));
}

TEST_F(ClusterFilesTest, CardsAndEventsOfAnotherClusterAreDropped) {
  (void)promise_in(0);
  ClusterFiles files(folder_);
  for (const Write::File file : {Write::File::cards, Write::File::events}) {
    ASSERT_TRUE(files.write({.file = file, .append = false, .bytes = {1, 2, 3}}).ok());
  }
  const auto same = files.load(ids_[0]);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->cards.size(), 3U);
  EXPECT_EQ(same->events.size(), 3U);
  const auto other = files.load(ids_[1]);
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(other->cards.empty());
  EXPECT_TRUE(other->events.empty());
}

TEST_F(ClusterFilesTest, ADamagedNameOfTheClusterIsRefusedAndNothingIsLost) {
  write({.incarnation = 3, .ballot = ballot(7)});
  (void)promise_in(0);
  ASSERT_TRUE(write_private_file(folder_ / "of", std::string_view("../../etc")).ok());
  ASSERT_TRUE(ClusterFiles(folder_).write({.file = Write::File::cards, .append = false, .bytes = {1}}).ok());
  const auto files = ClusterFiles(folder_).load(ids_[1]);
  ASSERT_FALSE(files.ok());
  EXPECT_NE(files.error().text.find("names no cluster"), std::string::npos);
  ASSERT_TRUE(write_private_file(folder_ / "of", ids_[0]).ok());
  EXPECT_EQ(promise_in(0).ballot, ballot(7));
  EXPECT_EQ(ClusterFiles(folder_).load(ids_[0]).value().cards.size(), 1U);
}

TEST_F(ClusterFilesTest, ALostPromiseIsRefusedUnlessTheNodeHasNoHistory) {
  EXPECT_TRUE(promise_in(0).ballot.none());
  write({.incarnation = 3, .ballot = ballot(7)});
  const auto refused = [this](const std::string& why) {
    const auto files = ClusterFiles(folder_).load(ids_[0]);
    return !files && files.error().kind == ErrorKind::corrupt && files.error().text.find(why) != std::string::npos &&
           files.error().text.find("meshzero identity reset") != std::string::npos;
  };
  std::filesystem::resize_file(folder_ / "promise", 0);
  EXPECT_TRUE(refused("is damaged"));
  std::filesystem::remove(folder_ / "promise");
  EXPECT_TRUE(refused("is gone"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "promise")) << "another start is refused as well";
  EXPECT_TRUE(ClusterFiles(folder_).cards(ids_[0]).ok()) << "who the members were is still known";
  std::filesystem::remove(folder_ / "of");
  EXPECT_TRUE(promise_in(0).ballot.none()) << "nothing shows that it took part";
}

TEST_F(ClusterFilesTest, AnEmptyPromiseOfAClusterThatIsEnteredAgainIsRefused) {
  (void)promise_in(0);
  write({.incarnation = 3, .ballot = ballot(7)});
  (void)promise_in(1);
  std::filesystem::resize_file(folder_ / "promises" / ids_[0], 0);
  EXPECT_FALSE(ClusterFiles(folder_).load(ids_[0]).ok());
  EXPECT_TRUE(ClusterFiles(folder_).load(ids_[1]).ok());
}

// Each write of a change fails in turn, as when the machine dies there: a directory is in the way of the new file. The node is
// bound by too much then, never by too little.
TEST_F(ClusterFilesTest, AChangeThatEndsHalfwayLetsGoOfNoPromise) {
  (void)promise_in(0);
  write({.incarnation = 3, .ballot = ballot(7)});
  (void)promise_in(1);
  write({.incarnation = 4, .ballot = ballot(2)});
  const auto change_fails_at = [this](const std::string& file) {
    const std::filesystem::path obstacle = folder_ / (file + ".new");
    std::filesystem::create_directory(obstacle);
    EXPECT_FALSE(ClusterFiles(folder_).load(ids_[0]).ok()) << file;
    std::filesystem::remove(obstacle);
  };
  change_fails_at("promises/" + ids_[1]);
  EXPECT_EQ(promise_in(1).ballot, ballot(2)) << "nothing has changed yet";
  change_fails_at("of");
  EXPECT_EQ(promise_in(1).ballot, ballot(7));
  EXPECT_EQ(promise_in(0).ballot, ballot(7));
  EXPECT_EQ(promise_in(0).incarnation, 4U);
}

}  // namespace
}  // namespace mz
