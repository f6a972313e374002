// The tactical suite as a file: one JSON object per line with the configuration, the position, what is asked and all right answers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/game.h"

namespace mz::tactics {

//   win       a move after which the seat to act still forces a win within `turns` turns of its own
//   defence   a move after which no other seat forces a win in its next turn
struct Puzzle {
  GameConfig config;
  std::string position;
  std::string theme;  // win_1, win_2, win_3, defence, chain, territory, forced_elimination
  std::string asks;   // win or defence
  int turns = 1;
  std::vector<std::string> answers;
  std::uint64_t nodes = 0;  // of the proof
};

inline nlohmann::json to_json(const Puzzle& p) {
  return {{"board", p.config.board}, {"seats", p.config.seats}, {"options", p.config.options},
          {"position", p.position},  {"theme", p.theme},        {"asks", p.asks},
          {"turns", p.turns},        {"answers", p.answers},    {"nodes", p.nodes}};
}

inline Puzzle from_json(const nlohmann::json& j) {
  Puzzle p;
  p.config.board = j.at("board");
  p.config.seats = j.at("seats");
  p.config.options = j.at("options").get<std::map<std::string, int>>();
  p.position = j.at("position");
  p.theme = j.at("theme");
  p.asks = j.at("asks");
  p.turns = j.at("turns");
  p.answers = j.at("answers").get<std::vector<std::string>>();
  p.nodes = j.at("nodes");
  return p;
}

}  // namespace mz::tactics
