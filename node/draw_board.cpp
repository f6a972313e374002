#include "node/draw_board.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mz {
namespace {

constexpr std::size_t kCellWidth = 5;  // "2:13" and a space
constexpr std::array<std::string_view, 5> kSeatColours = {"", "\x1b[31m", "\x1b[34m", "\x1b[32m", "\x1b[33m"};
constexpr std::string_view kPlain = "\x1b[0m";

std::string centred(const std::string& text) {
  const std::size_t space = kCellWidth > text.size() ? kCellWidth - text.size() : 0;
  return std::string(space / 2, ' ') + text + std::string(space - space / 2, ' ');
}

std::string in_colour(const std::string& text, int seat, bool colour) {
  const auto index = static_cast<std::size_t>(seat);
  if (!colour || index == 0 || index >= kSeatColours.size()) return text;
  return std::string(kSeatColours[index]) + text + std::string(kPlain);
}

// What to draw and how.
struct Drawing {
  const DrawnPosition& position;
  bool colour;
  const std::set<Cell>& pointed_out;
};

std::string draw_cell(const Drawing& drawing, Cell cell) {
  const DrawnPosition& p = drawing.position;
  const bool colour = drawing.colour;
  const std::string star = drawing.pointed_out.contains(cell) ? "*" : "";
  if (const auto stack = p.stacks.find(cell); stack != p.stacks.end()) {
    const char owner = stack->second.back();
    return in_colour(centred(std::string(1, owner) + ":" + std::to_string(stack->second.size()) + star), owner - '0',
                     colour);
  }
  if (const auto marker = p.markers.find(cell); marker != p.markers.end()) {
    return in_colour(centred("(" + std::to_string(marker->second) + ")" + star), marker->second, colour);
  }
  if (const auto land = p.collapsed.find(cell); land != p.collapsed.end()) {
    return in_colour(centred("[" + std::to_string(land->second) + "]" + star), land->second, colour);
  }
  return centred(star.empty() ? "." : star);
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string draw_square(const Drawing& drawing) {
  const DrawnPosition& p = drawing.position;
  std::string out = "   ";
  for (int x = 0; x < p.size; ++x) out += centred(std::to_string(x));
  out = trimmed(std::move(out));
  for (int y = 0; y < p.size; ++y) {
    std::string line = right(std::to_string(y), 2) + " ";
    for (int x = 0; x < p.size; ++x) line += draw_cell(drawing, {x, y});
    out += trimmed(std::move(line));
  }
  return out;
}

// Row y begins at x = max(-radius, -radius - y); neighbouring rows are half a cell apart.
std::string draw_hexagonal(const Drawing& drawing) {
  const DrawnPosition& p = drawing.position;
  std::string out;
  for (int y = -p.size; y <= p.size; ++y) {
    const int first = std::max(-p.size, -p.size - y);
    const int last = std::min(p.size, p.size - y);
    const auto indent = static_cast<std::size_t>(y < 0 ? -y : y) * kCellWidth / 2;
    std::string line = "y=" + right(std::to_string(y), 3) + "  " + std::string(indent, ' ');
    for (int x = first; x <= last; ++x) line += draw_cell(drawing, {x, y});
    line = line.substr(0, line.find_last_not_of(' ') + 1);
    out += line + "   x=" + std::to_string(first) + ".." + std::to_string(last) + "\n";
  }
  return out;
}

std::string seat_lines(const DrawnPosition& p, bool colour, const Goals& goals) {
  std::string out;
  const auto of = [](int goal) { return goal > 0 ? " of " + std::to_string(goal) : ""; };
  for (int seat = 1; seat <= p.seats; ++seat) {
    const auto i = static_cast<std::size_t>(seat - 1);
    const std::string line = std::string(seat == p.turn ? "> " : "  ") + "seat " + std::to_string(seat) + ": " +
                             std::to_string(p.hands[i]) + " rings in hand, " + std::to_string(p.eliminated[i]) +
                             of(goals.rings) + " eliminated, " + std::to_string(p.territory[i]) + of(goals.territory) +
                             " territory";
    out += in_colour(line, seat, colour) + "\n";
  }
  return out;
}

}  // namespace

std::string draw_board(const DrawnPosition& p, bool colour, const std::set<Cell>& pointed_out, const Goals& goals) {
  const Drawing drawing = {p, colour, pointed_out};
  std::string phase = p.phase;
  std::replace(phase.begin(), phase.end(), '_', ' ');
  std::string out = p.board + ", " + phase + (p.turn == 0 ? "" : ", seat " + std::to_string(p.turn) + " to act") + "\n";
  out += p.hexagonal ? draw_hexagonal(drawing) : draw_square(drawing);
  out += seat_lines(p, colour, goals);
  if (!p.stacks.empty()) {
    out += "  stacks, bottom to top:";
    for (const auto& [cell, rings] : p.stacks) {
      out += " " + std::to_string(cell.first) + "," + std::to_string(cell.second) + "=" + rings;
    }
    out += "\n";
  }
  return out;
}

}  // namespace mz
