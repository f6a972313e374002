#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <new>
#include <vector>

#include "engine/base/large_pages.h"
#include "engine/base/rng.h"
#include "engine/base/sha256.h"

namespace mz {
namespace {

TEST(Sha256, AgreesWithThePublishedVectors) {
  // FIPS 180-4 examples: the empty message and "abc".
  EXPECT_EQ(to_hex(sha256(std::string_view(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(std::string_view("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesGiveTheSameDigestAsTheWhole) {
  Sha256 hash;
  hash.update("a");
  hash.update("bc");
  EXPECT_EQ(hash.finish(), sha256(std::string_view("abc")));
  EXPECT_EQ(hash.finish(), sha256(std::string_view("")));
}

TEST(Hex, RoundTripsAndRefusesOtherText) {
  const Digest digest = sha256(std::string_view("abc"));
  Digest back{};
  ASSERT_TRUE(from_hex(to_hex(digest), back));
  EXPECT_EQ(back, digest);
  EXPECT_FALSE(from_hex("ba78", back));
  EXPECT_FALSE(from_hex(std::string(63, '0') + "g", back));
}

TEST(Rng, MixFollowsThePublishedSplitmix64Sequence) {
  // First outputs of splitmix64 seeded with 1234567 (Vigna's reference implementation).
  EXPECT_EQ(mix64(1234567), 6457827717110365317ULL);
  EXPECT_EQ(mix64(1234567 + 0x9e3779b97f4a7c15ULL), 3203168211198807973ULL);
}

TEST(Rng, BelowIsUniform) {
  Rng rng(7);
  std::array<int, 6> counts{};
  for (int i = 0; i < 60000; ++i) ++counts[rng.below(6)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 20.5);  // 99.9 % quantile with 5 degrees of freedom
}

TEST(Rng, DerivedSeedsOfNeighbouringItemsDiffer) {
  EXPECT_NE(derive_seed(1, 2), derive_seed(2, 1));
  EXPECT_NE(derive_seed(1, 2), derive_seed(1, 3));
}

TEST(LargePages, HoldWhatAnArrayGrowsInto) {
  // Past the sizes from which memory comes in pages of 2 MiB, and back.
  std::vector<std::uint64_t, LargePages<std::uint64_t>> numbers;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    numbers.push_back(mix64(i));
    if (std::has_single_bit(i)) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(numbers.data()) % kLargePagesAlignment, 0U) << i;
    }
  }
  for (std::uint64_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], mix64(i));
  numbers.resize(3);
  numbers.shrink_to_fit();
  EXPECT_EQ(numbers[2], mix64(2));
}

TEST(LargePages, SayWhenThereIsNoRoom) { EXPECT_THROW((void)allocate_in_large_pages(SIZE_MAX), std::bad_alloc); }

}  // namespace
}  // namespace mz
