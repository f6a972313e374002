// Minimax written down a second time, without any cut, table or order, to hold the searches against.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/search/model.h"

namespace mz {

template <class G, class M>
class BruteForce {
 public:
  using State = typename G::State;

  // Gives up after so many positions.
  explicit BruteForce(const G& rules, M model, std::uint64_t positions = ~0ULL)
      : rules_(rules), model_(model), left_(positions) {}

  // The vector of scores of a position with `depth` turns to follow the running one. `prefer(mover, old, now)`: whether the mover
  // prefers `now`.
  template <class Prefer>
  TeamScores scores(const State& s, int depth, int ply, const Prefer& prefer) {
    TeamScores best{};
    if (left_ == 0) return best;
    --left_;
    if (rules_.kind(s) == NodeKind::terminal) {
      for (int team = 0; team < rules_.teams(); ++team) {
        best[static_cast<std::size_t>(team)] = final_score(rules_, s, team, ply);
      }
      return best;
    }
    if (ply > 0 && model_.begins_turn(rules_, s)) {
      if (depth == 0) {
        model_.evaluate(rules_, s, best);
        return best;
      }
      --depth;
    }
    MoveList moves;
    rules_.moves(s, moves);
    if (moves.empty()) model_.evaluate(rules_, s, best);
    bool any = false;
    for (const Move move : moves) {
      State next = s;
      typename G::Undo undo;
      rules_.apply(next, move, undo);
      const TeamScores found = scores(next, depth, ply + 1, prefer);
      if (!any || prefer(static_cast<std::size_t>(rules_.team(rules_.actor(s))), best, found)) best = found;
      any = true;
    }
    return best;
  }
  // Then what `scores` returned means nothing.
  [[nodiscard]] bool gave_up() const { return left_ == 0; }

 private:
  const G& rules_;
  M model_;
  std::uint64_t left_;
};

inline constexpr auto kOwnScore = [](std::size_t mover, const TeamScores& old, const TeamScores& now) {
  return now[mover] > old[mover];
};
inline auto against(std::size_t hero) {
  return [hero](std::size_t mover, const TeamScores& old, const TeamScores& now) {
    return mover == hero ? now[hero] > old[hero] : now[hero] < old[hero];
  };
}

}  // namespace mz
