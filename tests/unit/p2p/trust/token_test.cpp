#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "p2p/trust/failure_limit.h"
#include "p2p/trust/join_token.h"
#include "p2p/trust/operator_token.h"
#include "p2p/trust/revocation.h"
#include "p2p/trust/sealed.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

NodeId some_node(std::uint8_t mark) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(mark);
  return NodeId(bytes);
}

class Tokens : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tokensXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string content(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  [[nodiscard]] JoinTokenBook book() const { return JoinTokenBook::open(folder_ / "join", authority_.id()).value(); }
  JoinToken make(JoinTokenBook& book, unsigned uses = 1) const {
    return book.create(authority_.certificate(), some_node(1), Role::worker, uses, kNow).value();
  }
  Result<Role> redeem(JoinTokenBook& book, const JoinToken& token, const NodeId& node, std::int64_t now = kNow) const {
    return book.redeem(token.id(), join_proof(token.proof_key(), channel_, request_), channel_, request_, node, now);
  }

  std::filesystem::path folder_;
  Authority authority_ = Authority::create(kNow).value();
  ChannelBinding channel_{7};
  Bytes request_{1, 2, 3};
};

TEST_F(Tokens, AJoinTokenNamesAuthorityAdminAndSecret) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  const std::string text = token.text();
  EXPECT_EQ(text.substr(0, 4), "MZ1-");
  EXPECT_EQ(text.size(), 4U + 26 + 1 + 52 + 1 + 26);
  const JoinToken again = JoinToken::parse(text + "\n").value();
  EXPECT_EQ(again.authority, fingerprint_prefix(authority_.certificate()));
  EXPECT_EQ(again.admin, some_node(1));
  EXPECT_EQ(again.secret, token.secret);
}

TEST_F(Tokens, WhatIsNoJoinTokenIsSaidToBeNone) {
  JoinTokenBook tokens = book();
  const std::string text = make(tokens).text();
  for (const std::string& wrong : {std::string(), std::string("MZ1-"), text.substr(1), text.substr(0, text.size() - 1),
                                   text + "a", std::string(text).replace(10, 1, "!")}) {
    EXPECT_EQ(JoinToken::parse(wrong).error().kind, ErrorKind::usage) << wrong;
  }
}

TEST_F(Tokens, AJoinTokenIsGoodForOneNode) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  EXPECT_EQ(redeem(tokens, token, some_node(2)).value(), Role::worker);
  EXPECT_EQ(redeem(tokens, token, some_node(3)).error().kind, ErrorKind::refused);
  EXPECT_TRUE(redeem(tokens, token, some_node(2)).ok()) << "whose first answer was lost";
}

TEST_F(Tokens, AFleetTokenIsGoodForAsManyNodesAsItSays) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens, 2);
  EXPECT_TRUE(redeem(tokens, token, some_node(2)).ok());
  EXPECT_TRUE(redeem(tokens, token, some_node(3)).ok());
  EXPECT_FALSE(redeem(tokens, token, some_node(4)).ok());
}

TEST_F(Tokens, UsesAreCountedAcrossRestarts) {
  JoinTokenBook before = book();
  const JoinToken token = make(before);
  ASSERT_TRUE(redeem(before, token, some_node(2)).ok());
  JoinTokenBook after = book();
  EXPECT_FALSE(redeem(after, token, some_node(3)).ok());
}

TEST_F(Tokens, AJoinTokenEndsAfterAnHour) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  EXPECT_FALSE(redeem(tokens, token, some_node(2), kNow + 3600).ok());
  EXPECT_TRUE(redeem(tokens, token, some_node(2), kNow + 3599).ok());
  EXPECT_TRUE(tokens.list(kNow + 3600).empty());
}

TEST_F(Tokens, AProofIsWorthNothingOnAnotherConnectionOrForAnotherKey) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  const Digest proof = join_proof(token.proof_key(), channel_, request_);
  EXPECT_FALSE(tokens.redeem(token.id(), proof, ChannelBinding{8}, request_, some_node(2), kNow).ok());
  EXPECT_FALSE(tokens.redeem(token.id(), proof, channel_, Bytes{1, 2, 4}, some_node(2), kNow).ok());
  EXPECT_TRUE(tokens.redeem(token.id(), proof, channel_, request_, some_node(2), kNow).ok());
}

