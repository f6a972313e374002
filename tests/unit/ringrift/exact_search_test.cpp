// The searches in positions of RingRift against plain minimax. tests/unit/search does the same with a synthetic game, deeper.
#include <gtest/gtest.h>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA test
// Each builds on the ones before it.
// clang-format off
#include "engine/ringrift/rules.inl"
#include "engine/ringrift/notation.inl"
#include "engine/ringrift/evaluation.inl"
#include "engine/search/alpha_beta.h"
#include "engine/search/max_n.h"
#include "engine/ringrift/search_model.inl"
// clang-format on
#include "tests/unit/search/brute_force.h"

namespace mz::ringrift::test {
namespace {

template <class G>
class ExactSearch : public testing::Test {
 public:
  using Rules = RingRift<G>;
  using Model = RingRiftModel<Rules>;
  static constexpr std::uint64_t kPositions = 60'000;  // for one value by brute force

  static Rules rules_for(int seats) {
    GameConfig config;
    config.board = std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
    config.seats = seats;
    return Rules(*make_setup(G::kBoard, config));
  }

  // Compares positions of random games, every seventh one, until so many could be. A game is decided in some of them.
  template <class Search, class Prefer>
  static void compare(const Rules& rules, int depth, int wanted, Search search, const Prefer& prefer_of) {
    const Model model(default_weights());
    MoveList moves;
    int compared = 0;
    for (std::uint64_t game = 0; compared < wanted && game < 200; ++game) {
      Rng rng(derive_seed(11, game));
      State<G> s;
      rules.initial(s);
      for (int ply = 1; rules.kind(s) != NodeKind::terminal; ++ply) {
        moves.clear();
        rules.moves(s, moves);
        if (ply % 7 == 0 && moves.size() > 1 && compared < wanted) {
          const auto actor = static_cast<std::size_t>(rules.actor(s));
          BruteForce<Rules, Model> plain(rules, model, kPositions);
          Score expected = 0;
          for (int turns = 0; turns < depth && !is_found_result(expected); ++turns) {
            expected = plain.scores(s, turns, 0, prefer_of(actor))[actor];
          }
          if (!plain.gave_up()) {
            ++compared;
            ASSERT_EQ(search(model, s), expected) << "game " << game << ", ply " << ply << ", depth " << depth;
          }
        }
        rules.apply(s, moves[rng.below(static_cast<std::uint32_t>(moves.size()))]);
      }
    }
    EXPECT_EQ(compared, wanted);
  }

  static void compare_alpha_beta(int seats, int depth, int wanted, std::size_t table_entries) {
    const Rules rules = rules_for(seats);
    SearchLimits limits;
    limits.depth = depth;
    compare(
        rules, depth, wanted,
        [&](const Model& model, const State<G>& s) {
          AlphaBeta<Rules, Model> search(rules, model, {.table_entries = table_entries, .reductions = false});
          return search.run(s, limits).score;
        },
        [](std::size_t actor) { return against(actor); });
  }

  static void compare_max_n(int seats) {
    const Rules rules = rules_for(seats);
    SearchLimits limits;
    limits.depth = 2;
    compare(
        rules, 2, 4,
        [&](const Model& model, const State<G>& s) {
          return MaxN<Rules, Model>(rules, model, 1 << 14).run(s, limits).score;
        },
        [](std::size_t /*actor*/) { return kOwnScore; });
  }
};

using Boards = testing::Types<Geometry<Board::square8>, Geometry<Board::hex8>>;
struct BoardName {
  template <class G>
  static std::string GetName(int /*index*/) {
    return std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  }
};
TYPED_TEST_SUITE(ExactSearch, Boards, BoardName);

TYPED_TEST(ExactSearch, AlphaBetaFindsTheMinimaxValueWithAndWithoutTheTable) {
  for (const std::size_t entries : {0, 1 << 14}) {
    TestFixture::compare_alpha_beta(2, 1, 20, entries);
    TestFixture::compare_alpha_beta(2, 2, 6, entries);
    TestFixture::compare_alpha_beta(2, 3, 3, entries);
  }
}

TYPED_TEST(ExactSearch, AlphaBetaTakesTheOthersForOneOpponent) {
  TestFixture::compare_alpha_beta(3, 2, 4, 1 << 14);
  TestFixture::compare_alpha_beta(4, 2, 4, 1 << 14);
}

TYPED_TEST(ExactSearch, MaxNLetsEverySeatTakeItsOwnBest) {
  TestFixture::compare_max_n(3);
  TestFixture::compare_max_n(4);
}

}  // namespace
}  // namespace mz::ringrift::test
