// A second game for the tests, so that nothing outside engine/ringrift can quietly depend on RingRift: tic-tac-toe with a
// chance node and a hidden card.
//
// Before play each seat is dealt one card from a deck of three plain cards and `jokers` jokers (option, default 1), and
// sees only its own. Three in a row win. On a full board without a row, the only holder of a joker wins; else it is a draw.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/erased.h"

namespace mz::toy {

enum class Card : std::uint8_t { none = 0, plain = 1, joker = 2 };

struct State {
  std::array<std::uint8_t, 9> cells{};  // 0 empty, else seat + 1
  std::array<Card, 2> cards{};          // dealt to seat 0 first
  friend bool operator==(const State&, const State&) = default;
};

class Rules {
 public:
  using State = toy::State;
  using Undo = toy::State;
  static constexpr bool kHidden = true;
  static constexpr bool kStochastic = true;
  static constexpr int kPlainCards = 3;
  static constexpr std::uint32_t kDealPlain = 16;  // codes of the two chance outcomes; 0..8 place on a cell
  static constexpr std::uint32_t kDealJoker = 17;

  explicit Rules(int jokers) : jokers_(jokers) {}

  [[nodiscard]] int seats() const { return 2; }
  [[nodiscard]] int teams() const { return 2; }
  [[nodiscard]] int team(int seat) const { return seat; }
  void initial(State& s) const { s = State{}; }
  [[nodiscard]] NodeKind kind(const State& s) const;
  [[nodiscard]] int actor(const State& s) const;
  void moves(const State& s, MoveList& out) const;
  void apply(State& s, Move m, Undo& u) const;
  void undo(State& s, const Undo& u) const { s = u; }
  [[nodiscard]] Move sample(const State& s, Rng& rng) const;
  [[nodiscard]] double chance_probability(const State& s, Move m) const;
  void returns(const State& s, std::span<float> values) const;
  void observe(const State& s, int seat, std::vector<std::uint8_t>& out) const;
  [[nodiscard]] std::uint64_t key(const State& s, int seat) const;
  [[nodiscard]] bool resample(State& s, int seat, Rng& rng) const;
  void pack(const State& s, std::vector<std::uint8_t>& out) const;
  [[nodiscard]] bool unpack(std::span<const std::uint8_t> in, State& s) const;

  [[nodiscard]] std::string move_text(const State& s, Move m) const;
  [[nodiscard]] std::string text(const State& s) const;
  [[nodiscard]] Result<State> parse(std::string_view text) const;
  [[nodiscard]] Outcome outcome(const State& s) const;

 private:
  // Cards of this kind still in the deck, as seen by someone who knows `s`.
  [[nodiscard]] int left(const State& s, Card card) const;
  [[nodiscard]] int winner(const State& s) const;
  [[nodiscard]] bool valid(const State& s) const;

  int jokers_;
};

}  // namespace mz::toy
