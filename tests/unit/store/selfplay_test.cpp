#include "store/selfplay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "engine/ringrift/weights.h"
#include "tests/unit/store/played.h"

namespace mz {
namespace {

// Short games: who plays is what matters here.
SelfplaySpec spec_of(const std::string& engine, MixBand mix, const std::string& board = "hex8") {
  SelfplaySpec spec;
  spec.config.board = board;
  spec.engines = {engine, engine};
  spec.max_moves = 2;
  spec.mix = mix;
  return spec;
}

TEST(Modes, StandForTheirSpecifications) {
  const std::map<std::string, std::string> expected = {{"descent-only", "descent:nodes=200,random=10"},
                                                       {"heuristic-only", "heuristic:random=15"},
                                                       {"minimax-only", "minimax:nodes=10000,random=5"},
                                                       {"maxn-only", "minimax:nodes=10000,variant=maxn,random=5"},
                                                       {"mcts-only", "mcts:sims=400,random=5"},
                                                       {"gumbel-mcts-only", "mcts:sims=400,root=gumbel,random=5"},
                                                       {"random-only", "random"}};
  for (const auto& [mode, engine] : expected) {
    auto table = SelfplayTable::open(spec_of(mode, MixBand::canonical));
    ASSERT_TRUE(table) << table.error().text;
    const GameRecord record = played(*table, 7);
    EXPECT_EQ(record.seats[0].spec, engine);
    EXPECT_EQ(record.seats[1].spec, engine);
  }
  const std::set<std::string> drawing = {"mixed", "diverse", "diverse-cpu", "tournament-varied"};
  for (const std::string_view mode : selfplay_modes()) {
    EXPECT_NE(drawing.contains(std::string(mode)), expected.contains(std::string(mode))) << mode;
  }
}

TEST(Modes, ADiverseSeatDrawsFromEveryKindThatLooksAtThePosition) {
  std::set<std::string> seen;
  for (const char* mode : {"diverse", "diverse-cpu", "tournament-varied"}) {
    auto table = SelfplayTable::open(spec_of(mode, MixBand::canonical)).value();
    std::set<std::string> of_mode;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      for (const SeatEngine& seat : played(table, seed).seats) {
        const std::size_t mark = seat.spec.find('@');
        EXPECT_EQ(seat.spec.substr(mark), "@mix=" + std::string(mode));
        of_mode.insert(seat.spec.substr(0, mark));
      }
    }
    EXPECT_EQ(of_mode.size(), 6U) << mode;
    seen.merge(of_mode);
  }
  EXPECT_EQ(seen, (std::set<std::string>{"heuristic:random=15", "minimax:nodes=10000,random=5",
                                         "minimax:nodes=10000,variant=maxn,random=5", "descent:nodes=200,random=10",
                                         "mcts:sims=400,random=5", "mcts:sims=400,root=gumbel,random=5"}));
}

TEST(Modes, NamesForWhichThereIsNothingSayWhy) {
  const auto refusal = [](const char* mode) { return SelfplayTable::open(spec_of(mode, MixBand::canonical)).error(); };
  for (const char* mode : {"nn-only", "best-vs-pool", "nn-vs-mcts", "nn-vs-minimax", "nn-vs-descent",
                           "gpu-minimax-only", "policy-only", "neural-demo-only"}) {
    EXPECT_EQ(refusal(mode).kind, ErrorKind::usage);
    EXPECT_NE(refusal(mode).text.find("needs a network"), std::string::npos) << refusal(mode).text;
  }
  EXPECT_NE(refusal("brs-only").text.find("maxn-only"), std::string::npos);
}

TEST(Modes, ADifficultyIsStoredAsTheEngineItStandsFor) {
  EXPECT_EQ(engines_of_seat("difficulty:7", MixBand::canonical, {"ringrift", "hex8", 2, {}}).value(),
            std::vector<std::string>{"heuristic"});
}

TEST(Modes, AnUnknownNameIsRefusedWithTheChoices) {
  const auto table = SelfplayTable::open(spec_of("strongest", MixBand::canonical));
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::usage);
  for (const std::string_view mode : selfplay_modes()) {
    EXPECT_NE(table.error().text.find(mode), std::string::npos) << table.error().text;
  }
  EXPECT_EQ(SelfplayTable::open(spec_of("minimax", MixBand::canonical)).error().text.find("mixed"), std::string::npos);
}

