#include "node/own_addresses.h"

#include <gtest/gtest.h>

#include "api/member_list.h"
#include "p2p/candidates.h"

namespace mz {
namespace {

using Hosts = std::vector<std::string>;

TEST(OwnAddresses, OfManyBridgesDoNotHideTheNetworkOthersAreIn) {
  std::vector<InterfaceAddress> addresses;
  for (int i = 0; i < 8; ++i) {
    addresses.push_back({.interface = "br-" + std::to_string(i), .host = "172.18." + std::to_string(i) + ".1"});
  }
  addresses.push_back({.interface = "eth0", .host = "192.0.2.5"});
  const Hosts hosts = by_reach(addresses, {"", ""});
  ASSERT_EQ(hosts.size(), 9U);
  static_assert(kMaxListedAddresses < 9);
  EXPECT_EQ(hosts.front(), "192.0.2.5");
}

TEST(OwnAddresses, TheOneThisComputerGoesOutFromComesFirstAndInnerOnesLast) {
  EXPECT_EQ(by_reach({{"docker0", "172.17.0.1"},
                      {"veth12ab", "[2001:db8:9::1]"},
                      {"virbr0", "192.168.122.1"},
                      {"bridge100", "192.168.64.1"},
                      {"vmnet8", "192.168.65.1"},
                      {"utun3", "10.8.0.2"},
                      {"wlan0", "[2001:db8:1::5]"},
                      {"wlan0", "[2001:db8:1::6]"},
                      {"br0", "10.0.0.5"},
                      {"wlan0", "192.0.2.5"}},
                     {"192.0.2.5", "[2001:db8:1::6]"}),
            (Hosts{"192.0.2.5", "[2001:db8:1::6]", "10.0.0.5", "[2001:db8:1::5]", "172.17.0.1", "192.168.122.1",
                   "192.168.64.1", "192.168.65.1", "10.8.0.2", "[2001:db8:9::1]"}));
}

TEST(OwnAddresses, ATunnelThatAllGoesThroughIsNoInnerOne) {
  EXPECT_EQ(by_reach({{"en0", "192.0.2.5"}, {"utun3", "10.8.0.2"}}, {"10.8.0.2", ""}),
            (Hosts{"10.8.0.2", "192.0.2.5"}));
}

TEST(OwnAddresses, CanBeDialledAndThereIsAlwaysOne) {
  const Hosts texts = own_addresses(8765);
  ASSERT_FALSE(texts.empty());
  EXPECT_LE(texts.size(), kMaxOwnAddresses);
  for (const std::string& text : texts) {
    const auto address = PeerAddress::parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->port, 8765);
    EXPECT_EQ(address->text(), text);
  }
}

}  // namespace
}  // namespace mz
