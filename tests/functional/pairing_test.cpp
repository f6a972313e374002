// Machines pair by six digits or by approval: with real nodes on this computer, as people and scripts do it.
#include <gtest/gtest.h>

#include "tests/functional/terminal.h"
#include "tests/functional/test_node.h"

namespace {

using mz::test::Ended;
using mz::test::json;
using mz::test::kOnlyStderr;
using mz::test::NodeProcess;
using mz::test::NodeTest;
using mz::test::run_binary;
using mz::test::Terminal;

class Pairing : public NodeTest {
 protected:
  void TearDown() override {
    nodes_.clear();
    NodeTest::TearDown();
  }

  [[nodiscard]] std::string dir(const std::string& name) const { return (root_ / name).string(); }
  void start(const std::string& name, std::vector<std::string> flags = {}) {
    flags.insert(flags.end(), {"--port", "0", "--workers", "0", "--no-discovery"});
    nodes_[name].reset();
    nodes_[name] = std::make_unique<NodeProcess>(dir(name), flags);
  }
  [[nodiscard]] std::string at(const std::string& name) const {
    return "127.0.0.1:" + std::to_string(nodes_.at(name)->port());
  }
  [[nodiscard]] Ended verb(const std::string& words, const std::string& name,
                           const std::string& redirect = mz::test::kOnlyStdout) const {
    return run_binary(words + " --data " + dir(name), redirect);
  }
  [[nodiscard]] json verb_json(const std::string& words, const std::string& name) const {
    const Ended ended = verb(words + " --json", name);
    EXPECT_EQ(ended.code, 0) << words << " on " << name << ": " << verb(words, name, kOnlyStderr).out;
    return json::parse(ended.out, nullptr, false);
  }
  [[nodiscard]] std::string cluster(const std::string& name) const {
    return verb_json("identity show", name).value("cluster", "");
  }
  [[nodiscard]] std::string id(const std::string& name) const {
    return verb_json("identity show", name).value("node_id", "");
  }
  [[nodiscard]] json requests(const std::string& name) const {
    return nodes_.at(name)->get_json("/api/v1/pairing").value("requests", json::array());
  }
  // The request between this node and another; null when there is none.
  [[nodiscard]] json request(const std::string& name, const std::string& other) const {
    const std::string other_id = id(other);
    json found;
    for (const json& each : requests(name)) {
      if (each.value("node_id", "") == other_id) found = each;
    }
    return found;
  }
  // Asks again until that request is in the state; the request.
  json when(const std::string& name, const std::string& other, const std::string& state) {
    json last;
    until(name, name + " sees " + other + " as " + state, [&] {
      last = request(name, other);
      return last.is_object() && last.value("state", "") == state;
    });
    return last;
  }
  void until(const std::string& name, const std::string& what, const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + mz::test::kPatience;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what << ": " << requests(name).dump(1);
      ASSERT_TRUE(nodes_.at(name)->lives_for(std::chrono::milliseconds(100))) << what;
    }
  }
  Ended confirm(const std::string& name, const std::string& other, const std::string& digits) {
    return verb("pair confirm " + request(name, other).value("id", "") + " --digits " + digits, name);
  }
  void expect_one_cluster(const std::string& a, const std::string& b) {
    EXPECT_EQ(cluster(a), cluster(b));
    for (const auto& name : {a, b}) {
      (void)nodes_.at(name)->status_when([](const json& status) {
        const json members = status.value("members", json::array());
        return members.size() == 2 && std::all_of(members.begin(), members.end(), [](const json& member) {
                 return member.value("state", "") == "alive";
               });
      });
    }
  }

  std::map<std::string, std::unique_ptr<NodeProcess>> nodes_;
};

