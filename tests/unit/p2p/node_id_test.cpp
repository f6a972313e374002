#include "p2p/node_id.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "p2p/base32.h"

namespace mz {
namespace {

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

TEST(Base32, AgreesWithThePublishedVectors) {
  // RFC 4648 section 10, in lower case and without the padding.
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "my"},
      {"fo", "mzxq"},
      {"foo", "mzxw6"},
      {"foob", "mzxw6yq"},
      {"fooba", "mzxw6ytb"},
      {"foobar", "mzxw6ytboi"},
  };
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(to_base32(bytes_of(plain)), encoded);
    EXPECT_EQ(from_base32(encoded), bytes_of(plain));
  }
}

TEST(Base32, HasOneSpellingForEachByteString) {
  EXPECT_FALSE(from_base32("MY"));        // upper case
  EXPECT_FALSE(from_base32("m1"));        // 1 is not in the alphabet
  EXPECT_FALSE(from_base32("my======"));  // padding
  EXPECT_FALSE(from_base32("mz"));        // 'f' and two bits that are not zero
  EXPECT_FALSE(from_base32("m"));         // five bits are no byte
  EXPECT_FALSE(from_base32("mzxw6y"));    // "foo" and six bits: no byte string has this length
}

TEST(NodeIdTest, IsTheHashOfThePublicKey) {
  // SHA-256 of "abc" (FIPS 180-4) is ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad.
  const NodeId id = NodeId::of_public_key(bytes_of("abc"));
  EXPECT_EQ(id.bytes()[0], 0xba);
  EXPECT_EQ(id.bytes()[31], 0xad);
  // ba 78 16 bf 8f in fives: 10111 01001 11100 00001 01101 01111 11100 01111
  EXPECT_EQ(id.text().substr(0, 8), "xj4bnp4p");
  EXPECT_EQ(id.short_text(), "xj4bnp4");
  EXPECT_EQ(id.text().size(), 52U);
}

TEST(NodeIdTest, ReadsItsOwnText) {
  const NodeId id = NodeId::of_public_key(bytes_of("key"));
  const auto back = NodeId::parse(id.text());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, id);
  EXPECT_FALSE(back->is_nobody());
}

TEST(NodeIdTest, RefusesEverythingElseWithASentence) {
  const std::string text = NodeId::of_public_key(bytes_of("key")).text();
  for (const std::string& wrong :
       {std::string(), text.substr(1), text + "a", "A" + text.substr(1), text.substr(0, 51) + "b"}) {
    const auto id = NodeId::parse(wrong);
    ASSERT_FALSE(id.ok()) << wrong;
    EXPECT_EQ(id.error().kind, ErrorKind::usage);
    EXPECT_NE(id.error().text.find("52 characters"), std::string::npos);
  }
}

TEST(NodeIdTest, IsOrderedAndHashed) {
  const NodeId nobody;
  const NodeId a = NodeId::of_public_key(bytes_of("a"));
  const NodeId b = NodeId::of_public_key(bytes_of("b"));
  EXPECT_TRUE(nobody.is_nobody());
  EXPECT_LT(nobody, a);
  EXPECT_NE(a < b, b < a);
  const std::unordered_set<NodeId> set{a, b, a};
  EXPECT_EQ(set.size(), 2U);
}

}  // namespace
}  // namespace mz
