// Real nodes hear from a logind, played by the test, that their computer is about to sleep. Each test says how many nodes it
// needs.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <optional>

#include "p2p/agreement/timing.h"
#include "tests/functional/cluster_nodes.h"
#include "tests/functional/login_bus.h"

namespace {

using mz::test::BusGuest;
using mz::test::ClusterTest;
using mz::test::FakeLogind;
using mz::test::json;
using mz::test::kPatience;
using mz::test::leader_of;
using mz::test::PrivateBus;
using mz::test::term_of;

using Inhibitors = std::map<pid_t, FakeLogind::Inhibitor>;

class SleepTest : public ClusterTest {
 protected:
  void SetUp() override {
    ClusterTest::SetUp();
    if (HasFatalFailure()) return;
    if (!mz::test::dbus_daemon_is_there()) GTEST_SKIP() << "This test needs dbus-daemon (apt install dbus-daemon).";
    bus_.emplace((root_ / "bus").string());
    setenv("DBUS_SYSTEM_BUS_ADDRESS", bus_->address().c_str(), 1);
  }
  void TearDown() override {
    nodes_.clear();
    bus_.reset();
    ClusterTest::TearDown();
  }

  // The leaders of which the node's journal tells, as sentences.
  [[nodiscard]] std::string changes_of_leader(const std::string& name) const {
    std::string all;
    for (const json& event : nodes_.at(name)->get_json("/api/v1/events").value("events", json::array())) {
      if (event.at("kind") == "leader") all += event.at("text").get<std::string>() + "\n";
    }
    return all;
  }
  [[nodiscard]] int lines_in_log(const std::string& name, const std::string& words) const {
    std::ifstream log(dir(name) + "/log/node.log");
    int count = 0;
    for (std::string line; std::getline(log, line);) {
      if (line.find(words) != std::string::npos) ++count;
    }
    return count;
  }
  // Waits until the node goes by another leader than that one; its status then.
  json status_with_another_leader(const std::string& name, const std::string& than) {
    return nodes_.at(name)->status_when(
        [&](const json& now) { return !leader_of(now).empty() && leader_of(now) != ids_.at(than); });
  }
  static Inhibitors take(FakeLogind& logind, std::size_t count) {
    Inhibitors all;
    for (std::size_t i = 0; i < count; ++i) {
      auto one = logind.next();
      all[one.pid] = std::move(one);
    }
    return all;
  }

  std::optional<PrivateBus> bus_;
};

// 3 nodes
TEST_F(SleepTest, ALeaderHandsOverBeforeItsComputerSleepsAndFollows) {
  bus_->start();
  FakeLogind logind(*bus_);
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  Inhibitors held = take(logind, all.size());
  const std::string first = agree(all);
  const std::string other = without(all, first).front();
  const std::uint64_t term = term_of(nodes_[other]->status());
  auto& inhibitor = held[nodes_[first]->pid()];
  ASSERT_TRUE(inhibitor.held.valid());
  EXPECT_TRUE(inhibitor.words.starts_with("sleep|MeshZero|"));
  EXPECT_TRUE(inhibitor.words.ends_with("|delay"));

  const auto begin = std::chrono::steady_clock::now();
  const auto since = [&begin] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  };
  logind.prepare_for_sleep(true, inhibitor.holder);
  EXPECT_TRUE(inhibitor.let_go_within(kPatience));
  const auto ready = since();
  const json status = status_with_another_leader(other, first);
  const auto led = since();
  RecordProperty("ready_ms", static_cast<int>(ready.count()));
  RecordProperty("led_ms", static_cast<int>(led.count()));
  // Its silence would have been noticed after the lease, and its end would read otherwise.
  EXPECT_LT(ready, std::chrono::microseconds(mz::kLease));
  EXPECT_GT(term_of(status), term);
  EXPECT_EQ(term_of(status_with_another_leader(first, first)), term_of(status));
  EXPECT_NE(agree(all), first);
  nodes_[other]->status_when(
      [&](const json&) { return changes_of_leader(other).find(" handed leadership over to ") != std::string::npos; });

  logind.prepare_for_sleep(false, inhibitor.holder);
  const auto next = logind.next();
  EXPECT_EQ(next.pid, nodes_[first]->pid());
  EXPECT_FALSE(next.let_go_within(std::chrono::milliseconds(0)));
  // The others kept theirs.
  for (const std::string& name : without(all, first)) {
    EXPECT_FALSE(held[nodes_[name]->pid()].let_go_within(std::chrono::milliseconds(0))) << name;
  }
}

// 2 nodes
TEST_F(SleepTest, ALeaderWhomLogindDoesNotWaitForHandsOverAllTheSame) {
  bus_->start();
  FakeLogind logind(*bus_);
  found({"a", "b"});
  std::map<pid_t, std::string> names;
  for (int i = 0; i < 2; ++i) {
    const auto refused = logind.next(true);
    names[refused.pid] = refused.holder;
  }
  const std::string first = agree({"a", "b"});
  const std::string second = first == "a" ? "b" : "a";
  logind.prepare_for_sleep(true, names[nodes_[first]->pid()]);
  EXPECT_EQ(leader_of(status_with_another_leader(second, first)), ids_[second]);
  nodes_[second]->status_when(
      [&](const json&) { return changes_of_leader(second).find(" handed leadership over to ") != std::string::npos; });
  EXPECT_EQ(lines_in_log(first, "logind does not wait for this node"), 1);
}

// 1 node
TEST_F(SleepTest, OnlyLogindIsBelievedAndOneThatRestartsIsAskedAgain) {
  bus_->start();
  std::optional<FakeLogind> logind(std::in_place, *bus_);
  start("a");
  const auto first = logind->next();
  const json before = nodes_["a"]->status_when([](const json& now) { return !leader_of(now).empty(); });
  BusGuest(*bus_).prepare_for_sleep(true, first.holder);
  logind.reset();  // the bus tells of that after it has delivered the signal
  EXPECT_TRUE(first.let_go_within(kPatience));
  logind.emplace(*bus_);
  const auto second = logind->next();
  EXPECT_TRUE(second.held.valid());
  EXPECT_EQ(lines_in_log("a", "this computer is about to sleep"), 0);
  EXPECT_EQ(term_of(nodes_["a"]->status()), term_of(before));
}

// 1 node
TEST_F(SleepTest, ANodeWithoutASystemBusRunsAndFindsOneThatComes) {
  start("a");
  nodes_["a"]->status_when([](const json& now) { return !leader_of(now).empty() && now.value("status", "") == "ok"; });
  for (int i = 0; i < 2; ++i) {
    bus_->start();
    FakeLogind logind(*bus_);
    EXPECT_EQ(logind.next().pid, nodes_["a"]->pid());
    bus_->stop();
  }
  EXPECT_EQ(lines_in_log("a", "the system bus cannot be reached"), 1);
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_["a"]->terminate(took), 0);
}

}  // namespace
