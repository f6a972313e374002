// The four boards as one machinery. A cell (x, y) lies in row x, column y; hexagons use the first two cube coordinates, so a
// hexagonal board is a square one with the corners cut off and one diagonal axis missing.
//
// Cells are numbered 0..kCells-1 by x, then y: the order in which the rules scan a board and in which text lists cells.
// A LineSet stores one bit per cell once per axis, so that the nearest piece along any ray is one shift and one bit scan.
// The words of axis 0 are the rows of the board; they double as the bitboard for whole-board operations.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mz::ringrift {

enum class Board : std::uint8_t { square8, square19, hex8, hexagonal };

inline constexpr std::array<std::string_view, 4> kBoardNames = {"square8", "square19", "hex8", "hexagonal"};
inline constexpr int kMaxPlayers = 4;

using Cell = std::uint16_t;
inline constexpr Cell kNoCell = 0x1ff;

template <Board B>
struct Geometry {
  static constexpr Board kBoard = B;
  static constexpr bool kHex = B == Board::hex8 || B == Board::hexagonal;
  static constexpr int kRows = B == Board::square8 ? 8 : B == Board::square19 ? 19 : B == Board::hex8 ? 9 : 25;
  static constexpr int kRadius = kHex ? (kRows - 1) / 2 : 0;
  static constexpr int kCells = kHex ? 3 * kRadius * (kRadius + 1) + 1 : kRows * kRows;

  // Axes: 0 along y, 1 along x, then on squares (1,1) and on every board last (1,-1). Direction 2a steps up axis a (towards
  // higher cell numbers), 2a + 1 down.
  static constexpr int kAxes = kHex ? 3 : 4;
  static constexpr int kDirections = 2 * kAxes;
  static constexpr std::array<int, 4> kStepRow = {0, 1, 1, 1};
  static constexpr std::array<int, 4> kStepColumn =
      kHex ? std::array<int, 4>{1, 0, -1, 0} : std::array<int, 4>{1, 0, 1, -1};
  // C81: recovery looks at the axes in this order of its own.
  static constexpr std::array<int, 4> kRecoveryAxes =
      kHex ? std::array<int, 4>{1, 2, 0, 0} : std::array<int, 4>{1, 0, 2, 3};

  // Row r is word r + 1; the words 0 and kRows + 1 are always empty, so neighbours need no bounds check. Within a line a cell
  // sits at bit (its column + 1) on axis 0 and (its row + 1) on the others: bit 0 and the bits above the board are walls.
  static constexpr int kRowWords = kRows + 2;
  static constexpr std::array<int, 4> kFirstWord =
      kHex ? std::array<int, 4>{1, kRowWords, kRowWords + kRows, 0}
           : std::array<int, 4>{1, kRowWords, kRowWords + kRows, kRowWords + kRows + 2 * kRows - 1};
  static constexpr int kWords = kFirstWord[kAxes - 1] + 2 * kRows - 1;

  // Length of a line that collapses (rule length L) and the shortest run the detector reports (D), C2.
  static constexpr int line_length(int players) {
    return (B == Board::square8 || B == Board::hex8) && players >= 3 ? 3 : 4;
  }
  static constexpr int kDetectorFloor = B == Board::square8 ? 3 : 4;
  static constexpr int kDefaultRings = B == Board::square19 ? 72 : B == Board::hexagonal ? 96 : 18;
  // C64: on these boards a claimed border grows through connected markers.
  static constexpr bool kBorderGrows = B != Board::hexagonal;

  static constexpr bool on_board(int row, int column) {
    if (row < 0 || row >= kRows || column < 0 || column >= kRows) return false;
    const int sum = row + column - 2 * kRadius;
    return !kHex || (sum >= -kRadius && sum <= kRadius);
  }

  // Word (within a LineSet) and local line index of a cell's line along an axis.
  static constexpr int line_of(int axis, int row, int column) {
    const int step = kStepColumn[static_cast<std::size_t>(axis)];
    if (axis == 0) return row;
    if (step == 0) return column;
    return step > 0 ? column - row + kRows - 1 : column + row;
  }
  static constexpr int bit_of(int axis, int row, int column) { return (axis == 0 ? column : row) + 1; }

  struct Tables {
    std::array<std::uint8_t, kCells> row{};
    std::array<std::uint8_t, kCells> column{};
    std::array<std::array<std::uint8_t, kCells>, 4> word{};
    std::array<std::int16_t, kRows + 2> row_base{};  // cell = row_base[row] + column
    std::array<std::uint32_t, kRowWords> mask{};     // cells of each row word
  };

  static constexpr Tables make_tables() {
    Tables t;
    int cell = 0;
    for (int row = 0; row < kRows; ++row) {
      bool first = true;
      for (int column = 0; column < kRows; ++column) {
        if (!on_board(row, column)) continue;
        const auto c = static_cast<std::size_t>(cell);
        const auto r = static_cast<std::size_t>(row);
        if (first) t.row_base[r] = static_cast<std::int16_t>(cell - column);
        first = false;
        t.row[c] = static_cast<std::uint8_t>(row);
        t.column[c] = static_cast<std::uint8_t>(column);
        for (int axis = 0; axis < kAxes; ++axis) {
          const auto a = static_cast<std::size_t>(axis);
          t.word[a][c] = static_cast<std::uint8_t>(kFirstWord[a] + line_of(axis, row, column));
        }
        t.mask[r + 1] |= 1U << (column + 1);
        ++cell;
      }
    }
    return t;
  }
  static constexpr Tables kTables = make_tables();

  static constexpr int row(int cell) { return kTables.row[static_cast<std::size_t>(cell)]; }
  static constexpr int column(int cell) { return kTables.column[static_cast<std::size_t>(cell)]; }
  static constexpr int cell(int row, int column) { return kTables.row_base[static_cast<std::size_t>(row)] + column; }
  static constexpr int word(int axis, int cell) {
    return kTables.word[static_cast<std::size_t>(axis)][static_cast<std::size_t>(cell)];
  }
  static constexpr int bit(int axis, int cell) { return (axis == 0 ? column(cell) : row(cell)) + 1; }
  // The cell `steps` along an axis (negative: down); it must be on the board.
  static constexpr int step(int axis, int from, int steps) {
    const auto a = static_cast<std::size_t>(axis);
    return cell(row(from) + steps * kStepRow[a], column(from) + steps * kStepColumn[a]);
  }
  static constexpr bool has_step(int axis, int from, int steps) {
    const auto a = static_cast<std::size_t>(axis);
    return on_board(row(from) + steps * kStepRow[a], column(from) + steps * kStepColumn[a]);
  }
};

}  // namespace mz::ringrift
