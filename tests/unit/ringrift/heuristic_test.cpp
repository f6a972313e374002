// The one-ply player: what it must find, and that it is the same everywhere.
#include <gtest/gtest.h>

#include <atomic>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA test
// Each builds on the one before it.
// clang-format off
#include "engine/ringrift/rules.inl"
#include "engine/ringrift/notation.inl"
#include "engine/ringrift/evaluation.inl"
#include "engine/ringrift/heuristic.inl"
#include "engine/search/model.h"
#include "engine/ringrift/pie_rule.inl"
// clang-format on

namespace mz::ringrift::test {
namespace {

template <class G>
RingRift<G> rules_for(int players, bool swap = false) {
  GameConfig config;
  config.board = std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  config.seats = players;
  if (swap) config.options["swap"] = 1;
  return RingRift<G>(*make_setup(G::kBoard, config));
}

template <class G>
class OnePlyOn : public ::testing::Test {};
using Boards = ::testing::Types<Geometry<Board::square8>, Geometry<Board::square19>, Geometry<Board::hex8>,
                                Geometry<Board::hexagonal>>;
struct BoardName {
  template <class G>
  static std::string GetName(int) {
    return std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  }
};
TYPED_TEST_SUITE(OnePlyOn, Boards, BoardName);

template <class G>
Move random_move(const MoveList& list, Rng& rng) {
  return list[rng.below(static_cast<std::uint32_t>(list.size()))];
}

// The winner of a game in which the one-ply player has one seat and random ones the others.
template <class G>
int winner_with_heuristic_in(const RingRift<G>& rules, int seat, std::uint64_t seed) {
  const Weights weights = default_weights();
  const auto player = std::make_unique<OnePly<RingRift<G>>>(rules, weights);
  Rng rng(seed);
  State<G> s;
  MoveList list;
  rules.initial(s);
  while (s.h.phase != Phase::game_over) {
    rules.moves(s, list);
    rules.apply(s, s.h.player == seat ? player->choose(s, rng).move : random_move<G>(list, rng));
  }
  return s.h.winner;
}

TYPED_TEST(OnePlyOn, NearlyAlwaysBeatsRandomPlay) {
  using G = TypeParam;
  constexpr bool kLarge = G::kCells > 100;
  for (int players = 2; players <= 4; ++players) {
    const RingRift<G> rules = rules_for<G>(players);
    int wins = 0;
    int games = 0;
    for (int seat = kLarge ? players - 1 : 0; seat < players; ++seat) {
      for (std::uint64_t i = 0; i < (kLarge ? 1 : 4); ++i, ++games) {
        wins +=
            winner_with_heuristic_in<G>(rules, seat, derive_seed(i, static_cast<std::uint64_t>(seat))) == seat ? 1 : 0;
      }
    }
    EXPECT_GE(wins, games - games / 8) << players << " seats, " << games << " games";
  }
}

// Follows the player to the end of its turn.
template <class G>
void finish_own_turn(const RingRift<G>& rules, OnePly<RingRift<G>>& player, State<G>& s, Rng& rng) {
  const int seat = s.h.player;
  do {
    rules.apply(s, player.choose(s, rng).move);
  } while (s.h.phase != Phase::game_over && s.h.player == seat && s.h.phase != Phase::ring_placement);
}

TYPED_TEST(OnePlyOn, TakesAGameThatOneMoveOfAStackWins) {
  using G = TypeParam;
  const RingRift<G> rules = rules_for<G>(2);
  const Weights weights = default_weights();
  const auto player = std::make_unique<OnePly<RingRift<G>>>(rules, weights);
  MoveList list;
  int found = 0;
  for (std::uint64_t seed = 0; seed < 40 && found < 12; ++seed) {
    Rng rng(seed);
    State<G> s;
    rules.initial(s);
    for (int ply = 0; s.h.phase != Phase::game_over; ++ply) {
      if (s.h.phase == Phase::movement && s.h.markers[0] + s.h.markers[1] > 4) {
        // One credited ring short of the goal: landing on any marker wins, nothing else needs to.
        State<G> edge = s;
        edge.h.eliminated[edge.h.player] = static_cast<std::uint16_t>(rules.setup().rings_to_win - 1);
        rules.moves(edge, list);
        bool wins = false;
        for (const Move move : list) {
          wins |= type_of(move) == MoveType::move_stack && is_marker(edge.who[static_cast<std::size_t>(to_of(move))]);
        }
        if (wins) {
          const int seat = edge.h.player;
          finish_own_turn<G>(rules, *player, edge, rng);
          EXPECT_EQ(edge.h.phase, Phase::game_over);
          EXPECT_EQ(edge.h.winner, seat);
          ++found;
          break;
        }
      }
      rules.moves(s, list);
      rules.apply(s, random_move<G>(list, rng));
    }
  }
  EXPECT_GE(found, 12);
}

TYPED_TEST(OnePlyOn, LeavesThePositionAsItWas) {
  using G = TypeParam;
  const RingRift<G> rules = rules_for<G>(3);
  const Weights weights = default_weights();
  const auto player = std::make_unique<OnePly<RingRift<G>>>(rules, weights);
  Rng rng(3);
  State<G> s;
  MoveList list;
  rules.initial(s);
  for (int ply = 0; ply < 40 && s.h.phase != Phase::game_over; ++ply) {
    State<G> copy = s;
    player->choose(copy, rng);
    EXPECT_EQ(rules.key(copy), rules.key(s));
    EXPECT_EQ(rules.text(copy), rules.text(s));
    rules.moves(s, list);
    rules.apply(s, random_move<G>(list, rng));
  }
}

// After a random first turn of seat 1.
template <class G>
State<G> after_first_turn(const RingRift<G>& rules, std::uint64_t seed) {
  Rng rng(seed);
  State<G> s;
  MoveList list;
  rules.initial(s);
  while (s.h.player == 0) {
    rules.moves(s, list);
    rules.apply(s, random_move<G>(list, rng));
  }
  return s;
}

TYPED_TEST(OnePlyOn, TheJudgeOfThePieRuleTellsWhichSideIsTheBetterOne) {
  using G = TypeParam;
  const RingRift<G> rules = rules_for<G>(2, true);
  const auto judge = std::make_unique<PieJudge<RingRift<G>>>(rules, default_weights(), nullptr);
  const auto most = static_cast<std::uint16_t>(rules.setup().rings_to_win - 1);  // one ring from winning
  State<G> behind = after_first_turn<G>(rules, 1);
  behind.h.eliminated[0] = most;
  const double share = judge->share(behind);
  EXPECT_LT(share, 0.5);
  State<G> ahead = after_first_turn<G>(rules, 1);
  ahead.h.eliminated[1] = most;
  EXPECT_GT(judge->share(ahead), 0.5);
  EXPECT_EQ(judge->share(behind), share) << "whatever it judged before";
}

// Rules under which the flag is set when the results of so many games were asked for, as the judge does once for each of its games.
template <class G>
class RulesThatStop : public RingRift<G> {
 public:
  RulesThatStop(const Setup& setup, int games) : RingRift<G>(setup), left_(games) { stop_ = games == 0; }
  void returns(const State<G>& s, std::span<float> out) const {
    RingRift<G>::returns(s, out);
    halves_ += out[1] > 0 ? 2 : out[1] < 0 ? 0 : 1;
    if (--left_ == 0) stop_ = true;
  }
  [[nodiscard]] const std::atomic<bool>* stop() const { return &stop_; }
  // What seat 2 got in these games, in halves of a win.
  [[nodiscard]] int halves() const { return halves_; }
  [[nodiscard]] int left() const { return left_; }

