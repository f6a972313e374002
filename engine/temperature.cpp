#include "engine/temperature.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "engine/search/fixed_point.h"

namespace mz {
namespace {

constexpr int kLogBits = 16;

// The logarithm to base 2 with kLogBits fractional bits, rounded down: each squaring of the mantissa brings one bit out.
constexpr std::uint32_t log2_of(std::uint32_t x) {
  const int whole = std::bit_width(x) - 1;
  std::uint64_t mantissa = std::uint64_t{x} << (31 - whole);  // from 1 to 2, with 31 fractional bits
  auto log = static_cast<std::uint32_t>(whole);
  for (int i = 0; i < kLogBits; ++i) {
    mantissa = mantissa * mantissa >> 31;
    const bool bit = mantissa >> 32 != 0;
    log = log << 1 | (bit ? 1U : 0U);
    if (bit) mantissa >>= 1;
  }
  return log;
}

// Entry i is 2^(-2^-(i + 1)) with 32 fractional bits: each the root of the one before.
const std::array<std::uint64_t, kLogBits> kRoots = [] {
  std::array<std::uint64_t, kLogBits> roots{};
  roots[0] = integer_sqrt(1ULL << 63);
  for (std::size_t i = 1; i < roots.size(); ++i) roots[i] = integer_sqrt(roots[i - 1] << 32);
  return roots;
}();

// 2^(32 - x), x with kLogBits fractional bits.
std::uint64_t after_halvings(std::uint64_t x) {
  if (x >> kLogBits >= 32) return 0;
  std::uint64_t weight = 1ULL << 32;
  for (int i = 0; i < kLogBits; ++i) {
    if ((x >> (kLogBits - 1 - i) & 1) != 0) weight = weight * kRoots[static_cast<std::size_t>(i)] >> 32;
  }
  return weight >> (x >> kLogBits);
}

// Uniform in [0, bound), bound >= 1: numbers of as many bits until one is small enough.
std::uint64_t below(std::uint64_t bound, Rng& rng) {
  const std::uint64_t mask = ~0ULL >> std::countl_zero(bound);
  for (;;) {
    if (const std::uint64_t number = rng.next() & mask; number < bound) return number;
  }
}

}  // namespace

std::optional<std::uint32_t> parse_thousandths(std::string_view text, std::uint32_t most) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string digits(text.substr(0, point));
  const std::string_view behind = point == text.size() ? "" : text.substr(point + 1);
  if (digits.empty() || behind.size() > 3 || (point < text.size() && behind.empty())) return std::nullopt;
  digits.append(behind).append(3 - behind.size(), '0');
  std::uint32_t thousandths = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), thousandths);
  if (error != std::errc{} || end != digits.data() + digits.size() || thousandths > most) return std::nullopt;
  return thousandths;
}

std::string thousandths_text(std::uint32_t thousandths) {
  std::string text = std::to_string(thousandths / kThousandths);
  std::string behind = std::to_string(kThousandths + thousandths % kThousandths).substr(1);
  while (!behind.empty() && behind.back() == '0') behind.pop_back();
  return behind.empty() ? text : text + "." + behind;
}

Result<Temperature> parse_temperature(std::string_view text) {
  const auto thousandths = parse_thousandths(text, Temperature::kMax);
  if (!thousandths) {
    return Error{ErrorKind::usage,
                 "A temperature is a number from 0 to 100 with at most three digits behind the point, such as 0.5."};
  }
  return Temperature{*thousandths};
}

std::string to_string(Temperature temperature) { return thousandths_text(temperature.thousandths); }

std::uint64_t temperature_weight(std::uint32_t visits, std::uint32_t most, Temperature temperature) {
  return after_halvings(std::uint64_t{log2_of(most) - log2_of(visits)} * Temperature::kUnit / temperature.thousandths);
}

std::uint64_t temperature_weight_of_gap(Score gap, Temperature temperature) {
  if (gap >= temperature_reach(temperature)) return 0;
  const std::uint64_t points = (static_cast<std::uint64_t>(gap) << kLogBits) * Temperature::kUnit;
  return after_halvings(points / (std::uint64_t{kPointsPerHalving} * temperature.thousandths));
}

namespace {

// The candidate that a number drawn from the sum of the weights falls on, or the move itself when it is no candidate.
template <class Candidate, class Weigh>
Move draw_by(const std::vector<Candidate>& candidates, Move move, Rng& rng, Weigh weigh) {
  const bool found = std::any_of(candidates.begin(), candidates.end(),
                                 [&](const Candidate& candidate) { return candidate.move == move; });
  if (!found) return move;
  std::vector<std::uint64_t> weights;
  std::uint64_t total = 0;
  for (const Candidate& candidate : candidates) {
    weights.push_back(weigh(candidate));
    total += weights.back();
  }
  std::uint64_t drawn = below(total, rng);
  std::size_t i = 0;
  while (drawn >= weights[i]) drawn -= weights[i++];
  return candidates[i].move;
}

}  // namespace

Move draw_move(const Decision& decision, Temperature temperature, Rng& rng) {
  if (temperature.thousandths == 0) return decision.move;
  if (!decision.scored.empty()) {
    Score best = decision.scored.front().score;
    for (const ScoredMove& candidate : decision.scored) best = std::max(best, candidate.score);
    return draw_by(decision.scored, decision.move, rng, [&](const ScoredMove& candidate) {
      return temperature_weight_of_gap(best - candidate.score, temperature);
    });
  }
  std::uint32_t most = 0;
  for (const VisitedMove& candidate : decision.visited) most = std::max(most, candidate.visits);
  return draw_by(decision.visited, decision.move, rng, [&](const VisitedMove& candidate) {
    return candidate.visits == 0 ? 0 : temperature_weight(candidate.visits, most, temperature);
  });
}

}  // namespace mz