TEST_F(Pairing, TwoFreshNodesBecomeOneClusterWhenBothPeopleConfirmTheSameDigits) {
  start("a");
  start("b");
  const std::string before = id("b");
  const json asked = verb_json("pair start " + at("a"), "b");
  ASSERT_EQ(asked.value("direction", ""), "out");
  EXPECT_EQ(asked.value("node_id", ""), id("a"));
  EXPECT_EQ(asked.value("cluster", ""), cluster("a"));
  EXPECT_EQ(asked.value("expires", 0) - asked.value("since", 0), 600);
  const json seen = when("a", "b", "waiting");
  EXPECT_EQ(seen.value("direction", ""), "in");
  EXPECT_EQ(seen.value("digits", "x"), asked.value("digits", "y"));
  EXPECT_EQ(seen.value("digits", "").size(), 6U);
  EXPECT_NE(verb("pair list", "a").out.find(seen.value("digits", "").insert(3, " ")), std::string::npos);

  EXPECT_EQ(confirm("b", "a", seen.value("digits", "")).code, 0);
  (void)when("a", "b", "confirmed_there");
  EXPECT_NE(cluster("a"), cluster("b")) << "one person is not enough";
  EXPECT_EQ(confirm("a", "b", asked.value("digits", "")).code, 0);
  (void)when("a", "b", "done");
  (void)when("b", "a", "done");
  expect_one_cluster("a", "b");
  EXPECT_EQ(id("b"), before) << "the key stays";
  EXPECT_EQ(verb_json("identity show", "b").value("role", ""), "worker");
}

TEST_F(Pairing, TheOrderOfTheTwoConfirmationsDoesNotMatter) {
  start("a");
  start("b");
  const json asked = verb_json("pair start " + at("a"), "b");
  EXPECT_EQ(confirm("a", "b", asked.value("digits", "")).code, 0);
  (void)when("b", "a", "confirmed_there");
  EXPECT_NE(cluster("a"), cluster("b"));
  EXPECT_EQ(confirm("b", "a", asked.value("digits", "")).code, 0);
  (void)when("b", "a", "done");
  expect_one_cluster("a", "b");
}

TEST_F(Pairing, OtherDigitsConfirmNothingAndTheThirdTimeEndsTheRequest) {
  start("a");
  start("b");
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "");
  std::string wrong = digits;
  wrong[5] = wrong[5] == '0' ? '1' : '0';
  EXPECT_EQ(confirm("a", "b", wrong).code, 4);
  EXPECT_EQ(confirm("a", "b", "12345").code, 2);
  EXPECT_EQ(request("a", "b").value("state", ""), "waiting");
  EXPECT_EQ(confirm("a", "b", wrong).code, 4);
  EXPECT_EQ(confirm("a", "b", wrong).code, 4);
  EXPECT_EQ(request("a", "b").value("state", ""), "failed");
  EXPECT_EQ(confirm("a", "b", digits).code, 4) << "it has ended";
  (void)when("b", "a", "failed");
  EXPECT_NE(cluster("a"), cluster("b"));
  EXPECT_EQ(verb("pair confirm aaaaaaaa --digits 123456", "a").code, 3);
}

TEST_F(Pairing, ARefusalOnEitherSideEndsIt) {
  start("a");
  start("b");
  ASSERT_TRUE(verb_json("pair start " + at("a"), "b").is_object());
  EXPECT_EQ(verb("pair refuse " + request("a", "b").value("id", ""), "a").code, 0);
  (void)when("b", "a", "refused");
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "");
  EXPECT_EQ(confirm("a", "b", digits).code, 0) << "a person may start again";
  EXPECT_EQ(verb("pair refuse " + request("b", "a").value("id", ""), "b").code, 0);
  (void)when("a", "b", "refused");
  EXPECT_NE(cluster("a"), cluster("b"));
}

TEST_F(Pairing, WhoeverIsPairedWithIsACandidateInThatState) {
  start("a");
  start("b", {"--peer", at("a")});
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "");
  const auto candidate = [this](const std::string& name) {
    const json candidates = nodes_.at(name)->get_json("/api/v1/discovery").value("candidates", json::array());
    return candidates.size() == 1 ? candidates.front() : json::object();
  };
  for (const auto& [name, other] : {std::pair("a", "b"), std::pair("b", "a")}) {
    const json seen = candidate(name);
    EXPECT_EQ(seen.value("state", ""), "pairing") << name;
    EXPECT_EQ(seen.value("address", ""), at(other));
    const std::string reason = seen.value("reason", "");
    EXPECT_NE(reason.find("confirm on both with: meshzero pair."), std::string::npos) << reason;
    EXPECT_EQ(seen.dump().find(digits), std::string::npos) << "more may read this than may confirm";
    EXPECT_NE(verb("discover", name).out.find("\npairing  "), std::string::npos);
  }
  EXPECT_EQ(confirm("b", "a", digits).code, 0);
  EXPECT_NE(candidate("b").value("reason", "").find("has to confirm there"), std::string::npos);
  EXPECT_EQ(verb("pair refuse " + request("a", "b").value("id", ""), "a").code, 0);
  EXPECT_EQ(candidate("a"), json::object()) << "nothing else names the address";
  (void)when("b", "a", "refused");
  EXPECT_NE(candidate("b").value("state", "pairing"), "pairing");
}

