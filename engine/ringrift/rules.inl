// The rules of RingRift on one board, as constant functions over State<G>. C numbers are the numbered corner cases of the
// rules; FORMAT is the description of the recorded games, which settles what the rules leave open.
//
// This file is compiled once per instruction set (kernel.h), hence no include guard: MZ_ISA names the namespace. It and the
// files it includes hold templates only.

#include "engine/ringrift/moves.h"
#include "engine/ringrift/state.h"
#include "engine/rules.h"

namespace mz::ringrift::MZ_ISA {

template <class G>
class Rules {
 public:
  using State = ringrift::State<G>;
  using Undo = ringrift::Undo<G>;
  using Rows = std::array<std::uint32_t, G::kRowWords>;  // a set of cells, laid out as the words of axis 0
  static constexpr bool kHidden = false;
  static constexpr bool kStochastic = false;

  explicit Rules(const Setup& setup) : setup_(setup), shortest_line_(std::max(setup.line_length, G::kDetectorFloor)) {}

  [[nodiscard]] const Setup& setup() const { return setup_; }
  [[nodiscard]] int seats() const { return setup_.players; }
  [[nodiscard]] int teams() const { return setup_.players; }
  [[nodiscard]] int team(int seat) const { return seat; }

  void clear(State& s) const;  // an empty board, nobody to move; for readers of positions
  void initial(State& s) const;
  [[nodiscard]] NodeKind kind(const State& s) const {
    return s.h.phase == Phase::game_over ? NodeKind::terminal : NodeKind::decision;
  }
  [[nodiscard]] int actor(const State& s) const { return s.h.phase == Phase::game_over ? kNobody : s.h.player; }
  void moves(const State& s, MoveList& out) const;
  void apply(State& s, Move m, Undo& u) const {
    u.h = s.h;
    u.count = 0;
    play(s, m, &u);
  }
  void apply(State& s, Move m) const { play(s, m, nullptr); }  // for playouts: no way back
  void undo(State& s, const Undo& u) const {
    for (int i = u.count; i-- > 0;) {
      const auto& change = u.changes[static_cast<std::size_t>(i)];
      exchange(s, change.cell, change.who, change.rings);
    }
    s.h = u.h;
  }
  void returns(const State& s, std::span<float> out) const {
    for (int p = 0; p < setup_.players; ++p) out[static_cast<std::size_t>(p)] = p == s.h.winner ? 1.0F : -1.0F;
  }
  [[nodiscard]] std::uint64_t key(const State& s, int seat = kNobody) const;

  // Perfect information without chance.
  [[nodiscard]] Move sample(const State&, Rng&) const { return Move{}; }
  [[nodiscard]] double chance_probability(const State&, Move) const { return 0; }
  bool resample(State&, int, Rng&) const { return false; }

  // Puts a content into a cell and keeps every derived set, count, key and cache right. Ring counts per colour on the board
  // (board_rings) are the caller's, because moving a stack does not change them.
  void put(State& s, int cell, std::uint8_t who, Rings rings, Undo* u) const;

  // Whether a stack of `h` rings and cap `c` on `cell` could move or capture at once; the cell's own content is not looked at.
  [[nodiscard]] static bool can_act(const State& s, int cell, int h, int c);
  [[nodiscard]] static bool can_capture(const State& s, int cell, int h, int c);
  [[nodiscard]] bool any_stack_can_act(const State& s, int p) const;
  [[nodiscard]] bool can_place_one(const State& s, int p) const;
  // A "real action" in the sense of last player standing, section 15.
  [[nodiscard]] bool has_real_action(const State& s, int p) const {
    return (s.h.stacks[idx(p)] > 0 && any_stack_can_act(s, p)) || can_place_one(s, p);
  }
  [[nodiscard]] static bool owns_ring(const State& s, int p) {
    return s.h.hand[idx(p)] > 0 || s.h.board_rings[idx(p)] > 0;
  }
  [[nodiscard]] bool may_recover(const State& s, int p) const {
    return s.h.stacks[idx(p)] == 0 && s.h.markers[idx(p)] > 0 && s.h.board_rings[idx(p)] > 0;
  }
  // All moves of a stack as in the phase `movement`; its captures alone, under the name `type`.
  static void stack_moves(const State& s, int cell, MoveList& out);
  static void stack_captures(const State& s, int cell, MoveType type, MoveList& out);

  // A maximal run of markers of one player.
  struct Run {
    int axis = 0;
    int first = 0;  // cell of the lowest number
    int length = 0;
  };
  template <class Visit>
  void for_each_line(const State& s, int p, Visit visit) const;
  [[nodiscard]] Run run_through(const State& s, int p, int axis, int cell) const;

