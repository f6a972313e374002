#include "node/move_words.h"

#include <algorithm>
#include <charconv>

namespace mz {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

constexpr const char* kOnMarker =
    " Landing on a marker removes it and eliminates the top ring of the stack, which is credited to you.";

std::string rings(const std::string& count) { return count + (count == "1" ? " ring" : " rings"); }

std::string cells(const std::string& list) {
  const std::vector<std::string> all = split(list, ';');
  constexpr std::size_t kShown = 6;
  std::string text;
  for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i) text += (i == 0 ? "" : " ") + all[i];
  if (all.size() > kShown) text += " …";
  return std::to_string(all.size()) + (all.size() == 1 ? " cell " : " cells ") + text;
}

std::string recovery(const std::vector<std::string>& part) {
  const std::string paid = part[3] == "-" ? "" : ", paid with a buried ring of the stack on " + part[3];
  if (part[2] == "S") return "strikes the stack on " + part[1] + " with the marker on " + part[0] + paid;
  const std::string slide = "slides the marker on " + part[0] + " to " + part[1];
  if (part[2] == "L1") return slide + ", which makes a line that collapses" + paid;
  if (part[2] == "L2") return slide + ", which makes a line of which " + cells(part[4]) + " collapse";
  return slide + paid;
}

std::string payment(const std::vector<std::string>& part) {
  const std::string what = part[0] == "L" ? " for the line" : " for the area";
  return "pays " + rings(part[2]) + " of the stack on " + part[1] + what;
}

}  // namespace

std::vector<std::string> move_parts(std::string_view move) {
  std::vector<std::string> parts = split(move, ' ');
  parts.erase(parts.begin(), parts.begin() + std::min<std::ptrdiff_t>(2, static_cast<std::ptrdiff_t>(parts.size())));
  return parts;
}

bool is_bookkeeping(std::string_view move) {
  const std::string_view kind = move.substr(0, 3);
  return kind == "NP " || kind == "NM " || kind == "NL " || kind == "NT ";
}

std::string move_words(std::string_view move) {
  const std::string kind(move.substr(0, 2));
  const std::vector<std::string> part = move_parts(move);
  const std::size_t n = part.size();
  if (kind == "NP") return "has no ring to place";
  if (kind == "SP") return "skips placing";
  if (kind == "SW") return "swaps sides: the two players exchange their seats";
  if (kind == "NM") return "has nothing to move";
  if (kind == "SC") return "does not capture";
  if (kind == "SR") return "declines to recover";
  if (kind == "NL") return "has no line to process";
  if (kind == "ST") return "leaves the areas alone";
  if (kind == "NT") return "has no area to take";
  if (kind == "PR" && n == 2) return "places " + rings(part[1]) + " on " + part[0];
  if (kind == "MS" && n == 2) return "moves the stack on " + part[0] + " to " + part[1];
  if (kind == "OC" && n == 3) return "captures from " + part[0] + " over " + part[1] + ", landing on " + part[2];
  if (kind == "CC" && n == 3) return "captures on from " + part[0] + " over " + part[1] + ", landing on " + part[2];
  if (kind == "RS" && n == 5) return recovery(part);
  if (kind == "PL" && n == 1) return "collapses the line of " + cells(part[0]) + ", for the price of one ring";
  if (kind == "CL" && n == 2 && part[0] == part[1])
    return "collapses the whole line of " + cells(part[0]) + ", for the price of one ring";
  if (kind == "CL" && n == 2) return "collapses " + cells(part[1]) + " of a longer line, for nothing";
  if (kind == "CT" && n == 1) return "takes the area of " + cells(part[0]);
  if (kind == "ER" && n == 3) return payment(part);
  if (kind == "FE" && n == 2)
    return "could do nothing and loses the cap of the stack on " + part[0] + " (" + rings(part[1]) + ")";
  return "plays '" + std::string(move) + "'";
}

std::string landing_words(const DrawnPosition& p, std::string_view move) {
  const std::string_view kind = move.substr(0, 2);
  if (kind != "MS" && kind != "OC" && kind != "CC") return "";
  const std::vector<Cell> landing = target_cells(move);
  if (landing.size() != 1 || !p.markers.contains(landing.front())) return "";
  Cell from;
  const std::vector<std::string> part = move_parts(move);
  const auto stack = read_cell_text(part[0], from) ? p.stacks.find(from) : p.stacks.end();
  const bool alone = kind == "MS" && stack != p.stacks.end() && stack->second.size() == 1;
  return alone ? ", a marker: the ring is eliminated and credited to the seat"
               : ", a marker: the top ring is eliminated and credited to the seat";
}

