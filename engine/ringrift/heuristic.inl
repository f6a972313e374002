// One-ply play: every legal move is tried, and judged by the evaluation of the position in which the own turn ends.

namespace mz::ringrift::MZ_ISA {

// Chooses a move by trying each one. A turn has several plies, most of them bookkeeping, and what a move is worth shows only when the
// lines and regions it makes are collapsed; so behind each move the rest of the own turn is played: the best continuation is sought
// while the budget of positions lasts, and taken greedily afterwards.
template <class R>
class OnePly {
 public:
  OnePly(const R& rules, const Weights& weights) : rules_(rules), weights_(weights) {}

  // `state` comes back unchanged. Equally good moves are equally likely.
  Decision choose(typename R::State& state, Rng& rng) {
    rules_.moves(state, lists_[0]);
    const int p = rules_.actor(state);
    const MoveList& list = lists_[0];
    Decision decision;
    nodes_ = 0;
    if (list.size() == 1) {
      decision.move = list[0];
      return decision;
    }
    Score best = 0;
    std::uint32_t ties = 0;
    for (const Move move : list) {
      rules_.apply(state, move, undo_[0]);
      const Score value = finish_turn(state, p, 1, kContinuations);
      rules_.undo(state, undo_[0]);
      if (ties == 0 || value > best) {
        best = value;
        ties = 1;
        decision.move = move;
      } else if (value == best && rng.below(++ties) == 0) {
        decision.move = move;
      }
    }
    decision.nodes = nodes_;
    return decision;
  }

 private:
  static constexpr std::size_t kMaxPlies = 24;      // of one turn that are followed
  static constexpr int kContinuations = 64;  // positions beside the greedy line that are looked at behind one move

  Score judge(const typename R::State& state, int p) {
    ++nodes_;
    std::array<Score, kMaxPlayers> scores;
    evaluate(rules_, state, weights_, std::span<Score, kMaxPlayers>(scores));
    return scores[static_cast<std::size_t>(p)];
  }

  // The value for p of the position, whose turn may still go on.
  Score finish_turn(typename R::State& state, int p, std::size_t ply, int budget) {
    if (state.h.phase == Phase::game_over || state.h.phase == Phase::ring_placement || state.h.phase == Phase::movement ||
        state.h.player != p || ply == kMaxPlies) {
      return judge(state, p);
    }
    MoveList& list = lists_[ply];
    rules_.moves(state, list);
    if (list.empty()) return judge(state, p);
    if (list.size() == 1) {
      rules_.apply(state, list[0], undo_[ply]);
      const Score value = finish_turn(state, p, ply + 1, budget);
      rules_.undo(state, undo_[ply]);
      return value;
    }
    const int share = budget / static_cast<int>(list.size());
    Score best = std::numeric_limits<Score>::min();
    if (share > 0) {
      for (const Move move : list) {
        rules_.apply(state, move, undo_[ply]);
        best = std::max(best, finish_turn(state, p, ply + 1, share));
        rules_.undo(state, undo_[ply]);
      }
      return best;
    }
    Move greedy;
    for (const Move move : list) {
      rules_.apply(state, move, undo_[ply]);
      const Score value = judge(state, p);
      rules_.undo(state, undo_[ply]);
      if (value > best) {
        best = value;
        greedy = move;
      }
    }
    rules_.apply(state, greedy, undo_[ply]);
    const Score value = finish_turn(state, p, ply + 1, 0);
    rules_.undo(state, undo_[ply]);
    return value;
  }

  const R& rules_;
  const Weights& weights_;
  std::uint64_t nodes_ = 0;
  std::array<MoveList, kMaxPlies> lists_;
  std::array<typename R::Undo, kMaxPlies> undo_;
};

template <class R>
class HeuristicPlayer final : public Player {
 public:
  HeuristicPlayer(std::shared_ptr<const R> rules, const Weights& weights)
      : rules_(std::move(rules)), weights_(weights), one_ply_(*rules_, weights_) {}

  Decision decide(const Position& position, Rng& rng) override {
    const auto* mine = ErasedPosition<R>::from(position);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    state_ = mine->state();
    return one_ply_.choose(state_, rng);
  }

 private:
  std::shared_ptr<const R> rules_;
  Weights weights_;
  OnePly<R> one_ply_;
  typename R::State state_;
};

template <class R>
PlayerMakers<R> player_makers() {
  PlayerMakers<R> makers;
  makers["heuristic"] = [](const std::shared_ptr<const R>& rules,
                           std::string_view arguments) -> Result<std::unique_ptr<Player>> {
    static constexpr std::string_view kWeights = "weights=";
    Weights weights = default_weights();
    if (!arguments.empty()) {
      if (!arguments.starts_with(kWeights)) {
        return Error{ErrorKind::usage, "The engine 'heuristic' takes weights=NAME and nothing else."};
      }
      Result<Weights> chosen = profile_weights(arguments.substr(kWeights.size()));
      if (!chosen) return chosen.error();
      weights = *chosen;
    }
    return std::unique_ptr<Player>(std::make_unique<HeuristicPlayer<R>>(rules, weights));
  };
  return makers;
}

}  // namespace mz::ringrift::MZ_ISA
