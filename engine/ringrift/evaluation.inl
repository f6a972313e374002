// The linear evaluation: a worth for every seat from the features of weights.h, all of them read from the line sets, the row words and
// the counts of the header. Integers only. Included by kernel.inl after the rules; templates only.

namespace mz::ringrift::MZ_ISA {

using FeatureVector = std::array<std::int32_t, kFeatureCount>;

namespace detail {

// The middle of a board: the cells within a third of its half width. square8 16 cells, square19 49, hex8 7, hexagonal 61.
template <class G>
constexpr std::array<std::uint32_t, G::kRowWords> make_center() {
  std::array<std::uint32_t, G::kRowWords> rows{};
  for (int row = 0; row < G::kRows; ++row) {
    for (int column = 0; column < G::kRows; ++column) {
      if (!G::on_board(row, column)) continue;
      const int x = 2 * row - (G::kRows - 1);
      const int y = 2 * column - (G::kRows - 1);
      const int far = std::max(x < 0 ? -x : x, y < 0 ? -y : y);
      const int third = x + y < 0 ? -(x + y) : x + y;
      const int distance = G::kHex ? std::max(far, third) : far;
      if (3 * distance <= G::kRows + 1) rows[static_cast<std::size_t>(row + 1)] |= 1U << (column + 1);
    }
  }
  return rows;
}
template <class G>
inline constexpr auto kCenter = make_center<G>();

// The set bits of a word as two 16-bit sums, which add up over thousands of words; `total` is the number of bits.
constexpr std::uint32_t pair_sums(std::uint32_t word) {
  word -= word >> 1 & 0x55555555U;
  word = (word & 0x33333333U) + (word >> 2 & 0x33333333U);
  word = (word + (word >> 4)) & 0x0f0f0f0fU;
  return (word & 0x00ff00ffU) + (word >> 8 & 0x00ff00ffU);
}
constexpr int total(std::uint32_t sums) { return static_cast<int>((sums & 0xffffU) + (sums >> 16)); }

}  // namespace detail

// Reads one position. Construct, call `seat` for every seat, throw away: what the seats share is computed once.
template <class G>
class Features {
 public:
  using State = ringrift::State<G>;

  Features(const Rules<G>& rules, const State& s) : rules_(rules), setup_(rules.setup()), s_(s) {
    for (std::size_t w = 0; w < G::kWords; ++w) {
      any_marker_[w] = s.marker[0][w] | s.marker[1][w] | s.marker[2][w] | s.marker[3][w];
    }
    for (int p = 0; p < setup_.players; ++p) scan_stacks(p);
  }

  [[nodiscard]] FeatureVector seat(int p) const {
    const auto q = idx(p);
    const Header& h = s_.h;
    FeatureVector x = scanned_[q];
    const auto set = [&x](Feature feature, int value) { x[index(feature)] = value; };
    const bool acts = h.phase != Phase::game_over && h.player == p;
    const int stacks = h.stacks[q];
    set(Feature::eliminated_rings, h.eliminated[q]);
    set(Feature::victory_rings, closeness(h.eliminated[q], setup_.rings_to_win));
    set(Feature::territory, h.collapsed[q]);
    set(Feature::victory_territory, closeness(h.collapsed[q], setup_.territory_to_win));
    set(Feature::rings_in_hand, h.hand[q]);
    set(Feature::stack_control, stacks);
    set(Feature::no_stacks, stacks == 0 ? 1 : 0);
    set(Feature::single_stack, stacks == 1 ? 1 : 0);
    set(Feature::buried_rings, h.board_rings[q] - own_in_control_[q]);
    set(Feature::recovery_potential, rules_.may_recover(s_, p) ? 1 : 0);
    set(Feature::overtake_tempo, acts ? x[index(Feature::overtake_potential)] : 0);
    set(Feature::landing_tempo, acts && x[index(Feature::landing_potential)] > 0 ? 1 : 0);
    set(Feature::marker_count, h.markers[q]);
    set(Feature::tempo, acts ? 1 : 0);
    set(Feature::center_control, center_stacks(p));
    set(Feature::vulnerability, exposed_stacks(p));
    const bool movable = x[index(Feature::blocked_stacks)] < stacks;
    const bool action = movable || rules_.can_place_one(s_, p);
    set(Feature::lps_action_advantage, action ? 1 : 0);
    set(Feature::forced_elimination_risk, stacks > 0 && !action ? 1 : 0);
    set(Feature::lps_progress, h.lps_player == p + 1 ? std::min<int>(h.lps_count, setup_.lps_rounds) : 0);
    read_lines(p, x);
    set(Feature::territory_closure, closure(p));
    set(Feature::territory_claim, acts ? claimable() : 0);
    return x;
  }

