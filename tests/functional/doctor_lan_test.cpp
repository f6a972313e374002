// A real packet filter between real nodes, and the command that doctor prints against it.
#include "tests/functional/lan.h"

namespace {

using mz::test::json;
using mz::test::LanTest;

class DoctorLanTest : public LanTest {
 protected:
  json examine(const std::string& name) {
    const json said = json::parse(verb(name, "doctor --json").text, nullptr, false);
    json findings = json::object();
    if (!said.is_object()) {
      ADD_FAILURE() << "no findings on " << name;
      return findings;
    }
    for (const json& each : said.at("findings")) findings[each.at("id").get<std::string>()] = each;
    return findings;
  }
};

// 2 hosts
TEST_F(DoctorLanTest, ThePrintedCommandOpensThePortThatAFirewallBlocks) {
  for (const int host : {1, 2}) MUST(lan_->add_host(host));
  found({"a", "b"});
  json findings = examine("a");
  EXPECT_TRUE(findings.contains("member.reached")) << findings;
  EXPECT_FALSE(findings.contains("firewall.blocks")) << findings;

  const auto on_a = [this](const std::string& command) {
    const auto said = lan_->run(1, command);
    EXPECT_EQ(said.code, 0) << command << ": " << said.text;
  };
  on_a("nft add table inet door");
  on_a("nft 'add chain inet door input { type filter hook input priority 0; policy drop; }'");
  on_a("nft add rule inet door input ct state established,related accept");
  on_a("nft add rule inet door input iif lo accept");
  findings = examine("a");
  ASSERT_TRUE(findings.contains("firewall.blocks")) << findings;
  EXPECT_TRUE(findings.contains("member.one-way")) << findings;
  const std::string remedy = findings["firewall.blocks"]["remedy"];
  EXPECT_EQ(remedy, "sudo nft insert rule inet door input tcp dport 8765 accept");

  on_a(remedy.substr(std::string("sudo ").size()));  // here we are root, or may do as if
  findings = examine("a");
  EXPECT_FALSE(findings.contains("firewall.blocks")) << findings;
  EXPECT_TRUE(findings.contains("member.reached")) << findings;
}

}  // namespace
