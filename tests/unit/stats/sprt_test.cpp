#include "engine/stats/sprt.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/stats/elo.h"
#include "tests/unit/stats/simulated_match.h"

namespace mz {
namespace {

using test::cycle;
using test::kLoss;
using test::kShared;
using test::kWin;

MatchScore match_of(int seats, const std::vector<std::pair<int, std::vector<GameScore>>>& cycles) {
  MatchScore match = MatchScore::make(seats).value();
  std::uint64_t next = 1;
  for (const auto& [times, scores] : cycles) {
    for (int i = 0; i < times; ++i) {
      EXPECT_TRUE(match.add_cycle(cycle(next, scores)).value());
      next += scores.size();
    }
  }
  return match;
}

TEST(Elo, FollowsThePublishedScale) {
  // The definition of the scale: 400 points are odds of ten to one, and 200 points an expected score of 0.76 (FIDE table).
  EXPECT_NEAR(expected_score(400, 2), 10.0 / 11, 1e-12);
  EXPECT_NEAR(expected_score(200, 2), 0.76, 0.005);
  EXPECT_NEAR(expected_score(0, 2), 0.5, 1e-15);
  EXPECT_NEAR(elo_of_score(0.75, 2), 190.848501888, 1e-8);  // 400 log10(3)
}

TEST(Elo, BreaksEvenAtOneShareOfTheSeats) {
  for (const int seats : {2, 3, 4}) {
    EXPECT_NEAR(expected_score(0, seats), 1.0 / seats, 1e-15);
    EXPECT_NEAR(elo_of_score(1.0 / seats, seats), 0, 1e-10);
  }
  // Ten times as strong as each of two or three opponents: 10/12 and 10/13.
  EXPECT_NEAR(expected_score(400, 3), 10.0 / 12, 1e-12);
  EXPECT_NEAR(expected_score(400, 4), 10.0 / 13, 1e-12);
  // The table of docs/measuring-strength.md: 10^(1/4) = 1.7783, 10^(1/2) = 3.1623.
  EXPECT_NEAR(expected_score(100, 3), 1.7783 / 3.7783, 1e-5);
  EXPECT_NEAR(expected_score(200, 4), 3.1623 / 6.1623, 1e-5);
}

TEST(Elo, ScoreAndDifferenceAreInverse) {
  for (const int seats : {2, 3, 4}) {
    for (const double elo : {-900.0, -35.0, 0.0, 12.5, 700.0}) {
      EXPECT_NEAR(elo_of_score(expected_score(elo, seats), seats), elo, 1e-7);
    }
    EXPECT_EQ(elo_of_score(1, seats), kEloLimit);
    EXPECT_EQ(elo_of_score(0, seats), -kEloLimit);
  }
}

TEST(MatchScore, PairsFallIntoFiveClasses) {
  const MatchScore match = match_of(2, {{1, {kLoss, kLoss}},
                                        {2, {kShared, kLoss}},
                                        {3, {kWin, kLoss}},
                                        {4, {kShared, kShared}},
                                        {5, {kWin, kShared}},
                                        {6, {kWin, kWin}}});
  const std::vector<std::uint64_t> expected{1, 2, 7, 5, 6};
  EXPECT_EQ(std::vector<std::uint64_t>(match.histogram().begin(), match.histogram().end()), expected);
  EXPECT_EQ(match.cycles(), 21U);
  EXPECT_EQ(match.games(), 42U);
  EXPECT_EQ(match.wins(), 20U);
  EXPECT_EQ(match.losses(), 7U);
  EXPECT_EQ(match.shared(), 15U);
  EXPECT_NEAR(match.mean(), (20 + 0.5 * 15) / 42, 1e-12);
}

TEST(MatchScore, AGameThatNobodyWinsIsWorthTheBreakEven) {
  for (const int seats : {2, 3, 4}) {
    const MatchScore match = match_of(seats, {{5, std::vector<GameScore>(static_cast<std::size_t>(seats), kShared)}});
    EXPECT_NEAR(match.mean(), 1.0 / seats, 1e-15);
    EXPECT_NEAR(estimate_elo(match).elo, 0, 1e-9);
  }
}

TEST(MatchScore, ARepeatedGameIsNoNewEvidence) {
  MatchScore match = MatchScore::make(2).value();
  EXPECT_TRUE(match.add_cycle(cycle(1, {kWin, kLoss})).value());
  for (int i = 0; i < 399; ++i) EXPECT_FALSE(match.add_cycle(cycle(1, {kWin, kLoss})).value());
  EXPECT_EQ(match.games(), 800U);
  EXPECT_EQ(match.distinct_games(), 2U);
  EXPECT_EQ(match.cycles(), 1U);
  EXPECT_EQ(match.repeated_cycles(), 399U);
  EXPECT_EQ(match.wins() + match.losses(), 2U);
  // One game old, one new: still not a cycle of its own.
  EXPECT_FALSE(match.add_cycle(cycle(2, {kWin, kWin})).value());
  EXPECT_EQ(match.distinct_games(), 3U);
}

TEST(MatchScore, TheSamePlayTwiceWithinAPairIsOnePairOfEvidence) {
  // Two equal engines without randomness play the same moves with exchanged seats.
  MatchScore match = MatchScore::make(2).value();
  EXPECT_TRUE(match.add_cycle(std::vector<ScoredGame>{{test::play(9), kWin}, {test::play(9), kLoss}}).value());
  EXPECT_EQ(match.cycles(), 1U);
  EXPECT_EQ(match.distinct_games(), 1U);
}

TEST(MatchScore, RefusesIncompleteCyclesAndOtherSeatCounts) {
  MatchScore match = MatchScore::make(3).value();
  EXPECT_EQ(match.add_cycle(cycle(1, {kWin, kLoss})).error().kind, ErrorKind::usage);
  EXPECT_EQ(match.games(), 0U);
  EXPECT_FALSE(MatchScore::make(1).ok());
  EXPECT_FALSE(MatchScore::make(5).ok());
}

TEST(SprtLlr, OfDecisivePairsIsTheBinomialOne) {
  // Only scores 0 and 1 occur, so the mean fixes the distribution and the ratio is that of two binomials.
  const MatchScore match = match_of(2, {{70, {kWin, kWin}}, {30, {kLoss, kLoss}}});
  const double s0 = expected_score(5, 2);
  const double s1 = expected_score(50, 2);
  const double expected = 70 * std::log(s1 / s0) + 30 * std::log((1 - s1) / (1 - s0));
  EXPECT_NEAR(sprt_llr(match, 5, 50), expected, 1e-3);
}

TEST(SprtLlr, IsTheLikelihoodRatioOfTheTrinomialToo) {
  // Scores 0, 1/2, 1 seen 10, 50, 40 times. For a mean s the likeliest probabilities are p0 = q, p2 = q + 2s - 1,
  // p1 = 2 - 2s - 2q with 10/q + 40/(q + 2s - 1) = 100/(2 - 2s - 2q). By hand, for s = 1/2: 50/q = 100/(1 - 2q), q = 1/4;
  // for s = 3/5: 10/q + 40/(q + 1/5) = 50/(2/5 - q), so 100 q^2 - 8 q - 0.8 = 0 and q = (8 + sqrt(384)) / 200.
  const MatchScore match = match_of(2, {{10, {kLoss, kLoss}}, {50, {kWin, kLoss}}, {40, {kWin, kWin}}});
  const auto log_likelihood = [](double q, double s) {
    return 10 * std::log(q) + 50 * std::log(2 - 2 * s - 2 * q) + 40 * std::log(q + 2 * s - 1);
  };
  const double expected = log_likelihood((8 + std::sqrt(384.0)) / 200, 0.6) - log_likelihood(0.25, 0.5);
  EXPECT_NEAR(sprt_llr(match, 0, elo_of_score(0.6, 2)), expected, 2e-3);
}

// A published test of a chess engine: pentanomial counts, Elo bounds and the ratio that was announced.
struct PublishedTest {
  std::vector<int> pairs;  // by score 0, 1/4, 1/2, 3/4, 1
  double elo0;
  double elo1;
  double llr;
};

TEST(SprtLlr, AgreesWithPublishedTests) {
  // From the descriptions of Stockfish pull requests 2920, 2971, 3098 and 3209 (2020, when the bounds there were logistic
  // Elo). The announced ratios have two digits after the point and come from a method that corrects the limits slightly.
  const std::vector<PublishedTest> tests{
      {{665, 4806, 9333, 4893, 747}, -0.5, 1.5, 2.95},    {{328, 4564, 15580, 4789, 371}, 0.25, 1.75, 2.98},
      {{17, 253, 1042, 337, 39}, -0.5, 1.5, 2.96},        {{11, 407, 3238, 513, 11}, 0.25, 1.75, 2.93},
      {{491, 7345, 29693, 7670, 465}, -0.25, 1.25, 2.96}, {{53, 2220, 21459, 2445, 47}, 0.25, 1.25, 2.97},
      {{253, 4282, 17604, 4431, 286}, -0.25, 1.25, 2.94}, {{58, 3302, 33130, 3518, 84}, 0.25, 1.25, 2.97}};
  for (const PublishedTest& test : tests) {
    const MatchScore match = match_of(2, {{test.pairs[0], {kLoss, kLoss}},
                                          {test.pairs[1], {kShared, kLoss}},
                                          {test.pairs[2], {kShared, kShared}},
                                          {test.pairs[3], {kShared, kWin}},
                                          {test.pairs[4], {kWin, kWin}}});
    EXPECT_NEAR(sprt_llr(match, test.elo0, test.elo1), test.llr, 0.015) << test.pairs[0];
  }
}

TEST(SprtLlr, ChangesSignWithTheSides) {
  const MatchScore match = match_of(2, {{5, {kLoss, kLoss}}, {9, {kWin, kLoss}}, {8, {kWin, kWin}}});
  const MatchScore mirrored = match_of(2, {{8, {kLoss, kLoss}}, {9, {kWin, kLoss}}, {5, {kWin, kWin}}});
  EXPECT_NEAR(sprt_llr(match, 0, 20), -sprt_llr(mirrored, -20, 0), 1e-9);
  EXPECT_GT(sprt_llr(match, 0, 20), 0);
}

TEST(Sprt, RefusesPlansThatCannotBeTested) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(Sprt::make({.elo0 = 10, .elo1 = 10}, 2).ok());
  EXPECT_FALSE(Sprt::make({.elo0 = nan, .elo1 = 10}, 2).ok());
  EXPECT_FALSE(Sprt::make({.elo0 = 0, .elo1 = nan}, 2).ok());
  EXPECT_FALSE(Sprt::make({.alpha = 0}, 2).ok());
  EXPECT_FALSE(Sprt::make({.beta = 0.6}, 2).ok());
  EXPECT_FALSE(Sprt::make({.alpha = nan}, 2).ok());
  EXPECT_FALSE(Sprt::make({.max_games = 2}, 3).ok());
  EXPECT_FALSE(Sprt::make({}, 6).ok());
  EXPECT_TRUE(Sprt::make({}, 4).ok());
}

TEST(Sprt, ShowsWaldsLimits) {
  const SprtStatus status = Sprt::make({}, 2).value().status();
  EXPECT_NEAR(status.upper, 2.944438979, 1e-9);  // log(0.95 / 0.05)
  EXPECT_NEAR(status.lower, -2.944438979, 1e-9);
  EXPECT_EQ(status.verdict, SprtVerdict::undecided);
  EXPECT_FALSE(status.finished);
}

TEST(Sprt, TheFirstVerdictStands) {
  Sprt sprt = Sprt::make({.elo0 = 0, .elo1 = 100}, 2).value();
  std::uint64_t next = 1;
  while (!sprt.status().finished) {
    ASSERT_TRUE(sprt.add_cycle(cycle(next, {kWin, kWin})).ok());
    next += 2;
  }
  EXPECT_EQ(sprt.status().verdict, SprtVerdict::accepted);
  // log(s1/s0) = log(2 * 0.640065) = 0.24696 a pair, so 2.944 is passed with the twelfth.
  EXPECT_EQ(sprt.score().cycles(), 12U);
  for (int i = 0; i < 100; ++i, next += 2) ASSERT_TRUE(sprt.add_cycle(cycle(next, {kLoss, kLoss})).ok());
  EXPECT_EQ(sprt.status().verdict, SprtVerdict::accepted);
  EXPECT_EQ(sprt.score().cycles(), 112U);
}

TEST(Sprt, EndsAtTheCapUndecided) {
  Sprt sprt = Sprt::make({.max_games = 41}, 2).value();
  int cycles = 0;
  while (!sprt.status().finished) {
    // The same two games again and again never decide anything, but the cap counts them.
    ASSERT_TRUE(sprt.add_cycle(cycle(1, {kWin, kWin})).ok());
    ++cycles;
  }
  EXPECT_EQ(cycles, 20);
  EXPECT_EQ(sprt.status().verdict, SprtVerdict::undecided);
}

struct ErrorRates {
  double accepted = 0;
  double rejected = 0;
};

ErrorRates simulate(double elo, int seats, int runs) {
  const SprtPlan plan{.elo0 = 0, .elo1 = 60, .max_games = 100'000};
  const double score = expected_score(elo, seats);
  Rng rng(derive_seed(77, static_cast<std::uint64_t>(seats * 1000 + static_cast<int>(elo))));
  ErrorRates rates;
  for (int run = 0; run < runs; ++run) {
    Sprt sprt = Sprt::make(plan, seats).value();
    std::uint64_t next = 1;
    while (!sprt.status().finished) {
      std::vector<ScoredGame> games;
      if (seats == 2) {
        games = test::drawn_pair(rng, next, score);
      } else {
        for (int seat = 0; seat < seats; ++seat) {
          games.push_back({test::play(next + static_cast<std::uint64_t>(seat)), rng.unit() < score ? kWin : kLoss});
        }
      }
      next += static_cast<std::uint64_t>(seats);
      EXPECT_TRUE(sprt.add_cycle(games).ok());
    }
    rates.accepted += sprt.status().verdict == SprtVerdict::accepted ? 1.0 / runs : 0;
    rates.rejected += sprt.status().verdict == SprtVerdict::rejected ? 1.0 / runs : 0;
  }
  return rates;
}

TEST(Sprt, KeepsItsErrorRates) {
  // alpha = beta = 0.05; 600 runs: three standard deviations are 0.027.
  for (const int seats : {2, 3}) {
    EXPECT_LT(simulate(0, seats, 600).accepted, 0.05 + 0.027) << seats;
    EXPECT_LT(simulate(60, seats, 600).rejected, 0.05 + 0.027) << seats;
  }
}

TEST(EloEstimate, WithoutGamesSaysNothing) {
  const EloEstimate estimate = estimate_elo(MatchScore::make(3).value());
  EXPECT_EQ(estimate.elo, 0);
  EXPECT_EQ(estimate.low, -kEloLimit);
  EXPECT_EQ(estimate.high, kEloLimit);
  EXPECT_TRUE(estimate.open_above && estimate.open_below);
}

TEST(EloEstimate, IsTheLogisticDifferenceOfTheScore) {
  const EloEstimate estimate = estimate_elo(match_of(2, {{50, {kWin, kWin}}, {50, {kWin, kLoss}}}));
  EXPECT_NEAR(estimate.score, 0.75, 1e-12);
  EXPECT_NEAR(estimate.elo, 190.848501888, 1e-6);
  EXPECT_LT(estimate.low, estimate.elo);
  EXPECT_GT(estimate.high, estimate.elo);
}

TEST(EloEstimate, IsCloseToTheNormalIntervalForManyPairs) {
  // 2500 pairs at 0, 5000 at 1/2, 2500 at 1: standard deviation of the score sqrt(1/8), of its mean sqrt(1/8) / 100;
  // the slope of Elo at 1/2 is 1600 / ln 10. 1.96 * 0.0035355 * 694.87 = 4.815.
  const EloEstimate estimate =
      estimate_elo(match_of(2, {{2500, {kLoss, kLoss}}, {5000, {kWin, kLoss}}, {2500, {kWin, kWin}}}));
  EXPECT_NEAR(estimate.high, 4.815, 0.01);
  EXPECT_NEAR(estimate.low, -4.815, 0.01);
}

TEST(EloEstimate, PairsSplitByTheFirstMoveAreStrongEvidenceOfEquality) {
  const EloEstimate split = estimate_elo(match_of(2, {{200, {kWin, kLoss}}}));
  const EloEstimate mixed = estimate_elo(match_of(2, {{100, {kWin, kWin}}, {100, {kLoss, kLoss}}}));
  EXPECT_NEAR(split.elo, 0, 1e-9);
  EXPECT_NEAR(mixed.elo, 0, 1e-9);
  EXPECT_LT(split.high - split.low, 0.2 * (mixed.high - mixed.low));
}

TEST(EloEstimate, OnlyWinsGiveAFiniteIntervalThatIsMarked) {
  double previous_low = -kEloLimit;
  for (const int pairs : {3, 10, 100, 1000}) {
    const EloEstimate wins = estimate_elo(match_of(2, {{pairs, {kWin, kWin}}}));
    EXPECT_TRUE(wins.open_above);
    EXPECT_FALSE(wins.open_below);
    EXPECT_LT(wins.high, kEloLimit);
    EXPECT_LE(wins.low, wins.elo);
    EXPECT_LT(wins.elo, wins.high);
    EXPECT_GT(wins.low, previous_low);  // more wins, more certainty from below
    previous_low = wins.low;
    const EloEstimate losses = estimate_elo(match_of(2, {{pairs, {kLoss, kLoss}}}));
    EXPECT_TRUE(losses.open_below);
    EXPECT_NEAR(losses.low, -wins.high, 1e-6);
    EXPECT_NEAR(losses.elo, -wins.elo, 1e-6);
    EXPECT_NEAR(losses.high, -wins.low, 1e-6);
  }
}

TEST(EloEstimate, EightHundredCopiesOfOneGameAreOnePair) {
  MatchScore match = MatchScore::make(2).value();
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(match.add_cycle(cycle(1, {kWin, kLoss})).ok());
  const EloEstimate estimate = estimate_elo(match);
  EXPECT_GT(estimate.high - estimate.low, 400);
}

TEST(EloEstimate, CoversTheTruthInNinetyFivePercentOfMatches) {
  Rng rng(20);
  for (const double score : {0.5, 0.7, 0.9}) {
    for (const int pairs : {20, 100}) {
      constexpr int kMatches = 1500;
      int covered = 0;
      for (int i = 0; i < kMatches; ++i) {
        MatchScore match = MatchScore::make(2).value();
        for (int p = 0; p < pairs; ++p) {
          ASSERT_TRUE(match.add_cycle(test::drawn_pair(rng, static_cast<std::uint64_t>(2 * p + 1), score)).ok());
        }
        const EloEstimate estimate = estimate_elo(match);
        const double truth = elo_of_score(score, 2);
        covered += estimate.low <= truth && truth <= estimate.high ? 1 : 0;
      }
      // Standard deviation of the share 0.0056; the method itself is off by a point or two for few pairs.
      EXPECT_GT(static_cast<double>(covered) / kMatches, 0.93) << score << " " << pairs;
      EXPECT_LT(static_cast<double>(covered) / kMatches, 0.99) << score << " " << pairs;
    }
  }
}

}  // namespace
}  // namespace mz
