#include "engine/search_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/record.h"
#include "tests/unit/toy_game.h"

namespace mz {
namespace {

using Bytes = std::vector<std::uint8_t>;

Decision decided(double value, std::vector<VisitedMove> visited, bool full = true) {
  Decision decision;
  decision.value = value;
  decision.visited = std::move(visited);
  decision.full = full;
  return decision;
}

// Three decisions, and the bytes that the layout in engine/search_statistics.h gives them by hand.
Bytes small() {
  StatisticsWriter writer;
  writer.add(2, decided(-0.25, {{{300}, 7}, {{4}, 200}, {{5}, 0}}));
  writer.add(3, decided(1, {{{4}, 9}}, false));
  writer.add(200, decided(0.00006, {}));
  return writer.take();
}

const Bytes kSmall = {1,    3, 1,    0x87, 0x27, 2, 5, 0xc8, 1, 0xa8, 2, 7,  // value -2500 as 4999
                      1,    0, 0xa0, 0x9c, 1,    0,                          // value 10000 as 20000
                      0xc5, 1, 1,    2,    0};

TEST(SearchStatistics, HaveTheDocumentedBytes) {
  EXPECT_EQ(small(), kSmall);
  const std::vector<DecisionStatistics> expected = {
      {.ply = 2, .full = true, .value = -2500, .policy = {{{4}, 200}, {{300}, 7}}},
      {.ply = 3, .full = false, .value = 10'000, .policy = {}},
      {.ply = 200, .full = true, .value = 1, .policy = {}}};
  EXPECT_EQ(decode_statistics(kSmall).value(), expected);
  EXPECT_TRUE(decode_statistics({}).value().empty());
  EXPECT_TRUE(StatisticsWriter().take().empty());
}

TEST(SearchStatistics, AWriterBeginsAnewOnceItsBytesAreTaken) {
  StatisticsWriter writer;
  writer.add(7, decided(0, {}));
  writer.take();
  writer.add(0, decided(0, {}));
  EXPECT_EQ(decode_statistics(writer.take()).value().at(0).ply, 0U);
}

TEST(SearchStatistics, KeepTheMostVisitedMovesAndTheLargestCodes) {
  std::vector<VisitedMove> visited;
  for (std::uint32_t i = 0; i < 100; ++i) visited.push_back({Move{0xffffffff - i}, i < 70 ? 5 : 0xffffffff});
  StatisticsWriter writer;
  writer.add(0, decided(0, visited));
  const auto policy = decode_statistics(writer.take()).value().at(0).policy;
  ASSERT_EQ(policy.size(), DecisionStatistics::kMaxPolicyMoves);
  EXPECT_EQ(
      std::count_if(policy.begin(), policy.end(), [](const VisitedMove& move) { return move.visits == 0xffffffff; }),
      30);
  // Of equally visited ones those with the smallest codes, which were listed last.
  for (const VisitedMove& move : policy)
    EXPECT_TRUE(move.visits != 5 || move.move.code <= 0xffffffff - 36) << move.move.code;
}

TEST(SearchStatistics, EndWhereARecordCouldHoldNoMore) {
  std::vector<VisitedMove> visited;
  for (std::uint32_t i = 0; i < DecisionStatistics::kMaxPolicyMoves; ++i)
    visited.push_back({Move{i << 20}, 0xffffffff - i});
  StatisticsWriter writer;
  std::uint32_t plies = 0;
  for (; plies < 5000; ++plies) writer.add(plies, decided(0.5, visited));
  writer.add(plies, decided(0.5, {})) /* would fit again, but there would be a gap */;
  const Bytes bytes = writer.take();
  EXPECT_LE(bytes.size(), GameRecord::kMaxStatisticsBytes);
  EXPECT_GT(bytes.size(), GameRecord::kMaxStatisticsBytes - 700);
  const auto all = decode_statistics(bytes).value();
  ASSERT_LT(all.size(), plies);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].ply, i);
}

// Whatever is changed, what is accepted is spelled as a writer spells it.
TEST(SearchStatistics, DamagedBytesAreRefusedOrCanonical) {
  const auto written_again = [](const std::vector<DecisionStatistics>& all) {
    StatisticsWriter writer;
    for (const DecisionStatistics& each : all)
      writer.add(each.ply,
                 decided(static_cast<double>(each.value) / DecisionStatistics::kValueUnit, each.policy, each.full));
    return writer.take();
  };
  int refused = 0;
  const auto check = [&](const Bytes& bytes) {
    const auto decoded = decode_statistics(bytes);
    if (decoded) {
      EXPECT_EQ(written_again(*decoded), bytes);
    } else {
      EXPECT_EQ(decoded.error().kind, ErrorKind::corrupt);
      ++refused;
    }
  };
  for (std::size_t size = 1; size < kSmall.size(); ++size)
    check(Bytes(kSmall.begin(), kSmall.begin() + static_cast<std::ptrdiff_t>(size)));
  Rng rng(4);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes = kSmall;
    for (std::uint32_t changes = 1 + rng.below(3); changes > 0; --changes)
      bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<std::uint8_t>(rng.below(256));
    if (rng.chance(1, 4)) bytes.insert(bytes.begin() + 1 + rng.below(static_cast<std::uint32_t>(bytes.size())), 0x80);
    check(bytes);
  }
  EXPECT_GT(refused, 5000);
  EXPECT_LT(refused, 19'990);
  EXPECT_FALSE(decode_statistics(Bytes{1})) << "no decision";
  Bytes newer = kSmall;
  newer[0] = 2;
  EXPECT_NE(decode_statistics(newer).error().text.find("Use a newer one"), std::string::npos);
}

// A game of the toy: two cards are dealt, then seats place on the nine cells.
TEST(SearchStatistics, AreComparedWithThePositionsWhenARecordIsReplayed) {
  const GameConfig config{.game = "toy", .board = "3x3", .seats = 2, .options = {}};
  const auto game = make_game(config).value();
  GameRecord record;
  record.rules_hash = game->rules_hash();
  record.config = config;
  record.seats = {{"mcts:sims=9", ""}, {"mcts:sims=9", ""}};
  for (const std::uint32_t code : {16U, 16U, 0U, 3U, 1U, 4U, 2U}) record.moves.push_back({code});
  record.winner = 0;
  record.reason = "row";
  ASSERT_TRUE(replay(record, *game)) << replay(record, *game).error().text;
  const auto accepted = [&](std::uint32_t ply, std::vector<VisitedMove> visited) {
    StatisticsWriter writer;
    writer.add(ply, decided(0, std::move(visited)));
    record.statistics = writer.take();
    return replay(record, *game).ok();
  };
  EXPECT_TRUE(accepted(2, {{{0}, 5}, {{8}, 4}}));
  EXPECT_TRUE(accepted(3, {{{8}, 4}}));
  EXPECT_TRUE(accepted(6, {}));
  EXPECT_FALSE(accepted(3, {{{0}, 5}, {{8}, 4}})) << "that cell is taken";
  EXPECT_FALSE(accepted(3, {{{9}, 5}})) << "there is no such cell";
  EXPECT_FALSE(accepted(1, {})) << "chance decides nothing";
  EXPECT_FALSE(accepted(7, {})) << "the game is over";
  EXPECT_FALSE(accepted(100, {}));
  record.statistics = {1, 2, 3};
  EXPECT_FALSE(replay(record, *game));
}

}  // namespace
}  // namespace mz
