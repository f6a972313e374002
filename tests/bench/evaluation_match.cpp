// evaluation_match: seat-balanced matches between weights of the evaluation, and its speed. Not part of any test run.
//
//   evaluation_match BOARD SEATS PAIRS A B [SEED]    A, B: a weight file, a profile name, `counts` or `random`
//
// Prints wins of A, of B and the score of A; a pair is one opening (four random plies) played with every assignment of seats.
// `counts` is the evaluation that came before this one: a few counts of the header, one ply.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA bench
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#include "engine/ringrift/rules.inl"
#include "engine/ringrift/notation.inl"
#include "engine/ringrift/evaluation.inl"
#include "engine/ringrift/heuristic.inl"

namespace mz::ringrift::bench {

template <class R>
Score count_value(const R& rules, const typename R::State& s, int p) {
  const Setup& setup = rules.setup();
  if (s.h.phase == Phase::game_over) return s.h.winner == p ? 1'000'000 : -1'000'000;
  const auto value = [&](int seat) {
    const auto q = static_cast<std::size_t>(seat);
    const int rings = s.h.eliminated[q] * 1000 / setup.rings_to_win;
    const int land = s.h.collapsed[q] * 1000 / setup.territory_to_win;
    return 3 * rings + 3 * land + (rings * rings + land * land) / 400 + 60 * s.h.stacks[q] + 12 * s.h.markers[q] +
           8 * s.h.hand[q] + 20 * s.h.board_rings[q] - (s.h.stacks[q] == 0 ? 600 : 0);
  };
  int best_other = -1'000'000;
  for (int q = 0; q < setup.players; ++q) best_other = q == p ? best_other : std::max(best_other, value(q));
  return value(p) - best_other;
}

struct Contestant {
  std::string name;
  Weights weights = default_weights();
};

template <class G>
class Match {
 public:
  using R = RingRift<G>;
  Match(const Setup& setup, const Contestant& a, const Contestant& b) : rules_(setup), a_(a), b_(b) {
    engines_[0] = std::make_unique<OnePly<R>>(rules_, a_.weights);
    engines_[1] = std::make_unique<OnePly<R>>(rules_, b_.weights);
  }

  // Whether A wins with the seats of `mask`.
  bool play(std::uint64_t seed, unsigned mask) {
    Rng opening(seed);
    Rng rng(derive_seed(seed, mask));
    rules_.initial(state_);
    for (int plies = 0; state_.h.phase != Phase::game_over; ++plies) {
      const bool is_a = (mask >> state_.h.player & 1) != 0;
      const Contestant& mover = is_a ? a_ : b_;
      Move move;
      rules_.moves(state_, list_);
      if (list_.size() == 1) {
        move = list_[0];
      } else if (plies < 4) {
        move = list_[opening.below(static_cast<std::uint32_t>(list_.size()))];
      } else if (mover.name == "random") {
        move = list_[rng.below(static_cast<std::uint32_t>(list_.size()))];
      } else if (mover.name == "counts") {
        move = by_counts(rng);
      } else {
        const auto start = std::chrono::steady_clock::now();
        const Decision decision = engines_[is_a ? 0 : 1]->choose(state_, rng);
        seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        nodes += decision.nodes;
        move = decision.move;
      }
      rules_.apply(state_, move);
      ++plies_total;
    }
    ++games;
    ++endings[static_cast<std::size_t>(state_.h.ending)];
    return (mask >> state_.h.winner & 1) != 0;
  }

  double seconds = 0;
  std::uint64_t nodes = 0;
  std::uint64_t games = 0;
  std::uint64_t plies_total = 0;
  std::array<int, kEndingNames.size()> endings{};

 private:
  Move by_counts(Rng& rng) {
    const int p = state_.h.player;
    Score best = 0;
    std::uint32_t ties = 0;
    Move chosen;
    for (const Move move : list_) {
      rules_.apply(state_, move, undo_);
      const Score value = count_value(rules_, state_, p);
      rules_.undo(state_, undo_);
      if (ties == 0 || value > best) {
        best = value;
        ties = 1;
        chosen = move;
      } else if (value == best && rng.below(++ties) == 0) {
        chosen = move;
      }
    }
    return chosen;
  }

