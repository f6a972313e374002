// Firewalls by what their own programs print. The JSON of nft follows what nftables 1.0.6 printed; the other texts were written by
// hand after the documented formats of ufw, firewalld, iptables and macOS, not recorded.
#include "node/doctor/firewall.h"

#include <gtest/gtest.h>

#include "node/doctor/packet_rules.h"
#include "node/doctor/system_text.h"

namespace mz::doctor {
namespace {

constexpr std::uint16_t kPort = 8765;

std::string ufw(const std::string& rules, const std::string& incoming = "deny") {
  return "Status: active\nLogging: on (low)\nDefault: " + incoming +
         " (incoming), allow (outgoing), disabled (routed)\nNew profiles: skip\n\n"
         "To                         Action      From\n"
         "--                         ------      ----\n" +
         rules;
}

Passage by_ufw(const std::string& rules, const std::string& incoming = "deny") {
  return read_ufw(ufw(rules, incoming), kPort).value().port;
}

TEST(Ufw, IsNoWallWhileItIsOff) { EXPECT_FALSE(read_ufw("Status: inactive\n", kPort).has_value()); }

TEST(Ufw, BlocksWhatNoRuleAllowsAndNamesTheCommand) {
  const auto wall = read_ufw(ufw("22/tcp                     ALLOW IN    Anywhere\n"), kPort);
  ASSERT_TRUE(wall.has_value());
  EXPECT_EQ(wall->port, Passage::blocked);
  EXPECT_EQ(wall->open_port, "sudo ufw allow 8765/tcp");
  EXPECT_EQ(by_ufw("", "allow"), Passage::open);
}

TEST(Ufw, LetsInWhatARuleAllows) {
  EXPECT_EQ(by_ufw("8765/tcp                   ALLOW IN    Anywhere\n"), Passage::open);
  EXPECT_EQ(by_ufw("8765                       ALLOW IN    Anywhere\n"), Passage::open);
  EXPECT_EQ(by_ufw("8000:9000/tcp              LIMIT IN    Anywhere\n"), Passage::open);
  EXPECT_EQ(by_ufw("80,8765/tcp (MeshZero)     ALLOW IN    Anywhere\n"), Passage::open);
  EXPECT_EQ(by_ufw("8765/udp                   ALLOW IN    Anywhere\n"), Passage::blocked);
  EXPECT_EQ(by_ufw("8765/tcp                   ALLOW OUT   Anywhere\n"), Passage::blocked);
  EXPECT_EQ(by_ufw("8765/tcp (v6)              ALLOW IN    Anywhere (v6)\n"), Passage::blocked) << "of IPv6 alone";
}

TEST(Ufw, GoesByTheFirstRuleThatFits) {
  EXPECT_EQ(by_ufw("8765/tcp                   DENY IN     Anywhere\n"
                   "8765/tcp                   ALLOW IN    Anywhere\n"),
            Passage::blocked);
  EXPECT_EQ(by_ufw("8765/tcp                   REJECT IN   Anywhere\n", "allow"), Passage::blocked);
}

TEST(Ufw, IsUnclearWhenItDependsOnTheSender) {
  EXPECT_EQ(by_ufw("8765/tcp                   ALLOW IN    192.0.2.0/24\n"), Passage::unclear);
  EXPECT_EQ(by_ufw("Anywhere                   ALLOW IN    192.0.2.7\n"), Passage::unclear);
  EXPECT_EQ(by_ufw("Anywhere                   DENY IN     192.0.2.7\n"), Passage::blocked) << "nobody is let in";
}

constexpr char kPublicZone[] =
    "block\n  target: %%REJECT%%\n  services: \n  ports: 8765/tcp\n  rich rules: \n\n"
    "public (active)\n  target: default\n  icmp-block-inversion: no\n  interfaces: eth0\n  sources: \n"
    "  services: dhcpv6-client ssh\n  ports: \n  protocols: \n  forward: yes\n  masquerade: no\n  forward-ports: \n"
    "  source-ports: \n  icmp-blocks: \n  rich rules: \n";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Firewalld, BlocksWhatItsActiveZoneDoesNotList) {
  const auto wall = read_firewalld(kPublicZone, kPort);
  ASSERT_TRUE(wall.has_value());
  EXPECT_EQ(wall->port, Passage::blocked) << "the zone that lists the port is not active";
  EXPECT_EQ(wall->mdns, Passage::blocked);
  EXPECT_EQ(wall->open_port,
            "sudo firewall-cmd --permanent --zone=public --add-port=8765/tcp && sudo firewall-cmd --reload");
  EXPECT_EQ(wall->open_mdns,
            "sudo firewall-cmd --permanent --zone=public --add-service=mdns && sudo firewall-cmd --reload");
}

TEST(Firewalld, LetsInPortsServicesAndWholeZones) {
  const std::string listed = replaced(replaced(kPublicZone, "services: dhcpv6-client", "services: mdns"),
                                      "  ports: \n  protocols", "  ports: 9000-9010/tcp 8000-8800/tcp\n  protocols");
  EXPECT_EQ(read_firewalld(listed, kPort)->port, Passage::open);
  EXPECT_EQ(read_firewalld(listed, kPort)->mdns, Passage::open);
  EXPECT_EQ(read_firewalld(replaced(kPublicZone, "target: default", "target: ACCEPT"), kPort)->port, Passage::open);
  const std::string rich = std::string(kPublicZone) + "\trule family=\"ipv4\" source address=\"192.0.2.0/24\" accept\n";
  EXPECT_EQ(read_firewalld(rich, kPort)->port, Passage::unclear);
}

TEST(Firewalld, IsNoWallWithoutAnActiveZone) {
  EXPECT_FALSE(read_firewalld("public\n  target: default\n", kPort).has_value());
}

// --- nft -----------------------------------------------------------------------------------------------------------------

// What nft prints for a table "f" with the chain "input" and these expressions as its rules.
std::string nft(const std::vector<std::string>& rules, const std::string& policy = "accept",
                const std::string& more = "") {
  std::string text =
      R"({"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},)"
      R"({"table": {"family": "inet", "name": "f", "handle": 1}},)"
      R"({"chain": {"family": "inet", "table": "f", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": ")" +
      policy + R"("}})" + more;
  for (const std::string& rule : rules) {
    text += R"(,{"rule": {"family": "inet", "table": "f", "chain": "input", "handle": 2, "expr": [)" + rule + "]}}";
  }
  return text + "]}";
}
std::string match(const std::string& left, const std::string& right, const std::string& op = "==") {
  return R"({"match": {"op": ")" + op + R"(", "left": )" + left + R"(, "right": )" + right + "}}";
}
const std::string kTcpPort = R"({"payload": {"protocol": "tcp", "field": "dport"}})";
const std::string kFrom = R"({"payload": {"protocol": "ip", "field": "saddr"}})";
const std::string kState = R"({"ct": {"key": "state"}})";
const std::string kDrop = R"({"drop": null})";
const std::string kAccept = R"({"accept": null})";

