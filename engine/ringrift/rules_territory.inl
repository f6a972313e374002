// Territory regions (rules section 10). See rules.inl.

namespace mz::ringrift::MZ_ISA {

// All cells of the runs of `open` that hold a bit of `seed`.
inline std::uint32_t fill_runs(std::uint32_t open, std::uint32_t seed) {
  seed &= open;
  if (seed == 0) return 0;
  // Towards higher bits the carry of an addition does the walking; towards lower bits doubling steps.
  std::uint32_t filled = (open & ~(open + seed)) | seed;
  std::uint32_t path = open;
  filled |= path & filled >> 1;
  path &= path >> 1;
  filled |= path & filled >> 2;
  path &= path >> 2;
  filled |= path & filled >> 4;
  path &= path >> 4;
  filled |= path & filled >> 8;
  path &= path >> 8;
  return filled | (path & filled >> 16);
}

// Cells of the row above or below that touch the bits of a row.
template <class G>
inline std::uint32_t to_row_below(std::uint32_t row) {
  return G::kHex ? row | row >> 1 : row;
}
template <class G>
inline std::uint32_t to_row_above(std::uint32_t row) {
  return G::kHex ? row | row << 1 : row;
}

template <class G>
typename Rules<G>::Rows Rules<G>::open_rows(const State& s, int border) {
  Rows open;
  for (int w = 0; w < G::kRowWords; ++w) open[idx(w)] = open_row<G>(s, border, w);
  return open;
}

// Fills from one cell, looking again only at rows beside which something changed.
template <class G>
typename Rules<G>::Rows Rules<G>::component(const Rows& open, int word, std::uint32_t bit) {
  static_assert(G::kRows + 2 <= 32);
  Rows filled{};
  filled[idx(word)] = fill_runs(open[idx(word)], bit);
  std::uint32_t waiting = 5U << (word - 1);  // the rows on both sides; the empty rows 0 and kRows + 1 never fill
  while (waiting != 0) {
    const int w = std::countr_zero(waiting);
    waiting &= waiting - 1;
    if (open[idx(w)] == 0) continue;
    const std::uint32_t old = filled[idx(w)];
    const std::uint32_t seed =
        (old | to_row_below<G>(filled[idx(w - 1)]) | to_row_above<G>(filled[idx(w + 1)])) & open[idx(w)];
    if (seed == old) continue;
    filled[idx(w)] = fill_runs(open[idx(w)], seed);
    waiting |= 5U << (w - 1);
  }
  return filled;
}

template <class G>
typename Rules<G>::Rows Rules<G>::region_of(const State& s, Move claim) const {
  const int cell = to_of(claim);
  return component(open_rows(s, from_of(claim)), G::word(0, cell), 1U << G::bit(0, cell));
}

// Finds out which colours' complements are connected after all, so that later questions are cheap.
template <class G>
void Rules<G>::learn_connected(State& s) const {
  for (int border = 0; border <= kPlainBorder; ++border) {
    if ((s.h.connected >> border & 1) != 0) continue;
    if (border < kPlainBorder && (border >= setup_.players || s.h.markers[idx(border)] == 0)) continue;
    const Rows open = open_rows(s, border);
    int word = 1;
    while (word <= G::kRows && open[idx(word)] == 0) ++word;
    if (word > G::kRows || component(open, word, open[idx(word)] & (0U - open[idx(word)])) == open) {
      s.h.connected |= static_cast<std::uint8_t>(1U << border);
    }
  }
}

// False when surely no region can be claimed: nobody to pay, or every complement is in one piece (which then holds every stack).
template <class G>
bool Rules<G>::may_have_region(const State& s) const {
  const int p = s.h.player;
  if (s.h.stacks[idx(p)] == 0 && ((s.h.flags & kRecovered) == 0 || s.h.board_rings[idx(p)] == 0)) return false;
  unsigned matter = 1U << kPlainBorder;
  for (int q = 0; q < setup_.players; ++q) matter |= s.h.markers[idx(q)] > 0 ? 1U << q : 0;
  return (matter & ~static_cast<unsigned>(s.h.connected)) != 0;
}

template <class G>
bool Rules<G>::payable(const State& s, const Rows& region) const {
  const int p = s.h.player;
  if ((s.h.flags & kRecovered) == 0) {
    for (int w = 1; w <= G::kRows; ++w) {
      if ((s.stack[idx(p)][idx(w)] & ~region[idx(w)]) != 0) return true;
    }
    return false;
  }
  for (int cell = 0; cell < G::kCells; ++cell) {
    if (is_stack(s.who[idx(cell)]) && (region[idx(G::word(0, cell))] >> G::bit(0, cell) & 1) == 0 &&
        has_buried(s.rings[idx(cell)], p)) {
      return true;
    }
  }
  return false;
}

template <class G>
template <class Visit>
void Rules<G>::for_each_region(const State& s, Visit visit) const {
  if (!may_have_region(s)) return;
  int active = 0;
  for (int q = 0; q < setup_.players; ++q) active += s.h.board_rings[idx(q)] > 0 ? 1 : 0;
  const auto touches_rows = [](const Rows& region, const auto& set) {
    std::uint32_t common = 0;
    for (int w = 1; w <= G::kRows; ++w) common |= region[idx(w)] & set[idx(w)];
    return common != 0;
  };
  // Whether the same cells are a component for another border too, so that they were already seen.
  const auto is_component_for = [&](int border, const Rows& region) {
    const Rows open = open_rows(s, border);
    for (int w = 1; w <= G::kRows; ++w) {
      const std::uint32_t row = region[idx(w)];
      if ((row & ~open[idx(w)]) != 0) return false;
      const std::uint32_t around =
          row << 1 | row >> 1 | to_row_below<G>(region[idx(w - 1)]) | to_row_above<G>(region[idx(w + 1)]);
      if ((around & open[idx(w)] & ~row) != 0) return false;
    }
    return true;
  };
  for (int border = 0; border <= kPlainBorder; ++border) {
    const bool plain = border == kPlainBorder;
    if (!plain && (border >= setup_.players || s.h.markers[idx(border)] == 0)) continue;
    if ((s.h.connected >> border & 1) != 0) continue;
    Rows rest = open_rows(s, border);
    const Rows open = rest;
    for (int w = 1; w <= G::kRows; ++w) {
      while (rest[idx(w)] != 0) {
        const std::uint32_t bit = rest[idx(w)] & (0U - rest[idx(w)]);
        const Rows region = component(open, w, bit);
        for (int v = w; v <= G::kRows; ++v) rest[idx(v)] &= ~region[idx(v)];
        int represented = 0;
        for (int q = 0; q < setup_.players; ++q) {
          if (s.h.stacks[idx(q)] > 0 && touches_rows(region, s.stack[idx(q)])) ++represented;
        }
        if (represented >= active || (plain && represented != 1) || !payable(s, region)) continue;
        bool seen = false;
        for (int other = 0; other < border && !seen; ++other) {
          seen = other < setup_.players && s.h.markers[idx(other)] > 0 && is_component_for(other, region);
        }
        if (seen) continue;
        if (visit(G::cell(w - 1, std::countr_zero(bit) - 1), border, region)) return;
      }
    }
  }
}

template <class G>
bool Rules<G>::any_region(const State& s) const {
  bool found = false;
  for_each_region(s, [&](int, int, const Rows&) { return found = true; });
  return found;
}

template <class G>
typename Rules<G>::Rows Rules<G>::border_markers(const State& s, const Rows& region, int players) {
  Rows candidates{};
  for (int w = 1; w <= G::kRows; ++w) {
    for (int q = 0; q < players; ++q) candidates[idx(w)] |= s.marker[idx(q)][idx(w)];
    candidates[idx(w)] &= ~region[idx(w)];
  }
  Rows border{};
  for (int w = 1; w <= G::kRows; ++w) {
    const std::uint32_t row = region[idx(w)];
    const std::uint32_t around =
        row << 1 | row >> 1 | to_row_below<G>(region[idx(w - 1)]) | to_row_above<G>(region[idx(w + 1)]);
    border[idx(w)] = around & candidates[idx(w)];
  }
  if constexpr (G::kBorderGrows) {
    // King steps on the two written coordinates, also on hex8 (C64).
    for (bool changed = true; changed;) {
      changed = false;
      for (int w = 1; w <= G::kRows; ++w) {
        const std::uint32_t column = border[idx(w - 1)] | border[idx(w)] | border[idx(w + 1)];
        const std::uint32_t grown = (column | column << 1 | column >> 1) & candidates[idx(w)];
        changed |= (grown & ~border[idx(w)]) != 0;
        border[idx(w)] |= grown;
      }
    }
  }
  return border;
}

template <class G>
void Rules<G>::territory_moves(const State& s, MoveList& out) const {
  const int p = s.h.player;
  if ((s.h.flags & kRegionDebt) != 0) {
    const bool recovered = (s.h.flags & kRecovered) != 0;
    for (int cell = 0; cell < G::kCells; ++cell) {
      const std::uint8_t who = s.who[idx(cell)];
      if (recovered ? is_stack(who) && has_buried(s.rings[idx(cell)], p) : who == stack_of(p)) {
        out.push(make_move(recovered ? MoveType::pay_recovery : MoveType::pay_territory, static_cast<unsigned>(cell)));
      }
    }
    return;
  }
  for_each_region(s, [&](int first, int border, const Rows&) {
    out.push(make_move(MoveType::claim_region, static_cast<unsigned>(first), static_cast<unsigned>(border)));
    return false;
  });
  out.push(make_move(out.empty() ? MoveType::no_territory : MoveType::skip_territory));
}

}  // namespace mz::ringrift::MZ_ISA
