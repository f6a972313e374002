#include "engine/stats/ratings.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/base/rng.h"
#include "engine/stats/elo.h"
#include "tests/unit/stats/simulated_match.h"

namespace mz {
namespace {

const std::string kConfiguration = "toy 2";

class Games {
 public:
  Games& add(int times, std::vector<std::string> seats, int winner, std::string configuration = kConfiguration) {
    for (int i = 0; i < times; ++i) games.push_back({configuration, seats, winner, test::play(next_++)});
    return *this;
  }
  std::vector<RatedGame> games;

 private:
  std::uint64_t next_ = 1;
};

RatingTable table_of(const Games& games, const std::string& anchor = "random") {
  auto result = rate(games.games, anchor);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().text);
  return result.value().at(kConfiguration);
}

const Rating& rating_of(const RatingTable& table, const std::string& name) {
  for (const RatingGroup& group : table) {
    for (const Rating& rating : group.ratings) {
      if (rating.participant == name) return rating;
    }
  }
  ADD_FAILURE() << name << " is not rated";
  return table.front().ratings.front();
}

TEST(Ratings, OfTwoPlayersAreTheLogarithmOfTheOdds) {
  // 74.5 + 0.5 of the imaginary game against 24.5 + 0.5: odds 3 to 1, 400 log10(3) = 190.8485. The information is
  // 100 * 3/4 * 1/4 = 18.75, so the interval is 1.96 / sqrt(18.75) * 400 / ln 10 = 78.631 wide on each side.
  Games games;
  games.add(74, {"a", "random"}, 0).add(24, {"a", "random"}, 1).add(1, {"random", "a"}, kNobody);
  const RatingTable table = table_of(games);
  ASSERT_EQ(table.size(), 1U);
  EXPECT_TRUE(table[0].anchored);
  const Rating& a = rating_of(table, "a");
  EXPECT_NEAR(a.elo, 190.8485, 1e-3);
  EXPECT_NEAR(*a.low, 190.8485 - 78.631, 1e-2);
  EXPECT_NEAR(*a.high, 190.8485 + 78.631, 1e-2);
  EXPECT_EQ(a.games, 99U);
  EXPECT_NEAR(a.score, 74.5 / 99, 1e-12);
  const Rating& random = rating_of(table, "random");
  EXPECT_EQ(random.elo, 0);
  EXPECT_EQ(*random.low, 0);
  EXPECT_EQ(*random.high, 0);
}

TEST(Ratings, ConsistentOddsAddUp) {
  // b beats random 2:1, c beats b 2:1 and random 4:1, in so many games that the imaginary ones do not matter.
  Games games;
  games.add(20000, {"b", "random"}, 0).add(10000, {"b", "random"}, 1);
  games.add(20000, {"c", "b"}, 0).add(10000, {"c", "b"}, 1);
  games.add(24000, {"c", "random"}, 0).add(6000, {"c", "random"}, 1);
  const RatingTable table = table_of(games);
  EXPECT_NEAR(rating_of(table, "b").elo, 120.412, 0.02);  // 400 log10(2)
  EXPECT_NEAR(rating_of(table, "c").elo, 240.824, 0.03);  // 400 log10(4)
  EXPECT_EQ(table[0].ratings[0].participant, "c");
  EXPECT_EQ(table[0].ratings[2].participant, "random");
}

TEST(Ratings, OfOneAgainstCopiesFollowTheFirstPlaceModel) {
  // One "a" against three copies of "random" wins half of its games: strength 3, 400 log10(3). The imaginary game is
  // negligible. A share of a quarter is no difference at all.
  Games half;
  half.add(50000, {"random", "a", "random", "random"}, 1).add(50000, {"random", "a", "random", "random"}, 2);
  EXPECT_NEAR(rating_of(table_of(half), "a").elo, 190.8485, 0.01);
  EXPECT_NEAR(rating_of(table_of(half), "random").score, 1.0 / 6, 1e-12);
  Games quarter;
  quarter.add(100, {"random", "a", "random", "random"}, 1).add(300, {"random", "a", "random", "random"}, 0);
  EXPECT_NEAR(rating_of(table_of(quarter), "a").elo, 0, 1e-6 + 400 * 0.01);
}

TEST(Ratings, AGameNobodyWinsCountsForAllAlike) {
  Games games;
  games.add(40, {"a", "b", "random"}, kNobody);
  const RatingTable table = table_of(games);
  for (const char* name : {"a", "b", "random"}) {
    EXPECT_NEAR(rating_of(table, name).elo, 0, 1e-9);
    EXPECT_NEAR(rating_of(table, name).score, 1.0 / 3, 1e-12);
    EXPECT_TRUE(rating_of(table, name).high.has_value());
  }
}

TEST(Ratings, APerfectRecordIsBoundedOnOneSideOnly) {
  Games games;
  games.add(200, {"a", "random"}, 0);
  const RatingTable table = table_of(games);
  const Rating& a = rating_of(table, "a");
  EXPECT_FALSE(a.high.has_value());
  ASSERT_TRUE(a.low.has_value());
  // 200.5 wins to half a win.
  EXPECT_NEAR(a.elo, 400 * std::log10(401), 1e-3);
  EXPECT_GT(*a.low, 400);
  // Whoever is known only through it is open above too, and whoever never wins is open below.
  games.add(30, {"b", "a"}, 0).add(10, {"b", "a"}, 1).add(50, {"c", "random"}, 1);
  const RatingTable wider = table_of(games);
  EXPECT_FALSE(rating_of(wider, "b").high.has_value());
  EXPECT_TRUE(rating_of(wider, "b").low.has_value());
  EXPECT_TRUE(rating_of(wider, "c").high.has_value());
  EXPECT_FALSE(rating_of(wider, "c").low.has_value());
  // One shared game closes the chain.
  games.add(1, {"b", "random"}, kNobody);
  const RatingTable closed = table_of(games);
  EXPECT_TRUE(rating_of(closed, "a").high.has_value());
  EXPECT_TRUE(rating_of(closed, "b").high.has_value());
}

TEST(Ratings, ParticipantsWithoutAChainOfGamesToTheAnchorAreApart) {
  Games games;
  games.add(10, {"a", "random"}, 0).add(10, {"random", "a"}, 0);
  games.add(30, {"x", "y"}, 0).add(10, {"x", "y"}, 1).add(4, {"z", "y"}, 0);
  const RatingTable table = table_of(games);
  ASSERT_EQ(table.size(), 2U);
  EXPECT_TRUE(table[0].anchored);
  EXPECT_EQ(table[0].reference, "random");
  EXPECT_FALSE(table[1].anchored);
  EXPECT_EQ(table[1].reference, "y");  // most games
  EXPECT_EQ(rating_of(table, "y").elo, 0);
  EXPECT_GT(rating_of(table, "x").elo, 100);
}

TEST(Ratings, WithoutTheAnchorNothingIsCalledAnchored) {
  Games games;
  games.add(10, {"x", "y"}, 0).add(10, {"x", "y"}, 1);
  const RatingTable table = table_of(games);
  ASSERT_EQ(table.size(), 1U);
  EXPECT_FALSE(table[0].anchored);
}

TEST(Ratings, ConfigurationsDoNotMix) {
  Games games;
  games.add(100, {"a", "random"}, 0, "square 2").add(100, {"a", "random"}, 1, "square 2");
  games.add(100, {"a", "random"}, 1, "hexagon 2").add(10, {"a", "random"}, 0, "hexagon 2");
  const auto result = rate(games.games, "random").value();
  ASSERT_EQ(result.size(), 2U);
  EXPECT_NEAR(rating_of(result.at("square 2"), "a").elo, 0, 1e-9);
  EXPECT_LT(rating_of(result.at("hexagon 2"), "a").elo, -300);
}

TEST(Ratings, ARepeatedPlayCountsOnce) {
  Games games;
  games.add(10, {"a", "random"}, 0).add(10, {"a", "random"}, 1);
  const RatingTable once = table_of(games);
  for (int i = 0; i < 800; ++i) games.games.push_back(games.games.front());
  const RatingTable often = table_of(games);
  EXPECT_EQ(rating_of(often, "a").elo, rating_of(once, "a").elo);
  EXPECT_EQ(rating_of(often, "a").low, rating_of(once, "a").low);
  EXPECT_EQ(rating_of(often, "a").games, 20U);
}

TEST(Ratings, GamesAgainstItselfSayNothing) {
  Games games;
  games.add(10, {"a", "random"}, 0).add(10, {"a", "random"}, 1);
  const RatingTable before = table_of(games);
  games.add(50, {"a", "a"}, 0);
  const RatingTable after = table_of(games);
  EXPECT_EQ(rating_of(after, "a").elo, rating_of(before, "a").elo);
  EXPECT_EQ(rating_of(after, "a").games, 20U);
}

TEST(Ratings, RefusesMalformedAndContradictoryGames) {
  for (const RatedGame& bad :
       {RatedGame{kConfiguration, {"a"}, 0, {}}, RatedGame{kConfiguration, {"a", "b"}, 2, {}},
        RatedGame{kConfiguration, {"a", "b"}, -2, {}}, RatedGame{kConfiguration, {"a", "b", "c", "d", "e"}, 0, {}}}) {
    EXPECT_EQ(rate(std::vector<RatedGame>{bad}, "a").error().kind, ErrorKind::corrupt);
  }
  const std::vector<RatedGame> contradiction{{kConfiguration, {"a", "b"}, 0, test::play(1)},
                                             {kConfiguration, {"a", "b"}, 1, test::play(1)}};
  EXPECT_EQ(rate(contradiction, "a").error().kind, ErrorKind::corrupt);
  EXPECT_TRUE(rate({}, "a").value().empty());
}

// A round robin on 2 and 3 seats between participants of known strength.
std::vector<RatedGame> simulated(Rng& rng, const std::vector<double>& elo, int rounds) {
  std::vector<RatedGame> games;
  std::uint64_t next = 1;
  const auto play = [&](const std::vector<std::size_t>& seats) {
    double total = 0;
    for (const std::size_t i : seats) total += std::pow(10, elo[i] / 400);
    double ticket = rng.unit() * total;
    int winner = 0;
    for (const std::size_t i : seats) {
      ticket -= std::pow(10, elo[i] / 400);
      if (ticket < 0) break;
      ++winner;
    }
    RatedGame game{kConfiguration, {}, std::min(winner, static_cast<int>(seats.size()) - 1), test::play(next++)};
    for (const std::size_t i : seats) game.seats.push_back("p" + std::to_string(i));
    games.push_back(game);
  };
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < elo.size(); ++i) {
      for (std::size_t j = 0; j < elo.size(); ++j) {
        if (i != j) play({i, j});
      }
      play({i, (i + 1) % elo.size(), (i + 2) % elo.size()});
    }
  }
  return games;
}

