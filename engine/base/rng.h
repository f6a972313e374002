// The only source of randomness. Own generator and distributions, so that one seed gives the same numbers with every
// compiler and standard library. Generator: xoshiro256++ 1.0, seeding: splitmix64 (Blackman and Vigna, prng.di.unimi.it).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace mz {

// One step of splitmix64 as a stateless mixer; a bijection of 64-bit integers.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// An independent seed for item `index` of a run with seed `seed` (a game of a job, a seat of a game).
constexpr std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
  return mix64(mix64(seed) ^ mix64(index ^ 0x6d65736868657a72ULL));
}

class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15ULL;
      word = mix64(seed);
    }
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound), bound >= 1; exact (Lemire's multiply-and-reject on 32 bits).
  constexpr std::uint32_t below(std::uint32_t bound) {
    std::uint64_t product = (next() >> 32) * bound;
    if (auto low = static_cast<std::uint32_t>(product); low < bound) {
      const std::uint32_t threshold = (0U - bound) % bound;
      while (low < threshold) {
        product = (next() >> 32) * bound;
        low = static_cast<std::uint32_t>(product);
      }
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  // True with probability numerator / denominator, exactly.
  constexpr bool chance(std::uint32_t numerator, std::uint32_t denominator) { return below(denominator) < numerator; }

  // Uniform in [0, 1) with 53 bits. Never used where a decision must be equal on every machine.
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  [[nodiscard]] constexpr const std::array<std::uint64_t, 4>& state() const { return state_; }
  constexpr void restore(const std::array<std::uint64_t, 4>& state) { state_ = state; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace mz
