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
    EXPECT_LE(std::abs(decision.value), 1.0) << spec;
    const auto line = position->clone();
    for (const Move move : decision.variation) ASSERT_TRUE(line->play(move)) << spec;
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
          EXPECT_GT(decision.value, 0) << spec;
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
