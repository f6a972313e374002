// Chance at the root of a tree search, for games that are to differ. The same on every machine: portable_math.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/rng.h"

namespace mz {

// A draw from the symmetric Dirichlet distribution over `count` moves, as shares with 16 fractional bits, rounded down. The parameters
// add up to `concentration`: the smaller, the fewer moves get nearly all.
std::vector<std::uint32_t> dirichlet_shares(std::size_t count, double concentration, Rng& rng);

// Independent standard Gumbel deviates, with 16 fractional bits. A move of the largest sum of such a deviate and the logarithm of its
// probability is a draw by the probabilities.
std::vector<std::int64_t> gumbel_deviates(std::size_t count, Rng& rng);

// Natural logarithms of shares of a whole, with 16 fractional bits. A share of 0 counts as 1.
std::vector<std::int64_t> log_shares(const std::vector<std::uint32_t>& shares);

}  // namespace mz
