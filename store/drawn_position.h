// A RingRift position taken apart from its one-line text, for everything that shows or describes it: the JSON of a
// training sample, the board in a terminal. The rules are not needed to read it.
//
// The text is the position string of the rules engine: fourteen fields separated by '|'. Cells are "x,y"; hexagonal boards
// use the first two cube coordinates. Seats are counted from 1, 0 is nobody.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace mz {

using Cell = std::pair<int, int>;  // x, y

struct DrawnPosition {
  std::string board;
  bool hexagonal = false;
  int size = 0;  // cells per side of a square board, radius of a hexagonal one
  int seats = 0;
  int turn = 0;  // seat, 0 when the game is over
  std::string phase;
  std::map<Cell, std::string> stacks;  // owner digits of the rings, bottom first
  std::map<Cell, int> markers;         // owner
  std::map<Cell, int> collapsed;       // owner
  std::vector<int> hands, eliminated, territory;
  std::string must_move, capture_from;  // cells, empty when none
  std::string flags;                    // letters, empty when none
  std::string rounds;                   // last-player-standing state, empty when the game is over

  [[nodiscard]] bool on_board(Cell cell) const;
};

// Refuses a text that is not of this form.
Result<DrawnPosition> parse_drawn(std::string_view text);

// The position as a JSON object. For games other than RingRift it holds the text only.
std::string position_json(const std::string& game, std::string_view text);

}  // namespace mz