Passage by_nft(const std::vector<std::string>& rules, const std::string& policy = "accept",
               const std::string& more = "") {
  return read_nft(nft(rules, policy, more), kPort).value().port;
}

TEST(Nft, FindsTheRuleThatDropsThePort) {
  const auto wall = read_nft(nft({match(kTcpPort, "8765") + "," + kDrop}), kPort);
  ASSERT_TRUE(wall.has_value());
  EXPECT_EQ(wall->port, Passage::blocked);
  EXPECT_EQ(wall->mdns, Passage::open);
  EXPECT_EQ(wall->open_port, "sudo nft insert rule inet f input tcp dport 8765 accept");
  EXPECT_EQ(by_nft({match(kTcpPort, "80") + R"(,{"reject": {"type": "icmpx", "expr": "port-unreachable"}})"}),
            Passage::open);
}

TEST(Nft, WalksAUsualServerFilter) {
  const std::string known = match(kState, R"(["established", "related"])", "in") + "," + kAccept;
  const std::string loopback = match(R"({"meta": {"key": "iif"}})", R"("lo")") + "," + kAccept;
  const std::string ports = match(kTcpPort, R"({"set": [22, {"range": [8000, 9000]}]})") +
                            R"(,{"counter": {"packets": 0, "bytes": 0}},)" + kAccept;
  EXPECT_EQ(by_nft({known, loopback}, "drop"), Passage::blocked);
  EXPECT_EQ(by_nft({known, loopback, ports}, "drop"), Passage::open);
  EXPECT_EQ(read_nft(nft({known, loopback, ports}, "drop"), kPort)->mdns, Passage::blocked);
  EXPECT_EQ(read_nft(nft({known, loopback, ports}, "drop"), kPort)->open_mdns,
            "sudo nft insert rule inet f input udp dport 5353 accept");
}

TEST(Nft, IsUnclearWhenItDependsOnTheSender) {
  const std::string lan = match(kFrom, R"({"prefix": {"addr": "192.0.2.0", "len": 24}})") + "," + kAccept;
  EXPECT_EQ(by_nft({lan}, "drop"), Passage::unclear);
  EXPECT_EQ(by_nft({lan}), Passage::open) << "accepted either way";
  EXPECT_EQ(by_nft({R"({"xt": null},)" + kDrop}), Passage::unclear);
  EXPECT_EQ(by_nft({match(kTcpPort, R"("@allowed")") + "," + kAccept}, "drop"), Passage::unclear);
}

TEST(Nft, UnderstandsVerdictMapsNegationAndProtocols) {
  const std::string map =
      R"({"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["established", {"accept": null}], ["new", {"drop": null}]]}}})";
  EXPECT_EQ(by_nft({map}), Passage::blocked);
  EXPECT_EQ(by_nft({match(kTcpPort, "22", "!=") + "," + kDrop}), Passage::blocked);
  EXPECT_EQ(by_nft({match(R"({"payload": {"protocol": "udp", "field": "dport"}})", "8765") + "," + kDrop}),
            Passage::open);
  EXPECT_EQ(by_nft({match(R"({"meta": {"key": "l4proto"}})", R"({"set": ["tcp", "udp"]})") + "," + kDrop}),
            Passage::blocked);
}