  // Territory.
  [[nodiscard]] static Rows open_rows(const State& s, int border);
  [[nodiscard]] static Rows component(const Rows& open, int word, std::uint32_t bit);
  [[nodiscard]] Rows region_of(const State& s, Move claim) const;
  [[nodiscard]] bool any_region(const State& s) const;
  template <class Visit>
  void for_each_region(const State& s, Visit visit) const;  // visit(first cell, border, rows) -> stop?
  // Markers that a claim of `region` collapses besides the region itself (C63, C64).
  [[nodiscard]] static Rows border_markers(const State& s, const Rows& region, int players);

  template <class Visit>
  static void for_each_cell(const Rows& rows, Visit visit) {
    for (int r = 0; r < G::kRows; ++r) {
      for (std::uint32_t bits = rows[idx(r + 1)]; bits != 0; bits &= bits - 1) {
        visit(G::cell(r, std::countr_zero(bits) - 1));
      }
    }
  }

  // Where the executor would collapse after sliding p's marker from `from` to `to` (C81, C82). `listed`: the slide makes a line, so
  // it suppresses fallbacks even when it cannot be played. `playable`: it can. `windows`: how many RS L2 strings there are.
  struct Slide {
    bool listed = false;
    bool playable = false;
    Run run;      // what a whole-line slide collapses
    Run windows;  // the run whose windows are offered; length 0 = none
  };
  [[nodiscard]] Slide slide(const State& s, int p, int from, int to) const;

 private:
  static constexpr std::size_t idx(int i) { return static_cast<std::size_t>(i); }
  static void toggle(std::array<std::uint32_t, G::kWords>& set, int cell) {
    const std::uint32_t along_row = 1U << G::bit(0, cell);
    const std::uint32_t across = 1U << G::bit(1, cell);
    set[idx(G::word(0, cell))] ^= along_row;
    for (int a = 1; a < G::kAxes; ++a) set[idx(G::word(a, cell))] ^= across;
  }
  static void exchange(State& s, int cell, std::uint8_t who, Rings rings);
  static bool stays_connected(const State& s, int border, int cell);
  static bool touches_open(const State& s, int border, int cell);
  void note_line(State& s, int p, int cell) const;
  void learn_connected(State& s) const;
  [[nodiscard]] bool may_have_region(const State& s) const;
  [[nodiscard]] bool payable(const State& s, const Rows& region) const;

  void place_moves(const State& s, MoveList& out) const;
  void movement_moves(const State& s, MoveList& out) const;
  void recovery_moves(const State& s, MoveList& out) const;
  void line_moves(const State& s, MoveList& out) const;
  void territory_moves(const State& s, MoveList& out) const;

  void play(State& s, Move m, Undo* u) const;
  void collapse(State& s, int cell, int p, Undo* u) const {
    put(s, cell, collapsed_of(p), 0, u);
    ++s.h.territory[idx(p)];
  }
  void collapse_run(State& s, const Run& run, int p, Undo* u) const {
    for (int i = 0; i < run.length; ++i) collapse(s, G::step(run.axis, run.first, i), p, u);
  }
  void set_stack(State& s, int cell, Rings rings, Undo* u) const {
    put(s, cell, rings == 0 ? kEmpty : stack_of(top_owner(rings)), rings, u);
  }
  void cross(State& s, int p, int axis, int sign, int from, int first, int last, Undo* u) const;
  void land(State& s, int p, int cell, Rings rings, Undo* u) const;
  void remove_top(State& s, int cell, int count, int credit, Undo* u) const;
  void extract(State& s, int cell, int p, Undo* u) const;
  void play_stack_move(State& s, Move m, Undo* u) const;
  void play_capture(State& s, Move m, Undo* u) const;
  void play_recovery(State& s, Move m, Undo* u) const;
  void play_line(State& s, Move m, Undo* u) const;
  void play_claim(State& s, Move m, Undo* u) const;
  void enter_territory(State& s) const;
  static void enter_lines(State& s) {
    s.h.phase = Phase::line_processing;
    s.h.must_move = kNoCell;
    s.h.origin = kNoCell;
  }
  [[nodiscard]] bool has_line(const State& s, int p) const;
  void end_turn(State& s) const;
  void finish(State& s, int winner, Ending ending) const;
  [[nodiscard]] bool decide_end(State& s) const;
  void rank_stalemate(State& s) const;
  void begin_turn(State& s) const;

  Setup setup_;
  int shortest_line_;
};

}  // namespace mz::ringrift::MZ_ISA

// Each builds on the ones before it.
// clang-format off
#include "engine/ringrift/rules_cells.inl"
#include "engine/ringrift/rules_moves.inl"
#include "engine/ringrift/rules_territory.inl"
#include "engine/ringrift/rules_play.inl"
// clang-format on
