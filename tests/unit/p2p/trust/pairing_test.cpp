#include "p2p/trust/pairing.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/base/bytes.h"
#include "tests/unit/p2p/trust/handshake.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

NodeId some_node(std::uint8_t mark) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(mark);
  return NodeId(bytes);
}

PairingNonce some_nonce(std::uint64_t number) {
  ByteWriter out;
  out.u64(number);
  return sha256(out.bytes());
}

PairingParties some_parties() {
  return {.channel = sha256("channel"),
          .joiner = some_node(1),
          .admin = some_node(2),
          .authority = sha256("authority"),
          .request = sha256("request")};
}

TEST(Pairing, BothSidesOfOneConnectionComputeTheSameSixDigits) {
  auto joiner = PairingExchange::begin(PairingSide::joiner, some_parties()).value();
  auto admin = PairingExchange::begin(PairingSide::admin, some_parties()).value();
  ASSERT_TRUE(admin.hear_commitment(joiner.commitment()).ok());
  ASSERT_TRUE(joiner.hear_commitment(admin.commitment()).ok());
  const std::string at_admin = admin.hear_nonce(joiner.reveal().value()).value();
  const std::string at_joiner = joiner.hear_nonce(admin.reveal().value()).value();
  EXPECT_EQ(at_admin, at_joiner);
  EXPECT_EQ(at_admin.size(), 6U);
  EXPECT_EQ(at_admin.find_first_not_of("0123456789"), std::string::npos);
}

// One chance in a million that two are equal by accident; the inputs are fixed, so this passes always or never.
TEST(Pairing, AnyOtherInputGivesOtherDigits) {
  const PairingParties parties = some_parties();
  const std::string digits = pairing_digits(parties, some_nonce(1), some_nonce(2));
  EXPECT_EQ(pairing_digits(parties, some_nonce(1), some_nonce(2)), digits);
  EXPECT_NE(pairing_digits(parties, some_nonce(3), some_nonce(2)), digits) << "the joiner's nonce";
  EXPECT_NE(pairing_digits(parties, some_nonce(1), some_nonce(3)), digits) << "the admin's nonce";
  EXPECT_NE(pairing_digits(parties, some_nonce(2), some_nonce(1)), digits) << "the nonces change places";
  PairingParties other = parties;
  other.channel = sha256("another channel");
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the connection";
  other = parties;
  other.joiner = some_node(3);
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the joiner";
  other = parties;
  other.admin = some_node(3);
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the admin";
  other = parties;
  std::swap(other.joiner, other.admin);
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the nodes change places";
  other = parties;
  other.authority = sha256("another authority");
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the authority";
  other = parties;
  other.request = sha256("another request");
  EXPECT_NE(pairing_digits(other, some_nonce(1), some_nonce(2)), digits) << "the certificate request";
}

// The first three digits fall into 1000 classes; the statistic of 50,000 fixed draws is compared with the 99.9 % point of
// chi-square with 999 degrees of freedom, and the last three digits likewise.
TEST(Pairing, AllDigitsAreEquallyProbable) {
  constexpr int kDraws = 50'000;
  constexpr double kHighest = 1143;
  constexpr double kLowest = 865;
  std::map<std::string, int> first;
  std::map<std::string, int> last;
  for (int i = 0; i < kDraws; ++i) {
    const std::string digits = pairing_digits(some_parties(), some_nonce(static_cast<std::uint64_t>(i)), some_nonce(7));
    ASSERT_EQ(digits.size(), 6U);
    ++first[digits.substr(0, 3)];
    ++last[digits.substr(3)];
  }
  for (const auto* classes : {&first, &last}) {
    EXPECT_EQ(classes->size(), 1000U);
    double statistic = 0;
    for (const auto& [digits, count] : *classes) {
      const double off = count - kDraws / 1000.0;
      statistic += off * off / (kDraws / 1000.0);
    }
    EXPECT_LT(statistic, kHighest);
    EXPECT_GT(statistic, kLowest) << "too even to be random";
  }
}

TEST(Pairing, NobodyShowsANonceBeforeTheOtherIsCommitted) {
  auto joiner = PairingExchange::begin(PairingSide::joiner, some_parties()).value();
  auto admin = PairingExchange::begin(PairingSide::admin, some_parties()).value();
  EXPECT_FALSE(joiner.reveal().ok());
  EXPECT_FALSE(admin.hear_nonce(some_nonce(1)).ok()) << "there is nothing to compare it with";
  ASSERT_TRUE(admin.hear_commitment(joiner.commitment()).ok());
  EXPECT_FALSE(admin.reveal().ok()) << "the joiner has shown nothing yet";
  EXPECT_FALSE(admin.hear_commitment(joiner.commitment()).ok()) << "once is enough";
}

