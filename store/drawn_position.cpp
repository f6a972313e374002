#include "store/drawn_position.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace mz {
namespace {

struct BoardShape {
  std::string_view name;
  bool hexagonal;
  int size;
};
constexpr std::array<BoardShape, 4> kBoards = {
    {{"square8", false, 8}, {"square19", false, 19}, {"hex8", true, 4}, {"hexagonal", true, 12}}};

constexpr std::size_t kFields = 14;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool read_int(std::string_view text, int& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_cell(std::string_view text, Cell& cell) {
  const std::size_t comma = text.find(',');
  return comma != std::string_view::npos && read_int(text.substr(0, comma), cell.first) &&
         read_int(text.substr(comma + 1), cell.second);
}

// The part behind the letter of a field ("S 0,1:12" -> "0,1:12"); false when the letter is another one.
bool body_of(std::string_view field, char letter, std::string_view& body) {
  if (field.size() < 2 || field[0] != letter || field[1] != ' ') return false;
  body = field.substr(2);
  return true;
}

template <class Take>
bool read_entries(std::string_view field, char letter, const DrawnPosition& position, Take take) {
  std::string_view body;
  if (!body_of(field, letter, body)) return false;
  if (body.empty()) return true;
  for (const std::string_view entry : split(body, ' ')) {
    const std::size_t colon = entry.find(':');
    Cell cell;
    if (colon == std::string_view::npos || !read_cell(entry.substr(0, colon), cell) || !position.on_board(cell))
      return false;
    const std::string_view value = entry.substr(colon + 1);
    const bool digits =
        !value.empty() && std::all_of(value.begin(), value.end(), [](char c) { return c >= '1' && c <= '9'; });
    if (!digits || !take(cell, value)) return false;
  }
  return true;
}

bool read_numbers(std::string_view field, char letter, int seats, std::vector<int>& numbers) {
  std::string_view body;
  if (!body_of(field, letter, body)) return false;
  for (const std::string_view part : split(body, ',')) {
    int value = 0;
    if (!read_int(part, value)) return false;
    numbers.push_back(value);
  }
  return numbers.size() == static_cast<std::size_t>(seats);
}

bool read_optional(std::string_view field, char letter, std::string& value) {
  std::string_view body;
  if (!body_of(field, letter, body) || body.empty()) return false;
  if (body != "-") value = body;
  return true;
}

std::string cell_text(Cell cell) { return std::to_string(cell.first) + "," + std::to_string(cell.second); }

bool read_position(const std::vector<std::string_view>& fields, DrawnPosition& p) {
  const auto shape =
      std::find_if(kBoards.begin(), kBoards.end(), [&](const BoardShape& b) { return b.name == fields[0]; });
  if (shape == kBoards.end()) return false;
  p.board = shape->name;
  p.hexagonal = shape->hexagonal;
  p.size = shape->size;
  if (!fields[1].starts_with('N') || !read_int(fields[1].substr(1), p.seats) || p.seats < 1 || p.seats > 9)
    return false;
  if (!fields[2].starts_with('T') || !read_int(fields[2].substr(1), p.turn)) return false;
  p.phase = fields[3];
  const auto owner = [](std::string_view value) { return value.size() == 1 ? value[0] - '0' : 0; };
  return read_entries(fields[4], 'S', p,
                      [&](Cell cell, std::string_view rings) { return p.stacks.emplace(cell, rings).second; }) &&
         read_entries(fields[5], 'M', p,
                      [&](Cell cell, std::string_view v) {
                        return owner(v) != 0 && p.markers.emplace(cell, owner(v)).second;
                      }) &&
         read_entries(fields[6], 'C', p,
                      [&](Cell cell, std::string_view v) {
                        return owner(v) != 0 && p.collapsed.emplace(cell, owner(v)).second;
                      }) &&
         read_numbers(fields[7], 'H', p.seats, p.hands) && read_numbers(fields[8], 'E', p.seats, p.eliminated) &&
         read_numbers(fields[9], 'R', p.seats, p.territory) && read_optional(fields[10], 'X', p.must_move) &&
         read_optional(fields[11], 'K', p.capture_from) && read_optional(fields[12], 'Q', p.flags) &&
         read_optional(fields[13], 'L', p.rounds);
}

}  // namespace

bool DrawnPosition::on_board(Cell cell) const {
  const auto [x, y] = cell;
  // A stranger's numbers are compared before they are added.
  if (!hexagonal) return x >= 0 && x < size && y >= 0 && y < size;
  return x >= -size && x <= size && y >= -size && y <= size && std::abs(x + y) <= size;
}

Result<DrawnPosition> parse_drawn(std::string_view text) {
  const auto fields = split(text, '|');
  DrawnPosition position;
  if (fields.size() != kFields || !read_position(fields, position)) {
    return Error{ErrorKind::corrupt, "This is not the text of a RingRift position."};
  }
  return position;
}

std::string position_json(const std::string& game, std::string_view text) {
  nlohmann::ordered_json json;
  json["text"] = text;
  const auto parsed = game == "ringrift" ? parse_drawn(text) : Result<DrawnPosition>(Error{});
  if (!parsed) return json.dump();
  const DrawnPosition& p = *parsed;
  json["board"] = p.board;
  json["seats"] = p.seats;
  json["turn"] = p.turn;
  json["phase"] = p.phase;
  const auto object = nlohmann::ordered_json::object();
  json["stacks"] = object;
  for (const auto& [cell, rings] : p.stacks) {
    auto& list = json["stacks"][cell_text(cell)];
    for (const char ring : rings) list.push_back(ring - '0');
  }
  json["markers"] = object;
  for (const auto& [cell, owner] : p.markers) json["markers"][cell_text(cell)] = owner;
  json["collapsed"] = object;
  for (const auto& [cell, owner] : p.collapsed) json["collapsed"][cell_text(cell)] = owner;
  json["hands"] = p.hands;
  json["eliminated"] = p.eliminated;
  json["territory"] = p.territory;
  const auto optional = [](const std::string& value) {
    return value.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  };
  json["must_move"] = optional(p.must_move);
  json["capture_from"] = optional(p.capture_from);
  json["flags"] = p.flags;
  json["rounds"] = optional(p.rounds);
  return json.dump();
}

}  // namespace mz
