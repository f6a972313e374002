// The engines of RingRift by kind. Included by kernel.inl after the evaluation; templates only.

namespace mz::ringrift::MZ_ISA {

// The pie rule for a player that values positions: who may swap asks what the position is worth to the side to move when nobody
// swaps, and takes the other side when that one is better off.
template <class R>
class PieRulePlayer final : public Player {
 public:
  explicit PieRulePlayer(std::unique_ptr<Player> player) : player_(std::move(player)) {}

  void new_game() override { player_->new_game(); }
  Decision decide(const Position& position, Rng& rng) override {
    static constexpr Move kSwap = make_move(MoveType::swap_sides);
    moves_.clear();
    position.moves(moves_);
    if (std::find(moves_.begin(), moves_.end(), kSwap) == moves_.end()) return player_->decide(position, rng);
    // Swapping changes nothing but who sits where, so what follows it is the same position without the choice.
    const std::unique_ptr<Position> unswapped = position.clone();
    unswapped->apply(kSwap);
    Decision decision = player_->decide(*unswapped, rng);
    if (decision.value >= 0) return decision;
    decision.move = kSwap;
    decision.scored.clear();
    decision.visited.clear();
    decision.value = -decision.value;
    decision.score = -decision.score;
    decision.variation.insert(decision.variation.begin(), kSwap);
    return decision;
  }
  [[nodiscard]] std::string weights_hash() const override { return player_->weights_hash(); }

 private:
  std::unique_ptr<Player> player_;
  MoveList moves_;
};

// A maker that reads the weights, makes the player by `make(rules, model, request, hash of the weights)` and minds the pie rule.
template <class R, class Make>
PlayerMaker<R> search_maker(Make make) {
  return [make](const std::shared_ptr<const R>& rules,
                const EngineRequest& request) -> Result<std::unique_ptr<Player>> {
    const Result<Weights> weights = requested_weights(request);
    if (!weights) return weights.error();
    std::unique_ptr<Player> player = make(rules, RingRiftModel<R>(*weights), request, to_hex(weights_hash(*weights)));
    if (rules->setup().swap) player = std::make_unique<PieRulePlayer<R>>(std::move(player));
    return player;
  };
}

template <class R>
PlayerMakers<R> player_makers() {
  using Shared = std::shared_ptr<const R>;
  using Model = RingRiftModel<R>;
  PlayerMakers<R> makers;
  makers[EngineKind::heuristic] = [](const Shared& rules,
                                     const EngineRequest& request) -> Result<std::unique_ptr<Player>> {
    const Result<Weights> weights = requested_weights(request);
    if (!weights) return weights.error();
    return std::unique_ptr<Player>(std::make_unique<HeuristicPlayer<R>>(rules, *weights, request.compare_within));
  };
  makers[EngineKind::minimax] =
      search_maker<R>([](const Shared& rules, const Model& model, const EngineRequest& request,
                         const std::string& hash) { return make_minimax(rules, model, request, hash); });
  makers[EngineKind::descent] =
      search_maker<R>([](const Shared& rules, const Model& model, const EngineRequest& request,
                         const std::string& hash) { return make_descent(rules, model, request, hash); });
  makers[EngineKind::mcts] =
      search_maker<R>([](const Shared& rules, const Model& model, const EngineRequest& request,
                         const std::string& hash) { return make_mcts(rules, model, request, hash); });
  return makers;
}

}  // namespace mz::ringrift::MZ_ISA
