// What the features of the evaluation must be like on every board, over positions of random games.
#include <gtest/gtest.h>

#include <functional>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA test
// Each builds on the one before it.
// clang-format off
#include "engine/ringrift/rules.inl"
#include "engine/ringrift/notation.inl"
#include "engine/ringrift/evaluation.inl"
// clang-format on

namespace mz::ringrift::test {
namespace {

constexpr std::size_t idx(int i) { return static_cast<std::size_t>(i); }

template <class G>
Rules<G> rules_for(int players) {
  GameConfig config;
  config.board = std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  config.seats = players;
  return Rules<G>(*make_setup(G::kBoard, config));
}

constexpr bool large(Board board) { return board == Board::square19 || board == Board::hexagonal; }

// Calls visit with the positions of random games, every `stride`-th one.
template <class G>
void random_positions(const Rules<G>& rules, int games, int stride, const std::function<void(const State<G>&)>& visit) {
  State<G> s;
  MoveList list;
  int count = 0;
  for (int game = 0; game < games; ++game) {
    Rng rng(derive_seed(7, static_cast<std::uint64_t>(game)));
    rules.initial(s);
    while (s.h.phase != Phase::game_over) {
      if (++count % stride == 0) visit(s);
      rules.moves(s, list);
      rules.apply(s, list[rng.below(static_cast<std::uint32_t>(list.size()))]);
    }
  }
}

template <class G>
std::array<Score, kMaxPlayers> scores(const Rules<G>& rules, const State<G>& s, const Weights& weights) {
  std::array<Score, kMaxPlayers> out{};
  evaluate(rules, s, weights, std::span<Score, kMaxPlayers>(out));
  return out;
}

// The same position seen otherwise: cells moved by `cell`, seat p called seat[p].
template <class G>
State<G> transformed(const Rules<G>& rules, const State<G>& s, const std::function<int(int)>& cell,
                     const std::array<int, kMaxPlayers>& seat) {
  State<G> t;
  rules.clear(t);
  for (int from = 0; from < G::kCells; ++from) {
    const std::uint8_t who = s.who[idx(from)];
    if (who == kEmpty) continue;
    const int owner = seat[idx(owner_of(who))];
    Rings rings = 0;
    for (int i = 0; i < (is_stack(who) ? height(s.rings[idx(from)]) : 0); ++i) {
      rings = push_top(rings == 0 ? 1 : rings, seat[idx(ring_at(s.rings[idx(from)], i))]);
    }
    rules.put(t, cell(from),
              is_stack(who)    ? stack_of(owner)
              : is_marker(who) ? marker_of(owner)
                               : collapsed_of(owner),
              rings, nullptr);
  }
  const auto moved = [&](Cell c) { return c == kNoCell ? kNoCell : static_cast<Cell>(cell(c)); };
  for (int p = 0; p < kMaxPlayers; ++p) {
    const auto q = idx(seat[idx(p)]);
    t.h.hand[q] = s.h.hand[idx(p)];
    t.h.eliminated[q] = s.h.eliminated[idx(p)];
    t.h.territory[q] = s.h.territory[idx(p)];
    t.h.board_rings[q] = s.h.board_rings[idx(p)];
  }
  t.h.must_move = moved(s.h.must_move);
  t.h.origin = moved(s.h.origin);
  t.h.phase = s.h.phase;
  t.h.flags = s.h.flags;
  t.h.player = static_cast<std::uint8_t>(seat[s.h.player]);
  t.h.lps_count = s.h.lps_count;
  t.h.lps_player = static_cast<std::uint8_t>(s.h.lps_player == 0 ? 0 : seat[idx(s.h.lps_player - 1)] + 1);
  return t;
}

// The symmetries of a board as maps of cells. C64: on hex8 a claim also takes markers along one long diagonal, so that only four of the
// twelve leave the rules as they are.
template <class G>
std::vector<std::function<int(int)>> symmetries(bool of_the_rules) {
  std::vector<std::function<int(int)>> maps;
  const int middle = G::kHex ? G::kRadius : 0;
  const int order = G::kHex ? 6 : 4;
  for (int turns = 0; turns < order; ++turns) {
    for (const bool mirrored : {false, true}) {
      if (of_the_rules && G::kBoard == Board::hex8 && turns % 3 != 0) continue;
      maps.emplace_back([=](int cell) {
        int x = G::row(cell) - middle;
        int y = G::column(cell) - middle;
        if (mirrored) std::swap(x, y);
        for (int i = 0; i < turns; ++i) {
          const int old = x;
          x = G::kHex ? -y : G::kRows - 1 - y;
          y = G::kHex ? old + y : old;
        }
        return G::cell(x + middle, y + middle);
      });
    }
  }
  return maps;
}

template <class B>
class EvaluationOn : public ::testing::Test {};
template <Board B>
using On = Geometry<B>;
using Boards = ::testing::Types<On<Board::square8>, On<Board::square19>, On<Board::hex8>, On<Board::hexagonal>>;
struct BoardName {
  template <class G>
  static std::string GetName(int) {
    return std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  }
};
TYPED_TEST_SUITE(EvaluationOn, Boards, BoardName);

TYPED_TEST(EvaluationOn, EveryFeatureVariesInGamesOfTwoThreeAndFourSeats) {
  using G = TypeParam;
  for (int players = 2; players <= 4; ++players) {
    const Rules<G> rules = rules_for<G>(players);
    FeatureVector low;
    FeatureVector high;
    low.fill(INT32_MAX);
    high.fill(INT32_MIN);
    random_positions<G>(rules, large(G::kBoard) ? 40 : 150, 1, [&](const State<G>& s) {
      const Features<G> features(rules, s);
      for (int p = 0; p < players; ++p) {
        const FeatureVector x = features.seat(p);
        for (std::size_t i = 0; i < kFeatureCount; ++i) {
          low[i] = std::min(low[i], x[i]);
          high[i] = std::max(high[i], x[i]);
        }
      }
    });
    for (std::size_t i = 0; i + 1 < kFeatureCount; ++i) {
      EXPECT_LT(low[i], high[i]) << kFeatures[i].name << " with " << players << " seats";
    }
  }
}

// Feature by feature: a sum of them would hide one that is wrong by little, or has no weight.
TYPED_TEST(EvaluationOn, SeatsThatChangeNamesChangeTheirFeaturesAndScores) {
  using G = TypeParam;
  for (int players = 2; players <= 4; ++players) {
    const Rules<G> rules = rules_for<G>(players);
    std::array<int, kMaxPlayers> seat{};
    for (int p = 0; p < kMaxPlayers; ++p) seat[idx(p)] = p < players ? (p + 1) % players : p;
    random_positions<G>(rules, large(G::kBoard) ? 2 : 10, large(G::kBoard) ? 17 : 3, [&](const State<G>& s) {
      const auto turned = transformed<G>(
          rules, s, [](int cell) { return cell; }, seat);
      const Features<G> named(rules, s);
      const Features<G> renamed(rules, turned);
      for (int p = 0; p < players; ++p) {
        const FeatureVector own = named.seat(p);
        const FeatureVector again = renamed.seat(seat[idx(p)]);
        for (std::size_t i = 0; i < kFeatureCount; ++i) {
          ASSERT_EQ(own[i], again[i]) << kFeatures[i].name << " of seat " << p << " of " << players;
        }
      }
      const auto before = scores<G>(rules, s, default_weights());
      const auto after = scores<G>(rules, turned, default_weights());
      for (int p = 0; p < players; ++p) ASSERT_EQ(before[idx(p)], after[idx(seat[idx(p)])]);
    });
  }
}

TYPED_TEST(EvaluationOn, TwoSeatsAreScoredByHowMuchMoreTheirWeightedFeaturesAreThanTheOthers) {
  using G = TypeParam;
  const Rules<G> rules = rules_for<G>(2);
  const Weights weights = default_weights();
  random_positions<G>(rules, large(G::kBoard) ? 2 : 10, 3, [&](const State<G>& s) {
    const Features<G> features(rules, s);
    const FeatureVector first = features.seat(0);
    const FeatureVector second = features.seat(1);
    std::int64_t ahead = 0;
    for (std::size_t i = 0; i < kFeatureCount; ++i) {
      if (i == index(Feature::multi_leader_threat))
        continue;  // no feature of a seat: it weighs the others of three and more
      ahead += std::int64_t{weights.value[i]} * (first[i] - second[i]);
    }
    const auto value = scores<G>(rules, s, weights);
    ASSERT_EQ(value[0], ahead);
    ASSERT_EQ(value[1], -ahead);
    ASSERT_LT(std::abs(value[0]), kMaxEvaluation);
  });
}

TYPED_TEST(EvaluationOn, BoardsThatAreTurnedOrMirroredHaveTheSameFeatures) {
  using G = TypeParam;
  const Rules<G> rules = rules_for<G>(2);
  for (const bool of_the_rules : {false, true}) {
    const auto maps = symmetries<G>(of_the_rules);
    EXPECT_EQ(maps.size(), G::kHex ? (of_the_rules && G::kBoard == Board::hex8 ? 4U : 12U) : 8U);
    random_positions<G>(rules, large(G::kBoard) ? 1 : 10, large(G::kBoard) ? 37 : 7, [&](const State<G>& s) {
      const Features<G> features(rules, s);
      for (const auto& map : maps) {
        const State<G> turned = transformed<G>(rules, s, map, {0, 1, 2, 3});
        const Features<G> again(rules, turned);
        for (int p = 0; p < 2; ++p) {
          FeatureVector before = features.seat(p);
          FeatureVector after = again.seat(p);
          if (!of_the_rules) before[index(Feature::territory_claim)] = after[index(Feature::territory_claim)] = 0;
          for (std::size_t i = 0; i < kFeatureCount; ++i) ASSERT_EQ(before[i], after[i]) << kFeatures[i].name;
        }
      }
    });
  }
}

// A position text may credit a seat with up to 9,999 rings. Beyond the goal they never count for less than fewer rings.
TYPED_TEST(EvaluationOn, MoreCreditedRingsAreNeverWorthLessHoweverMany) {
  using G = TypeParam;
  Weights heaviest = default_weights();
  for (std::size_t i = 0; i + 1 < kFeatureCount; ++i) heaviest.value[i] = kFeatures[i].high;
  for (int players = 2; players <= 4; ++players) {
    const RingRift<G> rules(rules_for<G>(players).setup());
    State<G> initial;
    rules.initial(initial);
    const std::string text = rules.text(initial);
    std::string none = "|E 0";
    for (int p = 1; p < players; ++p) none += ",0";
    for (const Weights& weights : {default_weights(), heaviest}) {
      Score before = 0;
      for (const int rings : {10, 100, 645, 646, 700, 1000, 2000, 5000, 9999}) {
        std::string credited = text;
        credited.replace(credited.find(none), 4, "|E " + std::to_string(rings));
        const auto s = rules.parse(credited);
        ASSERT_TRUE(s) << credited;
        const auto value = scores<G>(rules, *s, weights);
        ASSERT_GE(value[0], before) << rings << " rings, " << players << " seats";
        ASSERT_GT(value[0], 0);
        ASSERT_LT(value[0], kMaxEvaluation);
        ASSERT_LT(value[1], 0);
        ASSERT_GT(value[1], -kMaxEvaluation);
        before = value[0];
      }
    }
  }
}

TYPED_TEST(EvaluationOn, AFinishedGameIsWonOrLost) {
  using G = TypeParam;
  const Rules<G> rules = rules_for<G>(3);
  State<G> s;
  rules.initial(s);
  s.h.phase = Phase::game_over;
  s.h.winner = 1;
  EXPECT_EQ(scores<G>(rules, s, default_weights()), (std::array<Score, kMaxPlayers>{-kWin, kWin, -kWin, 0}));
}

}  // namespace
}  // namespace mz::ringrift::test
