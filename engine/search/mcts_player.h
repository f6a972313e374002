// The engine `mcts`: a tree for one game, asked move by move, that searches alone or together with the trees of other games.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_spec.h"
#include "engine/erased.h"
#include "engine/search/evaluator.h"
#include "engine/search/mcts.h"

namespace mz {

template <class G>
class MctsPlayer final : public Player, public Search {
 public:
  // `sims`: visits of the root to reach, those kept from earlier decisions included. `stop` may be null.
  MctsPlayer(std::shared_ptr<const G> rules, std::unique_ptr<Evaluator<G>> evaluator, const MctsOptions& options,
             std::uint64_t sims, const std::atomic<bool>* stop, std::string weights_hash)
      : rules_(std::move(rules)),
        evaluator_(std::move(evaluator)),
        tree_(*rules_, options),
        queue_(*evaluator_),
        sims_(sims),
        stop_(stop),
        weights_hash_(std::move(weights_hash)) {}

  void new_game() override { tree_.forget(); }

  Decision decide(const Position& position, Rng& rng) override { return decide_alone(position, rng); }

  // The position may go as soon as this returns: the tree has its own copy.
  Search* begin(const Position& position, Rng& rng, Decision& decision) override {
    const auto* mine = ErasedPosition<G>::from(position);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    const std::uint64_t seed = rng.next();
    moves_.clear();
    rules_->moves(mine->state(), moves_);
    if (moves_.size() == 1) {
      decision = {};
      decision.move = moves_[0];
      decision.variation = {decision.move};
      return nullptr;
    }
    tree_.start(mine->state(), seed);
    return this;
  }

  // The others' evaluators have the same weights as this one's, so it answers for all.
  std::size_t round(std::span<Search* const> together) override {
    trees_.clear();
    for (Search* search : together) {
      auto* other = dynamic_cast<MctsPlayer*>(search);
      if (other == nullptr) std::abort();  // a search of another kind or game: a bug of the caller
      trees_.push_back(&other->tree_);
    }
    return queue_.round(trees_);
  }

  // The clock is asked after every batch: a simulation takes microseconds.
  [[nodiscard]] bool finished() const override {
    return tree_.root_visits() >= sims_ ||
           (stop_ != nullptr && tree_.root_visits() > 1 && stop_->load(std::memory_order_relaxed));
  }

  Decision result() override {
    Decision decision;
    const MctsEdge* best = tree_.best_edge(tree_.root());
    decision.move = best->move;
    decision.value = static_cast<double>(tree_.value()) / kOne;
    decision.nodes = tree_.walks();
    decision.variation = tree_.variation();
    if (tree_.wins_at_once(*best)) return decision;  // that is not weighed against visits
    for (const MctsEdge& edge : tree_.edges(tree_.root())) {
      if (edge.visits > 0) decision.visited.push_back({edge.move, edge.visits});
    }
    return decision;
  }
  [[nodiscard]] std::string weights_hash() const override { return weights_hash_; }

 private:
  std::shared_ptr<const G> rules_;
  std::unique_ptr<Evaluator<G>> evaluator_;
  MctsTree<G> tree_;
  LeafQueue<G> queue_;
  std::vector<MctsTree<G>*> trees_;  // of the running round
  std::uint64_t sims_;
  const std::atomic<bool>* stop_;
  std::string weights_hash_;
  MoveList moves_;
};

// Values of the model agree from turn to turn, so little exploration serves: on square8 with two seats, 60 games against one-ply play
// each, mcts:sims=200 scores 0.75 with 1.5 and 0.73 with 0.8, mcts:sims=400 0.78 with 1.2, 0.72 with 2 and 0.65 with 4.
inline constexpr Value kModelExploration = kOne + kOne / 2;

template <class G, class M>
std::unique_ptr<Player> make_mcts(const std::shared_ptr<const G>& rules, M model, const EngineRequest& request,
                                  std::string weights_hash) {
  std::unique_ptr<Evaluator<G>> evaluator;
  MctsOptions options;
  if (request.spec.judge == LeafJudge::playouts) {
    evaluator = std::make_unique<PlayoutEvaluator<G>>(*rules);
    weights_hash.clear();
  } else {
    evaluator = std::make_unique<ModelEvaluator<G, M>>(*rules, std::move(model));
    options.exploration = kModelExploration;
  }
  const std::uint64_t sims = request.spec.sims == 0 ? ~0ULL : request.spec.sims;
  return std::make_unique<MctsPlayer<G>>(rules, std::move(evaluator), options, sims, request.stop,
                                         std::move(weights_hash));
}

}  // namespace mz
