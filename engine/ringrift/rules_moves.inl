// Legal moves of every phase but territory_processing (FORMAT 5.2). See rules.inl.

namespace mz::ringrift::MZ_ISA {

// One ray as seen from a cell: `first` steps to the nearest blocker (stack or wall). When that is a stack, `second` steps to the
// next blocker behind it.
struct Ray {
  int first = 0;
  int second = 0;
  bool stack = false;
};

// `up`: towards higher bits of the line. Walls beyond both ends of every line guarantee a blocker in either direction.
template <bool up>
inline Ray cast(std::uint32_t occupied, std::uint32_t wall, int bit) {
  Ray ray;
  if constexpr (up) {
    const std::uint32_t ahead = occupied >> (bit + 1);
    const int skip = std::countr_zero(ahead);
    ray.first = skip + 1;
    ray.stack = (wall >> (bit + 1) >> skip & 1) == 0;
    if (ray.stack) ray.second = ray.first + std::countr_zero(ahead >> skip >> 1) + 1;
  } else {
    const std::uint32_t ahead = occupied << (32 - bit);
    const int skip = std::countl_zero(ahead);
    ray.first = skip + 1;
    ray.stack = (wall << (32 - bit) << skip >> 31) == 0;
    if (ray.stack) ray.second = ray.first + std::countl_zero(ahead << skip << 1) + 1;
  }
  return ray;
}

// Calls visit(axis, sign, ray) for the rays of a cell until it returns true; whether it did.
template <class G, class Visit>
inline bool any_ray(const ringrift::State<G>& s, int cell, Visit visit) {
  for (int axis = 0; axis < G::kAxes; ++axis) {
    const auto w = static_cast<std::size_t>(G::word(axis, cell));
    const int bit = G::bit(axis, cell);
    if (visit(axis, 1, cast<true>(s.occupied[w], s.wall[w], bit))) return true;
    if (visit(axis, -1, cast<false>(s.occupied[w], s.wall[w], bit))) return true;
  }
  return false;
}

template <class G>
inline bool ray_captures(const ringrift::State<G>& s, int cell, int axis, int sign, const Ray& ray, int h, int c) {
  return ray.stack && ray.second - 1 >= std::max(h, ray.first + 1) &&
         cap(s.rings[static_cast<std::size_t>(G::step(axis, cell, sign * ray.first))]) <= c;
}

template <class G>
bool Rules<G>::can_act(const State& s, int cell, int h, int c) {
  return any_ray<G>(s, cell, [&](int axis, int sign, const Ray& ray) {
    return ray.first > h || ray_captures<G>(s, cell, axis, sign, ray, h, c);
  });
}

template <class G>
bool Rules<G>::can_capture(const State& s, int cell, int h, int c) {
  return any_ray<G>(
      s, cell, [&](int axis, int sign, const Ray& ray) { return ray_captures<G>(s, cell, axis, sign, ray, h, c); });
}

template <class G>
bool Rules<G>::any_stack_can_act(const State& s, int p) const {
  for (int r = 1; r <= G::kRows; ++r) {
    for (std::uint32_t bits = s.stack[idx(p)][idx(r)]; bits != 0; bits &= bits - 1) {
      const int cell = G::cell(r - 1, std::countr_zero(bits) - 1);
      const Rings rings = s.rings[idx(cell)];
      if (can_act(s, cell, height(rings), cap(rings))) return true;
    }
  }
  return false;
}

// Free cells (no stack, not collapsed; markers allowed) around every cell: bit set in reach[k] when the first k + 1 cells in some
// direction are free, so that a stack of k + 1 rings placed there could move. Rows r of the board at index r + kMargin.
template <class G, int kCounts>
struct Reach {
  static constexpr int kMargin = 3;
  std::array<std::uint32_t, G::kRows + 2 * kMargin> free{};
  std::array<std::array<std::uint32_t, G::kRows>, kCounts> reach{};

  explicit Reach(const ringrift::State<G>& s) {
    for (std::size_t r = 0; r < G::kRows; ++r) free[r + kMargin] = ~s.occupied[r + 1];
    along<0, 1>();
    along<0, -1>();
    along<1, 1>();
    along<1, -1>();
    along<2, 1>();
    along<2, -1>();
    if constexpr (G::kAxes == 4) {
      along<3, 1>();
      along<3, -1>();
    }
  }

