#include "engine/temperature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace mz {
namespace {

Move move(std::uint32_t code) { return Move{code}; }

Decision decision_with(std::vector<VisitedMove> visited) {
  Decision decision;
  decision.move = visited.front().move;
  decision.visited = std::move(visited);
  return decision;
}

TEST(Temperature, IsReadExactlyAndWrittenInOneWay) {
  EXPECT_EQ(parse_temperature("0.5")->thousandths, 500U);
  EXPECT_EQ(parse_temperature("1")->thousandths, 1000U);
  EXPECT_EQ(parse_temperature("0.125")->thousandths, 125U);
  EXPECT_EQ(parse_temperature("100")->thousandths, 100'000U);
  EXPECT_EQ(parse_temperature("0")->thousandths, 0U);
  EXPECT_EQ(to_string(*parse_temperature("00.500")), "0.5");
  EXPECT_EQ(to_string(*parse_temperature("12.034")), "12.034");
  EXPECT_EQ(to_string(*parse_temperature("3.0")), "3");
  for (const char* text :
       {"", ".", "1.", ".5", "-1", "+1", "1e3", "nan", "0.0001", "100.001", "1,5", "99999999999999999999"}) {
    EXPECT_FALSE(parse_temperature(text)) << text;
  }
}

TEST(Temperature, WeighsByThePowerOfTheVisits) {
  for (const std::uint32_t thousandths : {100U, 300U, 500U, 1000U, 2000U, 50'000U}) {
    for (const std::uint32_t most : {1U, 7U, 400U, 1'000'000U, 4'000'000'000U}) {
      for (const double share : {1.0, 0.9, 0.5, 1.0 / 3, 0.1}) {
        const auto visits = static_cast<std::uint32_t>(std::max(1.0, share * most));
        const double expected = std::pow(static_cast<double>(visits) / most, 1000.0 / thousandths);
        const double weight = static_cast<double>(temperature_weight(visits, most, {thousandths})) / 0x1p32;
        EXPECT_NEAR(weight, expected, 1e-3 * expected + 0x1p-31) << visits << " of " << most << " at " << thousandths;
      }
    }
  }
  EXPECT_EQ(temperature_weight(9, 9, {1}), 1ULL << 32);
  EXPECT_EQ(temperature_weight(1, 1000, {1}), 0U);
}

TEST(Temperature, DrawsMovesThatOften) {
  const Decision decision = decision_with({{move(1), 600}, {move(2), 300}, {move(3), 100}});
  const auto shares = [&](const char* temperature) {
    Rng rng(11);
    std::map<std::uint32_t, int> drawn;
    for (int i = 0; i < 20'000; ++i) ++drawn[draw_move(decision, *parse_temperature(temperature), rng).code];
    return drawn;
  };
  // 20,000 draws: the standard deviation is at most 71.
  auto one = shares("1");
  EXPECT_NEAR(one[1], 12'000, 300);
  EXPECT_NEAR(one[2], 6'000, 300);
  EXPECT_NEAR(one[3], 2'000, 300);
  auto half = shares("0.5");  // 36 : 9 : 1
  EXPECT_NEAR(half[1], 15'652, 300);
  EXPECT_NEAR(half[2], 3'913, 300);
  EXPECT_NEAR(half[3], 435, 150);
  EXPECT_EQ(shares("0")[1], 20'000);
}

TEST(Temperature, HalvesTheWeightForEveryTenthOfARing) {
  for (const std::uint32_t thousandths : {100U, 500U, 1000U, 2000U, 100'000U}) {
    for (const double share : {0.0, 0.01, 0.1, 1.0 / 3, 0.5, 0.999}) {
      const auto gap = static_cast<Score>(share * temperature_reach({thousandths}));
      const double expected = std::exp2(-gap / (100 * thousandths / 1000.0));
      const double weight = static_cast<double>(temperature_weight_of_gap(gap, {thousandths})) / 0x1p32;
      EXPECT_NEAR(weight, expected, 1e-3 * expected) << gap << " at " << thousandths;
    }
    EXPECT_EQ(temperature_weight_of_gap(temperature_reach({thousandths}), {thousandths}), 0U);
    EXPECT_EQ(temperature_weight_of_gap(2 * kWin, {thousandths}), 0U);
  }
  EXPECT_EQ(temperature_weight_of_gap(0, {1}), 1ULL << 32);
  EXPECT_EQ(temperature_weight_of_gap(1, {1}), 0U);
  // 1000 points, the tenth halving, is where moves stop at T = 1.
  EXPECT_EQ(temperature_reach({1000}), 1000);
}

TEST(Temperature, DrawsMovesByTheirScores) {
  Decision decision;
  decision.move = move(2);
  decision.scored = {{move(1), 300}, {move(2), 400}, {move(3), 200}, {move(4), -601}};
  const auto shares = [&](const char* temperature) {
    Rng rng(11);
    std::map<std::uint32_t, int> drawn;
    for (int i = 0; i < 20'000; ++i) ++drawn[draw_move(decision, *parse_temperature(temperature), rng).code];
    return drawn;
  };
  auto one = shares("1");  // 4 : 2 : 1
  EXPECT_NEAR(one[2], 11'429, 300);
  EXPECT_NEAR(one[1], 5'714, 300);
  EXPECT_NEAR(one[3], 2'857, 300);
  EXPECT_EQ(one[4], 0) << "out of reach";
  auto half = shares("0.5");  // 16 : 4 : 1
  EXPECT_NEAR(half[2], 15'238, 300);
  EXPECT_NEAR(half[1], 3'810, 300);
  EXPECT_NEAR(half[3], 952, 150);
  auto hot = shares("100");  // nearly level
  EXPECT_NEAR(hot[4], 5'000, 300);
  EXPECT_EQ(shares("0")[2], 20'000);
}

TEST(Temperature, LeavesMovesAloneThatWereNotFoundByComparing) {
  Rng rng(1);
  Decision other;
  other.move = move(9);
  other.scored = {{move(1), 5}, {move(2), 5}};
  const auto before = rng.state();
  EXPECT_EQ(draw_move(other, {1000}, rng), move(9));
  EXPECT_EQ(rng.state(), before);
}

TEST(Temperature, LeavesMovesAloneThatWereNotFoundByVisits) {
  Rng rng(1);
  Decision other = decision_with({{move(1), 500}, {move(2), 500}});
  other.move = move(9);
  const auto before = rng.state();
  EXPECT_EQ(draw_move(other, {1000}, rng), move(9));
  other.visited.clear();
  EXPECT_EQ(draw_move(other, {1000}, rng), move(9));
  EXPECT_EQ(rng.state(), before);
}

}  // namespace
}  // namespace mz
