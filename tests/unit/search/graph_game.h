// A game for search tests: a random layered graph with few nodes per layer, so that positions are reached on many ways. Who moves,
// how many moves there are, where the game ends and how a position is judged all come from a hash, so that the same seat often moves
// twice in a row, many positions have a single move, and no two numbers agree by accident.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/rules.h"
#include "engine/search/model.h"

namespace mz::graph {

struct State {
  std::uint32_t layer = 0;
  std::uint32_t node = 0;
  friend bool operator==(const State&, const State&) = default;
};

class Rules {
 public:
  using State = graph::State;
  using Undo = graph::State;
  static constexpr bool kHidden = false;
  static constexpr bool kStochastic = false;

  Rules(int teams, std::uint64_t seed, std::uint32_t layers, std::uint32_t width = 40, std::uint32_t moves = 5,
        bool early_ends = true)
      : teams_(teams), seed_(seed), layers_(layers), width_(width), moves_(moves), early_ends_(early_ends) {}

  [[nodiscard]] std::uint64_t hash(const State& s, std::uint64_t salt) const {
    return mix64(mix64(seed_ ^ salt << 40) ^ (static_cast<std::uint64_t>(s.layer) << 20 | s.node));
  }
  [[nodiscard]] int seats() const { return teams_; }
  [[nodiscard]] int teams() const { return teams_; }
  [[nodiscard]] int team(int seat) const { return seat; }
  void initial(State& s) const { s = State{}; }
  [[nodiscard]] NodeKind kind(const State& s) const {
    const bool early = early_ends_ && s.layer > 2 && hash(s, 1) % 16 == 0;
    return s.layer >= layers_ || early ? NodeKind::terminal : NodeKind::decision;
  }
  [[nodiscard]] int actor(const State& s) const {
    return static_cast<int>(hash(s, 2) % static_cast<std::uint64_t>(teams_));
  }
  // From this layer on nothing is legal, though the game goes on.
  void begin_dead_ends_at(std::uint32_t layer) { dead_layer_ = layer; }
  [[nodiscard]] std::uint32_t move_count(const State& s) const {
    if (s.layer >= dead_layer_) return 0;
    return s.layer > 0 && hash(s, 3) % 4 == 0 ? 1 : 2 + static_cast<std::uint32_t>(hash(s, 4) % (moves_ - 1));
  }
  void moves(const State& s, MoveList& out) const {
    for (std::uint32_t i = 0; i < move_count(s); ++i) out.push(Move{100 * s.layer + i});
  }
  void apply(State& s, Move m, Undo& u) const {
    u = s;
    s.node = static_cast<std::uint32_t>(hash(s, 100 + m.code) % width_);
    ++s.layer;
  }
  void undo(State& s, const Undo& u) const { s = u; }
  [[nodiscard]] Move sample(const State&, Rng&) const { return {}; }
  [[nodiscard]] double chance_probability(const State&, Move) const { return 0; }
  // One winner, or nobody in one of eight games.
  void returns(const State& s, std::span<float> out) const {
    const auto winner = hash(s, 5) % static_cast<std::uint64_t>(teams_);
    const bool draw = hash(s, 6) % 8 == 0;
    for (std::size_t team = 0; team < out.size(); ++team) out[team] = draw ? 0.F : team == winner ? 1.F : -1.F;
  }
  void observe(const State& s, int, std::vector<std::uint8_t>& out) const { pack(s, out); }
  [[nodiscard]] std::uint64_t key(const State& s, int) const { return hash(s, 7); }
  bool resample(State&, int, Rng&) const { return false; }
  void pack(const State& s, std::vector<std::uint8_t>& out) const {
    out.push_back(static_cast<std::uint8_t>(s.layer));
    out.push_back(static_cast<std::uint8_t>(s.node));
  }
  [[nodiscard]] bool unpack(std::span<const std::uint8_t>, State&) const { return false; }

 private:
  int teams_;
  std::uint64_t seed_;
  std::uint32_t layers_;
  std::uint32_t width_;
  std::uint32_t moves_;
  bool early_ends_;
  std::uint32_t dead_layer_ = ~0U;
};
static_assert(GameRules<Rules>);

struct Model {
  void evaluate(const Rules& rules, const State& s, TeamScores& scores) const {
    for (int team = 0; team < rules.teams(); ++team) {
      scores[static_cast<std::size_t>(team)] =
          static_cast<Score>(rules.hash(s, 20 + static_cast<std::uint64_t>(team)) % 2001) - 1000;
    }
    if (rules.teams() == 2) scores[1] = -scores[0];
  }
  [[nodiscard]] int urgency(const Rules& rules, const State& s, Move m) const {
    return static_cast<int>(rules.hash(s, 1000 + m.code) % 5);
  }
  [[nodiscard]] bool begins_turn(const Rules& rules, const State& s) const { return rules.hash(s, 30) % 2 == 0; }
  [[nodiscard]] bool tactical(const Rules&, const State&, Move m) const { return m.code % 2 == 0; }
  [[nodiscard]] Score value_unit() const { return 400; }
};
static_assert(SearchModel<Model, Rules>);

// Whether `hero` can force a win against all others together: then it is a win whatever the others prefer.
inline bool can_force_win(const Rules& rules, const State& s, int hero) {
  if (rules.kind(s) == NodeKind::terminal) return final_score(rules, s, hero, 0) > 0;
  MoveList moves;
  rules.moves(s, moves);
  const bool own = rules.actor(s) == hero;
  for (const Move move : moves) {
    State next = s;
    State undo;
    rules.apply(next, move, undo);
    if (can_force_win(rules, next, hero) == own) return own;
  }
  return !own;
}

}  // namespace mz::graph