TEST(Ratings, RecoverKnownStrengthsWithHonestIntervals) {
  const std::vector<double> elo{0, 80, 150, 310, -120};
  Rng rng(4);
  constexpr int kLeagues = 300;
  int covered = 0;
  double bias = 0;
  for (int league = 0; league < kLeagues; ++league) {
    const auto table = rate(simulated(rng, elo, 10), "p0").value().at(kConfiguration);
    for (std::size_t i = 1; i < elo.size(); ++i) {
      const Rating& rating = rating_of(table, "p" + std::to_string(i));
      covered += *rating.low <= elo[i] && elo[i] <= *rating.high ? 1 : 0;
      bias += (rating.elo - elo[i]) * (elo[i] > 0 ? 1 : -1) / (kLeagues * 4);
    }
  }
  // 1200 intervals, four of a league correlated: at most about 0.013 standard deviation around 0.95.
  EXPECT_NEAR(covered / (4.0 * kLeagues), 0.95, 0.025);
  EXPECT_NEAR(bias, 0, 4);  // Elo; the imaginary game pulls by about one game in 110
}

TEST(Ratings, DoNotDependOnTheOrderOfTheGames) {
  Rng rng(11);
  std::vector<RatedGame> games = simulated(rng, {0, 55, -20, 400}, 6);
  const auto first = rate(games, "p0").value().at(kConfiguration);
  for (int shuffle = 0; shuffle < 5; ++shuffle) {
    for (std::size_t i = games.size(); i > 1; --i)
      std::swap(games[i - 1], games[rng.below(static_cast<std::uint32_t>(i))]);
    const auto again = rate(games, "p0").value().at(kConfiguration);
    for (std::size_t i = 0; i < first[0].ratings.size(); ++i) {
      EXPECT_EQ(first[0].ratings[i].participant, again[0].ratings[i].participant);
      EXPECT_EQ(first[0].ratings[i].elo, again[0].ratings[i].elo);  // bit for bit
      EXPECT_EQ(first[0].ratings[i].low, again[0].ratings[i].low);
      EXPECT_EQ(first[0].ratings[i].score, again[0].ratings[i].score);
    }
  }
}

TEST(Ratings, MoreGamesNarrowTheInterval) {
  Games few;
  few.add(30, {"a", "random"}, 0).add(20, {"a", "random"}, 1);
  Games many;
  many.add(300, {"a", "random"}, 0).add(200, {"a", "random"}, 1);
  const Rating narrow = rating_of(table_of(many), "a");
  const Rating wide = rating_of(table_of(few), "a");
  EXPECT_NEAR((*wide.high - *wide.low) / (*narrow.high - *narrow.low), std::sqrt(10), 0.05);
}

}  // namespace
}  // namespace mz
