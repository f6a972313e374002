// What a search must know of a game beyond its rules: an evaluation and a few hints. One model object belongs to one search.
//
// Like everything in engine/search that is compiled with a game's fast code, this header holds templates over the rules only.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <vector>

#include "engine/rules.h"
#include "engine/search/score.h"

namespace mz {

//   evaluate     how each team stands against the others at a decision node; with two teams one score is the negative of the other
//   urgency      orders moves before anything is searched: more urgent first; never changes what is searched
//   begins_turn  whether a turn starts here: only there a search ends, because in the middle of a turn too much is pending
//   tactical     moves that are never searched less deeply than others
//   value_unit   the score at which a team is clearly ahead
template <class M, class G>
concept SearchModel = requires(M& m, const G& g, const typename G::State& s, Move move, TeamScores& scores) {
  { m.evaluate(g, s, scores) } -> std::same_as<void>;
  { m.urgency(g, s, move) } -> std::same_as<int>;
  { m.begins_turn(g, s) } -> std::same_as<bool>;
  { m.tactical(g, s, move) } -> std::same_as<bool>;
  { m.value_unit() } -> std::same_as<Score>;
};

// What a finished game is worth to a team, `ply` moves ahead.
template <class G>
Score final_score(const G& rules, const typename G::State& state, int team, int ply) {
  std::array<float, kMaxSeats> returns{};
  rules.returns(state, std::span<float>(returns.data(), static_cast<std::size_t>(rules.teams())));
  const float own = returns[static_cast<std::size_t>(team)];
  return own > 0 ? kWin - ply : own < 0 ? ply - kWin : 0;
}

}  // namespace mz
