// Max-n search: every team takes the move that is best for itself, by its own entry of a vector of scores. For three and more teams,
// where no single number per position is right.
//
// Nothing can be cut except behind a win on the spot, so it looks less far ahead than the paranoid alpha-beta and reads more truly what
// the others will do. Depth, nodes and determinism are as in alpha_beta.h. Among moves of equal score the first in the
// game's own order is taken, so the table changes no value. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/rng.h"
#include "engine/move_list.h"
#include "engine/search/model.h"
#include "engine/search/score.h"

namespace mz {

template <class G, class M>
class MaxN {
 public:
  using State = typename G::State;

  // `table_entries`: rounded up to a power of two; 0 = no table.
  MaxN(const G& rules, M model, std::size_t table_entries)
      : rules_(rules), model_(std::move(model)), table_(table_entries == 0 ? 0 : std::bit_ceil(table_entries)) {}

  SearchResult run(const State& root, const SearchLimits& limits);
  void forget() { std::fill(table_.begin(), table_.end(), Entry{}); }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::int32_t depth = -1;  // -1 = empty
    TeamScores scores{};      // found wins as distances from the position itself
  };
  struct Frame {
    typename G::Undo undo;
    MoveList moves;
    TeamScores scores;
    std::vector<Move> line;
  };
  static constexpr std::uint64_t kStopInterval = 128;

  Frame& frame(int ply) {
    while (static_cast<int>(frames_.size()) <= ply) frames_.push_back(std::make_unique<Frame>());
    return *frames_[static_cast<std::size_t>(ply)];
  }
  [[nodiscard]] std::size_t mover() const { return static_cast<std::size_t>(rules_.team(rules_.actor(state_))); }
  bool out_of_budget() {
    if (nodes_ >= limits_.nodes) aborted_ = true;
    if (limits_.stop != nullptr && ++polls_ % kStopInterval == 0 && limits_.stop->load(std::memory_order_relaxed))
      aborted_ = true;
    return aborted_;
  }
  void judge(TeamScores& scores) {
    ++nodes_;
    model_.evaluate(rules_, state_, scores);
  }
  // Shifts found wins by `plies`, from distances from the root to distances from a position or back.
  void shift(TeamScores& scores, int plies) const {
    for (int team = 0; team < rules_.teams(); ++team) {
      Score& score = scores[static_cast<std::size_t>(team)];
      if (score >= kWinBound) score = std::max(score + plies, kWinBound);
      if (score <= -kWinBound) score = std::min(score - plies, -kWinBound);
    }
  }

  // Fills frame(ply).scores and line for the position reached.
  void search(int depth, int ply);
  void choose(int depth, int ply);
  void follow(Frame& f, Move move, int depth, int ply);
  static void set_line(Frame& f, Move move, const Frame& next) {
    f.line.assign(1, move);
    f.line.insert(f.line.end(), next.line.begin(), next.line.end());
  }

  const G& rules_;
  M model_;
  std::vector<Entry> table_;
  std::vector<std::unique_ptr<Frame>> frames_;
  State state_;
  SearchLimits limits_;
  std::uint64_t nodes_ = 0;
  std::uint64_t polls_ = 0;
  bool aborted_ = false;
};

template <class G, class M>
SearchResult MaxN<G, M>::run(const State& root, const SearchLimits& limits) {
  state_ = root;
  limits_ = limits;
  nodes_ = 0;
  aborted_ = false;
  const std::size_t hero = mover();
  Frame& f = frame(0);
  f.moves.clear();
  rules_.moves(state_, f.moves);
  SearchResult result;
  result.move = f.moves[0];
  result.variation = {result.move};
  if (f.moves.size() == 1) {
    judge(f.scores);
    result.score = f.scores[hero];
    result.nodes = nodes_;
    return result;
  }
  // The best move of each depth is tried first in the next one, so that an interrupted depth is not worse than the one before.
  std::vector<Move> moves(f.moves.begin(), f.moves.end());
  std::vector<ScoredMove> compared;  // of the last depth that was finished
  for (int depth = 1; depth <= limits.depth && !aborted_; ++depth) {
    ++nodes_;
    std::vector<ScoredMove> scored;
    Score best = -kInfinite;
    std::size_t best_at = 0;
    for (std::size_t i = 0; i < moves.size(); ++i) {
      follow(f, moves[i], depth - 1, 0);
      if (aborted_) break;
      const Score score = frame(1).scores[hero];
      scored.push_back({moves[i], score});
      if (score <= best) continue;
      best = score;
      best_at = i;
      result.move = moves[i];
      result.score = score;
      set_line(f, moves[i], frame(1));
      result.variation = f.line;
      if (score >= kWin - 1) break;
    }
    std::rotate(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(best_at),
                moves.begin() + static_cast<std::ptrdiff_t>(best_at) + 1);
    if (aborted_) break;
    result.depth = depth;
    std::swap(compared, scored);
    if (is_found_result(best)) break;
  }
  result.nodes = nodes_;
  if (limits.compare_within > 0) result.scored = near_best(compared, result.move, limits.compare_within);
  return result;
}

template <class G, class M>
void MaxN<G, M>::follow(Frame& f, Move move, int depth, int ply) {
  rules_.apply(state_, move, f.undo);
  search(depth, ply + 1);
  rules_.undo(state_, f.undo);
}

template <class G, class M>
void MaxN<G, M>::search(int depth, int ply) {
  Frame& f = frame(ply);
  f.line.clear();
  if (rules_.kind(state_) == NodeKind::terminal) {
    ++nodes_;
    for (int team = 0; team < rules_.teams(); ++team) {
      f.scores[static_cast<std::size_t>(team)] = final_score(rules_, state_, team, ply);
    }
    return;
  }
  if (out_of_budget()) return;
  if (ply >= kMaxPly) return judge(f.scores);
  if (model_.begins_turn(rules_, state_)) {
    if (depth == 0) return judge(f.scores);
    --depth;
  }
  const bool use_table = !table_.empty();
  const std::uint64_t key = use_table ? rules_.key(state_, kNobody) : 0;
  Entry* entry = use_table ? &table_[key & (table_.size() - 1)] : nullptr;
  if (use_table && entry->depth == depth && entry->key == key) {
    f.scores = entry->scores;
    return shift(f.scores, -ply);
  }
  f.moves.clear();
  rules_.moves(state_, f.moves);
  if (f.moves.size() == 1) {
    follow(f, f.moves[0], depth, ply);
    f.scores = frame(ply + 1).scores;
    return set_line(f, f.moves[0], frame(ply + 1));
  }
  choose(depth, ply);
  if (use_table && !aborted_) {
    *entry = {key, depth, f.scores};
    shift(entry->scores, ply);
  }
}

template <class G, class M>
void MaxN<G, M>::choose(int depth, int ply) {
  Frame& f = frame(ply);
  if (f.moves.empty()) return judge(f.scores);
  const std::size_t team = mover();
  ++nodes_;
  bool any = false;
  for (const Move move : f.moves) {
    follow(f, move, depth, ply);
    if (aborted_) return;
    const Frame& next = frame(ply + 1);
    if (any && next.scores[team] <= f.scores[team]) continue;
    any = true;
    f.scores = next.scores;
    set_line(f, move, next);
    if (f.scores[team] >= kWin - ply - 1) break;  // a win on the spot
  }
}

}  // namespace mz
