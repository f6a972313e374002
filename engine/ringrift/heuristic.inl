// One-ply play: every legal move is tried, and judged by the evaluation of the position in which the own turn ends.

namespace mz::ringrift::MZ_ISA {

// How much of the own turn is looked at.
struct OnePlyEffort {
  // Positions after which no further placement is looked behind. Enough for all placements of a small board.
  std::uint64_t nodes = 6000;
  int behind_move = 64;      // positions looked at behind one move of a stack
  int behind_placement = 8;  // and behind each move after a placement
};

// Chooses a move by trying each one. A turn has several plies, most of them bookkeeping, and what a move is worth shows only when the
// stack placed has moved and the lines and regions it makes are collapsed; so behind each move the rest of the own turn is played:
// the best continuation is sought while the budget of positions lasts, and taken greedily afterwards.
template <class R>
class OnePly {
 public:
  OnePly(const R& rules, const Weights& weights, const OnePlyEffort& effort = {})
      : rules_(rules), weights_(weights), effort_(effort) {}

  // `state` comes back unchanged. Equally good moves are equally likely. A swap is never chosen: PieJudge decides that.
  Decision choose(typename R::State& state, Rng& rng) {
    MoveList& list = lists_[0];
    rules_.moves(state, list);
    mover_ = rules_.actor(state);
    nodes_ = 0;
    tried_.clear();
    Decision decision;
    if (list.size() == 1) {
      decision.move = list[0];
      return decision;
    }
    for (const Move move : list) {
      if (type_of(move) == MoveType::swap_sides) continue;
      rules_.apply(state, move, undo_[0]);
      tried_.push_back({move, finish_turn(state, 1, effort_.behind_move)});
      rules_.undo(state, undo_[0]);
    }
    if (state.h.phase == Phase::ring_placement) look_behind_placements(state);
    decision.move = best_of(rng).move;
    decision.nodes = nodes_;
    return decision;
  }

  // Those of the moves tried by the last `choose` that are worse than its decision by less than `within`; the decision among them.
  [[nodiscard]] std::vector<ScoredMove> near(const Decision& decision, Score within) const {
    std::vector<ScoredMove> scored;
    for (const Tried& tried : tried_) scored.push_back({tried.move, tried.value});
    return near_best(scored, decision.move, within);
  }

 private:
  static constexpr std::size_t kMaxPlies = 24;  // of one turn that are followed

  struct Tried {
    Move move{};
    Score value = 0;
  };

  // Leaves the placements looked behind, the most promising first, with the value of the best move after each.
  void look_behind_placements(typename R::State& state) {
    const auto first_sight = [](const Tried& a, const Tried& b) {
      // Not placing leaves all stacks free to move: always worth a look.
      const bool a_places = type_of(a.move) == MoveType::place;
      const bool b_places = type_of(b.move) == MoveType::place;
      if (a_places != b_places) return b_places;
      return a.value != b.value ? a.value > b.value : a.move < b.move;
    };
    std::sort(tried_.begin(), tried_.end(), first_sight);
    std::size_t looked = 0;
    for (; looked < tried_.size() && nodes_ < effort_.nodes; ++looked) {
      rules_.apply(state, tried_[looked].move, undo_[0]);
      tried_[looked].value = best_movement(state);
      rules_.undo(state, undo_[0]);
    }
    if (looked > 0) tried_.resize(looked);
  }

  Tried best_of(Rng& rng) const {
    Tried best{};
    std::uint32_t ties = 0;
    for (const Tried& tried : tried_) {
      if (ties == 0 || tried.value > best.value) {
        best = tried;
        ties = 1;
      } else if (tried.value == best.value && rng.below(++ties) == 0) {
        best = tried;
      }
    }
    return best;
  }

  Score judge(const typename R::State& state) {
    ++nodes_;
    std::array<Score, kMaxPlayers> scores;
    evaluate(rules_, state, weights_, std::span<Score, kMaxPlayers>(scores));
    return scores[static_cast<std::size_t>(mover_)];
  }

  bool turn_is_over(const typename R::State& state) const {
    return state.h.phase == Phase::game_over || state.h.phase == Phase::ring_placement || state.h.player != mover_;
  }

  // The value for the mover of the position after a placement: that of its best move.
  Score best_movement(typename R::State& state) {
    MoveList& list = lists_[1];
    rules_.moves(state, list);
    Score best = std::numeric_limits<Score>::min();
    for (const Move move : list) {
      rules_.apply(state, move, undo_[1]);
      best = std::max(best, finish_turn(state, 2, effort_.behind_placement));
      rules_.undo(state, undo_[1]);
    }
    return best;
  }

  // The value for the mover of the position, whose turn may still go on. A stack that has just been placed is not moved yet.
  Score finish_turn(typename R::State& state, std::size_t ply, int budget) {
    if (turn_is_over(state) || state.h.phase == Phase::movement || ply == kMaxPlies) return judge(state);
    MoveList& list = lists_[ply];
    rules_.moves(state, list);
    if (list.empty()) return judge(state);
    if (list.size() == 1) return after(state, list[0], ply, budget);
    const int share = budget / static_cast<int>(list.size());
    Score best = std::numeric_limits<Score>::min();
    if (share > 0) {
      for (const Move move : list) best = std::max(best, after(state, move, ply, share));
      return best;
    }
    Move greedy;
    for (const Move move : list) {
      rules_.apply(state, move, undo_[ply]);
      const Score value = judge(state);
      rules_.undo(state, undo_[ply]);
      if (value > best) {
        best = value;
        greedy = move;
      }
    }
    return after(state, greedy, ply, 0);
  }

  Score after(typename R::State& state, Move move, std::size_t ply, int budget) {
    rules_.apply(state, move, undo_[ply]);
    const Score value = finish_turn(state, ply + 1, budget);
    rules_.undo(state, undo_[ply]);
    return value;
  }

  const R& rules_;
  const Weights& weights_;
  OnePlyEffort effort_;
  int mover_ = 0;
  std::uint64_t nodes_ = 0;
  std::vector<Tried> tried_;
  std::array<MoveList, kMaxPlies> lists_;
  std::array<typename R::Undo, kMaxPlies> undo_;
};

template <class R>
class HeuristicPlayer final : public Player {
 public:
  HeuristicPlayer(std::shared_ptr<const R> rules, const Weights& weights, Score compare_within)
      : rules_(std::move(rules)), weights_(weights), compare_within_(compare_within), one_ply_(*rules_, weights_) {}

  Decision decide(const Position& position, Rng& rng) override {
    const auto* mine = ErasedPosition<R>::from(position);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    state_ = mine->state();
    Decision decision = one_ply_.choose(state_, rng);
    if (compare_within_ > 0) decision.scored = one_ply_.near(decision, compare_within_);
    return decision;
  }
  [[nodiscard]] std::string weights_hash() const override { return to_hex(ringrift::weights_hash(weights_)); }

 private:
  std::shared_ptr<const R> rules_;
  Weights weights_;
  Score compare_within_;
  OnePly<R> one_ply_;
  typename R::State state_;
};

}  // namespace mz::ringrift::MZ_ISA
