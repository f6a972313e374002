// Nodes on a network that breaks. Each test says how many hosts it needs.
#include "tests/functional/lan.h"
#include "tests/functional/relay.h"

namespace {

using mz::test::json;
using mz::test::Lan;
using mz::test::LanTest;
using mz::test::Relay;

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

}  // namespace
