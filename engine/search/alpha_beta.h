// Iterative-deepening alpha-beta for two sides: with two teams one against the other, with more (the paranoid reading) the team at
// the root against all others as one.
//
// Depth counts decisions: a position with a single legal move costs no depth and no node, so a turn of several moves by one seat
// counts as the decisions it really holds, and bookkeeping moves are free. A node is one position whose list was searched or whose
// evaluation was asked for. Beyond the last depth, quiescence finishes what is pending within the turn (Stillness in score.h).
//
// The seat to move may stay the same from one ply to the next; values are handed on in the view of a named side and change sign only
// where the view changes. Deterministic for budgets of nodes and depth. Moves are taken back, never copied; memory is taken when a
// depth is reached for the first time, not per node. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/move_list.h"
#include "engine/search/model.h"
#include "engine/search/score.h"
#include "engine/search/transposition_table.h"

namespace mz {

// What may be switched off: without reductions the search returns the exact minimax value of its depth, with or without the table.
struct AlphaBetaOptions {
  std::size_t table_entries = 1 << 16;  // 0 = no table
  bool reductions = true;
};

template <class G, class M>
class AlphaBeta {
 public:
  using State = typename G::State;
  using Options = AlphaBetaOptions;

  AlphaBeta(const G& rules, M model, const Options& options)
      : rules_(rules), model_(std::move(model)), options_(options), table_(options.table_entries) {}

  // The best move for the team to act at a decision node. At least one depth is begun, whatever the budget.
  SearchResult run(const State& root, const SearchLimits& limits);

  // Forgets everything learned in earlier searches.
  void forget() {
    table_.clear();
    for (auto& side : history_) side.fill(0);
  }

 private:
  struct Ordered {
    Move move;
    Score score;
    int index;  // place in the game's own order, which decides among equals
  };
  struct Frame {
    typename G::Undo undo;
    MoveList moves;
    std::vector<Ordered> order;
    std::vector<Move> line;  // best play from here
    std::array<Move, 2> killers{};
    bool has_killers = false;
  };
  using History = std::array<int, 4096>;

  static constexpr int kQuiescencePlies = 6;  // decisions beyond the last depth
  static constexpr int kAspirationDepth = 3;
  static constexpr int kOrderByEvaluation = 2;         // least depth at which a look one move ahead pays for itself
  static constexpr std::uint64_t kStopInterval = 128;  // positions between looks at the stop flag

  [[nodiscard]] int side() const { return rules_.team(rules_.actor(state_)) == hero_ ? 0 : 1; }
  Frame& frame(int ply) {
    while (static_cast<int>(frames_.size()) <= ply) frames_.push_back(std::make_unique<Frame>());
    return *frames_[static_cast<std::size_t>(ply)];
  }
  [[nodiscard]] std::uint64_t key() const {
    // With more than two teams a value holds for one hero only.
    return rules_.teams() == 2 ? rules_.key(state_, kNobody)
                               : rules_.key(state_, kNobody) ^ mix64(static_cast<std::uint64_t>(hero_));
  }
  static std::size_t history_slot(Move move) { return move.code * 0x9e3779b1U >> 20; }

  bool out_of_budget() {
    if (nodes_ >= limits_.nodes) aborted_ = true;
    if (limits_.stop != nullptr && ++polls_ % kStopInterval == 0 && limits_.stop->load(std::memory_order_relaxed))
      aborted_ = true;
    return aborted_;
  }

  Score evaluate(int view) {
    ++nodes_;
    TeamScores scores{};
    model_.evaluate(rules_, state_, scores);
    const Score score = scores[static_cast<std::size_t>(hero_)];
    return view == 0 ? score : -score;
  }

  // Value for side `view` of the position reached, with `depth` decisions left to look ahead; below 0 in quiescence.
  Score search(int depth, Score alpha, Score beta, int ply, int view);
  Score decision(int depth, Score alpha, Score beta, int ply, int mover);
  Score quiescence(int depth, Score alpha, Score beta, int ply, int mover);
  Score forced(int depth, Score alpha, Score beta, int ply, int mover);
  Score search_root(std::vector<Ordered>& moves, int depth, Score alpha, Score beta);
  int reduction(int depth, int index, bool urgent) const;

