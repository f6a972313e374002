// Nodes on a network that breaks. Each test says how many hosts it needs.
#include "tests/functional/lan.h"
#include "p2p/protocol.h"
#include "tests/functional/relay.h"
#include "tests/functional/terminal.h"

namespace {

using mz::test::json;
using mz::test::Lan;
using mz::test::LanTest;
using mz::test::Relay;
using mz::test::Terminal;

// 3 hosts
TEST_F(LanTest, TheTestNetworkConnectsBreaksAndHeals) {
  hosts(3);
  for (const char* name : {"a", "b", "c"}) start(name, {"--listen", "everywhere"});
  // Whether the node on `to` answers a program on `from`.
  const auto reaches = [this](int from, const std::string& to, const char* seconds = "1") {
    return lan_->run(from, std::string("curl -s -m ") + seconds + " http://" + to + "/health").code == 0;
  };
  const std::string second = address_of("b");
  EXPECT_TRUE(reaches(1, second, "20"));
  EXPECT_NE(lan_->run(1, "ip -6 addr show dev eth0 scope link").text.find("fe80::"), std::string::npos);

  MUST(lan_->set_link(2, false));
  EXPECT_FALSE(reaches(1, second));
  MUST(lan_->set_link(2, true));
  EXPECT_TRUE(reaches(1, second, "20"));

  MUST(lan_->cut(1, 2));
  EXPECT_FALSE(reaches(1, second));
  EXPECT_TRUE(reaches(1, address_of("c"), "20"));
  EXPECT_TRUE(reaches(3, second, "20"));
  auto relay = Relay::start(*lan_, 3, 9000, Lan::address_of(2), 8765, std::chrono::milliseconds(100));
  MUST(relay);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(reaches(1, Lan::address_of(3) + ":9000", "20"));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200)) << "there and back";

  MUST(lan_->heal());
  EXPECT_TRUE(reaches(1, second, "20"));
  MUST(lan_->partition({{1, 3}, {2}}));
  EXPECT_FALSE(reaches(1, second));
  EXPECT_TRUE(reaches(1, address_of("c"), "20"));
  MUST(lan_->heal());
  MUST(lan_->lose(95));
  EXPECT_FALSE(reaches(1, second));
  MUST(lan_->heal());
  MUST(lan_->limit_rate(2, "10mbit"));
  EXPECT_TRUE(reaches(1, second, "20"));

  MUST(lan_->readdress(2, 102));
  EXPECT_FALSE(reaches(1, second));
  EXPECT_TRUE(reaches(1, Lan::address_of(102) + ":8765", "20"));
}

// --- finding each other ---------------------------------------------------------------------------------------------------

// 2 hosts
TEST_F(LanTest, MembersWhoseAddressesHaveChangedFindEachOther) {
  hosts(2);
  found({"a", "b"});
  stop({"a", "b"});
  MUST(lan_->readdress(1, 101));
  MUST(lan_->readdress(2, 102));
  start("a");
  start("b");
  agree({"a", "b"});
  EXPECT_TRUE(is_from(candidate_when("a", Lan::address_of(102) + ":8765", "member"), "bonjour"));
}

// 2 hosts
TEST_F(LanTest, MembersThatMoveWhileTheyRunStayTogether) {
  hosts(2);
  found({"a", "b"});
  discovery_when("a", "running");
  discovery_when("b", "running");
  MUST(lan_->readdress(1, 101));
  MUST(lan_->readdress(2, 102));
  candidate_when("a", Lan::address_of(102) + ":8765", "member");
  candidate_when("b", Lan::address_of(101) + ":8765", "member");
  agree({"a", "b"});
}

// 2 hosts
TEST_F(LanTest, MembersWithLinkLocalAddressesOnlyFindEachOther) {
  hosts(2);
  found({"a", "b"});
  stop({"a", "b"});
  MUST(lan_->only_ipv6(1));
  MUST(lan_->only_ipv6(2));
  start("a");
  start("b");
  agree({"a", "b"});
  const json candidate = candidate_when("a", "[fe80::aff:fe4d:2%eth0]:8765", "member");
  EXPECT_TRUE(is_from(candidate, "bonjour")) << candidate.dump(1);
}

