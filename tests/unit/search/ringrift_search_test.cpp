// The engines on RingRift itself, through make_player: what they choose on small positions is compared with exhaustive search, and the
// same seed gives the same game everywhere.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "engine/game.h"
#include "engine/ringrift/kernel.h"
#include "engine/search/effort.h"
#include "tests/tactics/proof.h"

namespace mz {
namespace {

std::unique_ptr<Game> game_of(const std::string& board, int seats, std::map<std::string, int> options = {}) {
  return std::move(make_game({.game = "ringrift", .board = board, .seats = seats, .options = std::move(options)}))
      .value();
}

// Moves of a game in which `spec` plays every seat, after `random_plies` random moves.
std::vector<Move> play(const Game& game, const std::string& spec, std::uint64_t seed, int random_plies,
                       std::size_t most) {
  const auto player = std::move(game.make_player(spec)).value();
  const auto random = std::move(game.make_player("random")).value();
  player->new_game();
  Rng rng(seed);
  const auto position = game.initial();
  std::vector<Move> moves;
  while (position->kind() != NodeKind::terminal && moves.size() < most) {
    Player& mover = static_cast<int>(moves.size()) < random_plies ? *random : *player;
    moves.push_back(mover.decide(*position, rng).move);
    EXPECT_TRUE(position->play(moves.back()));
  }
  return moves;
}

const std::vector<std::string> kSpecs = {
    "minimax:nodes=300", "minimax:depth=2,nodes=600",  "minimax:nodes=300,variant=maxn", "descent:nodes=3",
    "mcts:sims=20",      "mcts:sims=10,judge=playouts"};

TEST(RingRiftSearch, PlaysLegalMovesOnEveryBoardWithEverySeatCount) {
  for (const std::string board : {"square8", "square19", "hex8", "hexagonal"}) {
    for (int seats = 2; seats <= 4; ++seats) {
      const auto game = game_of(board, seats, {{"rings", 4}});
      for (const std::string& spec : kSpecs)
        EXPECT_FALSE(play(*game, spec, 5, 12, 18).empty()) << board << seats << spec;
    }
  }
}

TEST(RingRiftSearch, GivesTheSameGameOnAnyNumberOfThreads) {
  for (const std::string& spec : kSpecs) {
    const auto game = game_of("hex8", 3, {{"rings", 3}});
    const std::vector<Move> alone = play(*game, spec, 11, 6, 60);
    std::vector<std::vector<Move>> together(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < together.size(); ++i) {
      threads.emplace_back([&, i] { together[i] = play(*game, spec, i == 3 ? 12 : 11, 6, 60); });
    }
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(together[i], alone) << spec;
    EXPECT_NE(together[3], alone) << spec;
  }
}

TEST(EffortMix, GivesSoManyDecisionsTheWholeBudgetAsItWasTold) {
  EngineSpec spec;
  spec.cheap = 7;
  spec.full = 30;
  const EffortMix efforts(spec, 100);
  Rng rng(5);
  int full = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Effort effort = efforts.draw(rng);
    EXPECT_EQ(effort.budget, effort.full ? 100U : 7U);
    full += effort.full ? 1 : 0;
  }
  EXPECT_NEAR(full, 3000, 230) << "five standard deviations";
  spec.full = 0;
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(EffortMix(spec, 100).draw(rng).full);
}

// Games of engines without cheap decisions are what they were before there were any.
TEST(EffortMix, DrawsNothingWhereAllDecisionsGetTheWholeBudget) {
  Rng rng(5);
  Rng same(5);
  const Effort effort = EffortMix(EngineSpec{}, 100).draw(rng);
  EXPECT_EQ(effort.budget, 100U);
  EXPECT_TRUE(effort.full);
  EXPECT_EQ(rng.next(), same.next());
  EXPECT_EQ(EffortMix(EngineSpec{}, 0).draw(rng).budget, ~std::uint64_t{0}) << "only the clock ends it";
}

// A cheap decision is that of an engine with the small budget, which plays as well as it can: without noise.
TEST(RingRiftSearch, DecidesCheaplyAsAnEngineWithTheSmallBudget) {
  const auto game = game_of("square8", 2, {{"rings", 5}});
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"minimax:nodes=5000,cheap=200,full=0", "minimax:nodes=200"},
      {"minimax:nodes=5000,depth=2,cheap=200,full=0", "minimax:nodes=200,depth=2"},
      {"descent:nodes=60,cheap=4,full=0", "descent:nodes=4"},
      {"mcts:sims=600,cheap=60,full=0", "mcts:sims=60"},
      {"mcts:sims=600,cheap=60,full=0,noise=75", "mcts:sims=60"},
      {"mcts:sims=600,cheap=60,full=0,root=halving", "mcts:sims=60,root=halving"},
      {"mcts:sims=600,cheap=60,full=0,root=gumbel", "mcts:sims=60,root=halving"}};
  for (const auto& [mixed, small] : cases) {
    const std::string whole = mixed.substr(0, mixed.find(",cheap"));
    int differs = 0;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const auto position = game->initial();
      for (const Move move : play(*game, "random", seed, 0, 10)) position->apply(move);
      const auto decided = [&](const std::string& spec) {
        Rng rng(seed);
        return game->make_player(spec).value()->decide(*position, rng);
      };
      const Decision cheap = decided(mixed);
      const Decision same = decided(small);
      EXPECT_EQ(cheap.move, same.move) << mixed;
      EXPECT_EQ(cheap.nodes, same.nodes) << mixed;
      EXPECT_EQ(cheap.value, same.value) << mixed;
      differs += decided(whole).nodes != cheap.nodes ? 1 : 0;
    }
    EXPECT_GT(differs, 0) << whole << " would do the same work";
  }
}