 private:
  template <int shift>
  static constexpr std::uint32_t toward(std::uint32_t row) {  // bit b of the result = bit b + shift of the row
    if constexpr (shift >= 0) {
      return row >> shift;
    } else {
      return row << -shift;
    }
  }
  template <int axis, int sign>
  void along() {
    constexpr int kDown = sign * G::kStepRow[axis];
    constexpr int kAside = sign * G::kStepColumn[axis];
    for (int r = 0; r < G::kRows; ++r) {
      std::uint32_t open = toward<kAside>(free[static_cast<std::size_t>(r + kMargin + kDown)]);
      reach[0][static_cast<std::size_t>(r)] |= open;
      if constexpr (kCounts > 1) {
        open &= toward<2 * kAside>(free[static_cast<std::size_t>(r + kMargin + 2 * kDown)]);
        reach[1][static_cast<std::size_t>(r)] |= open;
        open &= toward<3 * kAside>(free[static_cast<std::size_t>(r + kMargin + 3 * kDown)]);
        reach[2][static_cast<std::size_t>(r)] |= open;
      }
    }
  }
};

template <class G>
bool Rules<G>::can_place_one(const State& s, int p) const {
  if (s.h.hand[idx(p)] == 0 || s.h.board_rings[idx(p)] >= setup_.rings) return false;
  const auto vacant = [&](int word) {
    std::uint32_t markers = 0;
    for (int q = 0; q < setup_.players; ++q) markers |= s.marker[idx(q)][idx(word)];
    return ~s.occupied[idx(word)] & ~markers;
  };
  // Nearly always some vacant cell has a free neighbour in its own row.
  for (int word = 1; word <= G::kRows; ++word) {
    const std::uint32_t open = ~s.occupied[idx(word)];
    if ((vacant(word) & (open << 1 | open >> 1)) != 0) return true;
  }
  for (int word = 1; word <= G::kRows; ++word) {
    for (std::uint32_t bits = vacant(word); bits != 0; bits &= bits - 1) {
      if (can_act(s, G::cell(word - 1, std::countr_zero(bits) - 1), 1, 1)) return true;
    }
  }
  for (int cell = 0; cell < G::kCells; ++cell) {
    if (!is_stack(s.who[idx(cell)])) continue;
    const Rings rings = push_top(s.rings[idx(cell)], p);
    if (height(rings) <= kMaxHeight && can_act(s, cell, height(rings), cap(rings))) return true;
  }
  return false;
}

namespace detail {

// Positions of the set bits of a byte, first to last and then 0, moved to the field `to` of a move.
constexpr std::array<std::array<std::uint32_t, 8>, 256> make_set_bits() {
  std::array<std::array<std::uint32_t, 8>, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::size_t n = 0;
    for (unsigned b = 0; b < 8; ++b) {
      if ((byte >> b & 1) != 0) table[byte][n++] = make_move(MoveType{}, b).code;
    }
  }
  return table;
}
inline constexpr auto kSetBits = make_set_bits();

// Writes one placement per set bit, eight at a time: the list of placements is by far the longest one, so it sets the pace of the
// whole generator. Up to seven entries beyond the result are scribbled over.
template <class G>
inline Move* write_places(Move* out, std::uint32_t bits, std::uint32_t code_of_bit_zero) {
  using Words [[gnu::vector_size(32)]] = std::uint32_t;
  while (bits != 0) {
    const int skip = std::countr_zero(bits) & ~7;
    const std::uint32_t byte = bits >> skip & 255;
    const std::uint32_t base = code_of_bit_zero + make_move(MoveType{}, static_cast<unsigned>(skip)).code;
    Words codes;
    std::memcpy(&codes, kSetBits[byte].data(), sizeof codes);
    codes += base;
    std::memcpy(static_cast<void*>(out), &codes, sizeof codes);
    out += std::popcount(byte);
    bits &= ~(255U << skip);
  }
  return out;
}

}  // namespace detail