TEST(Mixed, DrawsEveryEngineOfItsBandForEverySeatEquallyOften) {
  const std::set<std::string> light = {"random", "heuristic:random=30", "heuristic", "minimax:nodes=2000"};
  auto table = SelfplayTable::open(spec_of(std::string(kMixed), MixBand::light)).value();
  constexpr std::uint64_t kGames = 400;
  std::array<std::map<std::string, int>, 2> seen;
  int same = 0;
  for (std::uint64_t seed = 0; seed < kGames; ++seed) {
    const GameRecord record = played(table, seed);
    for (std::size_t seat = 0; seat < 2; ++seat) {
      const std::string& spec = record.seats[seat].spec;
      const std::size_t mark = spec.find('@');
      ASSERT_NE(mark, std::string::npos) << spec;
      EXPECT_EQ(spec.substr(mark), "@mix=light");
      ++seen[seat][spec.substr(0, mark)];
    }
    same += record.seats[0].spec == record.seats[1].spec ? 1 : 0;
  }
  // Four engines: a quarter of the games each, and the seats agree in a quarter. 400 / 4 = 100 with a standard deviation below 9.
  for (const auto& engines : seen) {
    EXPECT_EQ(engines.size(), light.size());
    for (const auto& [engine, times] : engines) {
      EXPECT_TRUE(light.contains(engine)) << engine;
      EXPECT_NEAR(times, 100, 45) << engine;
    }
  }
  EXPECT_NEAR(same, 100, 45);
}

TEST(Mixed, IsCheaperOnLargeBoardsAndStrongerInTheWideBand) {
  const auto engines = [](MixBand band, const char* board) {
    return engines_of_seat(kMixed, band, {"ringrift", board, 2, {}}).value().size();
  };
  EXPECT_EQ(engines(MixBand::light, "square8"), 4U);
  EXPECT_EQ(engines(MixBand::light, "hexagonal"), 3U);
  EXPECT_EQ(engines(MixBand::canonical, "square8"), 9U);
  EXPECT_EQ(engines(MixBand::canonical, "square19"), 9U);
}

TEST(Mixed, TheSameSeedSeatsAndPlaysTheSameWhateverWasPlayedBefore) {
  SelfplaySpec spec = spec_of(std::string(kMixed), MixBand::light);
  spec.max_moves = 40;
  auto forth = SelfplayTable::open(spec).value();
  auto back = SelfplayTable::open(spec).value();
  std::map<std::uint64_t, GameRecord> games;
  for (std::uint64_t seed = 0; seed < 12; ++seed) games[seed] = played(forth, seed);
  for (std::uint64_t seed = 12; seed-- > 0;) EXPECT_EQ(played(back, seed), games[seed]) << seed;
  for (const auto& [seed, record] : games) {
    EXPECT_TRUE(back.would_play(record));
    GameRecord other = record;
    other.seats[0].spec = "heuristic@mix=canonical";
    EXPECT_FALSE(back.would_play(other));
    other = record;
    other.seed = seed + 12;
    other.seats[0].spec = "random@mix=light2";
    EXPECT_FALSE(back.would_play(other));
  }
}

// Whole games of mcts from the start, without random moves: only the temperature can make them differ.
SelfplaySpec tempered(const char* temperature, std::uint32_t moves) {
  SelfplaySpec spec = spec_of("mcts:sims=30", MixBand::canonical);
  spec.max_moves = 30;
  spec.temperature = *parse_temperature(temperature);
  spec.temperature_moves = moves;
  return spec;
}

TEST(SelfplayTemperature, MakesGamesDifferAndTheSameSeedTheSameGame) {
  const auto distinct = [](const SelfplaySpec& spec) {
    auto table = SelfplayTable::open(spec).value();
    auto again = SelfplayTable::open(spec).value();
    std::set<Digest> games;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const GameRecord record = played(table, seed);
      EXPECT_EQ(played(again, seed), record);
      games.insert(play_hash(record));
    }
    return games.size();
  };
  EXPECT_EQ(distinct(tempered("0", 10)), 1U);
  EXPECT_EQ(distinct(tempered("1", 0)), 1U);
  EXPECT_EQ(distinct(tempered("1", 10)), 8U);
}