// The budget of every decision is drawn: here one decision is asked for again and again.
TEST(RingRiftSearch, MixesCheapAndFullDecisions) {
  const auto game = game_of("hex8", 2, {{"rings", 5}});
  const auto position = game->initial();
  for (const Move move : play(*game, "random", 4, 0, 12)) position->apply(move);
  for (const std::string& kind :
       {std::string("minimax:nodes=1000"), std::string("descent:nodes=8"), std::string("mcts:sims=300")}) {
    const std::string cheap = kind.starts_with("descent") ? "3" : "40";
    const auto player = game->make_player(kind + ",cheap=" + cheap + ",full=40").value();
    const auto whole = game->make_player(kind).value();
    const auto small = game->make_player(kind.substr(0, kind.find('=') + 1) + cheap).value();
    Rng seeds(9);
    int full = 0;
    for (int i = 0; i < 60; ++i) {
      Rng rng(seeds.next());
      Rng also(rng);
      Rng again(rng);
      const auto nodes = [&](Player& engine, Rng& random) {
        engine.new_game();
        return engine.decide(*position, random).nodes;
      };
      const std::uint64_t of_small = nodes(*small, also);
      const std::uint64_t of_whole = nodes(*whole, again);
      const std::uint64_t found = nodes(*player, rng);
      ASSERT_NE(of_small, of_whole);
      EXPECT_TRUE(found == of_small || found == of_whole) << kind << found;
      full += found == of_whole ? 1 : 0;
    }
    EXPECT_NEAR(full, 24, 19) << "five standard deviations";
  }
}