template <class G>
void Rules<G>::place_moves(const State& s, MoveList& out) const {
  const int p = s.h.player;
  const int available = std::min<int>(s.h.hand[idx(p)], setup_.rings - s.h.board_rings[idx(p)]);  // C4
  if (available < 1) return;
  const Reach<G, 3> reach(s);
  Move* end = out.reserve(3 * G::kCells + 8);
  for (int r = 0; r < G::kRows; ++r) {
    std::uint32_t markers = 0;
    for (int q = 0; q < setup_.players; ++q) markers |= s.marker[idx(q)][idx(r + 1)];
    std::uint32_t legal = reach.free[idx(r + 3)] & ~markers;
    const std::uint32_t code = make_move(MoveType::place).code + (static_cast<std::uint32_t>(G::cell(r, 0) - 1) << 5);
    for (int count = 1; count <= std::min(available, 3) && legal != 0; ++count) {
      // 7.1: two or three rings only where one ring is legal too; three do not need two.
      std::uint32_t here = legal & reach.reach[idx(count - 1)][idx(r)];
      for (std::uint32_t rest = legal & ~here; rest != 0; rest &= rest - 1) {
        const int bit = std::countr_zero(rest);
        if (can_capture(s, G::cell(r, bit - 1), count, count)) here |= 1U << bit;
      }
      end = detail::write_places<G>(end, here, code + (static_cast<std::uint32_t>(count - 1) << 14));
      if (count == 1) legal = here;
    }
  }
  out.commit(end);
  for (int r = 0; r < G::kRows; ++r) {
    std::uint32_t stacks = 0;
    for (int q = 0; q < setup_.players; ++q) stacks |= s.stack[idx(q)][idx(r + 1)];
    for (; stacks != 0; stacks &= stacks - 1) {
      const int cell = G::cell(r, std::countr_zero(stacks) - 1);
      if (height(s.rings[idx(cell)]) >= kMaxHeight) continue;  // far beyond any board's length: could not move
      const Rings rings = push_top(s.rings[idx(cell)], p);
      if (can_act(s, cell, height(rings), cap(rings)))
        out.push(make_move(MoveType::place, static_cast<unsigned>(cell)));
    }
  }
}

// Captures along one ray: at most one target, any landing behind it that is far enough (section 8.1).
template <class G>
inline Move* write_captures(Move* end, const ringrift::State<G>& s, int cell, int axis, int sign, const Ray& ray, int h,
                            int c, MoveType type) {
  if (!ray.stack) return end;
  const int target = G::step(axis, cell, sign * ray.first);
  if (cap(s.rings[static_cast<std::size_t>(target)]) > c) return end;
  for (int d = std::max(h, ray.first + 1); d < ray.second; ++d) {
    *end++ = make_move(type, static_cast<unsigned>(G::step(axis, cell, sign * d)), static_cast<unsigned>(cell),
                       static_cast<unsigned>(target));
  }
  return end;
}

template <class G>
void Rules<G>::stack_moves(const State& s, int cell, MoveList& out) {
  const Rings rings = s.rings[idx(cell)];
  const int h = height(rings);
  const int c = cap(rings);
  Move* end = out.reserve(static_cast<std::size_t>(G::kDirections * G::kRows));
  any_ray<G>(s, cell, [&](int axis, int sign, const Ray& ray) {
    for (int d = h; d < ray.first; ++d) {
      *end++ = make_move(MoveType::move_stack, static_cast<unsigned>(G::step(axis, cell, sign * d)),
                         static_cast<unsigned>(cell));
    }
    end = write_captures<G>(end, s, cell, axis, sign, ray, h, c, MoveType::capture);
    return false;
  });
  out.commit(end);
}

template <class G>
void Rules<G>::stack_captures(const State& s, int cell, MoveType type, MoveList& out) {
  const Rings rings = s.rings[idx(cell)];
  Move* end = out.reserve(static_cast<std::size_t>(G::kDirections * G::kRows));
  any_ray<G>(s, cell, [&](int axis, int sign, const Ray& ray) {
    end = write_captures<G>(end, s, cell, axis, sign, ray, height(rings), cap(rings), type);
    return false;
  });
  out.commit(end);
}

template <class G>
typename Rules<G>::Run Rules<G>::run_through(const State& s, int p, int axis, int cell) const {
  const std::uint32_t line = s.marker[idx(p)][idx(G::word(axis, cell))] | 1U << G::bit(axis, cell);
  const int bit = G::bit(axis, cell);
  const int up = std::countr_one(line >> bit) - 1;
  const int down = std::countl_one(line << (31 - bit)) - 1;
  return {axis, G::step(axis, cell, -down), up + down + 1};
}

