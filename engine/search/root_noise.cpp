#include "engine/search/root_noise.h"

#include <algorithm>
#include <cmath>

#include "engine/base/portable_math.h"

namespace mz {
namespace {

constexpr double kFraction = 65536;

// Uniform in the open interval (0, 1).
double open_unit(Rng& rng) {
  for (;;) {
    if (const double u = rng.unit(); u > 0) return u;
  }
}

// The logarithm of a gamma deviate (Marsaglia and Tsang 2000). One of a shape below 1 is often too small for a double, its logarithm is not.
double log_gamma_deviate(double shape, Rng& rng) {
  if (shape < 1) return log_gamma_deviate(shape + 1, rng) + portable_log(open_unit(rng)) / shape;
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(rng);
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    const double log_v = portable_log(v);
    if (portable_log(open_unit(rng)) < 0.5 * x * x + d * (1 - v + log_v)) return portable_log(d) + log_v;
  }
}

}  // namespace

std::vector<std::uint32_t> dirichlet_shares(std::size_t count, double concentration, Rng& rng) {
  std::vector<double> logs(count);
  for (double& log : logs) log = log_gamma_deviate(concentration / static_cast<double>(count), rng);
  const double most = count == 0 ? 0 : *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& log : logs) {
    log = portable_exp(log - most);
    sum += log;
  }
  std::vector<std::uint32_t> shares(count);
  for (std::size_t i = 0; i < count; ++i) shares[i] = static_cast<std::uint32_t>(logs[i] / sum * kFraction);
  return shares;
}

std::vector<std::int64_t> gumbel_deviates(std::size_t count, Rng& rng) {
  std::vector<std::int64_t> deviates(count);
  for (std::int64_t& deviate : deviates)
    deviate = static_cast<std::int64_t>(-portable_log(-portable_log(open_unit(rng))) * kFraction);
  return deviates;
}

std::vector<std::int64_t> log_shares(const std::vector<std::uint32_t>& shares) {
  double sum = 0;
  for (const std::uint32_t share : shares) sum += std::max(1U, share);
  std::vector<std::int64_t> logs;
  for (const std::uint32_t share : shares)
    logs.push_back(static_cast<std::int64_t>(portable_log(std::max(1U, share) / sum) * kFraction));
  return logs;
}

}  // namespace mz
