// What judges the leaves of a tree search: a batch of positions goes in, a policy over the legal moves and a value per team come out.
//
// A search hands over as many leaves at a time as it may, and leaves of many games can share one batch, because a leaf is complete by
// itself: what an evaluator answers must depend on that leaf, and on its siblings, alone, never on the batch it came in. Whatever
// decides a move is a whole number. Implementations here need no network: constant, random playouts, and the game's own evaluation.
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
#include "engine/search/walk.h"

namespace mz {

using TeamValues = std::array<Value, kMaxSeats>;

// A score as a value. A result that was found counts a little less for each move to it, so that of several wins the quickest is the best,
// and more than any evaluation.
constexpr Value value_of(Score score, Score unit) {
  constexpr Value kMost = kOne - kMaxPly - 1;
  if (score >= kWinBound) return kOne - (kWin - score);
  if (score <= -kWinBound) return -kOne + (kWin + score);
  return std::clamp(squash(score, unit), -kMost, kMost);
}

template <class G>
struct Leaf {
  // The position, a decision node: `from` after the moves of `path`, which may be none.
  const typename G::State* from = nullptr;
  std::span<const Move> path;
  std::span<const Move> moves;  // its legal moves: two or more, or none at a dead end or where no policy is wanted
  std::uint64_t seed = 0;       // for evaluators that draw lots
  // So many of the leaves behind this one in the batch are its siblings: what other moves of the same decision lead to, with the same
  // `from`. An evaluator that cannot look closely at all of them looks at those that are best for the team that decided. Siblings want
  // no policy.
  std::uint32_t more_siblings = 0;
  std::uint8_t mover = 0;  // that team
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

// A tree that asks for judgements in rounds.
template <class G>
class LeafSource {
 public:
  virtual ~LeafSource() = default;
  // Positions that need an answer; siblings stand together. May be none: then just go on.
  virtual std::span<Leaf<G>> gather() = 0;
  // Takes the answers to what was gathered last.
  virtual void absorb() = 0;
};

// One queue for the leaves of many trees: every tree gathers, the evaluator answers all leaves in one batch, every tree absorbs. An
// evaluator that keeps to what it must depend on gives each game what it would get by itself.
template <class G>
class LeafQueue {
 public:
  explicit LeafQueue(Evaluator<G>& evaluator) : evaluator_(evaluator) {}

  // Returns the size of the batch: 0 where no tree needs an answer.
  std::size_t round(std::span<LeafSource<G>* const> trees) {
    batch_.clear();
    parts_.clear();
    for (LeafSource<G>* tree : trees) {
      parts_.push_back(tree->gather());
      batch_.insert(batch_.end(), parts_.back().begin(), parts_.back().end());
    }
    if (!batch_.empty()) evaluator_.submit(batch_);
    std::size_t at = 0;
    for (const std::span<Leaf<G>> part : parts_) {
      for (Leaf<G>& leaf : part) leaf.values = batch_[at++].values;  // weights were written in place
    }
    for (LeafSource<G>* tree : trees) tree->absorb();
    return batch_.size();
  }

 private:
  Evaluator<G>& evaluator_;
  std::vector<Leaf<G>> batch_;
  std::vector<std::span<Leaf<G>>> parts_;
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
    state_ = *leaf.from;
    for (const Move move : leaf.path) rules_.apply(state_, move, undo_);
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
  ModelEvaluator(const G& rules, M model) : rules_(rules), model_(std::move(model)), walk_(rules) {}

  void submit(std::span<Leaf<G>> batch) override {
    for (std::size_t at = 0; at < batch.size();) {
      const std::size_t siblings = batch[at].more_siblings + std::size_t{1};
      if (batch[at].weights.empty()) {
        judge_siblings(batch.subspan(at, siblings));
      } else {
        judge(batch[at]);
      }
      at += siblings;
    }
  }

 private:
  using State = typename G::State;

  static constexpr Score kSharpness = 6;
  static constexpr std::uint32_t kLeastWeight = kOne / 100;
  static constexpr std::size_t kFarthest = kMaxPly - kMaxTurn;  // forced moves that count as distance