 private:
  static constexpr std::size_t idx(int i) { return static_cast<std::size_t>(i); }

  // Cubic, so that the steps near the goal weigh most; in eighths of a step. The bounds keep this and every sum of it inside 32 bits:
  // no game comes near them, but a position made by hand may be anywhere beyond its goal.
  static int closeness(int steps, int goal) {
    static constexpr int kMostSteps = 645;  // no board has so many rings or cells; 8 * 645^3 < 2^31
    static constexpr int kMost = 100'000;
    const int n = std::min(steps, kMostSteps);
    return goal > 0 ? std::min(8 * n * n * n / (goal * goal), kMost) : 0;
  }

  // Everything that needs the rays of the stacks.
  void scan_stacks(int p) {
    FeatureVector& x = scanned_[idx(p)];
    for (int r = 1; r <= G::kRows; ++r) {
      for (std::uint32_t bits = s_.stack[idx(p)][idx(r)]; bits != 0; bits &= bits - 1) {
        scan_stack(p, G::cell(r - 1, std::countr_zero(bits) - 1), x);
      }
    }
  }

  void scan_stack(int p, int cell, FeatureVector& x) {
    const Rings rings = s_.rings[idx(cell)];
    const int h = height(rings);
    const int c = cap(rings);
    const Scan scan = scan_rays(p, cell, h, c);
    x[index(Feature::stack_height)] += std::min(h, 5);
    x[index(Feature::cap_height)] += c;
    x[index(Feature::mobility)] += scan.landings;
    x[index(Feature::blocked_stacks)] += scan.landings == 0 && !scan.captures ? 1 : 0;
    x[index(Feature::overtake_potential)] += scan.overtakes;
    x[index(Feature::landing_potential)] += scan.lands_on_marker ? 1 : 0;
    x[index(Feature::marker_flip)] += scan.flips;
    x[index(Feature::marker_collapse)] += scan.collapses;
    own_in_control_[idx(p)] += own_rings(rings, p, h);
  }

  struct Scan {
    int landings = 0;
    int overtakes = 0;
    int flips = 0;
    int collapses = 0;
    bool captures = false;
    bool lands_on_marker = false;
  };

  Scan scan_rays(int p, int cell, int h, int c) {
    Scan scan;
    for (int axis = 0; axis < G::kAxes; ++axis) {
      const auto w = idx(G::word(axis, cell));
      const int bit = G::bit(axis, cell);
      const std::uint32_t own = s_.marker[idx(p)][w];
      const std::uint32_t all = any_marker_[w];
      for (const bool up : {true, false}) {
        const Ray ray = up ? cast<true>(s_.occupied[w], s_.wall[w], bit) : cast<false>(s_.occupied[w], s_.wall[w], bit);
        const int free = ray.first - 1;
        if (free >= h) {
          scan.landings += free - h + 1;
          // The cells of the ray from the nearest landing to the last, and those before the last.
          const std::uint32_t reach = ((1U << free) - 1);
          const std::uint32_t span = up ? reach << (bit + 1) : reach << (bit - free);
          if ((all & span) != 0) read_markers(scan, own & span, all & span, up ? bit : -bit, h, free);
        }
        if (ray.stack && ray.second - 1 >= std::max(h, ray.first + 1)) {
          const int target = G::step(axis, cell, up ? ray.first : -ray.first);
          if (cap(s_.rings[idx(target)]) > c) continue;
          scan.captures = true;
          if (s_.who[idx(target)] == stack_of(p)) continue;
          ++scan.overtakes;
          exposed_[idx(G::word(0, target))] |= 1U << G::bit(0, target);
        }
      }
    }
    return scan;
  }