  R rules_;
  const Contestant& a_;
  const Contestant& b_;
  std::array<std::unique_ptr<OnePly<R>>, 2> engines_;
  typename R::State state_;
  typename R::Undo undo_;
  MoveList list_;
};

template <class G>
void run(const Setup& setup, std::uint64_t pairs, const Contestant& a, const Contestant& b, std::uint64_t seed) {
  auto match = std::make_unique<Match<G>>(setup, a, b);
  double score = 0;
  std::uint64_t games = 0;
  const auto n = static_cast<unsigned>(setup.players);
  for (std::uint64_t i = 0; i < pairs; ++i) {
    // A in each seat alone, against B in the others; and with three or four seats the other way round too.
    for (unsigned p = 0; p < n; ++p) {
      const double share = 1.0 / n;
      const bool a_won = match->play(derive_seed(seed, i), 1U << p);
      score += n == 2 ? (a_won ? 1 : 0) : (a_won ? 0.5 / share : 0);
      ++games;
    }
  }
  // With more than two seats 0.5 means: A wins as often as any one seat should.
  std::printf("games %llu score %.4f plies/game %.1f nodes/game %.0f us/node %.3f ms/game %.1f |",
              static_cast<unsigned long long>(games), score / static_cast<double>(games),
              static_cast<double>(match->plies_total) / static_cast<double>(games),
              static_cast<double>(match->nodes) / static_cast<double>(games),
              1e6 * match->seconds / static_cast<double>(std::max<std::uint64_t>(1, match->nodes)),
              1e3 * match->seconds / static_cast<double>(games));
  for (std::size_t i = 1; i < kEndingNames.size(); ++i) {
    if (match->endings[i] != 0) std::printf(" %s %d", std::string(kEndingNames[i]).c_str(), match->endings[i]);
  }
  std::printf("\n");
}

}  // namespace mz::ringrift::bench

#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC pop_options
#endif

namespace {

mz::ringrift::bench::Contestant contestant(const std::string& name) {
  mz::ringrift::bench::Contestant result{name};
  if (name == "random" || name == "counts") return result;
  mz::Result<mz::ringrift::Weights> weights = mz::ringrift::profile_weights(name);
  if (!weights) {
    std::ifstream file(name);
    std::stringstream text;
    text << file.rdbuf();
    weights = mz::ringrift::parse_weights(text.str());
  }
  if (!weights) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), weights.error().text.c_str());
    std::exit(2);
  }
  result.weights = *weights;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace mz::ringrift;
  if (argc < 6) {
    std::fprintf(stderr, "usage: evaluation_match BOARD SEATS PAIRS A B [SEED]\n");
    return 2;
  }
  mz::GameConfig config;
  config.board = argv[1];
  config.seats = std::atoi(argv[2]);
  const auto pairs = static_cast<std::uint64_t>(std::atoi(argv[3]));
  const auto a = contestant(argv[4]);
  const auto b = contestant(argv[5]);
  const std::uint64_t seed = argc > 6 ? static_cast<std::uint64_t>(std::atoll(argv[6])) : 1;
  for (const Board board : {Board::square8, Board::square19, Board::hex8, Board::hexagonal}) {
    if (config.board != kBoardNames[static_cast<std::size_t>(board)]) continue;
    const auto setup = make_setup(board, config);
    if (!setup) return 2;
    switch (board) {
      case Board::square8: bench::run<Geometry<Board::square8>>(*setup, pairs, a, b, seed); break;
      case Board::square19: bench::run<Geometry<Board::square19>>(*setup, pairs, a, b, seed); break;
      case Board::hex8: bench::run<Geometry<Board::hex8>>(*setup, pairs, a, b, seed); break;
      default: bench::run<Geometry<Board::hexagonal>>(*setup, pairs, a, b, seed); break;
    }
    return 0;
  }
  return 2;
}
