// Logarithm, exponential and normal deviates from the four basic operations and the square root only.
//
// The functions of <cmath> may differ in the last bit between C libraries; IEEE 754 fixes +, -, *, / and sqrt. With
// contraction into fused operations switched off (see the top CMakeLists.txt) these give the same bits on every machine,
// so an optimiser run can be resumed elsewhere. Accuracy: within about two units in the last place; not a replacement
// where speed matters.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/base/rng.h"

namespace mz {

inline constexpr double kLn2High = 0x1.62e42fee00000p-1;  // 33 bits, so that a multiple by an exponent is exact
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
inline constexpr double kLn10 = 0x1.26bb1bbb55516p+1;

// Natural logarithm. Zero gives -infinity, a negative number or NaN gives NaN.
inline double portable_log(double x) {
  if (!(x >= 0)) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (x == std::numeric_limits<double>::infinity()) return x;
  int exponent = 0;
  if (x < std::numeric_limits<double>::min()) {  // subnormal: bring the leading bit into place
    x *= 0x1p54;
    exponent = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  // log m = 2 atanh(z), |z| <= 0.172: twelve terms of the odd series reach the last bit.
  const double z = (m - 1) / (m + 1);
  const double z2 = z * z;
  double series = 0;
  for (int k = 12; k >= 1; --k) series = (series + 1.0 / (2 * k + 1)) * z2;
  const double e = exponent;
  return e * kLn2High + (2 * z + (2 * z * series + e * kLn2Low));
}

// e to the power x; infinity above the range of double, zero far below it.
inline double portable_exp(double x) {
  if (!(x == x)) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const double k = std::floor(x / (kLn2High + kLn2Low) + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;  // |r| <= 0.347
  double series = 1;
  for (int i = 16; i >= 1; --i) series = 1 + series * r / i;
  return std::ldexp(series, static_cast<int>(k));
}

// One standard normal deviate by Marsaglia's polar method. The second deviate of the pair is thrown away, so that the
// state of the generator is the whole state.
inline double normal(Rng& rng) {
  for (;;) {
    const double u = 2 * rng.unit() - 1;
    const double v = 2 * rng.unit() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * portable_log(s) / s);
  }
}

}  // namespace mz