// Plies at which the seats have their first choice between several moves.
std::set<std::size_t> first_choices(const GameRecord& record) {
  std::set<std::size_t> plies;
  std::set<int> seats;
  const auto game = make_game(record.config).value();
  const auto position = game->initial();
  MoveList list;
  for (std::size_t ply = 0; ply < record.moves.size(); ++ply) {
    position->moves(list);
    if (list.size() > 1 && seats.insert(position->actor()).second) plies.insert(ply);
    position->apply(record.moves[ply]);
  }
  return plies;
}

TEST(SelfplayTemperature, EndsAfterItsChoices) {
  auto hot = SelfplayTable::open(tempered("1", 1)).value();
  const GameRecord plain = played(SelfplayTable::open(tempered("0", 1)).value(), 1);
  const std::set<std::size_t> choices = first_choices(plain);
  ASSERT_EQ(choices.size(), 2U);
  std::set<std::size_t> forks;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const std::vector<Move> moves = played(hot, seed).moves;
    const auto fork = std::mismatch(moves.begin(), moves.end(), plain.moves.begin(), plain.moves.end()).first;
    if (fork != moves.end()) forks.insert(static_cast<std::size_t>(fork - moves.begin()));
  }
  EXPECT_FALSE(forks.empty());
  for (const std::size_t ply : forks) EXPECT_TRUE(choices.contains(ply)) << ply;
}

// Engines that play one game for ever without a temperature.
TEST(SelfplayTemperature, WorksForEveryEngineThatComparesMoves) {
  for (const char* engine : {"minimax:nodes=300", "minimax:depth=1", "descent:nodes=20"}) {
    for (const int seats : {2, 3}) {
      const auto distinct = [&](const char* temperature) {
        SelfplaySpec spec = tempered(temperature, 12);
        spec.config.seats = seats;
        spec.engines.assign(static_cast<std::size_t>(seats), engine);
        auto table = SelfplayTable::open(spec).value();
        auto again = SelfplayTable::open(spec).value();
        std::set<Digest> games;
        for (std::uint64_t seed = 0; seed < 6; ++seed) {
          const GameRecord record = played(table, seed);
          EXPECT_EQ(played(again, seed), record);
          games.insert(play_hash(record));
        }
        return games.size();
      };
      EXPECT_EQ(distinct("0"), 1U) << engine << seats;
      EXPECT_EQ(distinct("2"), 6U) << engine << seats;
    }
  }
}

TEST(SelfplayTemperature, IsRecordedForAllButRandom) {
  auto table = SelfplayTable::open(tempered("0.50", 7)).value();
  const GameRecord record = played(table, 3);
  EXPECT_EQ(record.seats[0].spec, "mcts:sims=30@temperature=0.5/7");
  EXPECT_TRUE(table.would_play(record));
  EXPECT_FALSE(SelfplayTable::open(tempered("0.5", 8)).value().would_play(record));
  SelfplaySpec spec = tempered("1", 7);
  spec.engines = {"random", "mixed"};
  auto mixed = SelfplayTable::open(spec).value();
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const GameRecord game = played(mixed, seed);
    EXPECT_EQ(game.seats[0].spec, "random");
    EXPECT_NE(game.seats[1].spec.starts_with("random"), game.seats[1].spec.find("temperature=1/7") != std::string::npos)
        << game.seats[1].spec;
  }
}

// The games of the seeds from 0 on, so many of them under way at once.
std::map<std::uint64_t, GameRecord> play_side_by_side(SelfplayTable& table, std::uint64_t games, std::size_t at_once) {
  std::map<std::uint64_t, GameRecord> records;
  std::uint64_t next = 0;
  std::size_t most = 0;
  const auto go_on = [&] {
    most = std::max(most, table.under_way());
    return true;
  };
  const auto next_seed = [&] { return next < games ? std::optional(next++) : std::nullopt; };
  const auto keep = [&](GameRecord record) -> Result<void> {
    const std::uint64_t seed = record.seed;
    EXPECT_TRUE(records.emplace(seed, std::move(record)).second) << seed;
    return {};
  };
  const auto played = table.play_all(at_once, go_on, next_seed, keep);
  EXPECT_TRUE(played) << played.error().text;
  EXPECT_EQ(most, std::min<std::uint64_t>(games, at_once));
  EXPECT_EQ(table.under_way(), 0U);
  return records;
}