std::string ending_words(const std::string& reason, const std::string& detail) {
  if (detail == "ring_threshold") return "enough eliminated rings are credited to this seat";
  if (detail == "territory_threshold") return "this seat has enough territory, and more than all others together";
  if (detail == "early_lps") return "nobody else has a ring left";
  if (detail == "lps_rounds") return "nobody else could act for too many rounds";
  if (detail == "stalemate_territory") return "nobody can go on, and this seat has the most territory";
  if (detail == "stalemate_eliminated") return "nobody can go on, and most eliminated rings are credited to this seat";
  if (detail == "stalemate_markers") return "nobody can go on, and this seat has the most markers";
  if (detail == "stalemate_last_actor") return "nobody can go on, and this seat moved last";
  std::string words = reason + (detail.empty() ? "" : ", ") + detail;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string choice_cell(std::string_view move) {
  const std::string_view kind = move.substr(0, 2);
  const std::vector<std::string> part = move_parts(move);
  const bool on_board = kind == "PR" || kind == "MS" || kind == "OC" || kind == "CC" || kind == "RS" || kind == "FE";
  if (on_board && !part.empty()) return part[0];
  if (kind == "ER" && part.size() > 1) return part[1];
  return "";
}

std::vector<Cell> target_cells(std::string_view move) {
  const std::string_view kind = move.substr(0, 2);
  const std::vector<std::string> part = move_parts(move);
  std::string list;
  if ((kind == "PR" || kind == "FE" || kind == "PL" || kind == "CT") && !part.empty()) list = part[0];
  if ((kind == "MS" || kind == "RS" || kind == "CL" || kind == "ER") && part.size() > 1) list = part[1];
  if ((kind == "OC" || kind == "CC") && part.size() > 2) list = part[2];
  std::vector<Cell> found;
  Cell cell;
  for (const std::string& text : split(list, ';')) {
    if (read_cell_text(text, cell)) found.push_back(cell);
  }
  return found;
}

bool read_cell_text(std::string_view text, Cell& cell) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return false;
  const auto number = [](std::string_view digits, int& out) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  return number(text.substr(0, comma), cell.first) && number(text.substr(comma + 1), cell.second);
}

std::string phase_words(const DrawnPosition& p, std::span<const std::string> legal) {
  const bool owes_ring = p.flags.find('e') != std::string::npos;
  const bool owes_cap = p.flags.find('t') != std::string::npos;
  if (p.phase == "ring_placement") {
    const std::string pie =
        p.flags.find('s') != std::string::npos && p.turn == 2 ? " You may swap sides instead, once." : "";
    return "Placement: put one to three rings on an empty cell, or one on top of a stack. That stack must move this "
           "turn. "
           "With a stack that can move you may skip placing." +
           pie;
  }
  const auto some = [&](std::string_view kind) {
    return std::any_of(legal.begin(), legal.end(), [&](const std::string& move) { return move.starts_with(kind); });
  };
  if (p.phase == "movement" && some("SR ")) {
    return "Recovery: no stack is yours, but a ring of yours is buried in one. Slide a marker of yours to a "
           "neighbouring cell, or with it strike a neighbouring stack, whose top ring is then credited to you. It is "
           "paid for with a buried ring, your lowest in a stack of your choice, which is credited to you too; "
           "collapsing just the needed cells of a longer line costs nothing. Where a line can be made, only such "
           "slides are possible. You may decline.";
  }
  if (p.phase == "movement") {
    const std::string stack = p.must_move.empty() ? "a stack" : "the stack on " + p.must_move;
    return "Movement: move " + stack +
           " in a straight line by at least its height, or capture by jumping over a stack whose cap is "
           "not higher than yours. Own markers on the way collapse, others become yours." +
           kOnMarker + " A stack of one ring is gone then.";
  }
  if (p.phase == "capture")
    return "Capture: the stack on " + p.capture_from + " may capture from where it stands, or not." + kOnMarker;
  if (p.phase == "chain_capture")
    return "The capture goes on: the stack on " + p.capture_from + " must capture as long as it can." + kOnMarker;
  if (p.phase == "line_processing") {
    return owes_ring ? "Line: pay for the collapsed line with the top ring of a stack of yours, or collapse another "
                       "line first."
                     : "Line: collapse a line of your markers. All of it costs one ring; of a longer one, just the "
                       "needed part is free.";
  }
  if (p.phase == "territory_processing") {
    const bool recovered = p.flags.find('r') != std::string::npos;
    const std::string price = recovered ? "a buried ring of yours" : "a stack outside of it";
    return owes_cap ? "Territory: pay for the area you took with " + price + "."
                    : "Territory: you may take an area that is cut off. It is paid for with " + price + ".";
  }
  if (p.phase == "forced_elimination")
    return "Forced elimination: nothing could be done this turn, so a stack of yours loses its cap.";
  return p.phase + ".";
}

}  // namespace mz
