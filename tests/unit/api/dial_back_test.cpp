#include "api/dial_back.h"

#include <gtest/gtest.h>

namespace mz {
namespace {

using Addresses = std::vector<std::string>;

Arrival from(const std::string& address, bool loopback = false) {
  Arrival arrival;
  arrival.address = address;
  arrival.loopback = loopback;
  return arrival;
}

TEST(DialBack, DialsTheCardAndTheSenderWithThePortsOfItsCard) {
  EXPECT_EQ(dial_back_addresses({"192.0.2.5:8765", "studio.local:8765"}, from("198.51.100.7")),
            (Addresses{"192.0.2.5:8765", "studio.local:8765", "198.51.100.7:8765"}));
  EXPECT_EQ(dial_back_addresses({"192.0.2.5:8765"}, from("192.0.2.5")), Addresses{"192.0.2.5:8765"});
  EXPECT_EQ(dial_back_addresses({"192.0.2.5:8765"}, from("2001:db8::7")),
            (Addresses{"192.0.2.5:8765", "[2001:db8::7]:8765"}));
  EXPECT_EQ(dial_back_addresses({"192.0.2.5:8765"}, from("fe80::7%eth0")),
            (Addresses{"192.0.2.5:8765", "[fe80::7%eth0]:8765"}));
  EXPECT_TRUE(dial_back_addresses({}, from("192.0.2.5")).empty()) << "no port is known";
}

TEST(DialBack, NobodyElsewhereMakesItDialThisComputer) {
  const Addresses card{"127.0.0.1:22", "localhost:22", "[::1]:22", "[::ffff:127.0.0.1]:22", "192.0.2.5:8765"};
  for (const std::string& address : dial_back_addresses(card, from("192.0.2.5"))) {
    EXPECT_TRUE(address.starts_with("192.0.2.5:")) << address;
  }
  EXPECT_EQ(dial_back_addresses({"127.0.0.1:8765"}, from("127.0.0.1", true)), Addresses{"127.0.0.1:8765"});
}

TEST(DialBack, DialsAFewAddressesOnly) {
  Addresses card;
  for (int i = 1; i < 100; ++i) card.push_back("192.0.2." + std::to_string(i) + ":8765");
  EXPECT_EQ(dial_back_addresses(card, from("192.0.2.200")).size(), DialBack::kMaxAddresses);
}

NodeId member(unsigned char number) {
  const std::vector<std::uint8_t> key{number};
  return NodeId::of_public_key(key);
}

TEST(DialBack, AnswersAMemberSomeTimesAMinute) {
  DialBack dial_back;
  const auto now = std::chrono::steady_clock::now();
  for (unsigned i = 0; i < DialBack::kPerMinute; ++i) EXPECT_TRUE(dial_back.turn(member(1), now).given());
  EXPECT_FALSE(dial_back.turn(member(1), now + std::chrono::seconds(59)).given());
  EXPECT_TRUE(dial_back.turn(member(2), now + std::chrono::seconds(59)).given());
  EXPECT_TRUE(dial_back.turn(member(1), now + std::chrono::seconds(61)).given());
}

TEST(DialBack, WorksOnOneQuestionAtOnce) {
  DialBack dial_back;
  {
    const auto first = dial_back.turn(member(1));
    EXPECT_TRUE(first.given());
    EXPECT_FALSE(dial_back.turn(member(2)).given());
  }
  EXPECT_TRUE(dial_back.turn(member(2)).given());
}

}  // namespace
}  // namespace mz