// 2 hosts
TEST_F(LanTest, WithoutADaemonTheNodeSaysSoAndUsesOneThatIsStartedLater) {
  MUST(lan_->add_host(1));
  MUST(lan_->add_host(2));
  MUST(lan_->start_avahi(2));
  start("a");
  EXPECT_NE(discovery_when("a", "unavailable").find("start the Avahi daemon"), std::string::npos);
  EXPECT_TRUE(discovery("a").at("advert").is_null());
  const std::string health = "curl -s -m 1 http://" + Lan::address_of(1) + ":8765/health";
  EXPECT_NE(lan_->run(2, health).code, 0) << "nobody can find it, so nobody is answered";
  MUST(lan_->start_avahi(1));
  discovery_when("a", "running");
  EXPECT_EQ(discovery("a").at("advert").at("port"), 8765);
  start("b");
  candidate_when("b", address_of("a"), "pairing");
  EXPECT_EQ(lan_->run(2, "curl -s -m 20 http://" + Lan::address_of(1) + ":8765/health").code, 0);
}

// 2 hosts
TEST_F(LanTest, ANodeWithoutDiscoveryIsNeitherSeenNorReached) {
  hosts(2);
  start("a", {"--no-discovery"});
  start("b");
  discovery_when("b", "running");
  candidate_when("b", address_of("b"), "self");  // so others would have been seen as well
  EXPECT_EQ(discovery("a").at("discovery").at("state"), "off");
  EXPECT_EQ(discovery("a").at("discovery").at("backend"), "none");
  EXPECT_EQ(discovery("a").at("candidates"), json::array());
  const json seen = discovery("b");
  for (const json& candidate : seen.at("candidates")) {
    EXPECT_FALSE(candidate.at("address").get<std::string>().starts_with(Lan::address_of(1))) << candidate.dump(1);
  }
  EXPECT_NE(lan_->run(2, "curl -s -m 1 http://" + Lan::address_of(1) + ":8765/health").code, 0);
}

// 3 hosts
TEST_F(LanTest, AfterARestartOfTheDaemonTheAdvertIsBackAndNewNodesAreFound) {
  hosts(3);
  start("a");
  start("b");
  discovery_when("a", "running");
  candidate_when("b", address_of("a"), "pairing");
  lan_->kill_avahi(1);
  discovery_when("a", "unavailable");
  MUST(lan_->start_avahi(1));
  discovery_when("a", "running");
  start("c");
  candidate_when("c", address_of("a"), "pairing");
  candidate_when("a", address_of("c"), "pairing");
  // The bus as well.
  lan_->kill_avahi(1);
  lan_->stop_dbus(1);
  discovery_when("a", "unavailable");
  MUST(lan_->start_avahi(1));
  discovery_when("a", "running");
}

// 4 hosts
TEST_F(LanTest, TwoClustersOnOneNetworkSeeEachOtherAndStayApart) {
  hosts(4);
  found({"a", "b"});
  found({"c", "d"});
  for (const auto& [one, other] :
       {std::pair("a", "c"), std::pair("b", "d"), std::pair("c", "a"), std::pair("d", "b")}) {
    const json candidate = candidate_when(one, address_of(other), "other_cluster");
    EXPECT_EQ(candidate.at("cluster").get<std::string>().size(), 16U);
    EXPECT_EQ(candidate.at("failures"), 0) << "it is not even tried";
  }
  agree({"a", "b"});
  agree({"c", "d"});
  for (const char* name : {"a", "c"}) EXPECT_EQ(nodes_[name]->status().at("members").size(), 2U) << name;
  const auto said = verb("a", "discover");
  EXPECT_EQ(said.code, 0);
  EXPECT_NE(said.text.find("belongs to another cluster"), std::string::npos) << said.text;
}

