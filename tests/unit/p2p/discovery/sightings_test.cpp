#include "p2p/discovery/sightings.h"

#include <gtest/gtest.h>

#include "p2p/discovery/txt_record.h"

namespace mz {
namespace {

const std::vector<std::string> kTxt{"txtvers=1", "cl=abcdefghijklmnop", "id=qrstuvwxyz234567", "pv=2", "po=1"};

Sightings::Place on(std::uint32_t interface, const std::string& instance = "studio") { return {interface, instance}; }

PeerAddress at(const std::string& host) { return {.host = host, .port = 8765}; }

std::vector<std::string> without(const std::string& key) {
  std::vector<std::string> rest = kTxt;
  std::erase_if(rest, [&](const std::string& text) { return text.starts_with(key + "="); });
  return rest;
}

TEST(TxtRecord, SaysWhatItWasToldAndIsReadBack) {
  Advert advert;
  advert.cluster = "abcdefghijklmnop";
  advert.node = "qrstuvwxyz234567";
  advert.protocol = 2;
  advert.pairing_open = true;
  EXPECT_EQ(txt_strings(advert), kTxt);
  EXPECT_EQ(read_txt(kTxt), advert);
  EXPECT_EQ(split_txt(join_txt(kTxt)), kTxt);
}

TEST(TxtRecord, OfStrangersIsReadWithLimits) {
  for (const char* needed : {"txtvers", "cl", "id", "pv"}) EXPECT_FALSE(read_txt(without(needed))) << needed;
  const auto changed = [](const std::string& key, const std::string& value) {
    std::vector<std::string> all = without(key);
    all.push_back(key + "=" + value);
    return read_txt(all);
  };
  EXPECT_FALSE(changed("txtvers", "2"));
  EXPECT_FALSE(changed("cl", "abcdefghijklmno"));
  EXPECT_FALSE(changed("cl", "abcdefghijklmnopq"));
  EXPECT_FALSE(changed("id", "ABCDEFGHIJKLMNOP"));
  EXPECT_FALSE(changed("id", "abcdefghijklmno\n"));
  EXPECT_FALSE(changed("pv", "-1"));
  EXPECT_FALSE(changed("pv", "99999999999"));
  EXPECT_FALSE(changed("po", "yes")->pairing_open);
  EXPECT_TRUE(changed("future", "thing"));
  EXPECT_FALSE(changed("big", std::string(kMaxTxtBytes, 'x')));
  std::vector<std::string> many = kTxt;
  many.resize(kMaxTxtStrings + 1, "x=y");
  EXPECT_FALSE(read_txt(many));
}

TEST(TxtRecord, WithWrongLengthsIsNone) {
  const std::vector<std::uint8_t> beyond{5, 'a', '=', 'b'};
  EXPECT_FALSE(split_txt(beyond));
  EXPECT_EQ(split_txt(std::vector<std::uint8_t>{0}), std::vector<std::string>{});
}

TEST(TxtRecord, AnInstanceNameFitsAndIsWholeUtf8) {
  EXPECT_EQ(instance_name("studio.local", "4k2lq7abcd"), "studio 4k2lq7a");
  EXPECT_EQ(instance_name("a\nb", "4k2lq7abcd"), "a b 4k2lq7a");
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "\xc3\xa4";
  const std::string name = instance_name(umlauts, "4k2lq7abcd");
  EXPECT_LE(name.size(), kMaxInstanceBytes);
  EXPECT_EQ(name.size() % 2, 0U) << "27 umlauts of two bytes, and eight characters";
}

TEST(Sightings, AreToldWhenWholeAndAgainWhenTheyChange) {
  Sightings table;
  ASSERT_TRUE(table.appear(on(2)));
  EXPECT_TRUE(table.take_changes().seen.empty());
  table.describe(on(2), 8765, kTxt);
  EXPECT_TRUE(table.take_changes().seen.empty()) << "nobody knows where it is";
  table.add_address(on(2), "10.0.0.1", 0);
  const auto first = table.take_changes();
  ASSERT_EQ(first.seen.size(), 1U);
  EXPECT_EQ(first.seen[0].advert.instance, "studio");
  EXPECT_EQ(first.seen[0].addresses, std::vector{at("10.0.0.1")});
  EXPECT_TRUE(table.take_changes().seen.empty());
  table.add_address(on(2), "fe80::1%eth0", 1);
  ASSERT_EQ(table.take_changes().seen.size(), 1U);
  table.remove_address(on(2), "10.0.0.1", 0);
  const auto moved = table.take_changes();
  ASSERT_EQ(moved.seen.size(), 1U);
  EXPECT_EQ(moved.seen[0].addresses, std::vector{at("fe80::1%eth0")});
}

TEST(Sightings, AnAddressIsThereAsLongAsOneProtocolSaysSo) {
  Sightings table;
  table.appear(on(2));
  table.describe(on(2), 8765, kTxt);
  table.add_address(on(2), "10.0.0.1", 0);
  table.add_address(on(2), "10.0.0.1", 1);
  (void)table.take_changes();
  table.remove_address(on(2), "10.0.0.1", 0);
  EXPECT_TRUE(table.take_changes().seen.empty());
}

TEST(Sightings, OfOneAdvertOnSeveralInterfacesAreOne) {
  Sightings table;
  for (const std::uint32_t interface : {2U, 3U}) {
    table.appear(on(interface));
    table.describe(on(interface), 8765, kTxt);
    table.add_address(on(interface), "10.0." + std::to_string(interface) + ".1", 0);
  }
  const auto both = table.take_changes();
  ASSERT_EQ(both.seen.size(), 1U);
  EXPECT_EQ(both.seen[0].addresses.size(), 2U);
  table.vanish(on(2));
  const auto one = table.take_changes();
  EXPECT_TRUE(one.lost.empty());
  ASSERT_EQ(one.seen.size(), 1U);
  EXPECT_EQ(one.seen[0].addresses, std::vector{at("10.0.3.1")});
  table.vanish(on(3));
  EXPECT_EQ(table.take_changes().lost, std::vector<std::string>{"studio"});
}

TEST(Sightings, ANameThatWouldDriveATerminalIsNone) {
  Sightings table;
  EXPECT_FALSE(table.appear(on(2, "\x1b[2Jstudio")));
  EXPECT_FALSE(table.appear(on(2, "stu\ndio")));
  EXPECT_FALSE(table.appear(on(2, "studio\x7f")));
  EXPECT_TRUE(table.appear(on(2,
                              "K\xc3\xbc"
                              "che")));
}

TEST(Sightings, WhenTheDaemonIsAskedAnewNothingIsLostUntilItHadItsTime) {
  Sightings table;
  for (const char* name : {"stays", "goes"}) {
    table.appear(on(2, name));
    table.describe(on(2, name), 8765, kTxt);
    table.add_address(on(2, name), "10.0.0.1", 0);
  }
  EXPECT_EQ(table.take_changes().seen.size(), 2U);
  table.begin_anew({});
  EXPECT_TRUE(table.take_changes().lost.empty());
  table.appear(on(2, "stays"));
  table.describe(on(2, "stays"), 8765, kTxt);
  table.add_address(on(2, "stays"), "10.0.0.1", 0);
  const auto again = table.take_changes();
  EXPECT_TRUE(again.seen.empty()) << "it is as it was";
  table.settle();
  EXPECT_EQ(table.take_changes().lost, std::vector<std::string>{"goes"});
}

TEST(Sightings, AFloodIsBounded) {
  Sightings table;
  for (std::size_t i = 0; i < 2 * Sightings::kMaxAdverts; ++i) {
    EXPECT_EQ(table.appear(on(2, "advert " + std::to_string(i))), i < Sightings::kMaxAdverts);
  }
  table.describe(on(2, "advert 0"), 8765, kTxt);
  for (int i = 0; i < 1000; ++i) table.add_address(on(2, "advert 0"), "10.1.2." + std::to_string(i), 0);
  const auto changes = table.take_changes();
  ASSERT_EQ(changes.seen.size(), 1U);
  EXPECT_EQ(changes.seen[0].addresses.size(), Sightings::kMaxAddresses);
  EXPECT_FALSE(table.appear(on(3, std::string(kMaxInstanceBytes + 1, 'x'))));
}

TEST(Sightings, AFloodHidesNobodyLongerThanItLasts) {
  using std::chrono::seconds;
  const auto flood = [](Sightings& table) {
    for (std::size_t i = 0; i < Sightings::kMaxAdverts; ++i) table.appear(on(2, "advert " + std::to_string(i)));
  };
  const Sightings::Clock::time_point begin;
  const auto minute = seconds(Sightings::kAskAnewSeconds);
  Sightings table;
  table.begin_anew(begin);
  flood(table);
  table.vanish(on(2, "advert 0"));
  EXPECT_FALSE(table.should_begin_anew(begin + minute)) << "all adverts had room";
  flood(table);
  EXPECT_FALSE(table.appear(on(2)));
  EXPECT_FALSE(table.should_begin_anew(begin + minute)) << "there is no room yet";
  table.vanish(on(2, "advert 0"));
  EXPECT_FALSE(table.should_begin_anew(begin + minute - seconds(1))) << "the daemon was asked a moment ago";
  EXPECT_TRUE(table.should_begin_anew(begin + minute));
  table.begin_anew(begin + minute);
  EXPECT_FALSE(table.should_begin_anew(begin + 3 * minute)) << "it told all";
  EXPECT_TRUE(table.appear(on(2)));
}

TEST(Sightings, AWrongNameIsNoReasonToAskTheDaemonAnew) {
  Sightings table;
  EXPECT_FALSE(table.appear(on(2, "stu\ndio")));
  EXPECT_FALSE(table.should_begin_anew(Sightings::Clock::time_point() + std::chrono::hours(1)));
}

TEST(Sightings, AddressesThatCannotMeanAnotherComputerAreNotUsed) {
  const auto text = [](std::vector<std::uint8_t> bytes) { return host_text(bytes, 0); };
  EXPECT_EQ(text({192, 0, 2, 7}), "192.0.2.7");
  EXPECT_EQ(text({127, 0, 0, 1}), "");
  EXPECT_EQ(text({0, 0, 0, 0}), "");
  EXPECT_EQ(text({224, 0, 0, 251}), "");
  EXPECT_EQ(text({255, 255, 255, 255}), "");
  EXPECT_EQ(text({1, 2, 3}), "");
  std::vector<std::uint8_t> six(16);
  EXPECT_EQ(text(six), "");
  six[15] = 1;
  EXPECT_EQ(text(six), "") << "loopback";
  six[0] = 0x20;
  six[1] = 0x01;
  EXPECT_EQ(text(six), "2001::1");
  six[0] = 0xfe;
  six[1] = 0x80;
  EXPECT_EQ(text(six), "") << "link-local, without an interface";
  six[0] = 0xff;
  EXPECT_EQ(text(six), "") << "multicast";
}

}  // namespace
}  // namespace mz
