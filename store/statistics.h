// What a collection of games looks like, per configuration.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/checked_game.h"

namespace mz {

struct ConfigurationStatistics {
  GameConfig config;
  std::uint64_t games = 0;
  std::uint64_t capped = 0;
  std::uint64_t plies = 0;
  std::uint64_t shortest = 0, longest = 0;  // plies
  std::uint64_t bytes = 0;                  // of the records
  std::vector<std::uint64_t> wins;          // per seat
  std::uint64_t nobody_won = 0;
  std::map<std::string, std::uint64_t> reasons;
  std::map<std::string, std::uint64_t> engines;  // seats that an engine played
  std::set<Digest> plays;                        // distinct games
};

// Counts each game once. One thread.
class GameStatistics {
 public:
  void add(const CheckedGame& game);
  // In the order of game, board, seats, options.
  [[nodiscard]] std::vector<const ConfigurationStatistics*> configurations() const;
  [[nodiscard]] std::uint64_t games() const { return ids_.size(); }

 private:
  std::map<std::string, ConfigurationStatistics> all_;
  std::set<Digest> ids_;
};

}  // namespace mz
