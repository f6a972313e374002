// Real nodes on this computer agree on a leader while some of them are killed, stopped, restarted and copied. Each test says
// how many nodes it needs.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/functional/test_node.h"

namespace {

using mz::test::json;
using mz::test::kPatience;
using mz::test::NodeProcess;
using mz::test::NodeTest;
using mz::test::run_binary;

std::string leader_of(const json& status) {
  const json leader = status.value("leader", json());
  return leader.is_string() ? leader.get<std::string>() : "";
}

std::uint64_t term_of(const json& status) {
  const json ballot = status.value("ballot", json());
  return ballot.is_object() ? ballot.value("term", std::uint64_t{0}) : 0;
}

json member_of(const json& status, const std::string& id) {
  for (const json& member : status.value("members", json::array())) {
    if (member.at("node_id") == id) return member;
  }
  return json::object();
}

class ClusterTest : public NodeTest {
 protected:
  void TearDown() override {
    nodes_.clear();
    NodeTest::TearDown();
  }

  [[nodiscard]] std::string dir(const std::string& name) const { return (root_ / name).string(); }
  void start(const std::string& name, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--port", "0", "--workers", "0"});
    nodes_[name].reset();
    nodes_[name] = std::make_unique<NodeProcess>(dir(name), flags);
    ids_[name] = nodes_[name]->status().value("node_id", "");
  }
  void join(const std::string& name, const std::string& admin) {
    const auto made =
        json::parse(run_binary("token create --role node --json --data " + dir(admin)).out, nullptr, false);
    ASSERT_TRUE(made.is_object());
    const std::string address = "127.0.0.1:" + std::to_string(nodes_.at(admin)->port());
    start(name, {"--join", made.value("token", ""), "--peer", address});
  }
  // Nodes of one cluster, called by these names; all agree when it returns.
  void found(const std::vector<std::string>& names) {
    start(names.front());
    for (std::size_t i = 1; i < names.size(); ++i) join(names[i], names.front());
    agree(names);
  }

  // Waits until all of them follow one leader among them and call each other alive; returns its name.
  std::string agree(const std::vector<std::string>& names) {
    std::string chosen;
    const std::string asked = names.front();
    (void)nodes_.at(asked)->status_when([&](const json&) {
      std::set<std::string> leaders;
      for (const std::string& name : names) {
        const json status = nodes_.at(name)->status();
        leaders.insert(leader_of(status));
        for (const std::string& other : names) {
          if (member_of(status, ids_.at(other)).value("state", "") != "alive") return false;
        }
      }
      if (leaders.size() != 1) return false;
      chosen = name_of(*leaders.begin());
      return std::find(names.begin(), names.end(), chosen) != names.end();
    });
    return chosen;
  }
  [[nodiscard]] std::string name_of(const std::string& id) const {
    for (const auto& [name, known] : ids_) {
      if (known == id) return name;
    }
    return "";
  }
  static std::vector<std::string> without(std::vector<std::string> names, const std::string& name) {
    std::erase(names, name);
    return names;
  }

  std::map<std::string, std::unique_ptr<NodeProcess>> nodes_;
  std::map<std::string, std::string> ids_;
};

// 1 node
TEST_F(ClusterTest, ANodeAloneLeadsItself) {
  start("a");
  const json status = nodes_["a"]->status_when([](const json& now) { return !leader_of(now).empty(); });
  EXPECT_EQ(leader_of(status), ids_["a"]);
  EXPECT_EQ(status.at("members").size(), 1U);
  EXPECT_EQ(status.at("role"), "leading");
  EXPECT_GE(term_of(status), 1U);
}

// 2 nodes
TEST_F(ClusterTest, TwoNodesHaveOneLeaderAndHandItOverWhenItStops) {
  found({"a", "b"});
  const std::string first = agree({"a", "b"});
  const std::string second = first == "a" ? "b" : "a";
  const std::uint64_t term = term_of(nodes_[second]->status());
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_[first]->terminate(took), 0);
  const json status = nodes_[second]->status_when([&](const json& now) { return leader_of(now) == ids_[second]; });
  EXPECT_GT(term_of(status), term);
}

// 3 nodes
TEST_F(ClusterTest, AKilledLeaderIsReplacedAndComesBackAsAMember) {
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  const std::string first = agree(all);
  const std::uint64_t term = term_of(nodes_[first]->status());
  const json before = member_of(nodes_[first]->status(), ids_[first]);
  nodes_[first]->kill_hard();
  const auto rest = without(all, first);
  const std::string second = agree(rest);
  EXPECT_GT(term_of(nodes_[second]->status()), term);
  nodes_[second]->status_when(
      [&](const json& now) { return member_of(now, ids_[first]).value("state", "") == "dead"; });
  start(first);
  agree(all);
  const json after = member_of(nodes_[second]->status(), ids_[first]);
  EXPECT_GT(after.at("incarnation"), before.at("incarnation"));
}

// 3 nodes
TEST_F(ClusterTest, AStoppedLeaderIsReplacedAndFollowsWhenItGoesOn) {
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  const std::string first = agree(all);
  ASSERT_EQ(::kill(nodes_[first]->pid(), SIGSTOP), 0);
  const std::string second = agree(without(all, first));
  ASSERT_EQ(::kill(nodes_[first]->pid(), SIGCONT), 0);
  agree(all);
  EXPECT_NE(second, first);
}

// 3 nodes, two of which run the same data directory, copied
TEST_F(ClusterTest, ACopiedDataDirectoryFreezesBothNodes) {
  found({"a", "b"});
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_["b"]->terminate(took), 0);
  std::filesystem::copy(dir("b"), dir("thief"), std::filesystem::copy_options::recursive);
  start("b");
  start("thief");
  ASSERT_EQ(ids_["b"], ids_["thief"]);
  for (const char* name : {"b", "thief"}) {
    nodes_[name]->status_when([](const json& now) { return now.value("role", "") == "frozen"; });
  }
  nodes_["a"]->status_when([&](const json& now) { return member_of(now, ids_["b"]).value("state", "") == "left"; });
}

// 3 nodes
TEST_F(ClusterTest, MajorityOfNamedVotersLeadsAndAMinorityDoesNot) {
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  std::vector<std::string> voters;
  for (const std::string& name : all) voters.insert(voters.end(), {"--voter", ids_[name]});
  std::chrono::duration<double> took{};
  for (const std::string& name : all) EXPECT_EQ(nodes_[name]->terminate(took), 0);
  start("a", voters);
  voters.insert(voters.end(), {"--peer", "127.0.0.1:" + std::to_string(nodes_["a"]->port())});
  start("b", voters);
  start("c", voters);
  const std::string leader = agree(all);
  EXPECT_EQ(nodes_[leader]->status().at("policy"), "majority");
  for (const std::string& name : without(all, leader)) nodes_[name]->kill_hard();
  nodes_[leader]->status_when([](const json& now) { return leader_of(now).empty(); });
}

}  // namespace