// 2 hosts
TEST_F(LanTest, AFalseAdvertOfOurClusterIsRefusedWithAReason) {
  MUST(lan_->add_host(1));
  MUST(lan_->add_host(2));
  MUST(lan_->start_avahi(1));
  start("a");
  discovery_when("a", "running");
  start("b", {"--no-discovery", "--listen", "everywhere"});
  const std::string cluster = discovery("a").at("advert").at("cluster");
  const std::string version = std::to_string(mz::protocol_version());
  MUST(lan_->publish(2, "rogue", 8765,
                     {"txtvers=1", "cl=" + cluster, "id=" + ids_["b"].substr(0, 16), "pv=" + version, "po=0"}));
  MUST(lan_->start_avahi(2));
  const json candidate = candidate_when("a", address_of("b"), "refused");
  EXPECT_EQ(candidate.at("name"), "rogue");
  EXPECT_NE(candidate.at("reason").get<std::string>().find("is not the one it must be"), std::string::npos);
  EXPECT_EQ(nodes_["a"]->status().at("members").size(), 1U);
  EXPECT_EQ(nodes_["b"]->status().at("members").size(), 1U);
}

// 2 hosts
TEST_F(LanTest, APersonChoosesAMachineThatWasFoundAndPairsWithIt) {
  hosts(2);
  start("a");
  Terminal up({"up", "--data", dir("b"), "--port", "8765", "--workers", "0", "--disk-floor-gb", "0"}, host_of("b"));
  ASSERT_TRUE(up.shows("MeshZero is running")) << up.text();
  const std::shared_ptr<void> end(nullptr, [this](void*) { EXPECT_EQ(verb("b", "down").code, 0); });
  ASSERT_TRUE(up.shows("Found on the network: ")) << up.text();
  ASSERT_TRUE(up.shows("meshzero pair --data " + dir("b"))) << up.text();
  EXPECT_EQ(up.exit_code(), 0) << up.text();

  // The nodes ask each other by themselves; refused once, they do no more, and a person has to choose.
  const std::vector<std::string> pair{"pair", "--data", dir("b")};
  Terminal refusing(pair, host_of("b"));
  ASSERT_TRUE(refusing.shows("Which digits does the other machine show?")) << refusing.text();
  refusing.type("n\n");
  EXPECT_EQ(refusing.exit_code(), 0) << refusing.text();
  Terminal choosing(pair, host_of("b"));
  ASSERT_TRUE(choosing.shows("\n   1  ")) << choosing.text();
  ASSERT_TRUE(choosing.shows("(node " + ids_["a"].substr(0, 7))) << choosing.text();
  ASSERT_TRUE(choosing.shows("Whom shall this machine join?")) << choosing.text();
  choosing.type("1\n");
  const auto digits_on = [](Terminal& screen) -> std::string {
    if (!screen.shows("Which digits does the other machine show?")) return "";
    const std::string margin = "\n    ";
    return screen.text().substr(screen.text().rfind(margin) + margin.size(), 7);
  };
  const std::string digits = digits_on(choosing);
  ASSERT_EQ(digits.size(), 7U) << choosing.text();
  Terminal other({"pair", "--data", dir("a")}, host_of("a"));
  EXPECT_EQ(digits_on(other), digits) << other.text();
  choosing.type(digits + "\n");
  other.type(digits + "\n");
  EXPECT_EQ(choosing.exit_code(), 0) << choosing.text();
  EXPECT_EQ(other.exit_code(), 0) << other.text();
  nodes_["a"]->status_when([](const json& now) { return now.at("members").size() == 2; });
}

// 4 hosts, the first of which claims to be of the cluster
TEST_F(LanTest, ATokenIsEnoughWhereTheClusterCanBeFound) {
  for (int host = 1; host <= 4; ++host) MUST(lan_->add_host(host));
  for (int host = 2; host <= 4; ++host) MUST(lan_->start_avahi(host));
  start("a", {"--no-discovery", "--listen", "everywhere"});
  start("b");
  discovery_when("b", "running");
  const std::string cluster = discovery("b").at("advert").at("cluster");
  MUST(lan_->publish(1, "rogue", 8765,
                     {"txtvers=1", "cl=" + cluster, "id=" + ids_["a"].substr(0, 16),
                      "pv=" + std::to_string(mz::protocol_version()), "po=1"}));
  MUST(lan_->start_avahi(1));
  candidate_when("b", address_of("a"), "refused");

  start("c", {"--join", token_of("b")});
  agree({"b", "c"});
  // A node that does not run looks as well.
  start("d");
  stop({"d"});
  const auto joined = verb("d", "join " + token_of("b"));
  EXPECT_EQ(joined.code, 0) << joined.text;
  start("d");
  agree({"b", "c", "d"});
  EXPECT_EQ(nodes_["a"]->status().at("members").size(), 1U);
}

