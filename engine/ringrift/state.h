// A RingRift position as plain bytes. Shared by all compilations of the rules (see kernel.h), so layout only, no behaviour.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/base/rng.h"
#include "engine/ringrift/geometry.h"

namespace mz::ringrift {

enum class Phase : std::uint8_t {
  ring_placement,
  movement,
  capture,
  chain_capture,
  line_processing,
  territory_processing,
  forced_elimination,
  game_over,
};
inline constexpr std::array<std::string_view, 8> kPhaseNames = {
    "ring_placement",       "movement",           "capture",  "chain_capture", "line_processing",
    "territory_processing", "forced_elimination", "game_over"};

// Which rule ended the game.
enum class Ending : std::uint8_t {
  none,
  ring_threshold,
  territory_threshold,
  early_lps,
  lps_rounds,
  stalemate_territory,
  stalemate_eliminated,
  stalemate_markers,
  stalemate_last_actor,
};
inline constexpr std::array<std::string_view, 9> kEndingNames = {"none",
                                                                 "ring_threshold",
                                                                 "territory_threshold",
                                                                 "early_lps",
                                                                 "lps_rounds",
                                                                 "stalemate_territory",
                                                                 "stalemate_eliminated",
                                                                 "stalemate_markers",
                                                                 "stalemate_last_actor"};

// The options of one game; constant while it runs.
struct Setup {
  int players = 2;
  int rings = 18;             // per player
  int rings_to_win = 18;      // 0 = no such threshold
  int territory_to_win = 33;  // 0 = no such threshold
  int lps_rounds = 3;
  int line_length = 4;
  bool swap = false;  // pie rule
};

// The rings of one stack in 64 bits: two bits per ring from the bottom up, then a 1 as end mark; 0 = no stack. No reachable stack
// is higher than 25 rings: it must be able to move its own height, and no board is longer than 25.
using Rings = std::uint64_t;
inline constexpr int kMaxHeight = 31;

// Always inlined, so that each kernel compiles them for its own processor.

[[gnu::always_inline]] constexpr int height(Rings s) { return (63 - std::countl_zero(s | 1)) / 2; }
[[gnu::always_inline]] constexpr int top_owner(Rings s) { return static_cast<int>(s >> (2 * height(s) - 2) & 3); }
[[gnu::always_inline]] constexpr int cap(Rings s) {
  const int h = height(s);
  const Rings differs = (s ^ 0x5555555555555555ULL * static_cast<Rings>(top_owner(s))) & ((Rings{1} << 2 * h) - 1);
  return differs == 0 ? h : h - 1 - (63 - std::countl_zero(differs)) / 2;
}
[[gnu::always_inline]] constexpr Rings push_top(Rings s, int owner) {
  const int h = height(s);
  const Rings mark = Rings{1} << 2 * h;
  return ((s | mark) ^ mark) | static_cast<Rings>(owner) << 2 * h | mark << 2;
}
[[gnu::always_inline]] constexpr Rings push_bottom(Rings s, int owner) {
  return (s == 0 ? 4 : s << 2) | static_cast<Rings>(owner);
}
// Without the `count` highest rings.
[[gnu::always_inline]] constexpr Rings drop_top(Rings s, int count) {
  const int h = height(s) - count;
  const Rings mark = Rings{1} << 2 * h;
  return h == 0 ? 0 : (s & (mark - 1)) | mark;
}
constexpr int ring_at(Rings s, int index) { return static_cast<int>(s >> 2 * index & 3); }
// Lowest ring of `owner` among the `count` lowest, or -1.
constexpr int lowest_ring(Rings s, int owner, int count) {
  for (int i = 0; i < count; ++i) {
    if (ring_at(s, i) == owner) return i;
  }
  return -1;
}
constexpr Rings remove_ring(Rings s, int index) {
  const Rings low = s & ((Rings{1} << 2 * index) - 1);
  const Rings rest = (s >> (2 * index + 2) << 2 * index) | low;
  return rest == 1 ? 0 : rest;
}
constexpr bool has_buried(Rings s, int owner) { return lowest_ring(s, owner, height(s) - 1) >= 0; }

// Content of a cell in one byte.
inline constexpr std::uint8_t kEmpty = 0;
constexpr std::uint8_t marker_of(int p) { return static_cast<std::uint8_t>(1 + p); }
constexpr std::uint8_t collapsed_of(int p) { return static_cast<std::uint8_t>(5 + p); }
constexpr std::uint8_t stack_of(int p) { return static_cast<std::uint8_t>(9 + p); }
constexpr bool is_marker(std::uint8_t who) { return who >= 1 && who <= 4; }
constexpr bool is_collapsed(std::uint8_t who) { return who >= 5 && who <= 8; }
constexpr bool is_stack(std::uint8_t who) { return who >= 9; }
constexpr int owner_of(std::uint8_t who) { return (who - 1) & 3; }

// Flags of the running turn, FORMAT section 4.
inline constexpr std::uint8_t kActed = 1;
inline constexpr std::uint8_t kRecovered = 2;
inline constexpr std::uint8_t kLineDebt = 4;
inline constexpr std::uint8_t kRegionDebt = 8;
inline constexpr std::uint8_t kMaySwap = 16;

// Everything but the cells; an undo record keeps a copy.
struct Header {
  std::uint64_t cells_key = 0;  // incremental part of the hash: XOR over all cell contents
  std::array<std::uint16_t, kMaxPlayers> hand{};
  std::array<std::uint16_t, kMaxPlayers> eliminated{};  // rings credited
  std::array<std::uint16_t, kMaxPlayers> territory{};   // the counter; equals `collapsed` except in hand-made positions
  std::array<std::uint16_t, kMaxPlayers> collapsed{};   // collapsed cells on the board
  std::array<std::uint16_t, kMaxPlayers> markers{};
  std::array<std::uint16_t, kMaxPlayers> stacks{};       // controlled
  std::array<std::uint16_t, kMaxPlayers> board_rings{};  // own rings in any stack
  Cell must_move = kNoCell;                              // movement: the stack placed on this turn
  Cell origin = kNoCell;                                 // capture, chain_capture: the stack that captures
  Phase phase = Phase::ring_placement;
  std::uint8_t player = 0;  // to act, from 0; in game_over the player who moved last
  std::uint8_t flags = 0;
  // Last-player-standing rounds (rules section 15); seats from 1, 0 = none.
  std::uint8_t lps_first = 0;
  std::uint8_t lps_seen = 0;  // bit p: the turn of seat p began in this round
  std::uint8_t lps_real = 0;  // bit p: and it had a real action then
  std::uint8_t lps_count = 0;
  std::uint8_t lps_player = 0;
  std::int8_t winner = -1;
  Ending ending = Ending::none;
  // Caches, never part of identity. Bit p of maybe_line: a run of p may be long enough. Bit b of connected: the cells that are
  // neither collapsed nor markers of b surely form one component (bit kPlainBorder: that are not collapsed).
  std::uint8_t maybe_line = 0;
  std::uint8_t connected = 0x1f;
  friend bool operator==(const Header&, const Header&) = default;
};

template <class G>
struct State {
  Header h;
  std::array<std::uint32_t, G::kWords> occupied;  // LineSet: stacks, collapsed cells and everything off the board
  std::array<std::uint32_t, G::kWords> wall;      // LineSet: collapsed cells and everything off the board
  std::array<std::array<std::uint32_t, G::kWords>, kMaxPlayers> marker;    // LineSets
  std::array<std::array<std::uint32_t, G::kRowWords>, kMaxPlayers> stack;  // rows: stacks by controller
  std::array<std::uint8_t, G::kCells> who;
  std::array<Rings, G::kCells> rings;
  friend bool operator==(const State&, const State&) = default;
};

// What `apply` needs to remember: the header and the cells it changed, in order.
template <class G>
struct Undo {
  struct Change {
    Rings rings;
    Cell cell;
    std::uint8_t who;
  };
  Header h;
  int count = 0;
  std::array<Change, G::kCells + 8> changes;  // no ply touches a cell twice, bar the few of a recovery
};

// Key of one cell content. Stacks hash their whole ring list; the empty cell is 0.
constexpr std::uint64_t cell_key(int cell, std::uint8_t who, Rings rings) {
  if (who == kEmpty) return 0;
  const std::uint64_t content = is_stack(who) ? rings : who;
  return mix64(content * 0x9fb21c651e98df25ULL ^ static_cast<std::uint64_t>(cell + 1) << 48 ^
               (is_stack(who) ? 1ULL << 63 : 0));
}

}  // namespace mz::ringrift
