// Arithmetic of the tree search in whole numbers, so that a game comes out the same on every machine.
//
// Values lie in [-kOne, kOne] and priors in [0, kPriorOne], both with 16 fractional bits.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "engine/score.h"

namespace mz {

using Value = std::int32_t;
inline constexpr Value kOne = 1 << 16;
inline constexpr int kPriorBits = 16;
inline constexpr std::uint32_t kPriorOne = 1U << kPriorBits;

// Floor of the square root, exact: that of the processor, put right where rounding went over it.
inline std::uint64_t integer_sqrt(std::uint64_t x) {
  auto root = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(x)));
  root = std::min<std::uint64_t>(root, UINT32_MAX);
  while (root * root > x) --root;
  while (root < UINT32_MAX && (root + 1) * (root + 1) <= x) ++root;
  return root;
}

// A mean of values as an edge keeps it: in 16 bits, so with half the resolution.
constexpr std::int16_t stored_mean(std::int64_t sum, std::uint32_t visits) {
  const std::int64_t half = sum / (2 * static_cast<std::int64_t>(visits));
  return static_cast<std::int16_t>(half > INT16_MAX ? INT16_MAX : half);
}
constexpr std::int64_t mean_value(std::int16_t stored) { return 2 * std::int64_t{stored}; }

// A score as a value: half a win at one unit, three quarters at three.
constexpr Value squash(Score score, Score unit) {
  const std::int64_t s = score;
  return static_cast<Value>(s * kOne / ((s < 0 ? -s : s) + unit));
}

// 2^(-x / 256) with 16 fractional bits, to about one part in a hundred; 0 from 16 halvings on.
constexpr std::uint32_t halvings(std::uint32_t x) {
  // 2^(-i/16) * 2^16
  constexpr std::array<std::uint32_t, 16> kSixteenths = {65536, 62757, 60097, 57549, 55109, 52772, 50535, 48393,
                                                         46341, 44376, 42495, 40693, 38968, 37316, 35734, 34219};
  const std::uint32_t whole = x >> 8;
  return whole >= 16 ? 0 : kSixteenths[x >> 4 & 15] >> whole;
}

// The exploration bonus of PUCT for a child: rate * prior / (1 + visits), where rate = c * sqrt(visits of the parent) as a value.
// Division by multiplication with 2^32 / n: exact enough (its error is under one part in a hundred thousand) and the definition.
namespace detail {
inline constexpr std::uint32_t kReciprocals = 4096;
constexpr std::array<std::uint32_t, kReciprocals> make_reciprocals() {
  std::array<std::uint32_t, kReciprocals> table{};
  for (std::uint32_t n = 2; n < kReciprocals; ++n) table[n] = static_cast<std::uint32_t>((1ULL << 32) / n);
  table[1] = ~0U;
  return table;
}
inline constexpr auto kReciprocal = make_reciprocals();
}  // namespace detail

constexpr std::int64_t exploration_bonus(std::uint64_t rate, std::uint32_t prior, std::uint32_t visits) {
  const std::uint64_t scaled = rate * prior >> kPriorBits;
  const std::uint32_t n = visits + 1;
  return static_cast<std::int64_t>(n < detail::kReciprocals ? scaled * detail::kReciprocal[n] >> 32 : scaled / n);
}

// rate for exploration_bonus: c as a value.
inline std::uint64_t exploration_rate(Value c, std::uint32_t visits) {
  return static_cast<std::uint64_t>(c) * integer_sqrt(static_cast<std::uint64_t>(visits) << 16) >> 8;
}

}  // namespace mz
