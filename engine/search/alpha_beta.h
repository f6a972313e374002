// Iterative-deepening alpha-beta for two sides: with two teams one against the other, with more (the paranoid reading) the team at
// the root against all others as one.
//
// Depth counts turns, the running one included, and a search ends only where a turn begins: in the middle of a turn too much is
// pending - a stack placed but not moved, a chain, a line, a region. The last turn is searched with all its moves, earlier ones with
// the best kWidth unless it is exact; bookkeeping moves are free. A node is one position whose list or evaluation was asked for.
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

  static constexpr int kAspirationDepth = 3;
  // Moves tried where turns follow, of a list ordered by the end of the running turn. On square8 with 100,000 nodes a move these widths
  // score 0.58 against none (40 games), 6 and 8 score 0.33.
  static constexpr std::size_t kWidth = 12;
  static constexpr std::size_t kRootWidth = 32;
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

  // Value for side `view` of the position reached, with `depth` turns to follow the running one.
  Score search(int depth, Score alpha, Score beta, int ply, int view);
  Score decision(int depth, Score alpha, Score beta, int ply, int mover);
  Score forced(int depth, Score alpha, Score beta, int ply, int mover);
  std::vector<Ordered> first_depth();
  Score search_root(std::vector<Ordered>& moves, int depth, Score alpha, Score beta);
  int reduction(int depth, int index, bool urgent) const;
  bool too_late(int depth, std::size_t index, std::size_t width, Score best) const;

  void order_rest(int depth, int ply, int mover);
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
  std::vector<ScoredMove> compared_;  // moves of the root with exact scores, of the depth begun last
  std::uint64_t nodes_ = 0;
  std::uint64_t polls_ = 0;
  int hero_ = 0;
  bool aborted_ = false;
  bool ordering_ = false;  // the ends of a turn are compared, to put its moves in order
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
  std::vector<Ordered> moves = first_depth();
  result.move = moves.front().move;
  result.variation = f.line;
  result.score = moves.front().score;
  result.depth = aborted_ ? 0 : 1;
  std::vector<ScoredMove> compared = compared_;  // of the last depth that was finished
  const auto finish = [&] {
    result.nodes = nodes_;
    if (limits.compare_within > 0) result.scored = near_best(compared, result.move, limits.compare_within);
    return result;
  };
  if (aborted_ || is_found_result(result.score)) return finish();

  Score before_last = 0;
  for (int depth = 2; depth <= limits.depth; ++depth) {
    // The first window is about the score of two turns ago, where the same side had the last word: with another one a score is
    // off by what a turn is worth, some 2.5 units.
    Score delta = 2 * model_.value_unit();
    const bool narrow = depth >= kAspirationDepth && !is_found_result(result.score);
    Score alpha = narrow ? before_last - delta : -kInfinite;
    Score beta = narrow ? before_last + delta : kInfinite;
    before_last = result.score;
    Score score = 0;
    for (;;) {
      score = search_root(moves, depth - 1, alpha, beta);
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
    std::swap(compared, compared_);
    if (is_found_result(score)) break;  // nothing deeper can change who wins
  }
  return finish();
}

// The first depth: every move of the root with the best end of the running turn it leads to, the best first. A budget that is too small
// for all is spent on the moves that look best at once; the others follow behind those looked at.
template <class G, class M>
std::vector<typename AlphaBeta<G, M>::Ordered> AlphaBeta<G, M>::first_depth() {
  Frame& f = frame(0);
  std::vector<Ordered> moves;
  int index = 0;
  for (const Move move : f.moves) {
    if (out_of_budget()) {
      moves.push_back({move, -kInfinite, index++});
      continue;
    }
    rules_.apply(state_, move, f.undo);
    const bool over = rules_.kind(state_) == NodeKind::terminal;
    moves.push_back({move, over ? final_score(rules_, state_, hero_, 1) : evaluate(0), index++});
    rules_.undo(state_, f.undo);
  }
  const auto before = [](const Ordered& a, const Ordered& b) {
    return a.score != b.score ? a.score > b.score : a.index < b.index;
  };
  std::sort(moves.begin(), moves.end(), before);
  f.line.assign(1, moves.front().move);
  compared_.clear();
  Ordered best = moves.front();
  std::size_t looked_at = 0;
  for (; looked_at < moves.size() && !aborted_; ++looked_at) {
    rules_.apply(state_, moves[looked_at].move, f.undo);
    const Score score = search(0, -kInfinite, kInfinite, 1, 0);
    rules_.undo(state_, f.undo);
    if (aborted_) break;
    moves[looked_at].score = score;
    compared_.push_back({moves[looked_at].move, score});
    if (looked_at == 0 || before(moves[looked_at], best)) {
      best = moves[looked_at];
      set_line(f, best.move, frame(1));
    }
    if (options_.reductions && is_found_result(score) && score > 0) {  // won within the turn: nothing is better
      ++looked_at;
      break;
    }
  }
  std::sort(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(looked_at), before);
  return moves;
}

