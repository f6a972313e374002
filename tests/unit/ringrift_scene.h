// Hand-made RingRift positions for tests: say what matters, the rest is filled in, then play on and look at it.
//
// Texts are those of the notation: cells `x,y`, stacks bottom ring first, players from 1.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/game.h"

namespace mz::test {

using Texts = std::vector<std::string>;

struct Scene {
  std::string board = "square8";
  int players = 2;
  int turn = 1;
  std::string phase = "movement";
  std::string stacks = "";
  std::string markers = "";
  std::string collapsed = "";
  std::string hands = "";       // all 0 when empty
  std::string eliminated = "";  // all 0 when empty
  std::string must_move = "-";
  std::string origin = "-";
  std::string flags = "-";
  std::string rounds = "0;.;0;0";
  std::map<std::string, int> options = {};
};

class Played {
 public:
  explicit Played(const Scene& scene) {
    const GameConfig config{.game = "ringrift", .board = scene.board, .seats = scene.players, .options = scene.options};
    game_ = make_game(config).value();
    const std::string text = text_of(scene);
    auto parsed = game_->parse(text);
    if (parsed) {
      position_ = std::move(*parsed);
    } else {
      ADD_FAILURE() << text << ": " << parsed.error().text;
      position_ = game_->initial();
    }
  }

  // Plays moves, each of which must be legal.
  Played& play(std::initializer_list<std::string_view> moves) {
    for (const std::string_view text : moves) {
      const auto move = position_->parse_move(text);
      if (!move || !position_->play(*move)) {
        ADD_FAILURE() << "'" << text << "' is not legal in " << position_->text() << "\nbut " << joined(this->moves());
        return *this;
      }
    }
    return *this;
  }

  // The legal moves that begin with `prefix`, sorted.
  [[nodiscard]] Texts moves(std::string_view prefix = "") const {
    MoveList list;
    position_->moves(list);
    Texts out;
    for (const Move move : list) {
      const std::string text = position_->move_text(move);
      if (text.starts_with(prefix)) out.push_back(text);
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  [[nodiscard]] bool legal(std::string_view move) const { return position_->parse_move(move).ok(); }
  [[nodiscard]] std::string text() const { return position_->text(); }
  [[nodiscard]] Outcome outcome() const { return position_->outcome(); }

  // A field of the position by its letter: S stacks, M markers, C collapsed, H hands, E eliminated, R territory, X, K, Q, L.
  [[nodiscard]] std::string field(char letter) const {
    for (const std::string& part : parts()) {
      if (part.size() > 1 && part[0] == letter && part[1] == ' ') return part.substr(2);
    }
    return "no such field";
  }
  // Phase and player to act: "movement, 1".
  [[nodiscard]] std::string state() const {
    const Texts all = parts();
    return all[3] + ", " + all[2].substr(1);
  }
  // Who won and why, "2 by ring_threshold"; empty while the game goes on.
  [[nodiscard]] std::string result() const {
    const Outcome end = outcome();
    return end.over ? std::to_string(end.winner + 1) + " by " + end.detail : "";
  }

 private:
  static std::string joined(const Texts& texts) {
    std::string out;
    for (const std::string& text : texts) out += (out.empty() ? "" : " / ") + text;
    return out;
  }

  [[nodiscard]] Texts parts() const {
    Texts out(1);
    for (const char c : position_->text()) {
      if (c == '|') {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  }

  static std::string numbers(const std::string& given, int players) {
    if (!given.empty()) return given;
    std::string zeros = "0";
    for (int p = 1; p < players; ++p) zeros += ",0";
    return zeros;
  }

  // Entries in the order of the notation: by x, then y, as numbers.
  static std::string sorted(const std::string& entries) {
    std::map<std::pair<int, int>, std::string> by_cell;
    std::istringstream in(entries);
    for (std::string entry; in >> entry;) {
      const std::size_t comma = entry.find(',');
      by_cell[{std::stoi(entry), std::stoi(entry.substr(comma + 1))}] = entry;
    }
    std::string out;
    for (const auto& [cell, entry] : by_cell) out += (out.empty() ? "" : " ") + entry;
    return out;
  }

  // The territory counters that belong to the collapsed cells.
  static std::string territory(const Scene& scene) {
    std::string out;
    for (int p = 1; p <= scene.players; ++p) {
      int cells = 0;
      for (std::size_t at = scene.collapsed.find(':'); at != std::string::npos;
           at = scene.collapsed.find(':', at + 1)) {
        if (scene.collapsed[at + 1] == '0' + p) ++cells;
      }
      out += (p == 1 ? "" : ",") + std::to_string(cells);
    }
    return out;
  }

  static std::string text_of(const Scene& s) {
    return s.board + "|N" + std::to_string(s.players) + "|T" + std::to_string(s.turn) + "|" + s.phase + "|S " +
           sorted(s.stacks) + "|M " + sorted(s.markers) + "|C " + sorted(s.collapsed) + "|H " +
           numbers(s.hands, s.players) + "|E " + numbers(s.eliminated, s.players) + "|R " + territory(s) + "|X " +
           s.must_move + "|K " + s.origin + "|Q " + s.flags + "|L " + s.rounds;
  }

  std::unique_ptr<Game> game_;
  std::unique_ptr<Position> position_;
};

// Every cell of a square8 board except those named (`x,y` joined by spaces) as collapsed entries, owned by 1 and 2 in turn.
inline std::string all_collapsed_but(std::string_view open) {
  std::string out;
  int owner = 0;
  for (int x = 0; x < 8; ++x) {
    for (int y = 0; y < 8; ++y) {
      const std::string cell = std::to_string(x) + "," + std::to_string(y);
      if ((" " + std::string(open) + " ").find(" " + cell + " ") != std::string::npos) continue;
      owner = owner % 2 + 1;
      out += (out.empty() ? "" : " ") + cell + ":" + std::to_string(owner);
    }
  }
  return out;
}

}  // namespace mz::test
