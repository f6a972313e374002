#include "tests/bench/one_ply_match.h"

#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA bench
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#include "engine/ringrift/evaluation.inl"
#include "engine/ringrift/heuristic.inl"
#include "engine/ringrift/notation.inl"
#include "engine/ringrift/rules.inl"

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

// Time this thread really ran: other programs on the machine do not count.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

inline OnePlyEffort effort_of(const OnePlyContestant& c) { return {c.nodes, c.behind_move, c.behind_placement}; }

template <class G>
class Match {
 public:
  using R = RingRift<G>;
  Match(const Setup& setup, const OnePlyContestant& a, const OnePlyContestant& b) : rules_(setup), a_(a), b_(b) {
    engines_[0] = std::make_unique<OnePly<R>>(rules_, a_.weights, effort_of(a_));
    engines_[1] = std::make_unique<OnePly<R>>(rules_, b_.weights, effort_of(b_));
  }

  // Whether A wins with the seats of `mask`.
  bool play(std::uint64_t seed, unsigned mask) {
    Rng opening(seed);
    Rng rng(derive_seed(seed, mask));
    rules_.initial(state_);
    for (int plies = 0; state_.h.phase != Phase::game_over; ++plies) {
      const bool is_a = (mask >> state_.h.player & 1) != 0;
      const OnePlyContestant& mover = is_a ? a_ : b_;
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
        const double start = cpu_seconds();
        const Decision decision = engines_[is_a ? 0 : 1]->choose(state_, rng);
        tally.seconds += cpu_seconds() - start;
        tally.nodes += decision.nodes;
        move = decision.move;
      }
      rules_.apply(state_, move);
      ++tally.plies;
    }
    ++tally.games;
    ++tally.endings[static_cast<std::size_t>(state_.h.ending)];
    return (mask >> state_.h.winner & 1) != 0;
  }

  OnePlyTally tally;

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
  const OnePlyContestant& a_;
  const OnePlyContestant& b_;
  std::array<std::unique_ptr<OnePly<R>>, 2> engines_;
  typename R::State state_;
  typename R::Undo undo_;
  MoveList list_;
};

template <class G>
OnePlyTally run(const Setup& setup, const OnePlyContestant& a, const OnePlyContestant& b, std::uint64_t pairs,
                std::uint64_t seed) {
  auto match = std::make_unique<Match<G>>(setup, a, b);
  const auto n = static_cast<unsigned>(setup.players);
  double score = 0;
  for (std::uint64_t i = 0; i < pairs; ++i) {
    // A in each seat alone, against B in the others.
    for (unsigned p = 0; p < n; ++p) score += match->play(derive_seed(seed, i), 1U << p) ? 0.5 * n : 0;
  }
  match->tally.score = score / static_cast<double>(match->tally.games);
  return match->tally;
}

}  // namespace mz::ringrift::bench

#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC pop_options
#endif

namespace mz::ringrift {

OnePlyTally one_ply_match(Board board, const Setup& setup, const OnePlyContestant& a, const OnePlyContestant& b,
                          std::uint64_t pairs, std::uint64_t seed) {
  switch (board) {
    case Board::square8:
      return bench::run<Geometry<Board::square8>>(setup, a, b, pairs, seed);
    case Board::square19:
      return bench::run<Geometry<Board::square19>>(setup, a, b, pairs, seed);
    case Board::hex8:
      return bench::run<Geometry<Board::hex8>>(setup, a, b, pairs, seed);
    default:
      return bench::run<Geometry<Board::hexagonal>>(setup, a, b, pairs, seed);
  }
}

OnePlyContestant one_ply_contestant(std::string name) {
  OnePlyContestant result;
  if (const auto at = name.find('@'); at != std::string::npos) {
    unsigned long long nodes = 0;
    if (std::sscanf(name.c_str() + at, "@%llu,%d,%d", &nodes, &result.behind_move, &result.behind_placement) != 3)
      std::exit(2);
    result.nodes = nodes;
    name.resize(at);
  }
  result.name = name;
  if (name == "random" || name == "counts") return result;
  Result<Weights> weights = profile_weights(name);
  if (!weights) {
    std::ifstream file(name);
    std::stringstream text;
    text << file.rdbuf();
    weights = parse_weights(text.str());
  }
  if (!weights) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), weights.error().text.c_str());
    std::exit(2);
  }
  result.weights = *weights;
  return result;
}

}  // namespace mz::ringrift
