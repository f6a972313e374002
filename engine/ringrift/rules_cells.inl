// Cell contents and everything derived from them. See rules.inl.

namespace mz::ringrift::MZ_ISA {

template <class G>
void Rules<G>::clear(State& s) const {
  s = State{};
  s.h.connected = 0x1f;
  for (auto& word : s.occupied) word = ~0U;
  for (int cell = 0; cell < G::kCells; ++cell) toggle(s.occupied, cell);
  s.wall = s.occupied;
}

template <class G>
void Rules<G>::initial(State& s) const {
  clear(s);
  for (int p = 0; p < setup_.players; ++p) s.h.hand[idx(p)] = static_cast<std::uint16_t>(setup_.rings);
  if (setup_.swap && setup_.players == 2) s.h.flags = kMaySwap;
}

template <class G>
void Rules<G>::exchange(State& s, int cell, std::uint8_t who, Rings rings) {
  std::uint8_t& old = s.who[idx(cell)];
  const std::uint32_t row_bit = 1U << G::bit(0, cell);
  const auto row_word = idx(G::word(0, cell));
  if ((old >= 5) != (who >= 5)) toggle(s.occupied, cell);
  if (is_stack(old)) {
    s.stack[idx(owner_of(old))][row_word] ^= row_bit;
    --s.h.stacks[idx(owner_of(old))];
  } else if (is_marker(old)) {
    toggle(s.marker[idx(owner_of(old))], cell);
    --s.h.markers[idx(owner_of(old))];
  } else if (is_collapsed(old)) {
    toggle(s.wall, cell);
    --s.h.collapsed[idx(owner_of(old))];
  }
  if (is_stack(who)) {
    s.stack[idx(owner_of(who))][row_word] ^= row_bit;
    ++s.h.stacks[idx(owner_of(who))];
  } else if (is_marker(who)) {
    toggle(s.marker[idx(owner_of(who))], cell);
    ++s.h.markers[idx(owner_of(who))];
  } else if (is_collapsed(who)) {
    toggle(s.wall, cell);
    ++s.h.collapsed[idx(owner_of(who))];
  }
  old = who;
  s.rings[idx(cell)] = rings;
}

template <class G>
void Rules<G>::put(State& s, int cell, std::uint8_t who, Rings rings, Undo* u) const {
  const std::uint8_t old = s.who[idx(cell)];
  if (u != nullptr) {
    u->changes[idx(u->count++)] = {s.rings[idx(cell)], static_cast<Cell>(cell), old};
  }
  s.h.cells_key ^= cell_key(cell, old, s.rings[idx(cell)]) ^ cell_key(cell, who, rings);
  exchange(s, cell, who, rings);

  const auto blocks = [this](std::uint8_t content) -> unsigned {
    if (is_marker(content)) return 1U << owner_of(content);
    if (is_collapsed(content)) return ((1U << setup_.players) - 1) | 1U << kPlainBorder;
    return 0;
  };
  const unsigned before = blocks(old);
  const unsigned after = blocks(who);
  for (unsigned bits = (after & ~before) & s.h.connected; bits != 0; bits &= bits - 1) {
    const int border = std::countr_zero(bits);
    if (!stays_connected(s, border, cell)) s.h.connected &= static_cast<std::uint8_t>(~(1U << border));
  }
  for (unsigned bits = (before & ~after) & s.h.connected; bits != 0; bits &= bits - 1) {
    const int border = std::countr_zero(bits);
    if (!touches_open(s, border, cell)) s.h.connected &= static_cast<std::uint8_t>(~(1U << border));
  }
  if (is_marker(who)) note_line(s, owner_of(who), cell);
}

template <class G>
std::uint64_t Rules<G>::key(const State& s, int /*seat*/) const {
  const Header& h = s.h;
  std::uint64_t k = h.cells_key;
  const auto add = [&k](std::uint64_t word, std::uint64_t salt) { k ^= mix64(word + salt * 0xd6e8feb86659fd93ULL); };
  const auto pack4 = [](const std::array<std::uint16_t, kMaxPlayers>& a) {
    return static_cast<std::uint64_t>(a[0]) | static_cast<std::uint64_t>(a[1]) << 16 |
           static_cast<std::uint64_t>(a[2]) << 32 | static_cast<std::uint64_t>(a[3]) << 48;
  };
  add(pack4(h.hand), 1);
  add(pack4(h.eliminated), 2);
  add(pack4(h.territory), 3);
  const bool over = h.phase == Phase::game_over;
  add(static_cast<std::uint64_t>(h.phase) | static_cast<std::uint64_t>(over ? 0 : h.player) << 8 |
          static_cast<std::uint64_t>(over ? 0 : h.flags) << 16 | static_cast<std::uint64_t>(h.must_move) << 24 |
          static_cast<std::uint64_t>(h.origin) << 40 | static_cast<std::uint64_t>(h.winner & 7) << 56,
      4);
  if (!over) {
    add(static_cast<std::uint64_t>(h.lps_first) | static_cast<std::uint64_t>(h.lps_seen) << 8 |
            static_cast<std::uint64_t>(h.lps_real) << 16 | static_cast<std::uint64_t>(h.lps_count) << 24 |
            static_cast<std::uint64_t>(h.lps_player) << 32,
        5);
  }
  return k;
}

// The local view of a cell's surroundings for the connectivity cache.
//
// Blocking one cell keeps a connected set connected when its open territory neighbours are joined around it already, that is
// when they form at most one arc in the ring of neighbours (the "simple point" of digital topology). Anything else is left to
// the full fill. On squares the ring has eight cells, corners link two sides only when open; on hexagons six.
namespace detail {

constexpr bool one_arc_square(unsigned ring) {
  // Ring order: N NE E SE S SW W NW; sides are the even bits.
  int arcs = 0;
  for (unsigned i = 0; i < 8; i += 2) {
    const bool side = (ring >> i & 1) != 0;
    const bool linked_to_next = (ring >> (i + 1) & 1) != 0 && (ring >> ((i + 2) & 7) & 1) != 0;
    if (side && !linked_to_next) ++arcs;
  }
  return arcs <= 1;
}

constexpr std::array<bool, 256> make_one_arc() {
  std::array<bool, 256> table{};
  // Index bits as gathered by stays_connected: row above (3), the row itself without the centre (2), row below (3).
  for (unsigned i = 0; i < 256; ++i) {
    const auto bit = [i](unsigned b) { return (i >> b & 1U); };
    const unsigned ring =
        bit(1) | bit(2) << 1 | bit(4) << 2 | bit(7) << 3 | bit(6) << 4 | bit(5) << 5 | bit(3) << 6 | bit(0) << 7;
    table[i] = one_arc_square(ring);
  }
  return table;
}
inline constexpr std::array<bool, 256> kOneArcSquare = make_one_arc();

constexpr std::array<bool, 64> make_one_arc_hex() {
  std::array<bool, 64> table{};
  for (unsigned ring = 0; ring < 64; ++ring) {
    const unsigned next = (ring >> 1 | ring << 5) & 63;
    table[ring] = std::popcount(ring & ~next) <= 1;
  }
  return table;
}
inline constexpr std::array<bool, 64> kOneArcHex = make_one_arc_hex();

}  // namespace detail

template <class G>
inline std::uint32_t open_row(const ringrift::State<G>& s, int border, int word) {
  const auto w = static_cast<std::size_t>(word);
  const std::uint32_t blocked = s.wall[w] | (border < kMaxPlayers ? s.marker[static_cast<std::size_t>(border)][w] : 0);
  return ~blocked;
}

template <class G>
bool Rules<G>::stays_connected(const State& s, int border, int cell) {
  const int word = G::word(0, cell);
  const int shift = G::bit(0, cell) - 1;
  const std::uint32_t above = open_row<G>(s, border, word - 1) >> shift & 7;
  const std::uint32_t same = open_row<G>(s, border, word) >> shift & 5;
  const std::uint32_t below = open_row<G>(s, border, word + 1) >> shift & 7;
  if constexpr (G::kHex) {
    // Neighbours in order around the cell: (0,1) (-1,1) (-1,0) (0,-1) (1,-1) (1,0).
    const std::uint32_t ring = same >> 2 | (above >> 2 & 1) << 1 | (above >> 1 & 1) << 2 | (same & 1) << 3 |
                               (below & 1) << 4 | (below >> 1 & 1) << 5;
    return detail::kOneArcHex[ring];
  } else {
    return detail::kOneArcSquare[above | (same & 1) << 3 | (same >> 2) << 4 | below << 5];
  }
}

template <class G>
bool Rules<G>::touches_open(const State& s, int border, int cell) {
  const int word = G::word(0, cell);
  const int shift = G::bit(0, cell) - 1;
  const std::uint32_t above = open_row<G>(s, border, word - 1) >> shift & (G::kHex ? 6 : 2);
  const std::uint32_t same = open_row<G>(s, border, word) >> shift & 5;
  const std::uint32_t below = open_row<G>(s, border, word + 1) >> shift & (G::kHex ? 3 : 2);
  return (above | same | below) != 0;
}

template <class G>
void Rules<G>::note_line(State& s, int p, int cell) const {
  std::uint32_t found = 0;
  for (int a = 0; a < G::kAxes; ++a) {
    std::uint32_t w = s.marker[idx(p)][idx(G::word(a, cell))];
    w &= w >> 1;
    found |= shortest_line_ >= 4 ? w & w >> 2 : w & w >> 1;  // 3: bits i, i+1, i+2; 4 (the only other length): i..i+3
  }
  if (found != 0) s.h.maybe_line |= static_cast<std::uint8_t>(1U << p);
}

}  // namespace mz::ringrift::MZ_ISA