// One depth at the root. The best move so far goes to the front, so that the next depth starts with it. When interrupted: the best
// of the moves searched in full, or -kInfinite. Moves near the best are to be compared with it: then the windows reach down so far.
template <class G, class M>
Score AlphaBeta<G, M>::search_root(std::vector<Ordered>& moves, int depth, Score alpha, Score beta) {
  Frame& f = frame(0);
  f.line.clear();
  compared_.clear();
  ++nodes_;
  Score best = -kInfinite;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const Move move = moves[i].move;
    const Score floor = std::max(std::max(alpha, best) - limits_.compare_within, -kInfinite);
    const bool urgent = i == 0 || model_.tactical(rules_, state_, move);
    if (too_late(depth, i, kRootWidth, best)) break;
    rules_.apply(state_, move, f.undo);
    Score value = 0;
    if (i == 0) {
      value = search(depth, floor, beta, 1, 0);
    } else {
      const int less = reduction(depth, static_cast<int>(i), urgent);
      value = search(depth - less, floor, floor + 1, 1, 0);
      if (value > floor && less > 0 && !aborted_) value = search(depth, floor, floor + 1, 1, 0);
      if (value > floor && value < beta && !aborted_) value = search(depth, floor, beta, 1, 0);
    }
    rules_.undo(state_, f.undo);
    if (aborted_) break;
    if (value > floor) compared_.push_back({move, value});
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
  if (ply >= kMaxPly) return evaluate(view);
  if (model_.begins_turn(rules_, state_)) {
    if (depth == 0) return evaluate(view);
    --depth;
  }
  const int mover = side();
  return mover == view ? decision(depth, alpha, beta, ply, mover) : -decision(depth, -beta, -alpha, ply, mover);
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

// Late moves are first tried two turns shallower: an even number, so that the same side has the last word and scores compare.
template <class G, class M>
int AlphaBeta<G, M>::reduction(int depth, int index, bool urgent) const {
  return options_.reductions && !urgent && depth >= 2 && index >= 6 ? 2 : 0;
}

// Whether the rest of a list is left out: never in an exact search, in the last turn, or while everything loses.
template <class G, class M>
bool AlphaBeta<G, M>::too_late(int depth, std::size_t index, std::size_t width, Score best) const {
  return options_.reductions && depth > 0 && index >= width && best > -kWinBound;
}

template <class G, class M>
Score AlphaBeta<G, M>::decision(int depth, Score alpha, Score beta, int ply, int mover) {
  Frame& f = frame(ply);
  // The principal variation is searched to its end, so that it can be shown.
  const bool on_line = beta - alpha > 1 && !ordering_;
  const bool use_table = options_.table_entries > 0;
  const std::uint64_t position = use_table ? key() : 0;
  TranspositionTable::Found found;
  const bool known = use_table && table_.find(position, ply, found);
  // A deeper look is better, but another value: the exact search takes only its own depth, and moves are compared at one depth.
  const bool deeper_serves = options_.reductions && !ordering_;
  if (known && !on_line && (found.depth == depth || (deeper_serves && found.depth > depth))) {
    if (found.bound == Bound::exact || (found.bound == Bound::lower && found.value >= beta) ||
        (found.bound == Bound::upper && found.value <= alpha)) {
      return found.value;
    }
  }
  f.moves.clear();
  rules_.moves(state_, f.moves);
  if (f.moves.size() == 1) return forced(depth, alpha, beta, ply, mover);
  if (f.moves.empty()) return evaluate(mover);
  ++nodes_;

  // What was best here before goes first. Where that suffices the rest need not be put in order, which is half of the work.
  f.order.clear();
  if (known && std::find(f.moves.begin(), f.moves.end(), found.move) != f.moves.end()) {
    f.order.push_back({found.move, kInfinite, 0});
  }
  bool in_order = false;
  Score best = -kInfinite;
  Score floor = alpha;
  Move best_move;
  for (std::size_t i = 0;; ++i) {
    if (i == f.order.size() && !in_order) {
      order_rest(depth, ply, mover);
      in_order = true;
    }
    if (i == f.order.size()) break;
    if (in_order) pick(f.order, i);
    const Move move = f.order[i].move;
    const bool urgent = model_.tactical(rules_, state_, move);
    if (too_late(depth, i, kWidth, best)) break;
    rules_.apply(state_, move, f.undo);
    Score value = 0;
    if (i == 0) {
      value = search(depth, floor, beta, ply + 1, mover);
    } else {
      const int less = reduction(depth, static_cast<int>(i), urgent);
      value = search(depth - less, floor, floor + 1, ply + 1, mover);
      if (value > floor && less > 0 && !aborted_) value = search(depth, floor, floor + 1, ply + 1, mover);
      if (value > floor && value < beta && !aborted_) value = search(depth, floor, beta, ply + 1, mover);
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

// Appends the moves that f.order does not begin with. With turns to follow they are judged by the best end of the running turn, which
// costs little beside what it saves; in the last turn by urgency and by what was good elsewhere.
template <class G, class M>
void AlphaBeta<G, M>::order_rest(int depth, int ply, int mover) {
  static constexpr Score kHistoryMost = (1 << 10) - 1;
  static constexpr Score kKiller = 1 << 10;
  static constexpr Score kUrgencyUnit = 1 << 11;
  Frame& f = frame(ply);
  const bool begun = !f.order.empty();
  const Move first = begun ? f.order.front().move : Move{};
  int index = 0;
  for (const Move move : f.moves) {
    ++index;
    if (begun && move == first) continue;
    Score score = 0;
    if (depth > 0 && !aborted_) {
      rules_.apply(state_, move, f.undo);
      ordering_ = true;
      score = search(0, -kInfinite, kInfinite, ply + 1, mover);
      ordering_ = false;
      rules_.undo(state_, f.undo);
    } else {
      score = model_.urgency(rules_, state_, move) * kUrgencyUnit +
              std::min(kHistoryMost, history_[static_cast<std::size_t>(mover)][history_slot(move)]);
      if (f.has_killers && (move == f.killers[0] || move == f.killers[1])) score += kKiller;
    }
    f.order.push_back({move, score, index});
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
  entry += (depth + 1) * (depth + 1);
  if (entry >= kHalvedAt) {
    for (int& value : history) value /= 2;
  }
}

}  // namespace mz
