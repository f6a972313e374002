// What judges the leaves of a tree search: a batch of positions goes in, a policy over the legal moves and a value per team come out.
//
// A search hands over as many leaves at a time as it may, and leaves of many games can share one batch, because a leaf is complete by
// itself: what an evaluator answers must depend on that leaf alone, never on the batch it came in. Whatever decides a move is a whole
// number. Implementations here need no network: constant, random playouts, and the game's own evaluation.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/base/rng.h"
#include "engine/move_list.h"
#include "engine/rules.h"
#include "engine/search/fixed_point.h"
#include "engine/search/model.h"
#include "engine/search/score.h"

namespace mz {

using TeamValues = std::array<Value, kMaxSeats>;

template <class G>
struct Leaf {
  const typename G::State* state = nullptr;  // a decision node
  std::span<const Move> moves;               // its legal moves: two or more, or none at a dead end
  std::uint64_t seed = 0;                    // for evaluators that draw lots
  // The answer:
  std::span<std::uint32_t> weights;  // of each move, in any proportion; all 0 = uniform
  TeamValues values{};
};

template <class G>
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // Answers every leaf before it returns.
  virtual void submit(std::span<Leaf<G>> batch) = 0;
};

// Every move is as good as any other and every position is even.
template <class G>
class ConstantEvaluator final : public Evaluator<G> {
 public:
  void submit(std::span<Leaf<G>> batch) override {
    for (Leaf<G>& leaf : batch) {
      std::fill(leaf.weights.begin(), leaf.weights.end(), 1U);
      leaf.values.fill(0);
    }
  }
};

// Plays every leaf to its end at random, once. Games without an end are cut off and count as even, and so do dead ends.
template <class G>
class PlayoutEvaluator final : public Evaluator<G> {
 public:
  explicit PlayoutEvaluator(const G& rules) : rules_(rules) {}

  void submit(std::span<Leaf<G>> batch) override {
    for (Leaf<G>& leaf : batch) {
      std::fill(leaf.weights.begin(), leaf.weights.end(), 1U);
      play(leaf);
    }
  }

 private:
  static constexpr int kMostMoves = 20'000;

  void play(Leaf<G>& leaf) {
    state_ = *leaf.state;
    Rng rng(leaf.seed);
    for (int i = 0; i < kMostMoves && rules_.kind(state_) != NodeKind::terminal; ++i) {
      Move move;
      if (rules_.kind(state_) == NodeKind::chance) {
        move = rules_.sample(state_, rng);
      } else {
        moves_.clear();
        rules_.moves(state_, moves_);
        if (moves_.empty()) break;
        move = moves_[rng.below(static_cast<std::uint32_t>(moves_.size()))];
      }
      rules_.apply(state_, move, undo_);
    }
    leaf.values.fill(0);
    if (rules_.kind(state_) != NodeKind::terminal) return;
    for (int team = 0; team < rules_.teams(); ++team) {
      const Score score = final_score(rules_, state_, team, 0);
      leaf.values[static_cast<std::size_t>(team)] = score > 0 ? kOne : score < 0 ? -kOne : 0;
    }
  }

  const G& rules_;
  typename G::State state_;
  typename G::Undo undo_;
  MoveList moves_;
};

// The game's own evaluation. A position in which a turn begins is worth what the evaluation says, one in the middle of a turn the best
// end of the turn for its team. The ends of the turn behind all moves are the policy: a move whose end is worse than the best one's by
// `value_unit / kSharpness` is half as likely, but none is less likely than a hundredth of the best: evaluations can be wrong by any
// amount.
template <class G, class M>
class ModelEvaluator final : public Evaluator<G> {
 public:
  ModelEvaluator(const G& rules, M model) : rules_(rules), model_(std::move(model)) {}

  void submit(std::span<Leaf<G>> batch) override {
    for (Leaf<G>& leaf : batch) judge(leaf);
  }

 private:
  static constexpr Score kSharpness = 6;
  static constexpr std::uint32_t kLeastWeight = kOne / 100;

