// The engines `mcts` and `descent`: a tree for one game, asked move by move, that searches alone or together with the trees of other
// games.
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
#include "engine/search/descent.h"
#include "engine/search/effort.h"
#include "engine/search/evaluator.h"
#include "engine/search/mcts.h"

namespace mz {

// `Tree` is a LeafSource with
//   start(state, seed, effort)   the search of the decision `state`, which has two moves or more
//   forget()                     a new game begins
//   finished(budget)             whether the budget is spent or nothing is left to search
//   can_decide()                 whether it may be stopped now
//   decision()                   what it found
template <class G, class Tree>
class TreePlayer final : public Player, public Search {
 public:
  // Budgets of `efforts` as finished() takes them. `stop` may be null.
  TreePlayer(std::shared_ptr<const G> rules, std::unique_ptr<Evaluator<G>> evaluator, std::unique_ptr<Tree> tree,
             const EffortMix& efforts, const std::atomic<bool>* stop, std::string weights_hash)
      : rules_(std::move(rules)),
        evaluator_(std::move(evaluator)),
        tree_(std::move(tree)),
        queue_(*evaluator_),
        efforts_(efforts),
        stop_(stop),
        weights_hash_(std::move(weights_hash)) {}

  void new_game() override { tree_->forget(); }

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
    effort_ = efforts_.draw(rng);
    tree_->start(mine->state(), seed, effort_);
    return this;
  }

  // The others' evaluators have the same weights as this one's, so it answers for all.
  std::size_t round(std::span<Search* const> together) override {
    trees_.clear();
    for (Search* search : together) {
      auto* other = dynamic_cast<TreePlayer*>(search);
      if (other == nullptr) std::abort();  // a search of another kind or game: a bug of the caller
      trees_.push_back(other->tree_.get());
    }
    return queue_.round(trees_);
  }

  // The clock is asked after every batch.
  [[nodiscard]] bool finished() const override {
    return tree_->finished(effort_.budget) ||
           (stop_ != nullptr && tree_->can_decide() && stop_->load(std::memory_order_relaxed));
  }

  Decision result() override {
    Decision decision = tree_->decision();
    decision.full = effort_.full;
    return decision;
  }
  [[nodiscard]] std::string weights_hash() const override { return weights_hash_; }

 private:
  std::shared_ptr<const G> rules_;
  std::unique_ptr<Evaluator<G>> evaluator_;
  std::unique_ptr<Tree> tree_;
  LeafQueue<G> queue_;
  std::vector<LeafSource<G>*> trees_;  // of the running round
  EffortMix efforts_;
  Effort effort_;  // of the running search
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
  options.visits = request.spec.sims;
  options.root = request.spec.root;
  options.noise = static_cast<std::uint32_t>(request.spec.noise);
  if (request.spec.judge == LeafJudge::playouts) {
    evaluator = std::make_unique<PlayoutEvaluator<G>>(*rules);
    weights_hash.clear();
  } else {
    evaluator = std::make_unique<ModelEvaluator<G, M>>(*rules, std::move(model));
    options.exploration = kModelExploration;
  }
  return std::make_unique<TreePlayer<G, MctsTree<G>>>(
      rules, std::move(evaluator), std::make_unique<MctsTree<G>>(*rules, options),
      EffortMix(request.spec, request.spec.sims), request.stop, std::move(weights_hash));
}

template <class G, class M>
std::unique_ptr<Player> make_descent(const std::shared_ptr<const G>& rules, M model, const EngineRequest& request,
                                     std::string weights_hash) {
  return std::make_unique<TreePlayer<G, Descent<G>>>(
      rules, std::make_unique<ModelEvaluator<G, M>>(*rules, std::move(model)), std::make_unique<Descent<G>>(*rules),
      EffortMix(request.spec, request.spec.nodes), request.stop, std::move(weights_hash));
}

}  // namespace mz