 private:
  mutable std::atomic<bool> stop_;
  mutable int left_;
  mutable int halves_ = 0;
};

TYPED_TEST(OnePlyOn, TheJudgeOfThePieRuleThatIsStoppedCountsTheGamesItHasFinished) {
  using G = TypeParam;
  const Setup setup = rules_for<G>(2, true).setup();
  State<G> behind = after_first_turn<G>(RingRift<G>(setup), 1);
  behind.h.eliminated[0] = static_cast<std::uint16_t>(setup.rings_to_win - 1);
  for (const int games : {1, 3}) {  // of 4 at least
    const RulesThatStop<G> rules(setup, games);
    const auto judge = std::make_unique<PieJudge<RulesThatStop<G>>>(rules, default_weights(), rules.stop());
    EXPECT_EQ(judge->share(behind), rules.halves() / (2.0 * games));
    EXPECT_EQ(rules.left(), 0) << "no further game";
    EXPECT_GT(judge->effort(), 0U);
  }
  const RulesThatStop<G> rules(setup, 0);
  const auto judge = std::make_unique<PieJudge<RulesThatStop<G>>>(rules, default_weights(), rules.stop());
  EXPECT_EQ(judge->share(behind), 0.5) << "time is over from the beginning";
  EXPECT_EQ(judge->effort(), 0U) << "not one move was looked for";
}

TEST(HeuristicEngine, PlaysTheSameGameWithEveryKernelAndOneForEverySeed) {
  for (const Board board : {Board::square8, Board::hex8}) {
    GameConfig config;
    config.board = std::string(kBoardNames[static_cast<std::size_t>(board)]);
    config.seats = 3;
    std::string first;
    for (const Kernel& kernel : kernels()) {
      const auto game = kernel.make_game(board, *make_setup(board, config), config, Digest{});
      const auto play = [&](std::uint64_t seed) {
        const auto player = game->make_player("heuristic");
        const auto position = game->initial();
        Rng rng(seed);
        std::string moves;
        while (position->kind() != NodeKind::terminal) {
          const Move move = (*player)->decide(*position, rng).move;
          moves += position->move_text(move) + "\n";
          EXPECT_TRUE(position->play(move).ok());
        }
        return moves;
      };
      const std::string moves = play(1);
      if (first.empty()) first = moves;
      EXPECT_EQ(moves, first) << kernel.name;
      EXPECT_EQ(moves, play(1));
      EXPECT_NE(moves, play(2));
    }
  }
}

}  // namespace
}  // namespace mz::ringrift::test