struct SideBySideCase {
  std::vector<std::string> engines;
  int swap = 0;
  const char* temperature = "0";
  std::uint32_t resign = 0;
  std::uint32_t max_moves = 24;
};

TEST(SideBySide, EveryGameIsWhatItIsAlone) {
  const std::vector<SideBySideCase> cases = {
      {.engines = {"mcts:sims=40", "mcts:sims=40"}},
      {.engines = {"mcts:sims=40,random=20", "mcts:sims=15"}},
      {.engines = {"mcts:sims=40", "mcts:sims=40,weights=defensive"}, .temperature = "1"},
      {.engines = {"mcts:sims=30,judge=playouts", "heuristic"}, .temperature = "0.5"},
      {.engines = {"mcts:sims=20", "random", "mcts:sims=20"}},
      {.engines = {"mcts:sims=20", "mcts:sims=20"}, .swap = 1},
      {.engines = {"mcts:sims=20,noise=25", "mcts:sims=20,root=gumbel"}, .temperature = "1"},
      {.engines = {"mcts:sims=60,cheap=8,full=40,noise=25", "mcts:sims=30,cheap=4,root=gumbel"}},
      {.engines = {"mcts:sims=20,cheap=5", "descent:nodes=4,cheap=1"}, .resign = 300, .max_moves = 200},
      {.engines = {"descent:nodes=6", "descent:nodes=6"}, .temperature = "1"},
      {.engines = {"descent:nodes=4,random=20", "mcts:sims=20", "descent:nodes=4"}},
  };
  for (const SideBySideCase& c : cases) {
    SelfplaySpec spec = spec_of("", MixBand::canonical);
    spec.engines = c.engines;
    spec.config.seats = static_cast<int>(c.engines.size());
    if (c.swap != 0) spec.config.options["swap"] = c.swap;
    spec.temperature = *parse_temperature(c.temperature);
    spec.temperature_moves = 12;
    spec.opening_random_moves = 2;
    spec.resign = c.resign;
    spec.no_resign_share = 0;
    spec.max_moves = c.max_moves;
    const std::uint64_t games = c.swap != 0 ? 3 : 10;
    std::map<std::uint64_t, GameRecord> alone;
    for (std::uint64_t seed = 0; seed < games; ++seed) {
      alone[seed] = played(SelfplayTable::open(spec).value(), seed);
    }
    const auto resigned = [](const auto& game) { return game.second.reason == GameRecord::kResignation; };
    EXPECT_EQ(std::any_of(alone.begin(), alone.end(), resigned), c.resign > 0);
    auto table = SelfplayTable::open(spec).value();
    for (const std::size_t at_once : {1U, 3U, 8U}) {
      EXPECT_EQ(play_side_by_side(table, games, at_once), alone)
          << c.engines[0] << " " << c.engines[1] << " " << at_once;
    }
  }
}

TEST(SideBySide, AMixedRunSeatsAndPlaysTheSame) {
  SelfplaySpec spec = spec_of(std::string(kMixed), MixBand::canonical);
  spec.max_moves = 6;
  auto alone = SelfplayTable::open(spec).value();
  auto together = SelfplayTable::open(spec).value();
  const auto records = play_side_by_side(together, 14, 6);
  ASSERT_EQ(records.size(), 14U);
  std::set<std::string> mcts;
  for (const auto& [seed, record] : records) {
    EXPECT_EQ(record, played(alone, seed)) << seed;
    for (const SeatEngine& seat : record.seats) {
      if (seat.spec.starts_with("mcts")) mcts.insert(seat.spec);
    }
  }
  EXPECT_EQ(mcts.size(), 2U) << "both budgets of the band were under way";
}

