// The engines of RingRift by kind. Included by kernel.inl after the evaluation; templates only.

namespace mz::ringrift::MZ_ISA {

// A maker that reads the weights, makes the player by `make(rules, model, request, hash of the weights)` and minds the pie rule.
template <class R, class Make>
PlayerMaker<R> search_maker(Make make) {
  return [make](const std::shared_ptr<const R>& rules,
                const EngineRequest& request) -> Result<std::unique_ptr<Player>> {
    const Result<Weights> weights = requested_weights(request);
    if (!weights) return weights.error();
    std::unique_ptr<Player> player = make(rules, RingRiftModel<R>(*weights), request, to_hex(weights_hash(*weights)));
    return with_pie_rule(rules, *weights, request.stop, std::move(player));
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
    return with_pie_rule(rules, *weights, request.stop,
                         std::make_unique<HeuristicPlayer<R>>(rules, *weights, request.compare_within));
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