// 1 host
TEST_F(LanTest, ATokenWhoseClusterIsNotFoundEndsWithAdvice) {
  MUST(lan_->add_host(1));
  start("a");
  const std::string elsewhere = "MZ1-" + std::string(26, 'a') + "-" + ids_["a"] + "-" + std::string(26, 'a');
  auto said = verb("a", "join " + elsewhere);
  EXPECT_EQ(said.code, 5);
  EXPECT_NE(said.text.find("No Avahi daemon"), std::string::npos) << said.text;
  EXPECT_NE(said.text.find("--peer HOST:PORT"), std::string::npos) << said.text;
  MUST(lan_->start_avahi(1));
  discovery_when("a", "running");
  said = verb("a", "join " + elsewhere);
  EXPECT_EQ(said.code, 5);
  EXPECT_NE(said.text.find("No node of the token's cluster was found on the local network within 20 seconds. Name a "
                           "member with --peer HOST:PORT."),
            std::string::npos)
      << said.text;
}

// --- when the network breaks ----------------------------------------------------------------------------------------------

// 3 hosts
TEST_F(LanTest, AMemberWhoseInterfaceGoesDownComesBackWithIt) {
  hosts(3);
  found({"a", "b", "c"});
  MUST(lan_->set_link(3, false));
  agree({"a", "b"});
  nodes_["a"]->status_when(
      [&](const json& now) { return mz::test::member_of(now, ids_["c"]).value("state", "") == "dead"; });
  MUST(lan_->set_link(3, true));
  agree({"a", "b", "c"});
}

// 3 hosts
TEST_F(LanTest, WhereOneDirectionIsLostThereIsStillOneLeader) {
  hosts(3);
  found({"a", "b", "c"});
  MUST(lan_->cut(1, 2));
  nodes_["a"]->status_when([&](const json& now) {
    const std::string leader = mz::test::leader_of(now);
    return !leader.empty() && mz::test::leader_of(nodes_["b"]->status()) == leader &&
           mz::test::leader_of(nodes_["c"]->status()) == leader;
  });
  MUST(lan_->heal());
  agree({"a", "b", "c"});
}

// 4 hosts
TEST_F(LanTest, TheHalvesOfAPartitionBecomeOneAgain) {
  hosts(4);
  found({"a", "b", "c", "d"});
  MUST(lan_->partition({{1, 2}, {3, 4}}));
  const std::string one = agree({"a", "b"});
  const std::string other = agree({"c", "d"});
  EXPECT_NE(one, other);
  MUST(lan_->heal());
  agree({"a", "b", "c", "d"});
}

// 7 hosts
TEST_F(LanTest, AClusterInThreePiecesBecomesOneAgain) {
  hosts(7);
  found({"a", "b", "c", "d", "e", "f", "g"});
  MUST(lan_->limit_rate(7, "512kbit"));
  MUST(lan_->partition({{1, 2, 3}, {4, 5}, {6, 7}}));
  std::set<std::string> leaders;
  for (const auto& piece : std::vector<std::vector<std::string>>{{"a", "b", "c"}, {"d", "e"}, {"f", "g"}}) {
    leaders.insert(agree(piece));
  }
  EXPECT_EQ(leaders.size(), 3U);
  MUST(lan_->heal());
  agree({"a", "b", "c", "d", "e", "f", "g"});
}

// 5 hosts
TEST_F(LanTest, WhereATenthOfAllPacketsIsLostALostLeaderIsReplacedAndComesBack) {
  hosts(5);
  const std::vector<std::string> all{"a", "b", "c", "d", "e"};
  found(all);
  MUST(lan_->lose(10));
  const std::string leader = agree(all);
  nodes_[leader]->kill_hard();
  const std::string next = agree(without(all, leader));
  EXPECT_NE(next, leader);
  start(leader);
  agree(all);
}

