// RingRift's moves and phases in words, for people. Reads the notation only (docs/rules.md); needs no rules.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/drawn_position.h"

namespace mz {

// What a move does, as the rest of a sentence that begins with the seat: "MS 1 3,4 5,4" -> "moves the stack on 3,4 to 5,4".
// A text that is no such move comes back in quotation marks.
std::string move_words(std::string_view move);

// What landing on a marker costs, as the end of that sentence; empty for moves that land on none.
std::string landing_words(const DrawnPosition& position, std::string_view move);

// Why a game was won, from the names that the rules use.
std::string ending_words(const std::string& reason, const std::string& detail);

// A move that only says that nothing could be done: NP, NM, NL, NT.
bool is_bookkeeping(std::string_view move);

// The parts behind the letters and the seat. A list of cells is one part.
std::vector<std::string> move_parts(std::string_view move);

// The cell from which a person chooses this move among many: where it begins, or where a ring is placed. Empty for moves that are
// not chosen on the board.
std::string choice_cell(std::string_view move);
// The cells to point out when the move is one of several: where it ends, or everything that it takes.
std::vector<Cell> target_cells(std::string_view move);

// "3,4" -> true.
bool read_cell_text(std::string_view text, Cell& cell);

// What the seat to act has to decide now among the legal moves, in a few sentences.
std::string phase_words(const DrawnPosition& position, std::span<const std::string> legal);

}  // namespace mz
