// One-ply play: every legal move is tried and the position after it judged by a linear evaluation in integers.

namespace mz::ringrift::MZ_ISA {

// Value of a position for seat p against the strongest other seat, from the counts every position carries. A won game is worth more
// than any sum of counts.
template <class R>
int evaluate(const R& rules, const typename R::State& s, int p) {
  static constexpr int kWin = 1'000'000;
  const Setup& setup = rules.setup();
  if (s.h.phase == Phase::game_over) return s.h.winner == p ? kWin : -kWin;
  const auto worth = [&](int seat) {
    const auto q = static_cast<std::size_t>(seat);
    // Progress towards either goal grows quadratically: the last steps decide.
    const int rings = setup.rings_to_win > 0 ? s.h.eliminated[q] * 1000 / setup.rings_to_win : 0;
    const int land = setup.territory_to_win > 0 ? s.h.collapsed[q] * 1000 / setup.territory_to_win : 0;
    return 3 * rings + 3 * land + (rings * rings + land * land) / 400 + 60 * s.h.stacks[q] + 12 * s.h.markers[q] +
           8 * s.h.hand[q] + 20 * s.h.board_rings[q] - (s.h.stacks[q] == 0 ? 600 : 0);
  };
  int best_other = -kWin;
  for (int q = 0; q < setup.players; ++q) {
    if (q != p) best_other = std::max(best_other, worth(q));
  }
  return worth(p) - (setup.players > 1 ? best_other : 0);
}

template <class R>
class HeuristicPlayer final : public Player {
 public:
  explicit HeuristicPlayer(std::shared_ptr<const R> rules) : rules_(std::move(rules)) {}

  Decision decide(const Position& position, Rng& rng) override {
    const auto* mine = ErasedPosition<R>::from(position);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    state_ = mine->state();
    rules_->moves(state_, list_);
    const int p = rules_->actor(state_);
    int best = 0;
    std::uint32_t ties = 0;
    Decision decision;
    for (const Move move : list_) {
      rules_->apply(state_, move, undo_);
      const int value = evaluate(*rules_, state_, p);
      rules_->undo(state_, undo_);
      ++decision.nodes;
      if (ties == 0 || value > best) {
        best = value;
        ties = 1;
        decision.move = move;
      } else if (value == best && rng.below(++ties) == 0) {
        decision.move = move;  // each of the equally good moves with the same probability
      }
    }
    return decision;
  }

 private:
  std::shared_ptr<const R> rules_;
  typename R::State state_;
  typename R::Undo undo_;
  MoveList list_;
};

template <class R>
PlayerMakers<R> player_makers() {
  PlayerMakers<R> makers;
  makers["heuristic"] = [](const std::shared_ptr<const R>& rules,
                           std::string_view arguments) -> Result<std::unique_ptr<Player>> {
    if (!arguments.empty()) return Error{ErrorKind::usage, "The engine 'heuristic' takes no arguments."};
    return std::unique_ptr<Player>(std::make_unique<HeuristicPlayer<R>>(rules));
  };
  return makers;
}

}  // namespace mz::ringrift::MZ_ISA
