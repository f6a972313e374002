// A position as text for a terminal.
//
//   .     empty          (1)   marker of seat 1
//   2:3   a stack that seat 2 owns, three rings high      [1]   territory of seat 1
//   *     a pointed-out cell, alone or behind what stands there
//
// Square boards have x to the right and y downwards; on hexagonal ones a row is a y, shifted by half a cell for each step.
#pragma once

#include <set>
#include <string>

#include "store/drawn_position.h"

namespace mz {

// What wins; 0: not by that, or not known.
struct Goals {
  int rings = 0;
  int territory = 0;
};

// The board with its coordinates, a line per seat, and what every stack is made of. `colour` adds terminal colours.
std::string draw_board(const DrawnPosition& position, bool colour, const std::set<Cell>& pointed_out = {},
                       const Goals& goals = {});

}  // namespace mz