  void order(Frame& f, int depth, Move first, bool has_first, int mover, bool tactical_only);
  static void pick(std::vector<Ordered>& order, std::size_t at);
  void reward(Frame& f, Move move, int depth, int mover);
  static void set_line(Frame& f, Move move, const Frame& next) {
    f.line.assign(1, move);
    f.line.insert(f.line.end(), next.line.begin(), next.line.end());
  }

  const G& rules_;
  M model_;
  Options options_;
  TranspositionTable table_;
  std::array<History, 2> history_{};
  std::vector<std::unique_ptr<Frame>> frames_;
  State state_;
  SearchLimits limits_;
  std::uint64_t nodes_ = 0;
  std::uint64_t polls_ = 0;
  int hero_ = 0;
  bool aborted_ = false;
};

template <class G, class M>
SearchResult AlphaBeta<G, M>::run(const State& root, const SearchLimits& limits) {
  state_ = root;
  limits_ = limits;
  nodes_ = 0;
  aborted_ = false;
  hero_ = rules_.team(rules_.actor(state_));
  table_.begin_search();
  Frame& f = frame(0);
  f.moves.clear();
  rules_.moves(state_, f.moves);
  SearchResult result;
  result.move = f.moves[0];
  if (f.moves.size() == 1) {
    result.score = evaluate(0);
    result.nodes = nodes_;
    result.variation = {result.move};
    return result;
  }
  for (auto& frame : frames_) frame->has_killers = false;
  order(f, kOrderByEvaluation, Move{}, false, 0, false);
  std::vector<Ordered> moves = f.order;
  std::sort(moves.begin(), moves.end(), [](const Ordered& a, const Ordered& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  });
  result.move = moves.front().move;
  result.variation = {result.move};

  for (int depth = 1; depth <= limits.depth; ++depth) {
    Score delta = model_.value_unit() / 8;  // half width of the first window
    const bool narrow = depth >= kAspirationDepth && !is_found_result(result.score);
    Score alpha = narrow ? result.score - delta : -kInfinite;
    Score beta = narrow ? result.score + delta : kInfinite;
    Score score = 0;
    for (;;) {
      score = search_root(moves, depth, alpha, beta);
      // What an interrupted depth found counts when it stands above the window's floor.
      if (score > alpha && !f.line.empty()) {
        result.move = f.line.front();
        result.variation = f.line;
        result.score = score;
      }
      if (aborted_) break;
      delta *= 4;
      if (score <= alpha) {
        alpha = delta > kMaxEvaluation / 8 ? -kInfinite : score - delta;
      } else if (score >= beta) {
        beta = delta > kMaxEvaluation / 8 ? kInfinite : score + delta;
      } else {
        break;
      }
    }
    if (aborted_) break;
    result.depth = depth;
    if (is_found_result(score)) break;  // nothing deeper can change who wins
  }
  result.nodes = nodes_;
  return result;
}

// One depth at the root. The best move so far goes to the front, so that the next depth starts with it. When interrupted: the best
// of the moves searched in full, or -kInfinite.
template <class G, class M>
Score AlphaBeta<G, M>::search_root(std::vector<Ordered>& moves, int depth, Score alpha, Score beta) {
  Frame& f = frame(0);
  f.line.clear();
  ++nodes_;
  Score best = -kInfinite;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const Move move = moves[i].move;
    const bool urgent = i == 0 || model_.tactical(rules_, state_, move);
    rules_.apply(state_, move, f.undo);
    Score value = 0;
    if (i == 0) {
      value = search(depth - 1, alpha, beta, 1, 0);
    } else {
      const int less = reduction(depth, static_cast<int>(i), urgent);
      const Score floor = std::max(alpha, best);
      value = search(depth - 1 - less, floor, floor + 1, 1, 0);
      if (value > floor && less > 0 && !aborted_) value = search(depth - 1, floor, floor + 1, 1, 0);
      if (value > floor && value < beta && !aborted_) value = search(depth - 1, floor, beta, 1, 0);
    }
    rules_.undo(state_, f.undo);
    if (aborted_) break;
    if (value <= best) continue;
    best = value;
    if (value > alpha) set_line(f, move, frame(1));
    std::rotate(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(i),
                moves.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    if (value >= beta) break;
  }
  return best;
}

template <class G, class M>
Score AlphaBeta<G, M>::search(int depth, Score alpha, Score beta, int ply, int view) {
  Frame& f = frame(ply);
  f.line.clear();
  if (rules_.kind(state_) == NodeKind::terminal) {
    ++nodes_;
    const Score score = final_score(rules_, state_, hero_, ply);
    return view == 0 ? score : -score;
  }
  if (out_of_budget()) return 0;
  const int mover = side();
  const bool same = mover == view;
  const int low = same ? alpha : -beta;
  const int high = same ? beta : -alpha;
  const Score value =
      depth > 0 && ply < kMaxPly ? decision(depth, low, high, ply, mover) : quiescence(depth, low, high, ply, mover);
  return same ? value : -value;
}

template <class G, class M>
Score AlphaBeta<G, M>::forced(int depth, Score alpha, Score beta, int ply, int mover) {
  Frame& f = frame(ply);
  const Move move = f.moves[0];
  rules_.apply(state_, move, f.undo);
  const Score value = search(depth, alpha, beta, ply + 1, mover);
  rules_.undo(state_, f.undo);
  set_line(f, move, frame(ply + 1));
  return value;
}

template <class G, class M>
int AlphaBeta<G, M>::reduction(int depth, int index, bool urgent) const {
  if (!options_.reductions || urgent || depth < 2 || index < 4) return 0;
  return std::min(depth - 1, index < 12 ? 1 : index < 40 ? 2 : 3);
}

template <class G, class M>
Score AlphaBeta<G, M>::decision(int depth, Score alpha, Score beta, int ply, int mover) {
  Frame& f = frame(ply);
  const bool on_line = beta - alpha > 1;  // the principal variation is searched to its end, so that it can be shown
  const bool use_table = options_.table_entries > 0;
  const std::uint64_t position = use_table ? key() : 0;
  TranspositionTable::Found found;
  const bool known = use_table && table_.find(position, ply, found);
  // A deeper look is better, but another value: the exact search takes only its own depth.
  if (known && !on_line && (found.depth == depth || (options_.reductions && found.depth > depth))) {
    if (found.bound == Bound::exact || (found.bound == Bound::lower && found.value >= beta) ||
        (found.bound == Bound::upper && found.value <= alpha)) {
      return found.value;
    }
  }
  f.moves.clear();
  rules_.moves(state_, f.moves);
  if (f.moves.size() == 1) return forced(depth, alpha, beta, ply, mover);
  ++nodes_;
  order(f, depth, found.move, known, mover, false);

  Score best = -kInfinite;
  Score floor = alpha;
  Move best_move;
  for (std::size_t i = 0; i < f.order.size(); ++i) {
    pick(f.order, i);
    const Move move = f.order[i].move;
    const bool urgent = model_.tactical(rules_, state_, move);
    rules_.apply(state_, move, f.undo);
    Score value = 0;
    if (i == 0) {
      value = search(depth - 1, floor, beta, ply + 1, mover);
    } else {
      const int less = reduction(depth, static_cast<int>(i), urgent);
      value = search(depth - 1 - less, floor, floor + 1, ply + 1, mover);
      if (value > floor && less > 0 && !aborted_) value = search(depth - 1, floor, floor + 1, ply + 1, mover);
      if (value > floor && value < beta && !aborted_) value = search(depth - 1, floor, beta, ply + 1, mover);
    }
    rules_.undo(state_, f.undo);
    if (aborted_) return 0;
    if (value <= best) continue;
    best = value;
    best_move = move;
    if (value <= floor) continue;
    floor = value;
    set_line(f, move, frame(ply + 1));
    if (value >= beta) {
      reward(f, move, depth, mover);
      break;
    }
  }
  if (use_table) {
    table_.store(position, ply, best_move, best, depth,
                 best >= beta   ? Bound::lower
                 : best > alpha ? Bound::exact
                                : Bound::upper);
  }
  return best;
}

template <class G, class M>
Score AlphaBeta<G, M>::quiescence(int depth, Score alpha, Score beta, int ply, int mover) {
  const Stillness stillness = model_.stillness(rules_, state_);
  if (stillness == Stillness::still || depth <= -kQuiescencePlies || ply >= kMaxPly) return evaluate(mover);
  Frame& f = frame(ply);
  f.moves.clear();
  rules_.moves(state_, f.moves);
  if (f.moves.size() == 1) return forced(depth, alpha, beta, ply, mover);
  Score best = -kInfinite;
  const bool may_stand = stillness == Stillness::tactical;
  if (may_stand) {
    best = evaluate(mover);
    if (best >= beta) return best;
  } else {
    ++nodes_;
  }
  order(f, 0, Move{}, false, mover, may_stand);
  Score floor = std::max(alpha, best);
  for (std::size_t i = 0; i < f.order.size(); ++i) {
    pick(f.order, i);
    const Move move = f.order[i].move;
    rules_.apply(state_, move, f.undo);
    const Score value = search(depth - 1, floor, beta, ply + 1, mover);
    rules_.undo(state_, f.undo);
    if (aborted_) return 0;
    if (value <= best) continue;
    best = value;
    if (value <= floor) continue;
    floor = value;
    set_line(f, move, frame(ply + 1));
    if (value >= beta) break;
  }
  return best;
}

template <class G, class M>
void AlphaBeta<G, M>::order(Frame& f, int depth, Move first, bool has_first, int mover, bool tactical_only) {
  static constexpr Score kHistoryMost = (1 << 10) - 1;
  static constexpr Score kKiller = 1 << 10;
  static constexpr Score kUrgencyUnit = 1 << 11;
  f.order.clear();
  int index = 0;
  for (const Move move : f.moves) {
    const bool tactical = tactical_only && model_.tactical(rules_, state_, move);
    if (tactical_only && !tactical) continue;
    Score score = 0;
    if (has_first && move == first) {
      score = kInfinite;
    } else if (depth >= kOrderByEvaluation) {
      // The look ahead costs as much as a node and is counted as one.
      rules_.apply(state_, move, f.undo);
      ++nodes_;
      if (rules_.kind(state_) == NodeKind::terminal) {
        score = final_score(rules_, state_, hero_, 0);
        if (mover == 1) score = -score;
      } else {
        score = evaluate(mover);
        --nodes_;
      }
      rules_.undo(state_, f.undo);
    } else {
      score = model_.urgency(rules_, state_, move) * kUrgencyUnit +
              std::min(kHistoryMost, history_[static_cast<std::size_t>(mover)][history_slot(move)]);
      if (f.has_killers && (move == f.killers[0] || move == f.killers[1])) score += kKiller;
    }
    f.order.push_back({move, score, index++});
  }
}

// Moves the best of the rest to place `at`: most lists end early, so they are not sorted whole.
template <class G, class M>
void AlphaBeta<G, M>::pick(std::vector<Ordered>& order, std::size_t at) {
  static constexpr std::size_t kPicked = 6;
  const auto before = [](const Ordered& a, const Ordered& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  };
  if (at == kPicked) {
    std::sort(order.begin() + static_cast<std::ptrdiff_t>(at), order.end(), before);
  } else if (at < kPicked) {
    std::size_t best = at;
    for (std::size_t i = at + 1; i < order.size(); ++i) {
      if (before(order[i], order[best])) best = i;
    }
    std::swap(order[at], order[best]);
  }
}

template <class G, class M>
void AlphaBeta<G, M>::reward(Frame& f, Move move, int depth, int mover) {
  if (!f.has_killers || f.killers[0] != move) {
    f.killers[1] = f.has_killers ? f.killers[0] : move;
    f.killers[0] = move;
    f.has_killers = true;
  }
  static constexpr int kHalvedAt = 1 << 10;
  History& history = history_[static_cast<std::size_t>(mover)];
  int& entry = history[history_slot(move)];
  entry += depth * depth;
  if (entry >= kHalvedAt) {
    for (int& value : history) value /= 2;
  }
}

}  // namespace mz