TEST_F(Pairing, TwoPeopleAtTerminalsCompareAndConfirm) {
  start("a");
  start("b");
  Terminal left({"pair", "--data", dir("a")});
  ASSERT_TRUE(left.shows("No machine asks for pairing yet")) << left.text();
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "").insert(3, " ");
  Terminal right({"pair", "--data", dir("b")});
  for (Terminal* screen : {&left, &right}) {
    ASSERT_TRUE(screen->shows("\n    " + digits)) << screen->text();
    ASSERT_TRUE(screen->shows("Which digits does the other machine show?")) << screen->text();
  }
  right.type("y\n");
  ASSERT_TRUE(right.shows("Give the six digits that the other machine shows")) << right.text();
  ASSERT_TRUE(right.shows("Which digits does the other machine show?")) << right.text();
  right.type((digits == "111 111" ? "222 222" : "111 111") + std::string("\n"));
  ASSERT_TRUE(right.shows("These are not the digits")) << right.text();
  ASSERT_TRUE(right.shows("Which digits does the other machine show?")) << right.text();
  right.type(digits + "\n");
  ASSERT_TRUE(right.shows("has to confirm " + digits + " there")) << right.text();
  (void)when("a", "b", "confirmed_there");
  EXPECT_NE(cluster("a"), cluster("b")) << "one person is not enough";
  left.type(digits + "\n");
  EXPECT_TRUE(left.shows("joined this cluster")) << left.text();
  EXPECT_TRUE(right.shows("This node joined the cluster of")) << right.text();
  EXPECT_EQ(left.exit_code(), 0) << left.text();
  EXPECT_EQ(right.exit_code(), 0) << right.text();
  expect_one_cluster("a", "b");
}

TEST_F(Pairing, APersonAtATerminalRefuses) {
  start("a");
  start("b");
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "");
  Terminal right({"pair", "--data", dir("b")});
  ASSERT_TRUE(right.shows("Which digits does the other machine show?"));
  right.type(digits + "\n");
  ASSERT_TRUE(right.shows("Confirmed here")) << right.text();
  Terminal left({"pair", "--data", dir("a")});
  ASSERT_TRUE(left.shows("Which digits does the other machine show?"));
  left.type("n\n");
  EXPECT_TRUE(left.shows("Refused here")) << left.text();
  EXPECT_EQ(left.exit_code(), 0) << left.text();
  EXPECT_TRUE(right.shows("Refused at")) << right.text();
  EXPECT_EQ(right.exit_code(), 4) << right.text();
  EXPECT_NE(cluster("a"), cluster("b"));
}

TEST_F(Pairing, ANodeThatStopsEndsItsRequests) {
  start("a");
  start("b");
  ASSERT_TRUE(verb_json("pair start " + at("a"), "b").is_object());
  nodes_.at("a")->kill_hard();
  until("b", "the request fails", [&] { return requests("b").at(0).value("state", "") == "failed"; });
  start("a");
  EXPECT_TRUE(requests("a").empty()) << "requests end with their connection";
}

TEST_F(Pairing, AWorkerShowsTheWayToAnAdmin) {
  start("a");
  start("b", {"--join", verb_json("token create --role node", "a").value("token", ""), "--peer", at("a")});
  expect_one_cluster("a", "b");
  (void)nodes_.at("b")->status_when([](const json& status) {
    return status.value("members", json::array()).dump().find("\"admin\"") != std::string::npos;
  });
  start("c");
  const json asked = verb_json("pair start " + at("b"), "c");
  EXPECT_EQ(asked.value("node_id", ""), id("a"));
  const std::string digits = asked.value("digits", "");
  EXPECT_EQ(confirm("a", "c", digits).code, 0);
  EXPECT_EQ(confirm("c", "a", digits).code, 0);
  (void)when("c", "a", "done");
  EXPECT_EQ(cluster("c"), cluster("a"));
}

TEST_F(Pairing, ANodeWithOtherMembersAsksNobody) {
  start("a");
  start("b", {"--join", verb_json("token create --role node", "a").value("token", ""), "--peer", at("a")});
  start("other");
  EXPECT_EQ(verb("pair start " + at("other"), "a").code, 4);
  EXPECT_EQ(verb("pair start " + at("other"), "b").code, 4);
  EXPECT_TRUE(requests("other").empty());
  EXPECT_EQ(verb("pair start " + at("a"), "b").code, 4);
}