  // `from`: the bit of the stack on its line, negative when the ray runs downwards.
  static void read_markers(Scan& scan, std::uint32_t own, std::uint32_t all, int from, int h, int free) {
    const bool up = from > 0;
    const int bit = up ? from : -from;
    const std::uint32_t near = up ? ((1U << (h - 1)) - 1) << (bit + 1) : ((1U << (h - 1)) - 1) << (bit - h + 1);
    const std::uint32_t last = up ? 1U << (bit + free) : 1U << (bit - free);
    scan.lands_on_marker |= (all & ~near) != 0;
    scan.collapses += std::popcount(own & ~last);
    scan.flips += std::popcount(all & ~own & ~last);
  }

  static int own_rings(Rings rings, int p, int h) {
    const Rings differs = rings ^ 0x5555555555555555ULL * static_cast<Rings>(p);
    const Rings other = (differs | differs >> 1) & 0x5555555555555555ULL & ((Rings{1} << 2 * h) - 1);
    return h - std::popcount(other);
  }

  [[nodiscard]] int center_stacks(int p) const {
    int count = 0;
    for (std::size_t w = 1; w <= G::kRows; ++w) count += std::popcount(s_.stack[idx(p)][w] & detail::kCenter<G>[w]);
    return count;
  }

  [[nodiscard]] int exposed_stacks(int p) const {
    int count = 0;
    for (std::size_t w = 1; w <= G::kRows; ++w) count += std::popcount(s_.stack[idx(p)][w] & exposed_[w]);
    return count;
  }

  // Windows of line length that hold nothing but own markers and vacant cells, by how many markers are missing.
  void read_lines(int p, FeatureVector& x) const {
    if (s_.h.markers[idx(p)] == 0) return;
    if (std::max(setup_.line_length, G::kDetectorFloor) == 4) {
      count_windows<4>(p, x);
    } else {
      count_windows<3>(p, x);
    }
  }

  // Bit i of every intermediate word speaks of the window that begins at bit i of a line. The loop has no branch and no instruction
  // that only single words have, so that the compiler treats many lines at a time.
  template <int kLength>
  void count_windows(int p, FeatureVector& x) const {
    std::uint32_t ready = 0;
    std::uint32_t one = 0;
    std::uint32_t two = 0;
    for (std::size_t w = 1; w < G::kWords; ++w) {
      const std::uint32_t a = s_.marker[idx(p)][w];
      const std::uint32_t b = a >> 1;
      const std::uint32_t c = a >> 2;
      const std::uint32_t room = ~(s_.occupied[w] | (any_marker_[w] ^ a));
      if constexpr (kLength == 4) {
        const std::uint32_t d = a >> 3;
        const std::uint32_t window = room & room >> 1 & room >> 2 & room >> 3;
        const std::uint32_t odd = a ^ b ^ c ^ d;
        const std::uint32_t all = a & b & c & d;
        ready += detail::pair_sums(all);
        one += detail::pair_sums(window & odd & ((a & b) | (c & d)));
        two += detail::pair_sums(window & ~odd & (a | b | c | d) & ~all);
      } else {
        const std::uint32_t window = room & room >> 1 & room >> 2;
        const std::uint32_t odd = a ^ b ^ c;
        const std::uint32_t all = a & b & c;
        ready += detail::pair_sums(all);
        one += detail::pair_sums(window & ~odd & (a | b | c));
        two += detail::pair_sums(window & odd & ~all);
      }
    }
    x[index(Feature::line_ready)] = detail::total(ready);
    x[index(Feature::line_one_short)] = detail::total(one);
    x[index(Feature::line_two_short)] = detail::total(two);
  }

