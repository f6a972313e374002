// What the searches of engine/search must know of RingRift. Included by kernel.inl after the evaluation; templates only.

namespace mz::ringrift::MZ_ISA {

template <class R>
class RingRiftModel {
 public:
  using State = typename R::State;

  explicit RingRiftModel(const Weights& weights) : weights_(weights) {}

  void evaluate(const R& rules, const State& s, TeamScores& scores) const {
    ringrift::MZ_ISA::evaluate(rules, s, weights_, std::span<Score, kMaxPlayers>(scores.data(), kMaxPlayers));
  }

  [[nodiscard]] bool begins_turn(const R&, const State& s) const { return s.h.phase == Phase::ring_placement; }

  [[nodiscard]] bool tactical(const R&, const State&, Move move) const {
    switch (type_of(move)) {
      case MoveType::capture:
      case MoveType::continue_capture:
      case MoveType::recover_line:
      case MoveType::recover_window:
      case MoveType::process_line:
      case MoveType::choose_line:
      case MoveType::choose_window:
      case MoveType::claim_region:
        return true;
      default:
        return false;
    }
  }

  [[nodiscard]] int urgency(const R&, const State& s, Move move) const {
    switch (type_of(move)) {
      case MoveType::capture:
      case MoveType::continue_capture: {
        // An enemy ring taken counts more than an own one, and high stacks are better broken up.
        const Rings target = s.rings[static_cast<std::size_t>(extra_of(move))];
        return (top_owner(target) == s.h.player ? 5 : 9) + std::min(height(target), 4);
      }
      case MoveType::claim_region:
        return 16;
      case MoveType::process_line:
      case MoveType::choose_line:
        return 14;
      case MoveType::choose_window:
      case MoveType::recover_window:
        return 13;
      case MoveType::recover_line:
        return 12;
      case MoveType::move_stack:
        return landing_urgency(s, move);
      case MoveType::place:
        return 4;
      case MoveType::recover_fallback:
      case MoveType::recover_strike:
        return 3;
      default:
        return 1;
    }
  }

  // The lead of three credited rings.
  [[nodiscard]] Score value_unit() const { return 3000; }

 private:
  // A landing on a marker credits a ring, which is worth most when the stack survives it.
  static int landing_urgency(const State& s, Move move) {
    const std::uint8_t who = s.who[static_cast<std::size_t>(to_of(move))];
    if (!is_marker(who)) return 4;
    return height(s.rings[static_cast<std::size_t>(from_of(move))]) > 1 ? 8 : 6;
  }

  Weights weights_;
};

}  // namespace mz::ringrift::MZ_ISA