TEST(Pairing, ANonceOtherThanTheCommittedOneIsRefused) {
  auto joiner = PairingExchange::begin(PairingSide::joiner, some_parties()).value();
  auto admin = PairingExchange::begin(PairingSide::admin, some_parties()).value();
  ASSERT_TRUE(admin.hear_commitment(joiner.commitment()).ok());
  ASSERT_TRUE(joiner.hear_commitment(admin.commitment()).ok());
  EXPECT_EQ(admin.hear_nonce(some_nonce(1)).error().kind, ErrorKind::refused);
  ASSERT_TRUE(admin.hear_nonce(joiner.reveal().value()).ok());
  EXPECT_FALSE(admin.hear_nonce(joiner.reveal().value()).ok()) << "a second time";
  EXPECT_FALSE(joiner.hear_nonce(some_nonce(2)).ok());
}

TEST(Pairing, ACommitmentCannotBeShownBackOrUsedElsewhere) {
  const PairingNonce nonce = some_nonce(1);
  const Digest commitment = pairing_commitment(PairingSide::joiner, sha256("channel"), nonce);
  EXPECT_NE(pairing_commitment(PairingSide::admin, sha256("channel"), nonce), commitment);
  EXPECT_NE(pairing_commitment(PairingSide::joiner, sha256("another channel"), nonce), commitment);
  EXPECT_NE(pairing_commitment(PairingSide::joiner, sha256("channel"), some_nonce(2)), commitment);
  auto joiner = PairingExchange::begin(PairingSide::joiner, some_parties()).value();
  ASSERT_TRUE(joiner.hear_commitment(joiner.commitment()).ok());
  EXPECT_FALSE(joiner.hear_nonce(joiner.reveal().value()).ok());
}

TEST(Pairing, EachExchangeHasANonceOfItsOwn) {
  std::set<Digest> seen;
  for (int i = 0; i < 20; ++i) {
    seen.insert(PairingExchange::begin(PairingSide::joiner, some_parties()).value().commitment());
  }
  EXPECT_EQ(seen.size(), 20U);
}

TEST(Pairing, ACertificateRequestIsGoodAtItsOwnConnectionOnly) {
  const PrivateKey key = PrivateKey::generate().value();
  const Bytes request = make_request(key).value();
  const Digest channel = sha256("channel");
  const Digest commitment = sha256("commitment");
  const Bytes proof = prove_pairing_key(key, channel, request, commitment).value();
  EXPECT_EQ(proven_pairing_key(request, proof, channel, commitment).value().node_id(), key.public_key().node_id());
  EXPECT_FALSE(proven_pairing_key(request, proof, sha256("another channel"), commitment).ok());
  EXPECT_FALSE(proven_pairing_key(request, proof, channel, sha256("another commitment")).ok());
  const PrivateKey thief = PrivateKey::generate().value();
  const Bytes stolen = prove_pairing_key(thief, channel, request, commitment).value();
  EXPECT_FALSE(proven_pairing_key(request, stolen, channel, commitment).ok());
  EXPECT_FALSE(proven_pairing_key(make_request(thief).value(), proof, channel, commitment).ok());
  EXPECT_FALSE(proven_pairing_key({}, {}, channel, commitment).ok());
}

TEST(Pairing, TheJoinerAcceptsAnyAuthorityButOnlyOneThatVouchesForTheServer) {
  const Authority authority = Authority::create(kNow).value();
  const Authority other = Authority::create(kNow).value();
  const WallClock clock = [] { return kNow; };
  const PrivateKey key = PrivateKey::generate().value();
  const Certificate own = authority.sign(key.public_key(), Role::admin, "", kNow).value();
  const auto honest = make_server_context({key, own, authority.certificate()}, clock).value();
  const auto met = test::connect(make_pairing_context(clock).value(), honest);
  ASSERT_TRUE(met.established);
  EXPECT_EQ(authority_of(met.client.get()).value().fingerprint(), authority.id());
  EXPECT_EQ(peer_of(met.client.get(), kNow)->node_id, key.public_key().node_id());
  const auto borrowed = make_server_context({key, own, other.certificate()}, clock).value();
  EXPECT_FALSE(test::connect(make_pairing_context(clock).value(), borrowed).established);
}

}  // namespace
}  // namespace mz
