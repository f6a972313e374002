#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>

#include "p2p/trust/authority.h"
#include "p2p/trust/private_file.h"

namespace mz {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;

Certificate signed_by(const Authority& authority, const PrivateKey& key, Role role = Role::worker,
                      std::string_view host = "") {
  return authority.sign(key.public_key(), role, host, kNow).value();
}

TEST(PrivateKey, SurvivesItsTextForm) {
  const PrivateKey key = PrivateKey::generate().value();
  const PrivateKey again = PrivateKey::from_pem(key.pem()).value();
  EXPECT_EQ(again.public_key().node_id(), key.public_key().node_id());
  EXPECT_EQ(PrivateKey::from_der(key.der()).value().public_key().spki(), key.public_key().spki());
}

TEST(PrivateKey, OtherKindsOfKeyAreRefused) {
  EVP_PKEY* foreign = EVP_EC_gen("secp384r1");
  EXPECT_FALSE(PublicKey::from_handle(foreign).ok());
  EVP_PKEY_free(foreign);
  EXPECT_FALSE(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").ok());
  EXPECT_FALSE(PublicKey::from_spki(Bytes{0x30, 0x00}).ok());
}

TEST(PrivateKey, SignsWhatOnlyItsPublicKeyAccepts) {
  const PrivateKey key = PrivateKey::generate().value();
  const Bytes message{1, 2, 3};
  const Bytes signature = key.sign(message).value();
  EXPECT_TRUE(key.public_key().verify(message, signature));
  EXPECT_FALSE(key.public_key().verify(Bytes{1, 2, 4}, signature));
  EXPECT_FALSE(PrivateKey::generate().value().public_key().verify(message, signature));
}

TEST(NodeIdOfAKey, IsTheHashOfItsSubjectPublicKeyInfo) {
  const PrivateKey key = PrivateKey::generate().value();
  EXPECT_EQ(key.public_key().node_id(), NodeId(sha256(key.public_key().spki())));
}

TEST(Authority, LivesTenYearsAndIsBackdatedByAnHour) {
  const Certificate own = Authority::create(kNow).value().certificate();
  EXPECT_EQ(own.not_before(), kNow - 3600);
  EXPECT_EQ(own.not_after(), kNow + 3652LL * 86'400);
  EXPECT_TRUE(is_authority(own));
}

TEST(Authority, MaySignOnlyNamesOfThisMachineAndTheLocalNetwork) {
  const Authority authority = Authority::create(kNow).value();
  const auto* constraints = static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(authority.certificate().handle(), NID_name_constraints, nullptr, nullptr));
  ASSERT_NE(constraints, nullptr);
  EXPECT_EQ(sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees), 4);
  NAME_CONSTRAINTS_free(const_cast<NAME_CONSTRAINTS*>(constraints));
}

TEST(Authority, SignsForThirtyDaysIncludingTheHourBefore) {
  const Authority authority = Authority::create(kNow).value();
  const PrivateKey key = PrivateKey::generate().value();
  const Certificate certificate = signed_by(authority, key);
  EXPECT_EQ(certificate.not_before(), kNow - 3600);
  EXPECT_EQ(certificate.not_after(), kNow + 30LL * 86'400);
  EXPECT_EQ(certificate.node_id(), key.public_key().node_id());
  EXPECT_FALSE(is_authority(certificate));
}

TEST(Authority, PutsTheRoleIntoTheCertificate) {
  const Authority authority = Authority::create(kNow).value();
  const PrivateKey key = PrivateKey::generate().value();
  EXPECT_EQ(signed_by(authority, key, Role::worker).role(), Role::worker);
  EXPECT_EQ(signed_by(authority, key, Role::admin).role(), Role::admin);
  EXPECT_EQ(authority.certificate().role(), std::nullopt);
}

TEST(Authority, SignsNothingBeyondItsOwnEnd) {
  const Authority authority = Authority::create(kNow).value();
  const PublicKey key = PrivateKey::generate().value().public_key();
  const std::int64_t end = authority.certificate().not_after();
  EXPECT_EQ(authority.sign(key, Role::worker, "", end - 10).value().not_after(), end);
  EXPECT_EQ(authority.sign(key, Role::worker, "", end).error().kind, ErrorKind::refused);
}

TEST(Authority, TakesNoForeignKeyForItsCertificate) {
  const Authority one = Authority::create(kNow).value();
  const Authority other = Authority::create(kNow).value();
  EXPECT_TRUE(Authority::load(one.key(), one.certificate()).ok());
  EXPECT_FALSE(Authority::load(other.key(), one.certificate()).ok());
  const PrivateKey key = PrivateKey::generate().value();
  EXPECT_FALSE(Authority::load(key, signed_by(one, key)).ok());
}

bool has_name(const Certificate& certificate, const char* name) {
  return X509_check_host(certificate.handle(), name, 0, 0, nullptr) == 1;
}

TEST(Authority, AddsTheHostNameOnlyWhenItIsOneLabel) {
  const Authority authority = Authority::create(kNow).value();
  const PrivateKey key = PrivateKey::generate().value();
  EXPECT_TRUE(has_name(signed_by(authority, key, Role::worker, "studio"), "studio.local"));
  EXPECT_TRUE(has_name(signed_by(authority, key, Role::worker, "studio"), "localhost"));
  const std::string id = key.public_key().node_id().text();
  EXPECT_TRUE(has_name(signed_by(authority, key), ("mz-" + id.substr(0, 16) + ".local").c_str()));
  for (const char* hostile : {"a.example.org", "x,DNS:bank.example", "*", "-x", "studio,IP:10.0.0.1", "A B", ""}) {
    const Certificate certificate = signed_by(authority, key, Role::worker, hostile);
    auto* names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.handle(), NID_subject_alt_name, nullptr, nullptr));
    EXPECT_EQ(sk_GENERAL_NAME_num(names), 4) << hostile;
    GENERAL_NAMES_free(names);
  }
}

