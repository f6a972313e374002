// Everything of RingRift that is compiled once per instruction set. Included by kernel_board.cpp inside its target pragma, after all
// standard headers: a template of the standard library compiled here for a newer processor could be linked into code that must
// run on any.

// Each builds on the ones before it.
// clang-format off
#include "engine/ringrift/rules.inl"
// notation needs the complete rules
#include "engine/ringrift/notation.inl"

#include "engine/ringrift/evaluation.inl"
#include "engine/ringrift/heuristic.inl"
// the searches are templates over the rules, so they are compiled here for each instruction set
#include "engine/search/tree_player.h"
#include "engine/search/minimax.h"

#include "engine/ringrift/search_model.inl"
// players need all of the above
#include "engine/ringrift/pie_rule.inl"
#include "engine/ringrift/players.inl"
// clang-format on

namespace mz::ringrift::MZ_ISA {

template <class G>
class BoardWorkload final : public Workload {
 public:
  explicit BoardWorkload(const Setup& setup) : rules_(setup) {}

  Tally playouts(std::uint64_t seed, std::uint64_t games) override {
    Tally tally;
    for (std::uint64_t i = 0; i < games; ++i) {
      Rng rng(derive_seed(seed, i));
      rules_.initial(state_);
      while (state_.h.phase != Phase::game_over) {
        rules_.moves(state_, list_);
        rules_.apply(state_, list_[rng.below(static_cast<std::uint32_t>(list_.size()))]);
        ++tally.plies;
      }
      ++tally.games;
      tally.digest = mix64(tally.digest ^ rules_.key(state_));
    }
    return tally;
  }

  Tally digest_games(std::uint64_t seed, std::uint64_t games) override {
    Tally tally;
    for (std::uint64_t i = 0; i < games; ++i) {
      for (const Move move : record(derive_seed(seed, i), [&](const auto&state, const MoveList&list) {
             tally.digest = mix64(tally.digest ^ rules_.key(state) ^ list.size() << 40);
           })) {
        tally.digest = mix64(tally.digest ^ move.code);
        ++tally.plies;
      }
      ++tally.games;
    }
    return tally;
  }

  Tally apply_undo(std::uint64_t seed, std::uint64_t rounds) override {
    Tally tally;
    const std::vector<Move> game = record(seed, [](const auto&, const MoveList&) {});
    std::vector<Undo<G>> undo(game.size());
    rules_.initial(state_);
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (std::size_t i = 0; i < game.size(); ++i) rules_.apply(state_, game[i], undo[i]);
      tally.digest ^= rules_.key(state_);
      for (std::size_t i = game.size(); i-- > 0;) rules_.undo(state_, undo[i]);
      tally.plies += game.size();
    }
    tally.games = rounds;
    return tally;
  }

  Tally minimax(std::uint64_t seed, std::uint64_t nodes) override {
    Tally tally;
    AlphaBeta<RingRift<G>, RingRiftModel<RingRift<G>>> search(rules_, RingRiftModel<RingRift<G>>(default_weights()),
                                                              {});
    SearchLimits limits;
    limits.nodes = nodes / kSample + 1;
    for (const State<G>& state : sample(seed)) {
      const SearchResult found = search.run(state, limits);
      tally.plies += found.nodes;
      tally.digest = mix64(tally.digest ^ found.move.code ^ static_cast<std::uint64_t>(found.score) << 32);
      ++tally.games;
    }
    return tally;
  }

  Tally tree_visits(std::uint64_t seed, std::uint64_t visits) override {
    Tally tally;
    MctsOptions options;
    options.visits = visits;
    MctsTree<RingRift<G>> tree(rules_, options);
    ConstantEvaluator<RingRift<G>> evaluator;
    const std::vector<State<G>> positions = sample(seed);
    const State<G>* middle = &positions[kSample / 2];
    for (std::size_t i = kSample / 2; i < kSample; ++i) {
      rules_.moves(positions[i], list_);
      if (list_.size() > 1) {
        middle = &positions[i];
        break;
      }
    }
    tree.start(*middle, seed, {});
    do {
      evaluator.submit(tree.gather());
      tree.absorb();
    } while (tree.root_visits() < visits);
    tally.plies = tree.root_visits();
    tally.digest = mix64(tree.best_edge(tree.root())->move.code);
    return tally;
  }

  Tally generate(std::uint64_t seed, std::uint64_t rounds) override {
    Tally tally;
    const std::vector<State<G>> positions = sample(seed);
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (const State<G>& state : positions) {
        rules_.moves(state, list_);
        tally.digest += list_.size();
        ++tally.plies;
      }
    }
    return tally;
  }

 private:
  static constexpr std::size_t kSample = 16;  // positions; few enough to stay in the cache

  // Positions spread evenly over a random game.
  std::vector<State<G>> sample(std::uint64_t seed) {
    std::vector<State<G>> states;
    record(seed, [&](const State<G>& state, const MoveList&) { states.push_back(state); });
    std::vector<State<G>> chosen;
    for (std::size_t i = 0; i < kSample; ++i) chosen.push_back(states[i * states.size() / kSample]);
    return chosen;
  }

  // A random game; visit(position, its moves) before every move.
  template <class Visit>
  std::vector<Move> record(std::uint64_t seed, Visit visit) {
    std::vector<Move> game;
    Rng rng(seed);
    rules_.initial(state_);
    while (state_.h.phase != Phase::game_over) {
      rules_.moves(state_, list_);
      visit(static_cast<const State<G>&>(state_), list_);
      const Move move = list_[rng.below(static_cast<std::uint32_t>(list_.size()))];
      game.push_back(move);
      rules_.apply(state_, move);
    }
    return game;
  }

  RingRift<G> rules_;
  State<G> state_;
  MoveList list_;
};

template <class G>
std::unique_ptr<Game> make_board_game(const Setup& setup, const GameConfig& config, const Digest& rules_hash) {
  return std::make_unique<ErasedGame<RingRift<G>>>(RingRift<G>(setup), config, rules_hash,
                                                   player_makers<RingRift<G>>());
}

template <class G>
std::unique_ptr<Workload> make_board_workload(const Setup& setup) {
  return std::make_unique<BoardWorkload<G>>(setup);
}

}  // namespace mz::ringrift::MZ_ISA