TEST(Nft, FollowsJumpsAndComesBack) {
  const std::string inner =
      R"(,{"chain": {"family": "inet", "table": "f", "name": "inner", "handle": 3}},)"
      R"({"rule": {"family": "inet", "table": "f", "chain": "inner", "handle": 4, "expr": [)" +
      match(kTcpPort, "8765") +
      R"(,{"return": null}]}},)"
      R"({"rule": {"family": "inet", "table": "f", "chain": "inner", "handle": 5, "expr": [{"drop": null}]}})";
  const std::string jump = R"({"jump": {"target": "inner"}})";
  EXPECT_EQ(by_nft({jump, kAccept}, "drop", inner), Passage::open);
  EXPECT_EQ(by_nft({jump}, "drop", inner), Passage::blocked) << "the policy, after the return";
}

TEST(Nft, SurvivesWhatItDoesNotKnow) {
  EXPECT_FALSE(read_nft("not json", kPort).has_value());
  EXPECT_FALSE(read_nft(R"({"nftables": [7, {"rule": 5}, {"chain": {}}]})", kPort).has_value());
  EXPECT_EQ(by_nft({R"({"match": {}}, {"vmap": {"data": 3}})"}), Passage::open);
  EXPECT_EQ(by_nft({R"({"jump": {"target": "input"}})"}), Passage::open) << "a loop ends";
}

// --- iptables, macOS, all together ----------------------------------------------------------------------------------------

Passage by_iptables(const std::string& rules) { return read_iptables(rules, kPort).value().port; }

TEST(Iptables, IsReadLikeTheKernelDoes) {
  EXPECT_FALSE(read_iptables("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n", kPort).has_value());
  EXPECT_EQ(by_iptables("-P INPUT ACCEPT\n-A INPUT -p tcp -m tcp --dport 8765 -j DROP\n"), Passage::blocked);
  const std::string server =
      "-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
      "-A INPUT -p tcp -m multiport --dports 22,80:90 -m comment --comment \"web -j ACCEPT\" -j ACCEPT\n";
  EXPECT_EQ(by_iptables(server), Passage::blocked);
  EXPECT_EQ(by_iptables(server + "-A INPUT -p tcp -m tcp --dport 8000:9000 -j ACCEPT\n"), Passage::open);
  EXPECT_EQ(by_iptables(server + "-A INPUT -s 192.0.2.0/24 -j ACCEPT\n"), Passage::unclear);
  EXPECT_EQ(by_iptables("-P INPUT DROP\n-N mine\n-A INPUT -j mine\n-A mine ! -p udp -j ACCEPT\n"), Passage::open);
  EXPECT_EQ(read_iptables(server, kPort)->open_port, "sudo iptables -I INPUT -p tcp --dport 8765 -j ACCEPT");
}

TEST(ApplicationFirewall, IsReadInBothWordings) {
  const auto wall = [](const char* global, const char* all, const char* app) {
    return read_application_firewall(global, all, app, "/opt/meshzero");
  };
  EXPECT_FALSE(wall("Firewall is disabled. (State = 0)", "", "").has_value());
  constexpr char kOn[] = "Firewall is enabled. (State = 1)";
  constexpr char kSome[] = "Firewall has block all state set to disabled.";
  EXPECT_EQ(wall(kOn, kSome, "Incoming connection to the application is permitted")->port, Passage::open);
  EXPECT_EQ(wall(kOn, kSome, "Incoming connection to the application is blocked")->port, Passage::blocked);
  EXPECT_EQ(wall(kOn, kSome, "The application is not part of the firewall")->port, Passage::unclear);
  EXPECT_EQ(wall(kOn, "Block all ENABLED!", "")->open_port,
            "sudo /usr/libexec/ApplicationFirewall/socketfilterfw --setblockall off");
  EXPECT_NE(wall(kOn, "Block all DISABLED!", "is blocked")->open_port.find("--unblockapp '/opt/meshzero'"),
            std::string::npos);
}

TEST(Walls, ThePacketFilterBelowAManagedFirewallIsToldOnlyWhenItSurelyBlocks) {
  const Wall ufw_open{.name = "ufw"};
  const Wall unclear{.name = "nftables", .port = Passage::unclear};
  const Wall blocks{.name = "nftables", .port = Passage::blocked};
  EXPECT_EQ(all_walls(ufw_open, std::nullopt, unclear, std::nullopt).size(), 1U);
  EXPECT_EQ(all_walls(ufw_open, std::nullopt, blocks, std::nullopt).size(), 2U);
  EXPECT_EQ(all_walls(std::nullopt, std::nullopt, unclear, std::nullopt).front().name, "nftables");
  EXPECT_EQ(all_walls(std::nullopt, std::nullopt, unclear, Wall{.name = "iptables"}).front().name, "iptables");
  EXPECT_TRUE(all_walls(std::nullopt, std::nullopt, std::nullopt, std::nullopt).empty());
}

}  // namespace
}  // namespace mz::doctor
