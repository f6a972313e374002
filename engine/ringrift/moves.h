// RingRift moves as 32-bit codes: type in bits 0-4, then three fields of nine bits. Every type uses as few fields as name it.
//
//   bits 0-4 type | 5-13 to | 14-22 from | 23-31 extra
#pragma once

#include <cstdint>

#include "engine/move_list.h"
#include "engine/ringrift/geometry.h"

namespace mz::ringrift {

enum class MoveType : std::uint8_t {
  no_placement,  // bookkeeping first: their codes are one byte in a record
  skip_placement,
  no_movement,
  skip_capture,
  no_line,
  no_territory,
  skip_territory,
  skip_recovery,
  swap_sides,
  place,               // to; from = count - 1
  move_stack,          // from, to
  capture,             // from, to; extra = target
  continue_capture,    // from, to; extra = target
  recover_line,        // from, to; extra = extraction stack        (RS L1)
  recover_window,      // from, to; extra = cells of the window before `to`  (RS L2)
  recover_fallback,    // from, to; extra = extraction stack        (RS F)
  recover_strike,      // from, to; extra = extraction stack        (RS S)
  process_line,        // to = first cell of the run; from = axis   (PL)
  choose_line,         // to = first cell of the run; from = axis   (CL of the whole run)
  choose_window,       // the same; extra = cells of the run before the window  (CL of a window)
  claim_region,        // to = first cell; from = border colour, or kPlainBorder   (CT)
  pay_line,            // to   (ER L)
  pay_territory,       // to   (ER T)
  pay_recovery,        // to   (ER R)
  forced_elimination,  // to   (FE)
};
inline constexpr int kMoveTypes = 25;
inline constexpr int kPlainBorder = kMaxPlayers;  // a region cut off by collapsed cells alone

constexpr Move make_move(MoveType type, unsigned to = 0, unsigned from = 0, unsigned extra = 0) {
  return Move{static_cast<std::uint32_t>(type) | to << 5 | from << 14 | extra << 23};
}
constexpr MoveType type_of(Move m) { return static_cast<MoveType>(m.code & 31); }
constexpr int to_of(Move m) { return static_cast<int>(m.code >> 5 & 511); }
constexpr int from_of(Move m) { return static_cast<int>(m.code >> 14 & 511); }
constexpr int extra_of(Move m) { return static_cast<int>(m.code >> 23); }

// Moves that leave no trace on "acted this turn" (rules 5.4).
constexpr bool is_passive(MoveType type) { return type < MoveType::swap_sides; }

}  // namespace mz::ringrift