TEST_F(Pairing, PairingThatIsSwitchedOffIsOff) {
  start("a", {"--pairing", "off"});
  start("b");
  EXPECT_FALSE(nodes_.at("a")->get_json("/api/v1/pairing").value("open", true));
  const Ended refused = verb("pair start " + at("a"), "b", kOnlyStderr);
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.out.find("switched off"), std::string::npos) << refused.out;
  EXPECT_EQ(verb("pair start " + at("b"), "a").code, 4);
  EXPECT_EQ(verb("pair start 127.0.0.1:1", "b").code, 5);
  EXPECT_EQ(verb("pair start nonsense", "b").code, 2);
}

TEST_F(Pairing, AMachineWithoutAScreenIsApprovedByItsId) {
  start("a");
  const std::string admin = cluster("a");
  start("b", {"--cluster", admin, "--peer", at("a")});
  const json asked = when("a", "b", "waiting");
  EXPECT_EQ(asked.value("kind", ""), "approval");
  EXPECT_TRUE(asked.at("digits").is_null());
  EXPECT_EQ(verb("approve " + id("b").substr(0, 15), "a").code, 2) << "too short";
  EXPECT_EQ(verb("approve " + id("b").substr(0, 16), "b").code, 0) << "b is an admin too, of its own cluster";
  EXPECT_NE(cluster("b"), admin);
  ASSERT_EQ(verb("approve " + id("b").substr(0, 16), "a").code, 0);
  (void)when("b", "a", "done");
  expect_one_cluster("a", "b");
}

TEST_F(Pairing, AnApprovalMayComeBeforeTheMachineAsks) {
  start("a");
  start("b");
  const std::string node = id("b");
  nodes_.erase("b");
  const json approved = verb_json("approve " + node, "a");
  EXPECT_TRUE(approved.at("request").is_null());
  start("b", {"--cluster", cluster("a"), "--peer", at("a")});
  (void)when("b", "a", "done");
  expect_one_cluster("a", "b");
}

TEST_F(Pairing, AMachineThatNamesItsClusterEntersNoOther) {
  start("a");
  start("other");
  start("b", {"--cluster", cluster("a"), "--peer", at("other")});
  ASSERT_EQ(verb("approve " + id("b"), "other").code, 0);
  EXPECT_EQ(verb("pair start " + at("other"), "b").code, 4);
  ASSERT_EQ(verb("pair start " + at("b"), "other").code, 4) << "it takes nobody in meanwhile";
  EXPECT_TRUE(requests("other").empty());
  EXPECT_NE(cluster("b"), cluster("other"));
  EXPECT_EQ(run_binary("up --foreground --cluster abc --data " + dir("c")).code, 2);
}

TEST_F(Pairing, RequestsAreEvents) {
  start("a");
  start("b");
  const std::string digits = verb_json("pair start " + at("a"), "b").value("digits", "");
  ASSERT_EQ(verb("pair refuse " + request("a", "b").value("id", ""), "a").code, 0);
  std::vector<std::string> told;
  const json said = nodes_.at("a")->get_json("/api/v1/events");
  for (const json& event : said.at("events")) {
    if (event.value("kind", "") == "pairing") told.push_back(event.value("text", ""));
  }
  ASSERT_EQ(told.size(), 2U);
  EXPECT_NE(told[0].find("asks to join"), std::string::npos) << told[0];
  EXPECT_NE(told[0].find(digits.substr(0, 3) + " " + digits.substr(3)), std::string::npos) << told[0];
  EXPECT_NE(told[1].find("Refused"), std::string::npos) << told[1];
}

TEST_F(Pairing, OneAddressAsksFiveTimesAMinute) {
  start("a");
  for (int i = 0; i < 5; ++i) {
    const std::string name = "b" + std::to_string(i);
    start(name);
    EXPECT_EQ(verb("pair start " + at("a"), name).code, i < 4 ? 0 : 5) << i << ": four are open from this address";
  }
  EXPECT_EQ(requests("a").size(), 4U);
  const Ended late = verb("pair start " + at("a"), "b4", kOnlyStderr);
  EXPECT_EQ(late.code, 5);
  EXPECT_NE(late.out.find("minute"), std::string::npos) << late.out;
}

}  // namespace