template <class G>
typename Rules<G>::Slide Rules<G>::slide(const State& s, int p, int from, int to) const {
  Slide result;
  Run longest;
  const int need = setup_.line_length;
  for (int i = 0; i < G::kAxes; ++i) {
    const int axis = G::kRecoveryAxes[idx(i)];
    Run run = run_through(s, p, axis, to);
    // The slid marker no longer stands on `from`: cut the run there.
    for (int k = 0; k < run.length; ++k) {
      if (G::step(axis, run.first, k) != from) continue;
      const int position_of_to = G::bit(axis, to) - G::bit(axis, run.first);
      if (k < position_of_to) {
        run = {axis, G::step(axis, run.first, k + 1), run.length - k - 1};
      } else {
        run.length = k;
      }
      break;
    }
    if (run.length > longest.length) longest = run;
    if (result.run.length == 0 && run.length >= G::kDetectorFloor) result.run = run;
  }
  result.listed = longest.length >= need;
  result.playable = result.listed && result.run.length >= need;
  if (result.playable) {
    if (result.run.length > need) {
      result.windows = result.run;
    } else if (longest.length > need) {
      result.windows = longest;  // C82: offered by the longest run, collapses the first one whole, costs nothing
    }
  }
  return result;
}

template <class G>
void Rules<G>::recovery_moves(const State& s, MoveList& out) const {
  const int p = s.h.player;
  std::array<std::uint16_t, G::kCells> payers;
  std::size_t payer_count = 0;
  for (int cell = 0; cell < G::kCells; ++cell) {
    if (is_stack(s.who[idx(cell)]) && has_buried(s.rings[idx(cell)], p)) {
      payers[payer_count++] = static_cast<std::uint16_t>(cell);
    }
  }
  Rows own;
  std::copy_n(s.marker[idx(p)].begin(), own.size(), own.begin());
  const auto for_each_neighbour = [&](int from, auto visit) {
    for (int axis = 0; axis < G::kAxes; ++axis) {
      for (const int sign : {1, -1}) {
        if (G::has_step(axis, from, sign)) visit(G::step(axis, from, sign));
      }
    }
  };
  const auto with_payers = [&](MoveType type, int from, int to) {
    for (std::size_t i = 0; i < payer_count; ++i) {
      out.push(make_move(type, static_cast<unsigned>(to), static_cast<unsigned>(from), payers[i]));
    }
  };
  bool any_line = false;
  for_each_cell(own, [&](int from) {
    for_each_neighbour(from, [&](int to) {
      if (s.who[idx(to)] != kEmpty) return;
      const Slide found = slide(s, p, from, to);
      any_line |= found.listed;  // C81: suppresses fallbacks even when it cannot be played
      if (!found.playable) return;
      with_payers(MoveType::recover_line, from, to);
      if (found.windows.length == 0) return;
      const int at = G::bit(found.windows.axis, to) - G::bit(found.windows.axis, found.windows.first);
      const int need = setup_.line_length;
      for (int before = 0; before < need; ++before) {
        const int start = at - before;
        if (start < 0 || start + need > found.windows.length) continue;
        out.push(make_move(MoveType::recover_window, static_cast<unsigned>(to), static_cast<unsigned>(from),
                           static_cast<unsigned>(before)));
      }
    });
  });
  if (any_line) return;
  for_each_cell(own, [&](int from) {
    for_each_neighbour(from, [&](int to) {
      if (s.who[idx(to)] == kEmpty) with_payers(MoveType::recover_fallback, from, to);
      if (is_stack(s.who[idx(to)])) with_payers(MoveType::recover_strike, from, to);
    });
  });
}

template <class G>
void Rules<G>::movement_moves(const State& s, MoveList& out) const {
  const int p = s.h.player;
  if (s.h.must_move != kNoCell) {
    stack_moves(s, s.h.must_move, out);
  } else if (s.h.stacks[idx(p)] > 0) {
    for (int r = 1; r <= G::kRows; ++r) {
      for (std::uint32_t bits = s.stack[idx(p)][idx(r)]; bits != 0; bits &= bits - 1) {
        stack_moves(s, G::cell(r - 1, std::countr_zero(bits) - 1), out);
      }
    }
  } else if (may_recover(s, p)) {
    out.push(make_move(MoveType::skip_recovery));
    recovery_moves(s, out);
  }
  if (out.empty()) out.push(make_move(MoveType::no_movement));
}

