// A search as a player, for searches that take a position and limits and return a SearchResult.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "engine/erased.h"
#include "engine/search/effort.h"
#include "engine/search/score.h"

namespace mz {

// Shows a score as an expected return; a sum and a quotient, so the same on every machine.
template <class M>
double shown_value(M& model, Score score) {
  const double s = static_cast<double>(score);
  return s / ((s < 0 ? -s : s) + static_cast<double>(model.value_unit()));
}

// A search `S` as a player of the game G. It remembers what it learned until the next game begins.
template <class G, class M, class S>
class SearchPlayer final : public Player {
 public:
  // How many nodes a decision may look at comes from `efforts`, not from `limits`.
  template <class... Arguments>
  SearchPlayer(std::shared_ptr<const G> rules, M model, const SearchLimits& limits, const EffortMix& efforts,
               std::string weights_hash, Arguments&&... arguments)
      : rules_(std::move(rules)),
        model_(model),
        limits_(limits),
        efforts_(efforts),
        weights_hash_(std::move(weights_hash)),
        search_(*rules_, std::move(model), std::forward<Arguments>(arguments)...) {}

  void new_game() override { search_.forget(); }
  Decision decide(const Position& position, Rng& rng) override {
    const auto* mine = ErasedPosition<G>::from(position);
    if (mine == nullptr) std::abort();  // a position of another game: a bug of the caller
    const Effort effort = efforts_.draw(rng);
    limits_.nodes = effort.budget;
    SearchResult found = search_.run(mine->state(), limits_);
    Decision decision;
    decision.move = found.move;
    decision.score = found.score;
    decision.value = shown_value(model_, found.score);
    decision.full = effort.full;
    decision.nodes = found.nodes;
    decision.depth = found.depth;
    decision.variation = std::move(found.variation);
    decision.scored = std::move(found.scored);
    decision.visited = std::move(found.visited);
    return decision;
  }
  [[nodiscard]] std::string weights_hash() const override { return weights_hash_; }

 private:
  std::shared_ptr<const G> rules_;
  M model_;
  SearchLimits limits_;
  EffortMix efforts_;
  std::string weights_hash_;
  S search_;
};

}  // namespace mz