TEST(SideBySide, TreesOfOneEngineShareBatches) {
  SelfplaySpec spec = spec_of("mcts:sims=40", MixBand::canonical);
  spec.opening_random_moves = 2;
  spec.max_moves = 12;
  const auto leaves_per_batch = [&](std::size_t at_once) {
    auto table = SelfplayTable::open(spec).value();
    play_side_by_side(table, 32, at_once);
    EXPECT_GT(table.batches(), 0U);
    return static_cast<double>(table.leaves()) / static_cast<double>(table.batches());
  };
  EXPECT_EQ(leaves_per_batch(1), 1.0);
  // Each tree has one leaf in a batch, and only the last games are fewer than eight.
  const double of_eight = leaves_per_batch(8);
  EXPECT_GT(of_eight, 6.0);
  EXPECT_LE(of_eight, 8.0);
  // A tree of descent has the positions behind all moves of a decision in one.
  for (std::string& engine : spec.engines) engine = "descent:nodes=5";
  const double of_one = leaves_per_batch(1);
  EXPECT_GT(of_one, 4.0);
  EXPECT_GT(leaves_per_batch(8), 5 * of_one);
}

TEST(SideBySide, SuitsTheEnginesAndTheSizeOfTheirTrees) {
  const auto at_once = [](const std::string& engine, MixBand band, const std::string& board) {
    return SelfplayTable::open(spec_of(engine, band, board)).value().games_at_once();
  };
  EXPECT_EQ(at_once("heuristic", MixBand::canonical, "square8"), 1U);
  EXPECT_EQ(at_once("mixed", MixBand::light, "square8"), 1U);
  EXPECT_EQ(at_once("mcts-only", MixBand::canonical, "square8"), SelfplayTable::kGamesAtOnce);
  EXPECT_GT(at_once("mixed", MixBand::canonical, "square8"), 1U);
  const std::size_t large_board = at_once("mcts-only", MixBand::canonical, "hexagonal");
  EXPECT_GT(large_board, 1U);
  EXPECT_LT(large_board, SelfplayTable::kGamesAtOnce);
  EXPECT_EQ(at_once("mcts:sims=1000000", MixBand::canonical, "square8"), 1U);
  EXPECT_EQ(at_once("descent-only", MixBand::canonical, "square8"), SelfplayTable::kGamesAtOnce);
  EXPECT_LT(at_once("descent-only", MixBand::canonical, "hexagonal"), SelfplayTable::kGamesAtOnce);
  EXPECT_EQ(at_once("descent:nodes=1000000", MixBand::canonical, "square8"), 1U);
}

TEST(SideBySide, EndsWhenToldToAndWithTheFirstErrorOfWhoKeepsTheGames) {
  const SelfplaySpec spec = spec_of("random", MixBand::canonical);
  std::uint64_t next = 0;
  const auto next_seed = [&] { return std::optional(next++); };
  const auto refuse = [](const GameRecord&) -> Result<void> { return Error{ErrorKind::failure, "No room."}; };
  auto table = SelfplayTable::open(spec).value();
  const auto stopped = table.play_all(
      3, [] { return false; }, next_seed, refuse);
  EXPECT_TRUE(stopped);
  EXPECT_EQ(next, 0U) << "nothing is begun that would not be played";
  // Two moves, and the end would be the third step.
  int steps = 0;
  const auto mid = SelfplayTable::open(spec).value().play_all(
      1, [&] { return ++steps <= 2; }, next_seed, refuse);
  EXPECT_TRUE(mid) << "a game under way is given up and handed to nobody";
  next = 0;
  const auto refused = table.play_all(
      3, [] { return true; }, next_seed, refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, "No room.");
  EXPECT_EQ(next, 3U);
}