TEST(Certificate, IsRenewedBetweenHalfAndFourFifthsOfItsLife) {
  const Authority authority = Authority::create(kNow).value();
  const Certificate certificate = signed_by(authority, PrivateKey::generate().value());
  const std::int64_t life = 30LL * 86'400 + 3600;
  EXPECT_EQ(renewal_time(certificate, 0), kNow - 3600 + life / 2);
  EXPECT_EQ(renewal_time(certificate, 1), kNow - 3600 + life * 8 / 10);
}

TEST(Certificate, SurvivesBothOfItsForms) {
  const Authority authority = Authority::create(kNow).value();
  const Certificate certificate = signed_by(authority, PrivateKey::generate().value());
  EXPECT_EQ(Certificate::from_der(certificate.der()).value().fingerprint(), certificate.fingerprint());
  const auto both = Certificate::all_from_pem(certificate.pem() + authority.certificate().pem(), 2).value();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].fingerprint(), authority.id());
  EXPECT_FALSE(Certificate::all_from_pem(certificate.pem() + certificate.pem(), 1).ok());
}

TEST(Certificate, IsNotReadFromDamagedBytes) {
  Bytes der = Authority::create(kNow).value().certificate().der();
  Bytes longer = der;
  longer.push_back(0);
  EXPECT_FALSE(Certificate::from_der(longer).ok());
  der.resize(der.size() / 2);
  EXPECT_FALSE(Certificate::from_der(der).ok());
  EXPECT_FALSE(Certificate::from_der({}).ok());
}

TEST(CertificateRequest, ProvesPossessionOfItsKey) {
  const PrivateKey key = PrivateKey::generate().value();
  Bytes request = make_request(key).value();
  EXPECT_EQ(key_of_request(request).value().node_id(), key.public_key().node_id());
  request.back() ^= 1;  // the signature
  EXPECT_EQ(key_of_request(request).error().kind, ErrorKind::refused);
}

class PrivateFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "trustXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(PrivateFile, IsForItsOwnerOnly) {
  const auto file = folder_ / "key";
  ASSERT_TRUE(write_private_file(file, "secret").ok());
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(read_private_file(file, 6).value(), (Bytes{'s', 'e', 'c', 'r', 'e', 't'}));
  EXPECT_EQ(read_private_file(file, 5).error().kind, ErrorKind::refused);
}

TEST_F(PrivateFile, IsRefusedWhenOthersMayReadIt) {
  const auto file = folder_ / "key";
  ASSERT_TRUE(write_private_file(file, "secret").ok());
  ASSERT_EQ(::chmod(file.c_str(), 0640), 0);
  EXPECT_EQ(read_private_file(file, 100).error().kind, ErrorKind::refused);
  EXPECT_EQ(read_private_file(folder_ / "none", 100).error().kind, ErrorKind::not_found);
}

TEST_F(PrivateFile, IsReplacedAsAWhole) {
  const auto file = folder_ / "key";
  ASSERT_TRUE(write_private_file(file, "a longer first content").ok());
  ASSERT_TRUE(write_private_file(folder_ / "key.new", "left over by a crash").ok());
  ASSERT_TRUE(write_private_file(file, "second").ok());
  EXPECT_EQ(read_private_file(file, 100).value().size(), 6U);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "key.new"));
}

}  // namespace
}  // namespace mz