template <class G>
template <class Visit>
void Rules<G>::for_each_line(const State& s, int p, Visit visit) const {
  for (int axis = 0; axis < G::kAxes; ++axis) {
    const int lines = axis == 0 || G::kStepColumn[idx(axis)] == 0 ? G::kRows : 2 * G::kRows - 1;
    for (int line = 0; line < lines; ++line) {
      std::uint32_t word = s.marker[idx(p)][idx(G::kFirstWord[idx(axis)] + line)];
      while (word != 0) {
        const int start = std::countr_zero(word);
        const int length = std::countr_one(word >> start);
        word &= ~(((1U << length) - 1) << start);
        if (length < shortest_line_) continue;
        int row = start - 1;
        int column = line;
        if (axis == 0) {
          row = line;
          column = start - 1;
        } else if (G::kStepColumn[idx(axis)] > 0) {
          column = line - (G::kRows - 1) + row;
        } else if (G::kStepColumn[idx(axis)] < 0) {
          column = line - row;
        }
        visit(Run{axis, G::cell(row, column), length});
      }
    }
  }
}

template <class G>
bool Rules<G>::has_line(const State& s, int p) const {
  if ((s.h.maybe_line >> p & 1) == 0) return false;
  bool found = false;
  for_each_line(s, p, [&](const Run&) { found = true; });
  return found;
}

template <class G>
void Rules<G>::line_moves(const State& s, MoveList& out) const {
  const int p = s.h.player;
  if ((s.h.maybe_line >> p & 1) != 0) {
    const int need = setup_.line_length;
    for_each_line(s, p, [&](const Run& run) {
      const auto first = static_cast<unsigned>(run.first);
      const auto axis = static_cast<unsigned>(run.axis);
      if (run.length == need) out.push(make_move(MoveType::process_line, first, axis));
      out.push(make_move(MoveType::choose_line, first, axis));
      for (int offset = 0; run.length > need && offset + need <= run.length; ++offset) {
        out.push(make_move(MoveType::choose_window, first, axis, static_cast<unsigned>(offset)));
      }
    });
  }
  if ((s.h.flags & kLineDebt) != 0) {
    Rows own;
    std::copy_n(s.stack[idx(p)].begin(), own.size(), own.begin());
    for_each_cell(own, [&](int cell) { out.push(make_move(MoveType::pay_line, static_cast<unsigned>(cell))); });
  }
  if (out.empty()) out.push(make_move(MoveType::no_line));
}

template <class G>
void Rules<G>::moves(const State& s, MoveList& out) const {
  out.clear();
  const int p = s.h.player;
  switch (s.h.phase) {
    case Phase::ring_placement:
      if (s.h.hand[idx(p)] > 0) {
        place_moves(s, out);
        const bool may_skip = s.h.stacks[idx(p)] > 0 ? any_stack_can_act(s, p) : may_recover(s, p);
        if (may_skip) out.push(make_move(MoveType::skip_placement));
      }
      if ((s.h.flags & kMaySwap) != 0 && p == 1) out.push(make_move(MoveType::swap_sides));
      if (out.empty()) out.push(make_move(MoveType::no_placement));
      break;
    case Phase::movement:
      movement_moves(s, out);
      break;
    case Phase::capture:
      if (s.h.origin != kNoCell) stack_captures(s, s.h.origin, MoveType::capture, out);
      out.push(make_move(MoveType::skip_capture));
      break;
    case Phase::chain_capture:
      // A hand-made position may lack the capturing stack: then nothing is legal.
      if (s.h.origin != kNoCell) stack_captures(s, s.h.origin, MoveType::continue_capture, out);
      break;
    case Phase::line_processing:
      line_moves(s, out);
      break;
    case Phase::territory_processing:
      territory_moves(s, out);
      break;
    case Phase::forced_elimination: {
      if (has_real_action(s, p)) break;  // C18: only in hand-made positions
      Rows own;
      std::copy_n(s.stack[idx(p)].begin(), own.size(), own.begin());
      for_each_cell(own,
                    [&](int cell) { out.push(make_move(MoveType::forced_elimination, static_cast<unsigned>(cell))); });
      break;
    }
    case Phase::game_over:
      break;
  }
}

}  // namespace mz::ringrift::MZ_ISA