// What the record says of its searches is what the same searches say when they are asked again.
TEST(Statistics, AreThoseOfTheDecisionsWithAChoice) {
  SelfplaySpec spec = spec_of("", MixBand::canonical);
  spec.engines = {"mcts:sims=60,cheap=10,full=50,noise=25", "minimax:nodes=200"};
  spec.opening_random_moves = 2;
  spec.max_moves = 60;
  spec.temperature = *parse_temperature("1");
  spec.temperature_moves = 6;
  const GameRecord record = played(SelfplayTable::open(spec).value(), 5);
  const auto game = make_game(record.config).value();
  ASSERT_TRUE(replay(record, *game)) << replay(record, *game).error().text;
  const auto all = decode_statistics(record.statistics).value();
  auto found = all.begin();
  std::vector<std::unique_ptr<Player>> players;
  std::vector<Rng> rngs;
  std::vector<int> choices(2);
  EngineResources resources;
  resources.compare_within = temperature_reach(spec.temperature);
  for (std::size_t seat = 0; seat < 2; ++seat) {
    players.push_back(game->make_player(spec.engines[seat], resources).value());
    rngs.emplace_back(derive_seed(record.seed, seat));
  }
  const auto position = game->initial();
  int cheap = 0;
  int with_policy = 0;
  MoveList list;
  for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
    const auto seat = static_cast<std::size_t>(position->actor());
    position->moves(list);
    const bool choice = list.size() > 1;
    const int before = choices[seat];
    choices[seat] += choice ? 1 : 0;
    if (before < 2) {
      rngs[seat].below(static_cast<std::uint32_t>(list.size()));
    } else {
      const Decision decision = players[seat]->decide(*position, rngs[seat]);
      if (before < 6) draw_move(decision, spec.temperature, rngs[seat]);
      if (choice) {
        ASSERT_NE(found, all.end());
        EXPECT_EQ(found->ply, ply);
        EXPECT_EQ(found->full, decision.full);
        EXPECT_NEAR(found->value, *decision.value * DecisionStatistics::kValueUnit, 0.51);
        std::uint64_t visits = 0;
        for (const VisitedMove& move : decision.visited) visits += move.visits;
        std::uint64_t kept = 0;
        for (const VisitedMove& move : found->policy) kept += move.visits;
        EXPECT_EQ(kept, decision.full ? visits : 0) << "fewer than 64 moves are visited here";
        cheap += decision.full ? 0 : 1;
        with_policy += kept > 0 ? 1 : 0;
        ++found;
      }
    }
    position->apply(record.moves[ply]);
  }
  EXPECT_EQ(found, all.end());
  EXPECT_GT(cheap, 3);
  EXPECT_GT(with_policy, 3);
  EXPECT_TRUE(played(SelfplayTable::open(spec_of("heuristic", MixBand::canonical)).value(), 1).statistics.empty());
}

// The swap is not searched: games decide it, and who expects something of it sits elsewhere afterwards.
TEST(Statistics, SayNothingOfTheSwap) {
  for (const std::string engine : {"heuristic", "mcts:sims=8"}) {
    SelfplaySpec spec = spec_of(engine, MixBand::canonical);
    spec.config.options["swap"] = 1;
    spec.engines = {"random", engine};
    spec.max_moves = 16;
    auto table = SelfplayTable::open(spec).value();
    const auto game = make_game(spec.config).value();
    int swaps = 0;
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const GameRecord record = played(table, seed);
      ASSERT_TRUE(replay(record, *game)) << replay(record, *game).error().text;
      const auto all = decode_statistics(record.statistics).value();
      EXPECT_EQ(all.empty(), engine == "heuristic");
      const auto position = game->initial();
      for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
        if (position->exchanges_seats(record.moves[ply])) {
          ++swaps;
          EXPECT_TRUE(
              std::none_of(all.begin(), all.end(), [&](const DecisionStatistics& each) { return each.ply == ply; }));
        }
        position->apply(record.moves[ply]);
      }
    }
    EXPECT_GT(swaps, 0) << engine;
  }
}

// Two searches of unlike strength from random beginnings, so that one is soon behind.
SelfplaySpec resigning(std::uint32_t thousandths, std::uint32_t no_resign_share) {
  SelfplaySpec spec = spec_of("", MixBand::canonical);
  spec.engines = {"minimax:nodes=60", "minimax:nodes=400"};
  spec.max_moves.reset();
  spec.opening_random_moves = 2;
  spec.resign = thousandths;
  spec.no_resign_share = no_resign_share;
  return spec;
}

// The first seat that has good reason to resign, and the number of moves before it would.
struct GivenUp {
  int seat = kNobody;
  std::size_t plies = 0;
};