TEST_F(Tokens, AllWrongJoinTokensAreRefusedInTheSameWords) {
  JoinTokenBook tokens = book();
  const JoinToken used = make(tokens);
  ASSERT_TRUE(redeem(tokens, used, some_node(2)).ok());
  JoinToken unknown = used;
  unknown.secret[0] ^= 1;
  const std::string text = redeem(tokens, unknown, some_node(3)).error().text;
  EXPECT_EQ(redeem(tokens, used, some_node(3)).error().text, text);
  EXPECT_EQ(tokens.redeem(used.id(), Digest{}, channel_, request_, some_node(3), kNow).error().text, text);
}

TEST_F(Tokens, ARevokedJoinTokenIsGoodForNobody) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  ASSERT_TRUE(tokens.revoke(token.id(), kNow).ok());
  EXPECT_FALSE(redeem(tokens, token, some_node(2)).ok());
  EXPECT_EQ(tokens.revoke(token.id(), kNow).error().kind, ErrorKind::not_found);
}

TEST_F(Tokens, TokensOfADroppedClusterAreForgotten) {
  JoinTokenBook tokens = book();
  make(tokens);
  EXPECT_TRUE(JoinTokenBook::open(folder_ / "join", ClusterId{1}).value().list(kNow).empty());
  EXPECT_EQ(book().list(kNow).size(), 1U);
}

TEST_F(Tokens, TheBookHoldsNoSecret) {
  JoinTokenBook tokens = book();
  const JoinToken token = make(tokens);
  const std::string bytes = content("join");
  EXPECT_EQ(bytes.find(std::string(token.secret.begin(), token.secret.end())), std::string::npos);
  EXPECT_EQ(bytes.find(token.text().substr(84)), std::string::npos);
  OperatorTokenBook operators = OperatorTokenBook::open(folder_ / "operators").value();
  const std::string text = operators.create(OperatorScope::read, 100, kNow).value();
  EXPECT_EQ(content("operators").find(text.substr(14)), std::string::npos);
}

TEST_F(Tokens, ADamagedBookIsNotTakenForAnEmptyOne) {
  JoinTokenBook tokens = book();
  make(tokens);
  std::filesystem::resize_file(folder_ / "join", 100);
  EXPECT_EQ(JoinTokenBook::open(folder_ / "join", authority_.id()).error().kind, ErrorKind::corrupt);
}

TEST_F(Tokens, AnOperatorTokenBearsItsScopeUntilItEndsOrIsRevoked) {
  OperatorTokenBook tokens = OperatorTokenBook::open(folder_ / "operators").value();
  const std::string text = tokens.create(OperatorScope::jobs, 100, kNow).value();
  EXPECT_EQ(text.substr(0, 5), "MZO1-");
  OperatorTokenBook again = OperatorTokenBook::open(folder_ / "operators").value();
  const auto entry = again.verify(text, kNow + 99);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->scope, OperatorScope::jobs);
  EXPECT_FALSE(again.verify(text, kNow + 100).has_value());
  ASSERT_TRUE(again.revoke(entry->id, kNow).ok());
  EXPECT_FALSE(again.verify(text, kNow).has_value());
}

TEST_F(Tokens, AWrongOperatorTokenBearsNothing) {
  OperatorTokenBook tokens = OperatorTokenBook::open(folder_ / "operators").value();
  std::string text = tokens.create(OperatorScope::admin, 100, kNow).value();
  EXPECT_FALSE(tokens.verify(text.substr(0, text.size() - 1), kNow).has_value());
  text.back() = text.back() == 'a' ? 'e' : 'a';
  EXPECT_FALSE(tokens.verify(text, kNow).has_value());
  EXPECT_FALSE(tokens.verify("", kNow).has_value());
}

TEST_F(Tokens, AnOperatorTokenDoesNotLiveForEver) {
  OperatorTokenBook tokens = OperatorTokenBook::open(folder_ / "operators").value();
  EXPECT_FALSE(tokens.create(OperatorScope::read, OperatorTokenBook::kMaxLifeSeconds + 1, kNow).ok());
  EXPECT_FALSE(tokens.create(OperatorScope::read, 0, kNow).ok());
}

TEST(FailureLimit, LetsAnAddressBeWrongFiveTimesAMinute) {
  FailureLimit limit;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(limit.allows("a", 100));
    limit.count_failure("a", 100 + i);
  }
  EXPECT_FALSE(limit.allows("a", 104));
  EXPECT_TRUE(limit.allows("b", 104));
  EXPECT_FALSE(limit.allows("a", 159));
  EXPECT_TRUE(limit.allows("a", 160)) << "the first failure is a minute old";
}

