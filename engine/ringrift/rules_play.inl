// Playing a move, and the end of a turn (rules sections 5 and 7 to 15). See rules.inl.

namespace mz::ringrift::MZ_ISA {

// The straight way from one cell to another.
struct Way {
  int axis = 0;
  int sign = 1;
  int distance = 0;
};

template <class G>
inline Way way(int from, int to) {
  const int rows = G::row(to) - G::row(from);
  const int columns = G::column(to) - G::column(from);
  if (rows == 0) return {0, columns > 0 ? 1 : -1, std::abs(columns)};
  const int axis = columns == 0 ? 1 : !G::kHex && (rows > 0) == (columns > 0) ? 2 : G::kAxes - 1;
  return {axis, rows > 0 ? 1 : -1, std::abs(rows)};
}

// Marker effects on the cells `first` to `last` steps away: enemy markers flip, own ones collapse (section 7).
template <class G>
void Rules<G>::cross(State& s, int p, int axis, int sign, int from, int first, int last, Undo* u) const {
  if (first > last) return;
  const int bit = G::bit(axis, from);
  const int low = sign > 0 ? bit + first : bit - last;
  const std::uint32_t span = ((2U << (last - first)) - 1) << low;
  const auto word = idx(G::word(axis, from));
  std::uint32_t enemy = 0;
  for (int q = 0; q < setup_.players; ++q) {
    if (q != p) enemy |= s.marker[idx(q)][word] & span;
  }
  for (std::uint32_t own = s.marker[idx(p)][word] & span; own != 0; own &= own - 1) {
    collapse(s, G::step(axis, from, std::countr_zero(own) - bit), p, u);
  }
  for (; enemy != 0; enemy &= enemy - 1) {
    put(s, G::step(axis, from, std::countr_zero(enemy) - bit), marker_of(p), 0, u);
  }
}

// A stack of p arrives on an empty cell or a marker; the marker costs the top ring (C28 to C31).
template <class G>
void Rules<G>::land(State& s, int p, int cell, Rings rings, Undo* u) const {
  if (is_marker(s.who[idx(cell)])) {
    --s.h.board_rings[idx(top_owner(rings))];
    ++s.h.eliminated[idx(p)];
    rings = drop_top(rings, 1);
  }
  set_stack(s, cell, rings, u);
}

template <class G>
void Rules<G>::remove_top(State& s, int cell, int count, int credit, Undo* u) const {
  const Rings rings = s.rings[idx(cell)];
  const int h = height(rings);
  for (int i = h - count; i < h; ++i) --s.h.board_rings[idx(ring_at(rings, i))];
  s.h.eliminated[idx(credit)] = static_cast<std::uint16_t>(s.h.eliminated[idx(credit)] + count);
  set_stack(s, cell, drop_top(rings, count), u);
}

template <class G>
void Rules<G>::extract(State& s, int cell, int p, Undo* u) const {
  const Rings rings = s.rings[idx(cell)];
  const int index = lowest_ring(rings, p, height(rings));
  --s.h.board_rings[idx(p)];
  ++s.h.eliminated[idx(p)];
  set_stack(s, cell, remove_ring(rings, index), u);
}

template <class G>
void Rules<G>::play_stack_move(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  const int from = from_of(m);
  const int to = to_of(m);
  const Way w = way<G>(from, to);
  const Rings rings = s.rings[idx(from)];
  put(s, from, marker_of(p), 0, u);
  cross(s, p, w.axis, w.sign, from, 1, w.distance - 1, u);
  land(s, p, to, rings, u);
  const Rings landed = s.rings[idx(to)];
  if (s.who[idx(to)] == stack_of(p) && can_capture(s, to, height(landed), cap(landed))) {
    s.h.phase = Phase::capture;
    s.h.must_move = kNoCell;
    s.h.origin = static_cast<Cell>(to);
  } else {
    enter_lines(s);
  }
}

template <class G>
void Rules<G>::play_capture(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  const int from = from_of(m);
  const int to = to_of(m);
  const int target = extra_of(m);
  const Way w = way<G>(from, to);
  const int reach = way<G>(from, target).distance;
  const Rings rings = s.rings[idx(from)];
  put(s, from, marker_of(p), 0, u);
  cross(s, p, w.axis, w.sign, from, 1, reach - 1, u);
  cross(s, p, w.axis, w.sign, from, reach + 1, w.distance - 1, u);
  const Rings taken = s.rings[idx(target)];
  set_stack(s, target, drop_top(taken, 1), u);
  land(s, p, to, push_bottom(rings, top_owner(taken)), u);
  const Rings landed = s.rings[idx(to)];
  if (s.who[idx(to)] == stack_of(p) && can_capture(s, to, height(landed), cap(landed))) {
    s.h.phase = Phase::chain_capture;
    s.h.must_move = kNoCell;
    s.h.origin = static_cast<Cell>(to);
  } else {
    enter_lines(s);
  }
}

template <class G>
void Rules<G>::play_recovery(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  const int from = from_of(m);
  const int to = to_of(m);
  s.h.flags |= kRecovered;
  switch (type_of(m)) {
    case MoveType::recover_line: {
      const Slide found = slide(s, p, from, to);
      put(s, from, kEmpty, 0, u);
      collapse_run(s, found.run, p, u);
      extract(s, extra_of(m), p, u);
      break;
    }
    case MoveType::recover_window: {
      const Slide found = slide(s, p, from, to);
      Run window = found.run;
      if (found.run.length > setup_.line_length) {
        window = {found.run.axis, G::step(found.run.axis, to, -extra_of(m)), setup_.line_length};
      }
      put(s, from, kEmpty, 0, u);
      collapse_run(s, window, p, u);
      break;
    }
    case MoveType::recover_fallback:
      put(s, from, kEmpty, 0, u);
      put(s, to, marker_of(p), 0, u);
      extract(s, extra_of(m), p, u);
      break;
    default:  // recover_strike
      put(s, from, kEmpty, 0, u);
      remove_top(s, to, 1, p, u);
      extract(s, extra_of(m), p, u);  // C83: may be the ring the strike has just exposed
      break;
  }
  enter_lines(s);
}

template <class G>
void Rules<G>::enter_territory(State& s) const {
  s.h.phase = Phase::territory_processing;
  if (may_have_region(s)) learn_connected(s);
}

template <class G>
void Rules<G>::play_line(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  Run run = run_through(s, p, from_of(m), to_of(m));
  bool debt = s.h.stacks[idx(p)] > 0;
  if (type_of(m) == MoveType::choose_window) {
    run = {run.axis, G::step(run.axis, run.first, extra_of(m)), setup_.line_length};
    debt = false;
  }
  collapse_run(s, run, p, u);
  // C50: one flag, overwritten by every line.
  s.h.flags = static_cast<std::uint8_t>(debt ? s.h.flags | kLineDebt : s.h.flags & ~kLineDebt);
  if (has_line(s, p)) return;
  s.h.maybe_line &= static_cast<std::uint8_t>(~(1U << p));
  if (!debt) enter_territory(s);  // C11
}

template <class G>
void Rules<G>::play_claim(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  const Rows region = region_of(s, m);
  const Rows border = border_markers(s, region, setup_.players);
  s.h.connected = 0;  // everything near changes; cheaper to look again than to follow
  for_each_cell(region, [&](int cell) {
    const Rings rings = s.rings[idx(cell)];
    if (rings != 0) {
      const int h = height(rings);
      for (int i = 0; i < h; ++i) --s.h.board_rings[idx(ring_at(rings, i))];
      s.h.eliminated[idx(p)] = static_cast<std::uint16_t>(s.h.eliminated[idx(p)] + h);
    }
    collapse(s, cell, p, u);
  });
  for_each_cell(border, [&](int cell) { collapse(s, cell, p, u); });
  s.h.flags |= kRegionDebt;
}

template <class G>
void Rules<G>::play(State& s, Move m, Undo* u) const {
  const int p = s.h.player;
  const MoveType type = type_of(m);
  if (!is_passive(type)) s.h.flags |= kActed;
  if (p == 1) s.h.flags &= static_cast<std::uint8_t>(~kMaySwap);
  switch (type) {
    case MoveType::place: {
      const int to = to_of(m);
      const int count = from_of(m) + 1;
      Rings rings = s.rings[idx(to)];
      for (int i = 0; i < count; ++i) rings = push_top(rings == 0 ? 1 : rings, p);
      s.h.hand[idx(p)] = static_cast<std::uint16_t>(s.h.hand[idx(p)] - count);
      s.h.board_rings[idx(p)] = static_cast<std::uint16_t>(s.h.board_rings[idx(p)] + count);
      put(s, to, stack_of(p), rings, u);
      s.h.must_move = static_cast<Cell>(to);
      s.h.phase = Phase::movement;
      break;
    }
    case MoveType::skip_placement:
    case MoveType::no_placement:
      s.h.must_move = kNoCell;
      s.h.phase = Phase::movement;
      break;
    case MoveType::swap_sides:
      break;  // C105: only who sits where changes
    case MoveType::move_stack:
      play_stack_move(s, m, u);
      break;
    case MoveType::capture:
    case MoveType::continue_capture:
      play_capture(s, m, u);
      break;
    case MoveType::recover_line:
    case MoveType::recover_window:
    case MoveType::recover_fallback:
    case MoveType::recover_strike:
      play_recovery(s, m, u);
      break;
    case MoveType::skip_capture:
    case MoveType::skip_recovery:
    case MoveType::no_movement:
      enter_lines(s);
      break;
    case MoveType::process_line:
    case MoveType::choose_line:
    case MoveType::choose_window:
      play_line(s, m, u);
      break;
    case MoveType::pay_line:
      s.h.flags &= static_cast<std::uint8_t>(~kLineDebt);
      remove_top(s, to_of(m), 1, p, u);
      break;
    case MoveType::no_line:
      s.h.maybe_line &= static_cast<std::uint8_t>(~(1U << p));
      enter_territory(s);
      // C9: without a region to decide about, the blocked player goes straight to forced elimination.
      if ((s.h.flags & kActed) == 0 && s.h.stacks[idx(p)] > 0 && !any_region(s)) s.h.phase = Phase::forced_elimination;
      break;
    case MoveType::claim_region:
      play_claim(s, m, u);
      break;
    case MoveType::pay_territory:
    case MoveType::pay_recovery:
      s.h.flags &= static_cast<std::uint8_t>(~kRegionDebt);
      if (type == MoveType::pay_territory) {
        remove_top(s, to_of(m), cap(s.rings[idx(to_of(m))]), p, u);
      } else {
        extract(s, to_of(m), p, u);
      }
      enter_territory(s);
      if (!any_region(s)) end_turn(s);  // C70
      break;
    case MoveType::skip_territory:
    case MoveType::no_territory:
      if ((s.h.flags & kActed) == 0 && s.h.stacks[idx(p)] > 0) {
        s.h.phase = Phase::forced_elimination;
      } else {
        end_turn(s);
      }
      break;
    case MoveType::forced_elimination:
      remove_top(s, to_of(m), cap(s.rings[idx(to_of(m))]), p, u);
      end_turn(s);
      break;
  }
}

template <class G>
void Rules<G>::finish(State& s, int winner, Ending ending) const {
  s.h.phase = Phase::game_over;
  s.h.must_move = kNoCell;
  s.h.origin = kNoCell;
  s.h.winner = static_cast<std::int8_t>(winner);
  s.h.ending = ending;
}

// Victory, looked at only when a turn ends (section 14).
template <class G>
bool Rules<G>::decide_end(State& s) const {
  const int n = setup_.players;
  if (setup_.rings_to_win > 0) {
    for (int p = 0; p < n; ++p) {
      if (s.h.eliminated[idx(p)] >= setup_.rings_to_win) return finish(s, p, Ending::ring_threshold), true;  // C91
    }
  }
  int collapsed = 0;
  int controllers = 0;
  int controller = 0;
  for (int p = 0; p < n; ++p) {
    collapsed += s.h.collapsed[idx(p)];
    if (s.h.stacks[idx(p)] > 0) {
      ++controllers;
      controller = p;
    }
  }
  if (setup_.territory_to_win > 0) {
    for (int p = 0; p < n; ++p) {
      const int own = s.h.collapsed[idx(p)];
      if (own >= setup_.territory_to_win && 2 * own > collapsed) return finish(s, p, Ending::territory_threshold), true;
    }
  }
  if (controllers == 1) {
    bool alone = true;
    for (int p = 0; p < n; ++p) alone &= p == controller || !owns_ring(s, p);
    if (alone) return finish(s, controller, Ending::early_lps), true;
  }
  if (controllers > 0) return false;
  for (int p = 0; p < n; ++p) {
    if (can_place_one(s, p)) return false;
  }
  rank_stalemate(s);
  return true;
}

// The ladder of section 14 step 5: every rung looks at all players again (C97).
template <class G>
void Rules<G>::rank_stalemate(State& s) const {
  const auto single_leader = [this](auto score) {
    int best = 0;
    int leader = -1;
    for (int p = 0; p < setup_.players; ++p) {
      const int value = score(p);
      if (value > best) {
        best = value;
        leader = p;
      } else if (value == best) {
        leader = -1;
      }
    }
    return leader;
  };
  if (const int p = single_leader([&](int q) { return s.h.collapsed[idx(q)]; }); p >= 0) {
    return finish(s, p, Ending::stalemate_territory);
  }
  if (const int p = single_leader([&](int q) { return s.h.eliminated[idx(q)] + s.h.hand[idx(q)]; }); p >= 0) {
    return finish(s, p, Ending::stalemate_eliminated);
  }
  if (const int p = single_leader([&](int q) { return s.h.markers[idx(q)]; }); p >= 0) {
    return finish(s, p, Ending::stalemate_markers);
  }
  finish(s, s.h.player, Ending::stalemate_last_actor);
}

template <class G>
void Rules<G>::end_turn(State& s) const {
  if (decide_end(s)) return;
  const int p = s.h.player;
  int next = p;
  do {
    next = next + 1 == setup_.players ? 0 : next + 1;
  } while (next != p && !owns_ring(s, next));
  // C20: a seat that follows itself still counts as having acted.
  if (next != p) s.h.flags &= static_cast<std::uint8_t>(~(kActed | kRecovered));
  s.h.flags &= static_cast<std::uint8_t>(~kRegionDebt);
  s.h.player = static_cast<std::uint8_t>(next);
  s.h.phase = Phase::ring_placement;
  s.h.must_move = kNoCell;
  s.h.origin = kNoCell;
  begin_turn(s);
}

// Last player standing over rounds (section 15, FORMAT 5.4), at every start of a turn but the first of the game.
template <class G>
void Rules<G>::begin_turn(State& s) const {
  Header& h = s.h;
  const int p = h.player;
  const auto standing = [&](int seat) { return seat != 0 && owns_ring(s, seat - 1); };
  if (!standing(h.lps_first)) {
    h.lps_first = static_cast<std::uint8_t>(p + 1);
    h.lps_seen = 0;
    h.lps_real = 0;
    if (!standing(h.lps_player)) {
      h.lps_count = 0;
      h.lps_player = 0;
    }
  } else if (h.lps_first == p + 1 && h.lps_seen != 0) {
    int real = 0;
    int who = 0;
    for (int q = 0; q < setup_.players; ++q) {
      if ((h.lps_real >> q & 1) != 0 && owns_ring(s, q)) {
        ++real;
        who = q + 1;
      }
    }
    if (real == 1) {
      h.lps_count = static_cast<std::uint8_t>(who == h.lps_player ? std::min(h.lps_count + 1, 255) : 1);
      h.lps_player = static_cast<std::uint8_t>(who);
    } else {
      h.lps_count = 0;
      h.lps_player = 0;
    }
    h.lps_seen = 0;
    h.lps_real = 0;
  }
  const bool real = has_real_action(s, p);
  h.lps_seen |= static_cast<std::uint8_t>(1U << p);
  h.lps_real = static_cast<std::uint8_t>((h.lps_real & ~(1U << p)) | (real ? 1U << p : 0));
  if (h.lps_count < setup_.lps_rounds || h.lps_player != p + 1 || !real) return;
  for (int q = 0; q < setup_.players; ++q) {
    if (q != p && owns_ring(s, q) && has_real_action(s, q)) return;  // C104
  }
  finish(s, p, Ending::lps_rounds);
}

}  // namespace mz::ringrift::MZ_ISA
