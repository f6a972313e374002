// Real nodes on this computer agree on a leader while some of them are killed, stopped, restarted and copied. Each test says
// how many nodes it needs.
#include <gtest/gtest.h>

#include <fstream>

#include "p2p/protocol.h"
#include "tests/functional/cluster_nodes.h"

namespace {

using mz::test::ClusterTest;
using mz::test::json;
using mz::test::leader_of;
using mz::test::member_of;
using mz::test::NodeProcess;
using mz::test::run_binary;
using mz::test::term_of;

// Waits until the node tells of an event of that kind in whose text these words are.
void expect_event(const NodeProcess& node, const std::string& kind, const std::string& words) {
  node.status_when([&](const json&) {
    const json events = node.get_json("/api/v1/events").value("events", json::array());
    return std::any_of(events.begin(), events.end(), [&](const json& event) {
      return event.at("kind") == kind && event.at("text").get<std::string>().find(words) != std::string::npos;
    });
  });
}

// 1 node
TEST_F(ClusterTest, ANodeAloneLeadsItself) {
  start("a");
  const json status = nodes_["a"]->status_when([](const json& now) { return !leader_of(now).empty(); });
  EXPECT_EQ(leader_of(status), ids_["a"]);
  EXPECT_EQ(status.at("members").size(), 1U);
  EXPECT_EQ(status.at("role"), "leading");
  EXPECT_GE(term_of(status), 1U);
}

// 1 node
TEST_F(ClusterTest, ANodeThatForgotItsVotesIsRefusedOrSaysSo) {
  const auto stop = [this] {
    std::chrono::duration<double> took{};
    EXPECT_EQ(nodes_["a"]->terminate(took), 0);
  };
  start("a");
  nodes_["a"]->status_when([](const json& now) { return now.value("role", "") == "leading"; });
  stop();
  const std::filesystem::path cluster = root_ / "a" / "cluster";
  std::filesystem::resize_file(cluster / "promise", 0);
  for (const bool is_there : {true, false}) {
    if (!is_there) std::filesystem::remove(cluster / "promise");
    const auto refused = run_binary("up --foreground --port 0 --workers 0 --data " + dir("a"), mz::test::kOnlyStderr);
    EXPECT_EQ(refused.code, 1);
    EXPECT_NE(refused.out.find("A node that forgot its votes must not vote"), std::string::npos) << refused.out;
  }
  std::filesystem::remove_all(cluster);
  start("a");
  expect_event(*nodes_["a"], "node", "the record of its votes");
  stop();
  start("a");
  nodes_["a"]->status_when([](const json& now) { return now.value("role", "") == "leading"; });
  const std::string events = nodes_["a"]->get("/api/v1/events").body;
  const auto told = events.find("the record of its votes");
  EXPECT_EQ(events.find("the record of its votes", told + 1), std::string::npos)
      << "a start that lost nothing says nothing";
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
  expect_event(*nodes_[second], "leader", "handed leadership over to");
}

// 2 nodes
TEST_F(ClusterTest, ANodeThatShallLeadLastLeadsOnlyWhileItIsAlone) {
  start("a", {"--lead", "last"});
  join("b", "a");
  const auto led_by = [this](const std::string& name) {
    return [this, name](const json& now) { return leader_of(now) == ids_[name]; };
  };
  nodes_["a"]->status_when(led_by("b"));
  nodes_["b"]->kill_hard();
  nodes_["a"]->status_when(led_by("a"));
  start("b");
  const json status = nodes_["a"]->status_when(led_by("b"));
  EXPECT_EQ(leader_of(status), ids_["b"]);
}

// 2 nodes, of which the one leads that is no admin
TEST_F(ClusterTest, ALeaderThatIsNoAdminSignsNothing) {
  start("a", {"--lead", "last"});
  join("b", "a");
  nodes_["b"]->status_when([this](const json& now) { return leader_of(now) == ids_["b"]; });
  EXPECT_FALSE(std::filesystem::exists(dir("b") + "/identity/authority.key"));
  for (const std::string& words : {std::string("token create --role node"), "revoke " + ids_["a"],
                                   "nodes promote " + ids_["a"], "ca backup " + dir("b") + ".backup"}) {
    std::ofstream(root_ / "passphrase") << "four words in a row\n";
    const std::string secret = words.starts_with("ca") ? " --passphrase-file " + (root_ / "passphrase").string() : "";
    EXPECT_EQ(run_binary(words + secret + " --data " + dir("b")).code, 4) << words;
  }
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
  expect_event(*nodes_[second], "leader", "does not answer");
  expect_event(*nodes_[second], "member", "is taken for dead");
  start(first);
  agree(all);
  expect_event(*nodes_[second], "member", "answers again");
  expect_event(*nodes_[first], "member", "is a member now");  // from before it was killed
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

// 3 nodes, of which one comes back with the next version of the protocol, as after an update
TEST_F(ClusterTest, AMemberOfAnotherProtocolVersionIsNamedByBothSidesUntilItSpeaksOursAgain) {
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  const std::string ours = std::to_string(mz::protocol_version());
  const std::string next = std::to_string(mz::protocol_version() + 1);
  std::chrono::duration<double> took{};
  EXPECT_EQ(nodes_["c"]->terminate(took), 0);
  binary_ = MESHZERO_OTHER_PROTOCOL_BINARY;
  start("c");
  const auto names = [this](const json& now, const std::string& other) {
    return now.at("alerts").dump().find(ids_[other].substr(0, 7)) != std::string::npos;
  };
  // Each knows it from the other's refusal, and from what it refuses itself.
  const std::string they = " speaks version " + next + " of the protocol and this node version " + ours;
  for (const char* name : {"a", "b"}) {
    const json status = nodes_[name]->status_when(
        [&](const json& now) { return names(now, "c") && member_of(now, ids_["c"]).value("state", "") == "dead"; });
    EXPECT_NE(status.at("alerts").dump().find(they), std::string::npos) << status.at("alerts");
    EXPECT_EQ(std::to_string(member_of(status, ids_["c"]).value("other_protocol", 0U)), next);
    expect_event(*nodes_[name], "member", they + ", so they refuse each other. Install the same version");
  }
  const json alone = nodes_["c"]->status_when([&](const json& now) { return names(now, "a") && names(now, "b"); });
  EXPECT_NE(alone.at("alerts").dump().find(" speak version " + ours + " of the protocol and this node version " + next),
            std::string::npos)
      << alone.at("alerts");
  for (const char* other : {"a", "b"}) {
    expect_event(*nodes_["c"], "member", ids_[other].substr(0, 7) + ") speaks version " + ours);
  }
  EXPECT_NE(run_binary("status --data " + dir("a")).out.find(they), std::string::npos);
  EXPECT_NE(run_binary("nodes --data " + dir("a")).out.find("protocol " + next), std::string::npos);

  EXPECT_EQ(nodes_["c"]->terminate(took), 0);
  binary_ = MESHZERO_BINARY;
  start("c");
  agree(all);
  for (const std::string& name : all) {
    nodes_[name]->status_when([](const json& now) { return now.at("alerts").empty(); });
    // The refusals of half a minute are one event for each member that was refused.
    const json events = nodes_[name]->get_json("/api/v1/events").at("events");
    const auto noted = std::count_if(events.begin(), events.end(), [](const json& event) {
      return event.at("text").get<std::string>().find("of the protocol and this node version") != std::string::npos;
    });
    EXPECT_EQ(noted, name == "c" ? 2 : 1) << name;
  }
  EXPECT_EQ(run_binary("nodes --data " + dir("a")).out.find("protocol "), std::string::npos);
}

// 2 nodes
TEST_F(ClusterTest, ANodeWhoseAgreementIsDeadSaysSoInItsHealth) {
  start("a");
  start("b");
  nodes_["b"]->status_when([](const json& now) { return !leader_of(now).empty() && now.value("status", "") == "ok"; });
  // What it must not forget is damaged when it changes clusters.
  std::ofstream(dir("b") + "/cluster/promise") << "damaged";
  EXPECT_EQ(run_binary("join " + token_of("a") + " --peer " + address_of("a") + " --data " + dir("b")).code, 0);
  nodes_["b"]->status_when([](const json& now) {
    const std::string alerts = now.value("alerts", json::array()).dump();
    return now.value("status", "") == "degraded" && alerts.find("takes no part in its cluster") != std::string::npos;
  });
  EXPECT_EQ(nodes_["b"]->get("/health").status, 503);
  EXPECT_EQ(nodes_["a"]->get("/health").status, 200);
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
    const json status = nodes_[name]->status_when([](const json& now) { return now.value("role", "") == "frozen"; });
    EXPECT_NE(status.at("alerts").dump().find("meshzero identity reset"), std::string::npos) << status.at("alerts");
    expect_event(*nodes_[name], "clone", "so both are frozen");
    const std::string shown = run_binary("status --data " + dir(name)).out;
    EXPECT_NE(shown.find("cluster    frozen: another machine uses the identity of this node\n"), std::string::npos)
        << shown;
    const auto examined = run_binary("doctor --json --data " + dir(name));
    EXPECT_NE(examined.out.find("\"identity.cloned\""), std::string::npos) << examined.out;
    EXPECT_EQ(examined.out.find("\"member."), std::string::npos) << examined.out;
    EXPECT_EQ(examined.code, 1);
  }
  nodes_["a"]->status_when([&](const json& now) { return member_of(now, ids_["b"]).value("state", "") == "left"; });
  expect_event(*nodes_["a"], "clone", "so both are frozen");
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
  const json led = nodes_[leader]->status();
  EXPECT_EQ(led.at("policy"), "majority");
  for (const std::string& name : without(all, leader)) nodes_[name]->kill_hard();
  const json alone = nodes_[leader]->status_when([](const json& now) { return leader_of(now).empty(); });
  EXPECT_TRUE(alone.at("ballot").is_null());
  EXPECT_GT(term_of(led), 0U);
  EXPECT_GE(alone.at("promised").at("term").get<std::uint64_t>(), term_of(led)) << "the ballot never goes back";
}

}  // namespace