TEST(FailureLimit, RemembersAtMostSoManyAddresses) {
  FailureLimit limit;
  for (int i = 0; i < 5; ++i) limit.count_failure("first", 100);
  for (std::size_t i = 0; i < FailureLimit::kMaxAddresses; ++i) limit.count_failure(std::to_string(i), 101);
  EXPECT_TRUE(limit.allows("first", 101));
}

TEST(Revocations, GrowByWhatTheAuthoritySigned) {
  const Authority authority = Authority::create(kNow).value();
  RevocationSet set(authority.certificate());
  const Revocation one = RevocationSet::make(authority, some_node(1), kNow).value();
  EXPECT_TRUE(set.add(one).value());
  EXPECT_FALSE(set.add(one).value());
  EXPECT_TRUE(set.contains(some_node(1)));
  EXPECT_FALSE(set.contains(some_node(2)));
}

TEST(Revocations, OfAnotherAuthorityOrAnotherNodeAreRefused) {
  const Authority authority = Authority::create(kNow).value();
  RevocationSet set(authority.certificate());
  const Authority other = Authority::create(kNow).value();
  EXPECT_FALSE(set.add(RevocationSet::make(other, some_node(1), kNow).value()).ok());
  Revocation turned = RevocationSet::make(authority, some_node(1), kNow).value();
  turned.node = some_node(2);
  EXPECT_FALSE(set.add(turned).ok());
  EXPECT_TRUE(set.entries().empty());
}

TEST(Revocations, MergeToTheUnionInAnyOrder) {
  const Authority authority = Authority::create(kNow).value();
  RevocationSet a(authority.certificate());
  RevocationSet b(authority.certificate());
  ASSERT_TRUE(a.add(RevocationSet::make(authority, some_node(1), kNow).value()).ok());
  ASSERT_TRUE(b.add(RevocationSet::make(authority, some_node(2), kNow).value()).ok());
  const Bytes of_a = a.encode();
  EXPECT_EQ(a.merge(b.encode()).value(), 1U);
  EXPECT_EQ(b.merge(of_a).value(), 1U);
  EXPECT_EQ(a.encode(), b.encode());
  EXPECT_EQ(a.merge(b.encode()).value(), 0U);
}

TEST(Revocations, AForgedEntrySpoilsTheWholeList) {
  const Authority authority = Authority::create(kNow).value();
  const Authority other = Authority::create(kNow).value();
  RevocationSet forged(other.certificate());
  ASSERT_TRUE(forged.add(RevocationSet::make(other, some_node(9), kNow).value()).ok());
  RevocationSet set(authority.certificate());
  EXPECT_FALSE(set.merge(forged.encode()).ok());
  Bytes cut = forged.encode();
  cut.pop_back();
  EXPECT_EQ(set.merge(cut).error().kind, ErrorKind::corrupt);
  EXPECT_TRUE(set.entries().empty());
}

TEST(Sealed, OpensForTheRecipientAndThePurposeOnly) {
  const PrivateKey recipient = PrivateKey::generate().value();
  const Bytes secret{1, 2, 3, 4};
  Bytes box = seal_to(recipient.public_key(), secret, "promotion").value();
  EXPECT_EQ(open_sealed(recipient, box, "promotion").value(), secret);
  EXPECT_FALSE(open_sealed(recipient, box, "backup").ok());
  EXPECT_FALSE(open_sealed(PrivateKey::generate().value(), box, "promotion").ok());
  box.back() ^= 1;
  EXPECT_FALSE(open_sealed(recipient, box, "promotion").ok());
  EXPECT_FALSE(open_sealed(recipient, Bytes{}, "promotion").ok());
}

TEST(Sealed, OpensUnderItsPassphraseOnly) {
  const Bytes secret{1, 2, 3, 4};
  const Bytes box = seal_with_passphrase("four words in a row", secret, "backup").value();
  EXPECT_EQ(open_with_passphrase("four words in a row", box, "backup").value(), secret);
  EXPECT_FALSE(open_with_passphrase("four words in a raw", box, "backup").ok());
  EXPECT_FALSE(open_with_passphrase("four words in a row", Bytes(5), "backup").ok());
  EXPECT_EQ(seal_with_passphrase("short", secret, "backup").error().kind, ErrorKind::usage);
}

}  // namespace
}  // namespace mz
