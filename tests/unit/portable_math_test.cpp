#include "engine/base/portable_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mz {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(PortableMath, LogarithmAgreesWithTheLibraryToTwoUnitsInTheLastPlace) {
  Rng rng(1);
  for (int i = 0; i < 100000; ++i) {
    const double x = std::ldexp(1 + rng.unit(), static_cast<int>(rng.below(2080)) - 1060);
    const double expected = std::log(x);
    ASSERT_NEAR(portable_log(x), expected, 5e-16 * std::fabs(expected)) << x;
  }
  for (int i = 0; i < 100000; ++i) {  // around one, where the logarithm is small
    const double x = 0.9 + 0.2 * rng.unit();
    ASSERT_NEAR(portable_log(x), std::log(x), 5e-16 * std::fabs(std::log(x))) << x;
  }
  EXPECT_EQ(portable_log(1), 0);
  EXPECT_EQ(portable_log(0), -kInfinity);
  EXPECT_EQ(portable_log(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(portable_log(-1)));
  EXPECT_NEAR(portable_log(std::numeric_limits<double>::denorm_min()), -744.4400719213812, 1e-12);
}

TEST(PortableMath, ExponentialAgreesWithTheLibrary) {
  Rng rng(2);
  for (int i = 0; i < 100000; ++i) {
    const double x = (rng.unit() - 0.5) * 1400;
    const double expected = std::exp(x);
    ASSERT_NEAR(portable_exp(x), expected, 6e-16 * expected) << x;
  }
  EXPECT_EQ(portable_exp(0), 1);
  EXPECT_EQ(portable_exp(1000), kInfinity);
  EXPECT_EQ(portable_exp(-1000), 0);
  EXPECT_TRUE(std::isnan(portable_exp(std::numeric_limits<double>::quiet_NaN())));
}

TEST(Normal, HasTheMomentsOfTheStandardNormalDistribution) {
  Rng rng(3);
  constexpr int kDraws = 400000;
  double sum[5] = {0, 0, 0, 0, 0};
  int beyond = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = normal(rng);
    double power = 1;
    for (double& s : sum) {
      s += power / kDraws;
      power *= x;
    }
    beyond += std::fabs(x) > 1.959963984540054 ? 1 : 0;
  }
  // Four standard deviations of each mean: sqrt(1), sqrt(2), sqrt(15), sqrt(96) over sqrt(kDraws).
  const double root = std::sqrt(kDraws);
  EXPECT_NEAR(sum[1], 0, 4 / root);
  EXPECT_NEAR(sum[2], 1, 4 * std::sqrt(2) / root);
  EXPECT_NEAR(sum[3], 0, 4 * std::sqrt(15) / root);
  EXPECT_NEAR(sum[4], 3, 4 * std::sqrt(96) / root);
  EXPECT_NEAR(static_cast<double>(beyond) / kDraws, 0.05, 4 * std::sqrt(0.05 * 0.95) / root);
}

}  // namespace
}  // namespace mz