// Told from a game that was played to its end, by asking the same engines again: a turn counts as lost when there was a choice in it and all
// expectations of its choices were so low.
GivenUp first_to_give_up(const SelfplaySpec& spec, const GameRecord& record) {
  const auto game = make_game(record.config).value();
  const auto position = game->initial();
  std::vector<std::unique_ptr<Player>> players;
  std::vector<Rng> rngs(2, Rng(0));
  std::vector<std::uint32_t> choices(2);
  // What each seat expected, turn by turn.
  std::vector<std::vector<std::vector<double>>> turns(2);
  for (const std::string& engine : spec.engines) players.push_back(game->make_player(engine).value());
  int mover = kNobody;
  MoveList list;
  for (std::size_t ply = 0; ply < record.moves.size(); ++ply) {
    const int actor = position->actor();
    const auto seat = static_cast<std::size_t>(actor);
    if (actor != mover) turns[seat].emplace_back();
    mover = actor;
    position->moves(list);
    const bool choice = list.size() > 1;
    if (choices[seat] < spec.opening_random_moves) {
      choices[seat] += choice ? 1 : 0;
    } else {
      const Decision decision = players[seat]->decide(*position, rngs[seat]);
      EXPECT_EQ(decision.move, record.moves[ply]);
      if (choice) turns[seat].back().push_back(*decision.value);
    }
    const auto lost = [&](const std::vector<double>& values) {
      return std::all_of(values.begin(), values.end(), [&](double value) { return value <= -1e-3 * spec.resign; });
    };
    int in_a_row = 0;
    for (auto turn = turns[seat].rbegin(); turn != turns[seat].rend() && lost(*turn); ++turn)
      in_a_row += turn->empty() ? 0 : 1;
    if (in_a_row >= kResignTurns) return {actor, ply};
    position->apply(record.moves[ply]);
  }
  return {};
}

TEST(Resigning, HappensAfterThreeLostTurnsInARowAndNowhereElse) {
  const SelfplaySpec to_the_end = resigning(700, 100);
  const SelfplaySpec to_the_resignation = resigning(700, 0);
  auto whole = SelfplayTable::open(to_the_end).value();
  auto short_table = SelfplayTable::open(to_the_resignation).value();
  const auto game = make_game(to_the_end.config).value();
  constexpr std::uint64_t kGames = 24;
  std::uint64_t given_up = 0;
  std::uint64_t wrong = 0;
  for (std::uint64_t seed = 0; seed < kGames; ++seed) {
    const GameRecord end = played(whole, seed);
    EXPECT_NE(end.reason, GameRecord::kResignation);
    const GivenUp expected = first_to_give_up(to_the_end, end);
    const GameRecord record = played(short_table, seed);
    const auto replayed = replay(record, *game);
    EXPECT_TRUE(replayed) << replayed.error().text;
    if (expected.seat == kNobody) {
      EXPECT_EQ(record.moves, end.moves) << seed;
      EXPECT_EQ(record.reason, end.reason) << seed;
      continue;
    }
    ++given_up;
    wrong += end.winner != 1 - expected.seat ? 1 : 0;
    EXPECT_EQ(record.reason, GameRecord::kResignation) << seed;
    EXPECT_EQ(record.winner, 1 - expected.seat) << seed;
    EXPECT_FALSE(record.capped);
    EXPECT_EQ(record.moves,
              std::vector(end.moves.begin(), end.moves.begin() + static_cast<std::ptrdiff_t>(expected.plies)))
        << seed;
  }
  EXPECT_GT(given_up, 4U);
  EXPECT_LT(given_up, kGames);
  EXPECT_EQ(short_table.resignations().games, given_up);
  EXPECT_EQ(short_table.resignations().checked, 0U);
  EXPECT_EQ(whole.resignations().games, 0U);
  EXPECT_EQ(whole.resignations().checked, given_up);
  EXPECT_EQ(whole.resignations().wrong, wrong);
}

TEST(Resigning, LeavesAShareOfTheGamesAlone) {
  auto some = SelfplayTable::open(resigning(500, 40)).value();
  auto none = SelfplayTable::open(resigning(500, 100)).value();
  auto all = SelfplayTable::open(resigning(500, 0)).value();
  std::uint64_t alone = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const GameRecord record = played(some, seed);
    const GameRecord whole = played(none, seed);
    const GameRecord resigned = played(all, seed);
    if (whole.moves == resigned.moves) continue;
    EXPECT_TRUE(record.moves == whole.moves || record.moves == resigned.moves) << seed;
    alone += record.moves == whole.moves ? 1 : 0;
    EXPECT_EQ(record.moves == whole.moves, record.reason != GameRecord::kResignation);
  }
  const Resignations& counted = some.resignations();
  EXPECT_EQ(counted.checked, alone);
  EXPECT_EQ(counted.checked + counted.games, all.resignations().games);
  // The seeds decide, so these are the same numbers every time.
  EXPECT_GT(counted.checked, 3U);
  EXPECT_GT(counted.games, counted.checked / 2);
}