  // Every open cell counts one for each of its sides beyond half of them that is closed by an own marker, a collapsed cell or the
  // edge: squares 3 closed sides 1, 4 sides 2; hexagons 4, 5 and 6 sides 1, 2 and 3.
  [[nodiscard]] int closure(int p) const {
    if (s_.h.markers[idx(p)] == 0) return 0;
    int count = 0;
    std::uint32_t above = ~0U;
    std::uint32_t here = closed(p, 1);
    for (std::size_t w = 1; w <= G::kRows; ++w) {
      const std::uint32_t below = closed(p, w + 1);
      const std::uint32_t open = ~here;
      if constexpr (G::kHex) {
        // Sums of the six sides, bit by bit: two full adders, then a count of the ones and of the carries.
        const std::uint32_t a = above, b = above >> 1, c = here << 1;
        const std::uint32_t d = here >> 1, e = below, f = below << 1;
        const std::uint32_t s1 = a ^ b ^ c, c1 = (a & b) | (c & (a ^ b));
        const std::uint32_t s2 = d ^ e ^ f, c2 = (d & e) | (f & (d ^ e));
        const std::uint32_t ones = s1 ^ s2, carry = s1 & s2;
        const std::uint32_t twos = c1 ^ c2 ^ carry, fours = (c1 & c2) | (carry & (c1 ^ c2));
        count += std::popcount(open & fours & ~ones & ~twos) + 2 * std::popcount(open & fours & ones) +
                 3 * std::popcount(open & fours & twos);
      } else {
        const std::uint32_t a = above, b = below, c = here << 1, d = here >> 1;
        const std::uint32_t all = a & b & c & d;
        count += std::popcount(open & (a ^ b ^ c ^ d) & ((a & b) | (c & d))) + 2 * std::popcount(open & all);
      }
      above = here;
      here = below;
    }
    return count;
  }
  [[nodiscard]] std::uint32_t closed(int p, std::size_t w) const { return s_.wall[w] | s_.marker[idx(p)][w]; }

  // Cells and rings of the regions that the seat to act may claim as the board stands.
  [[nodiscard]] int claimable() const {
    int count = 0;
    rules_.for_each_region(s_, [&](int, int, const typename Rules<G>::Rows& region) {
      const auto border = Rules<G>::border_markers(s_, region, setup_.players);
      for (std::size_t w = 1; w <= G::kRows; ++w) count += std::popcount(region[w]) + std::popcount(border[w]);
      Rules<G>::for_each_cell(region, [&](int cell) { count += height(s_.rings[idx(cell)]); });
      return false;
    });
    return count;
  }

  const Rules<G>& rules_;
  const Setup& setup_;
  const State& s_;
  std::array<std::uint32_t, G::kWords> any_marker_;
  std::array<std::uint32_t, G::kRowWords> exposed_{};
  std::array<FeatureVector, kMaxPlayers> scanned_{};
  std::array<int, kMaxPlayers> own_in_control_{};
};

// What a seat's position is worth by itself.
template <class V>
std::int32_t worth(const V& features, const Weights& weights) {
  std::int32_t sum = 0;
  // The last weight is no feature's factor: it says how the other seats are counted.
  for (std::size_t i = 0; i + 1 < kFeatureCount; ++i) sum += weights.value[i] * features[i];
  return sum;
}

// Scores of all seats, for positions of any phase: the worth of a seat against the others'. With two seats one score is the negative of
// the other. A finished game is +-kWin.
template <class G>
void evaluate(const Rules<G>& rules, const ringrift::State<G>& s, const Weights& weights,
              std::span<Score, kMaxPlayers> per_seat) {
  const int n = rules.setup().players;
  const auto at = [](int p) { return static_cast<std::size_t>(p); };
  if (s.h.phase == Phase::game_over) {
    for (int p = 0; p < n; ++p) per_seat[at(p)] = p == s.h.winner ? kWin : -kWin;
    return;
  }
  const Features<G> features(rules, s);
  std::array<Score, kMaxPlayers> own{};
  std::int64_t total = 0;
  for (int p = 0; p < n; ++p) total += own[at(p)] = worth(features.seat(p), weights);
  for (int p = 0; p < n; ++p) {
    std::int64_t score = own[at(p)];
    if (n == 2) {
      score -= own[at(1 - p)];
    } else if (n > 2) {
      Score leader = std::numeric_limits<Score>::min();
      for (int q = 0; q < n; ++q) leader = q == p ? leader : std::max(leader, own[at(q)]);
      const std::int64_t mean = (total - own[at(p)]) / (n - 1);
      const std::int64_t share = weights[Feature::multi_leader_threat];
      score -= mean + (leader - mean) * share / 1000;
    }
    per_seat[at(p)] = static_cast<Score>(std::clamp<std::int64_t>(score, 1 - kMaxEvaluation, kMaxEvaluation - 1));
  }
}

}  // namespace mz::ringrift::MZ_ISA