  // What a move leads to.
  struct Ahead {
    TeamScores scores{};
    std::size_t index = 0;  // of the move or sibling
    int ply = 0;            // moves ahead, forced ones included
    bool pending = false;   // the turn goes on
  };

  void judge(Leaf<G>& leaf) {
    start(leaf);
    walk_.play(leaf.path);
    walk_.settle();
    const auto mover = static_cast<std::size_t>(rules_.team(rules_.actor(walk_.state())));
    const auto make = [&](std::size_t index) {
      walk_.take_back_to(0);
      walk_.play(leaf.moves[index]);
      walk_.pass_forced(kFarthest);
    };
    for (std::size_t i = 0; i < leaf.moves.size(); ++i) {
      make(i);
      glance(i);
    }
    look_ahead(mover, make);
    walk_.take_back_to(0);
    TeamScores worth{};
    Score best = -kInfinite;
    for (const Ahead& ahead : ahead_) {
      if (ahead.scores[mover] <= best) continue;
      best = ahead.scores[mover];
      worth = ahead.scores;
    }
    const bool found = is_found_result(best);
    if (!found && model_.begins_turn(rules_, walk_.state())) model_.evaluate(rules_, walk_.state(), worth);
    answer(leaf, worth);
    // Among results that were found each move of the game is one point.
    const Score half = found ? 1 : std::max<Score>(1, model_.value_unit() / kSharpness);
    for (const Ahead& ahead : ahead_) {
      const std::int64_t behind = (static_cast<std::int64_t>(best) - ahead.scores[mover]) * 256 / half;
      leaf.weights[ahead.index] =
          std::max(kLeastWeight, halvings(static_cast<std::uint32_t>(std::min<std::int64_t>(behind, 1 << 20))));
    }
  }

  // Dead ends come here too: they have no policy.
  void judge_siblings(std::span<Leaf<G>> siblings) {
    start(siblings.front());
    const auto make = [&](std::size_t index) {
      walk_.take_back_to(0);
      walk_.play(siblings[index].path);
    };
    for (std::size_t i = 0; i < siblings.size(); ++i) {
      make(i);
      glance(i);
    }
    look_ahead(siblings.front().mover, make);
    for (const Ahead& ahead : ahead_) answer(siblings[ahead.index], ahead.scores);
  }

  void start(const Leaf<G>& leaf) {
    ahead_.clear();
    walk_.start(*leaf.from);
  }

  void answer(Leaf<G>& leaf, const TeamScores& scores) {
    for (int team = 0; team < rules_.teams(); ++team) {
      const auto t = static_cast<std::size_t>(team);
      leaf.values[t] = value_of(scores[t], model_.value_unit());
    }
  }

  // Where the walk stands, at first sight.
  void glance(std::size_t index) {
    const State& state = walk_.state();
    Ahead& ahead = ahead_.emplace_back();
    ahead.index = index;
    ahead.ply = static_cast<int>(std::min(walk_.line().size(), kFarthest));
    ahead.pending = TurnEnd<G, M>::is_pending(rules_, model_, state);
    if (rules_.kind(state) == NodeKind::terminal) {
      for (int team = 0; team < rules_.teams(); ++team)
        ahead.scores[static_cast<std::size_t>(team)] = final_score(rules_, state, team, ahead.ply);
    } else {
      model_.evaluate(rules_, state, ahead.scores);
    }
  }

  // The moves that look best at first sight are judged at the end of the turn, until the effort is spent. The others count as no better
  // than the worst of these. `make` walks to where a move leads.
  template <class Make>
  void look_ahead(std::size_t mover, Make make) {
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
      make(ahead.index);
      end_.judge(rules_, model_, walk_.state(), ahead.ply, ahead.scores);
      effort += end_.take_effort();
      if (least == nullptr || ahead.scores[mover] < (*least)[mover]) least = &ahead.scores;
    }
  }

  const G& rules_;
  M model_;
  Walk<G> walk_;
  std::vector<Ahead> ahead_;
  TurnEnd<G, M> end_;
};

}  // namespace mz