// 3 hosts; the first and the last reach each other only by a detour over the second, which takes 150 ms each way
TEST_F(LanTest, MembersFarFromEachOtherKeepTheirLeader) {
  hosts(3);
  MUST(lan_->cut(1, 3));
  MUST(lan_->cut(3, 1));
  constexpr std::chrono::milliseconds kFar{150};
  auto to_a = Relay::start(*lan_, 2, 9000, Lan::address_of(1), 8765, kFar);
  MUST(to_a);
  auto to_c = Relay::start(*lan_, 2, 9001, Lan::address_of(3), 8765, kFar);
  MUST(to_c);
  start("a", {"--peer", Lan::address_of(2) + ":9001"});
  start("c", {"--join", token_of("a"), "--peer", Lan::address_of(2) + ":9000"});
  const std::string leader = agree({"a", "c"});
  // Several leases later it is still the same.
  const std::string other = ids_[leader == "a" ? "c" : "a"];
  const auto seen = [&] { return nodes_[leader]->get_json("/api/v1/cluster"); };
  const auto heard = [&other](const json& cluster) {
    const json at = mz::test::member_of(cluster, other).value("heard_at", json());
    return at.is_number() ? at.get<std::int64_t>() : 0;
  };
  nodes_[leader]->status_when([&](const json&) { return heard(seen()) > 0; });
  const json before = seen();
  nodes_[leader]->status_when([&](const json&) { return heard(seen()) >= heard(before) + 12; });
  EXPECT_EQ(seen().at("ballot"), before.at("ballot"));
  EXPECT_EQ(agree({"a", "c"}), leader);
}

// 3 hosts, the last of which runs a copy of the second one's data directory
TEST_F(LanTest, ACopyOfADataDirectoryOnAnotherHostFreezesBoth) {
  hosts(3);
  found({"a", "b"});
  stop({"b"});
  std::filesystem::copy(dir("b"), dir("c"), std::filesystem::copy_options::recursive);
  start("b");
  start("c");
  ASSERT_EQ(ids_["b"], ids_["c"]);
  for (const char* name : {"b", "c"}) {
    nodes_[name]->status_when([](const json& now) { return now.value("role", "") == "frozen"; });
  }
  const json candidate = candidate_when("b", address_of("c"), "self");
  EXPECT_NE(candidate.at("reason").get<std::string>().find("its data directory is a copy"), std::string::npos);
}

// 2 hosts, the second of which runs a copy of the first one's data directory; nobody else is there to see both
TEST_F(LanTest, TwoCopiesThatSeeEachOtherFreezeWithoutAThird) {
  hosts(2);
  start("a");
  stop({"a"});
  std::filesystem::copy(dir("a"), dir("b"), std::filesystem::copy_options::recursive);
  start("a");
  start("b");
  ASSERT_EQ(ids_["a"], ids_["b"]);
  for (const char* name : {"a", "b"}) {
    nodes_[name]->status_when([&](const json& now) {
      const std::string events = nodes_[name]->get_json("/api/v1/events").dump();
      return now.value("role", "") == "frozen" &&
             events.find("Another machine runs with the identity") != std::string::npos;
    });
  }
}

// 2 hosts, the second of which announces itself as the node on the first
TEST_F(LanTest, AFalseAdvertOfOurselvesFreezesNobody) {
  for (int host = 1; host <= 2; ++host) MUST(lan_->add_host(host));
  MUST(lan_->start_avahi(1));
  start("a");
  start("b", {"--no-discovery", "--listen", "everywhere"});
  discovery_when("a", "running");
  const json advert = discovery("a").at("advert");
  const std::vector<std::string> txt{"txtvers=1", "cl=" + advert.at("cluster").get<std::string>(),
                                     "id=" + ids_["a"].substr(0, 16), "pv=" + std::to_string(mz::protocol_version()),
                                     "po=0"};
  MUST(lan_->publish(2, "another", 8765, txt));
  // A relay that brings the node to itself.
  auto relay = Relay::start(*lan_, 2, 9000, Lan::address_of(1), 8765, std::chrono::milliseconds(0));
  MUST(relay);
  MUST(lan_->publish(2, "mirror", 9000, txt));
  MUST(lan_->start_avahi(2));
  candidate_when("a", address_of("b"), "refused");
  const std::string mirror = Lan::address_of(2) + ":9000";
  nodes_["a"]->status_when([&](const json&) {
    const json seen = candidate_when("a", mirror, "self");
    return seen.at("last_tried").is_number() && seen.at("reason") == "It is this node itself.";
  });
  EXPECT_EQ(nodes_["a"]->status().value("role", ""), "leading");
}

}  // namespace