TEST(RingRiftSearch, ChoosesTheSameWithEveryKernel) {
  const auto setup = ringrift::make_setup(ringrift::Board::square8,
                                          {.game = "ringrift", .board = "square8", .seats = 2, .options = {}});
  std::vector<std::uint64_t> digests;
  for (const ringrift::Kernel& kernel : ringrift::kernels()) {
    const auto workload = kernel.make_workload(ringrift::Board::square8, *setup);
    const ringrift::Tally minimax = workload->minimax(3, 20'000);
    const ringrift::Tally tree = workload->tree_visits(3, 2'000);
    digests.push_back(mix64(minimax.digest ^ minimax.plies) ^ tree.digest);
  }
  for (const std::uint64_t digest : digests) EXPECT_EQ(digest, digests.front());
}

TEST(RingRiftSearch, ReportsAPlayableLineBeginningWithTheMove) {
  const auto game = game_of("square8", 2, {{"rings", 4}});
  const auto position = game->initial();
  Rng rng(3);
  for (const std::string& spec : kSpecs) {
    const auto player = std::move(game->make_player(spec)).value();
    const Decision decision = player->decide(*position, rng);
    ASSERT_FALSE(decision.variation.empty()) << spec;
    EXPECT_EQ(decision.variation.front(), decision.move) << spec;
    EXPECT_GT(decision.nodes, 0U) << spec;
    EXPECT_LE(std::abs(decision.value.value_or(0)), 1.0) << spec;
    const auto line = position->clone();
    for (const Move move : decision.variation) ASSERT_TRUE(line->play(move)) << spec;
  }
}

TEST(RingRiftSearch, OnlySearchesExpectSomething) {
  const auto game = game_of("square8", 2, {{"rings", 4}});
  const auto position = game->initial();
  for (const std::string spec :
       {"random", "heuristic", "heuristic:random=50", "minimax:depth=1", "descent:nodes=2", "mcts:sims=10"}) {
    Rng rng(3);
    const Decision decision = game->make_player(spec).value()->decide(*position, rng);
    EXPECT_EQ(decision.value.has_value(), searches(*parse_engine_spec(spec))) << spec;
  }
}

// Heuristic and minimax, asked to compare: the move is the best of the list, nothing listed is out of reach, and forced moves and swaps
// have no rivals.
TEST(RingRiftSearch, ComparesMovesWhenAsked) {
  for (const std::string spec : {"heuristic", "heuristic:weights=square8-2p", "minimax:nodes=500"}) {
    for (const int seats : {2, 3}) {
      const auto game = game_of("square8", seats,
                                seats == 2 ? std::map<std::string, int>{{"swap", 1}} : std::map<std::string, int>{});
      EngineResources asked;
      asked.compare_within = 400;
      const auto player = std::move(game->make_player(spec, asked)).value();
      const auto plain = std::move(game->make_player(spec)).value();
      const auto position = game->initial();
      Rng rng(5);
      MoveList moves;
      int rivals = 0;
      int forced = 0;
      while (position->kind() != NodeKind::terminal) {
        position->moves(moves);
        const Decision decision = player->decide(*position, rng);
        ASSERT_TRUE(plain->decide(*position, rng).scored.empty());
        const bool swap = position->move_text(decision.move) == "SW";
        if (moves.size() == 1 || swap) {
          ASSERT_TRUE(decision.scored.empty());
          ++forced;
        } else if (!decision.scored.empty()) {
          Score best = -2 * kWin;
          Score least = 2 * kWin;
          Score own = -2 * kWin;
          for (const ScoredMove& scored : decision.scored) {
            best = std::max(best, scored.score);
            least = std::min(least, scored.score);
            if (scored.move == decision.move) own = scored.score;
            ASSERT_TRUE(std::find(moves.begin(), moves.end(), scored.move) != moves.end());
          }
          ASSERT_EQ(own, best);
          ASSERT_LT(best - least, 400);
          rivals += decision.scored.size() > 1 ? 1 : 0;
        }
        position->apply(decision.move);
      }
      EXPECT_GT(rivals, 5) << spec << seats;
      EXPECT_GT(forced, 5) << spec << seats;
    }
  }
}

// After a random first turn of seat 1.
std::unique_ptr<Position> opened(const Game& game, std::uint64_t seed) {
  const auto random = std::move(game.make_player("random")).value();
  Rng rng(seed);
  auto position = game.initial();
  while (position->actor() == 0) position->apply(random->decide(*position, rng).move);
  return position;
}

bool swaps(const Position& position, Player& player) {
  Rng rng(3);
  return position.move_text(player.decide(position, rng).move).starts_with("SW");
}

TEST(RingRiftSearch, TheSwapIsADecisionAndTheSideTakenIsTheBetterOne) {
  constexpr int kOpenings = 24;
  constexpr int kGames = 12;  // from each
  const auto game = game_of("square8", 2, {{"swap", 1}});
  const auto player = std::move(game->make_player("heuristic")).value();
  const auto either_side = std::move(game->make_player("heuristic:random=3")).value();
  int swapped = 0;
  int wins_swapped = 0;  // of the side that was given away
  int wins_kept = 0;
  for (int opening = 0; opening < kOpenings; ++opening) {
    const auto position = opened(*game, static_cast<std::uint64_t>(opening));
    const bool swap = swaps(*position, *player);
    position->apply(*position->parse_move("SW 2"));  // the same position without the choice
    Rng rng(static_cast<std::uint64_t>(opening));
    for (int i = 0; i < kGames; ++i) {
      const auto played = position->clone();
      while (played->kind() != NodeKind::terminal) played->apply(either_side->decide(*played, rng).move);
      if (played->outcome().returns[1] > 0) ++(swap ? wins_swapped : wins_kept);
    }
    swapped += swap ? 1 : 0;
  }
  ASSERT_GT(swapped, kOpenings / 10);
  ASSERT_LT(swapped, kOpenings * 9 / 10);
  EXPECT_LT(wins_swapped * (kOpenings - swapped), wins_kept * swapped);
}

TEST(RingRiftSearch, AllEnginesDecideTheSwapAlike) {
  const auto game = game_of("square8", 2, {{"swap", 1}});
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto position = opened(*game, seed);
    const auto heuristic = std::move(game->make_player("heuristic")).value();
    const bool expected = swaps(*position, *heuristic);
    for (const char* spec : {"minimax:nodes=300", "mcts:sims=20", "descent:nodes=3"}) {
      const auto player = std::move(game->make_player(spec)).value();
      EXPECT_EQ(swaps(*position, *player), expected) << spec << " " << seed;
    }
  }
}

// The judge of the pie rule has no game to go by then, so the seat is kept where it would be given away.
TEST(RingRiftSearch, NoEngineJudgesTheSwapOnceItIsToldToStop) {
  const auto game = game_of("square8", 2, {{"swap", 1}});
  const std::atomic<bool> stop = true;
  EngineResources resources;
  resources.stop = &stop;
  const auto heuristic = std::move(game->make_player("heuristic")).value();
  bool given_away = false;
  for (std::uint64_t seed = 0; seed < 8 && !given_away; ++seed) {
    const auto position = opened(*game, seed);
    given_away = swaps(*position, *heuristic);
    if (!given_away) continue;
    for (const char* spec : {"heuristic:ms=20", "minimax:ms=20", "mcts:ms=20", "descent:ms=20"}) {
      const auto player = std::move(game->make_player(spec, resources)).value();
      EXPECT_FALSE(swaps(*position, *player)) << spec << " " << seed;
    }
  }
  EXPECT_TRUE(given_away);
}

TEST(RingRiftSearch, AnswersAForcedMoveAtOnce) {
  const auto game = game_of("square8", 2, {{"rings", 2}});
  Rng rng(9);
  const auto random = std::move(game->make_player("random")).value();
  const auto position = game->initial();
  MoveList list;
  do {
    position->apply(random->decide(*position, rng).move);
    position->moves(list);
  } while (list.size() > 1);
  ASSERT_EQ(list.size(), 1U);
  for (const std::string& spec : kSpecs) {
    const Decision decision = std::move(game->make_player(spec)).value()->decide(*position, rng);
    EXPECT_EQ(decision.move, list[0]) << spec;
    EXPECT_LE(decision.nodes, 1U) << spec;
  }
}

// Late positions of random games with two rings each, in which a win in the running turn can be proven by looking at every move.
TEST(RingRiftSearch, TakesAWinOfTheRunningTurnForEverySeat) {
  for (const int seats : {2, 3, 4}) {
    const auto game = game_of("square8", seats, {{"rings", 2}});
    const auto random = std::move(game->make_player("random")).value();
    std::vector<int> seen(static_cast<std::size_t>(seats));
    tactics::Prover prover(20'000);
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
      Rng rng(seed);
      const auto position = game->initial();
      std::vector<std::unique_ptr<Position>> late;
      while (position->kind() != NodeKind::terminal) {
        late.push_back(position->clone());
        position->apply(random->decide(*position, rng).move);
      }
      for (std::size_t i = late.size() > 8 ? late.size() - 8 : 0; i < late.size(); ++i) {
        MoveList list;
        late[i]->moves(list);
        if (list.size() < 3 || seen[static_cast<std::size_t>(late[i]->actor())] > 3) continue;
        const auto good = tactics::winning_moves(prover, *late[i], 1);
        if (!good || good->empty() || good->size() == list.size()) continue;
        ++seen[static_cast<std::size_t>(late[i]->actor())];
        for (const std::string spec :
             {"minimax:nodes=20000", "minimax:nodes=20000,variant=maxn", "descent:nodes=400", "mcts:sims=800"}) {
          const auto player = std::move(game->make_player(spec)).value();
          const Decision decision = player->decide(*late[i], rng);
          EXPECT_NE(std::find(good->begin(), good->end(), decision.move), good->end())
              << spec << " plays " << late[i]->move_text(decision.move) << " in " << late[i]->text();
          EXPECT_GT(decision.value.value_or(0), 0) << spec;
        }
      }
    }
    for (const int count : seen) EXPECT_GT(count, 0) << seats;
  }
}

TEST(RingRiftSearch, SaysWhatIsWrongWithWeights) {
  const auto game = game_of("square8", 2);
  const auto refused = game->make_player("minimax:nodes=5,weights=nosuch");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("balanced"), std::string::npos) << refused.error().text;
  EXPECT_TRUE(game->make_player("minimax:nodes=5,weights=aggressive"));
  EngineResources resources;
  resources.read_weights = [](const std::string&) { return Result<std::string>(std::string("{}")); };
  EXPECT_FALSE(game->make_player("mcts:sims=5,weights=file.json", resources));
  // Another file, another player: the hash of what is really used tells.
  const auto plain = std::move(game->make_player("minimax:nodes=5")).value();
  const auto other = std::move(game->make_player("minimax:nodes=5,weights=aggressive")).value();
  EXPECT_EQ(plain->weights_hash().size(), 64U);
  EXPECT_NE(plain->weights_hash(), other->weights_hash());
}

}  // namespace
}  // namespace mz