TEST(Resigning, IsRecordedForTheEnginesThatSearchAndPartOfWhatAGameIs) {
  SelfplaySpec spec = resigning(300, 0);
  spec.engines = {"mcts:sims=20,cheap=5", "heuristic"};
  auto table = SelfplayTable::open(spec).value();
  GameRecord record = played(table, 0);
  for (std::uint64_t seed = 1; record.reason != GameRecord::kResignation; ++seed) {
    ASSERT_LT(seed, 100U) << "nobody resigned";
    record = played(table, seed);
  }
  EXPECT_EQ(record.winner, 1) << "heuristic expects nothing";
  EXPECT_EQ(record.seats[0].spec, "mcts:sims=20,cheap=5@opening=2,resign=0.3/0");
  EXPECT_EQ(record.seats[1].spec, "heuristic@opening=2");
  EXPECT_TRUE(table.would_play(record));
  const auto would_play = [&](std::uint32_t resign, std::uint32_t share, std::optional<std::uint32_t> cap) {
    SelfplaySpec other = spec;
    other.resign = resign;
    other.no_resign_share = share;
    if (cap) other.max_moves = *cap;
    return SelfplayTable::open(other).value().would_play(record);
  };
  const auto plies = static_cast<std::uint32_t>(record.moves.size());
  EXPECT_FALSE(would_play(310, 0, {}));
  EXPECT_FALSE(would_play(300, 5, {}));
  EXPECT_FALSE(would_play(0, 0, {}));
  EXPECT_TRUE(would_play(300, 0, plies + 1));
  EXPECT_FALSE(would_play(300, 0, plies)) << "it is cut before the decision with which the seat resigns";
  spec.max_moves = plies;
  EXPECT_EQ(played(SelfplayTable::open(spec).value(), record.seed).reason, GameRecord::kMoveCap);
  spec.max_moves = plies + 1;
  EXPECT_EQ(played(SelfplayTable::open(spec).value(), record.seed), record);
}

TEST(Resigning, IsRefusedWhereItCannotBe) {
  const auto refused = [](const SelfplaySpec& spec) {
    const auto table = SelfplayTable::open(spec);
    EXPECT_FALSE(table);
    if (table) return std::string();
    EXPECT_EQ(table.error().kind, ErrorKind::usage);
    return table.error().text;
  };
  SelfplaySpec spec = resigning(900, 10);
  spec.config.seats = 3;
  spec.engines.emplace_back("random");
  EXPECT_NE(refused(spec).find("Only with two seats"), std::string::npos);
  spec = resigning(900, 10);
  spec.engines = {"random", "heuristic:random=10"};
  EXPECT_NE(refused(spec).find("Nobody resigns here"), std::string::npos);
  spec.engines = {"mixed", "mixed"};
  EXPECT_TRUE(SelfplayTable::open(spec));
  EXPECT_NE(refused(resigning(1001, 10)).find("from 0 to 1"), std::string::npos);
  EXPECT_NE(refused(resigning(900, 101)).find("100 percent"), std::string::npos);
}

TEST(Record, NamesTheWeightsThatWereUsed) {
  SelfplaySpec spec = spec_of("heuristic:weights=defensive", MixBand::canonical);
  spec.engines[1] = "random";
  auto table = SelfplayTable::open(spec).value();
  const GameRecord record = played(table, 1);
  EXPECT_EQ(record.seats[0].weights_hash, to_hex(ringrift::weights_hash(*ringrift::profile_weights("defensive"))));
  EXPECT_EQ(record.seats[1].weights_hash, "");
  EXPECT_TRUE(table.would_play(record));
  GameRecord other = record;
  other.seats[0].weights_hash = std::string(64, 'a');
  EXPECT_FALSE(table.would_play(other));
}

}  // namespace
}  // namespace mz