  struct Ahead {
    TeamScores scores{};
    std::size_t index = 0;  // of the move
    int ply = 0;            // moves ahead, forced ones included
    bool pending = false;   // the turn goes on
  };

  void judge(Leaf<G>& leaf) {
    const auto mover = static_cast<std::size_t>(rules_.team(rules_.actor(*leaf.state)));
    TeamScores worth{};
    Score best = -kInfinite;
    look_ahead(leaf, mover);
    for (const Ahead& ahead : ahead_) {
      if (ahead.scores[mover] <= best) continue;
      best = ahead.scores[mover];
      worth = ahead.scores;
    }
    const bool found = !ahead_.empty() && is_found_result(best);
    if (!found && (ahead_.empty() || model_.begins_turn(rules_, *leaf.state)))
      model_.evaluate(rules_, *leaf.state, worth);
    for (int team = 0; team < rules_.teams(); ++team) {
      const auto t = static_cast<std::size_t>(team);
      leaf.values[t] = squash(worth[t], model_.value_unit());
    }
    // Among results that were found each move of the game is one point.
    const Score half = found ? 1 : std::max<Score>(1, model_.value_unit() / kSharpness);
    for (const Ahead& ahead : ahead_) {
      const std::int64_t behind = (static_cast<std::int64_t>(best) - ahead.scores[mover]) * 256 / half;
      leaf.weights[ahead.index] =
          std::max(kLeastWeight, halvings(static_cast<std::uint32_t>(std::min<std::int64_t>(behind, 1 << 20))));
    }
  }

  // What each move leads to: at first sight, and at the end of the turn for those that look best, until the effort is spent. The others
  // count as no better than the worst of these.
  void look_ahead(const Leaf<G>& leaf, std::size_t mover) {
    ahead_.clear();
    for (std::size_t i = 0; i < leaf.moves.size(); ++i) {
      Ahead& ahead = ahead_.emplace_back();
      ahead.index = i;
      ahead.ply = make(*leaf.state, leaf.moves[i]);
      ahead.pending = TurnEnd<G, M>::is_pending(rules_, model_, state_);
      score(ahead.ply, ahead.scores);
    }
    std::sort(ahead_.begin(), ahead_.end(), [mover](const Ahead& a, const Ahead& b) {
      return a.scores[mover] != b.scores[mover] ? a.scores[mover] > b.scores[mover] : a.index < b.index;
    });
    const TeamScores* least = nullptr;
    std::uint64_t effort = ahead_.size();
    for (Ahead& ahead : ahead_) {
      if (!ahead.pending) continue;
      if (effort >= kTurnEffort) {
        if (least != nullptr && ahead.scores[mover] > (*least)[mover]) ahead.scores = *least;
        continue;
      }
      make(*leaf.state, leaf.moves[ahead.index]);
      end_.judge(rules_, model_, state_, ahead.ply, ahead.scores);
      effort += end_.take_effort();
      if (least == nullptr || ahead.scores[mover] < (*least)[mover]) least = &ahead.scores;
    }
  }

  // The move and the forced ones behind it; returns how many.
  int make(const typename G::State& from, Move move) {
    state_ = from;
    rules_.apply(state_, move, undo_);
    int ply = 1;
    for (; ply < kMaxPly - kMaxTurn && rules_.kind(state_) != NodeKind::terminal; ++ply) {
      moves_.clear();
      rules_.moves(state_, moves_);
      if (moves_.size() != 1) break;
      rules_.apply(state_, moves_[0], undo_);
    }
    return ply;
  }

  void score(int ply, TeamScores& scores) {
    if (rules_.kind(state_) == NodeKind::terminal) {
      for (int team = 0; team < rules_.teams(); ++team)
        scores[static_cast<std::size_t>(team)] = final_score(rules_, state_, team, ply);
    } else {
      model_.evaluate(rules_, state_, scores);
    }
  }

  const G& rules_;
  M model_;
  typename G::State state_;
  typename G::Undo undo_;
  MoveList moves_;
  std::vector<Ahead> ahead_;
  TurnEnd<G, M> end_;
};

}  // namespace mz
