// Which configuration is played next, and how many games of it.
//
// The configuration with the largest deficit relative to its target comes first; of equal ones the one that has waited
// longest. Units are sized to last about kUnitSeconds whatever the board, so a slow board takes more units, not longer
// ones, and after kMaxWait units given to others a configuration comes first whatever its deficit. With n unfinished
// configurations none waits for more than kMaxWait + n - 1 units, so the slow boards neither starve nor block the quick ones.
//
// Pure: time is passed in. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/game.h"

namespace mz {

class Schedule {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static constexpr double kUnitSeconds = 10;
  static constexpr std::uint32_t kMaxUnitGames = 4096;
  static constexpr std::uint64_t kMaxWait = 24;  // units
  static constexpr double kGrowth = 8;       // of a unit over the one before, until the cost of a game is known well
  static constexpr int kMinHoldSeconds = 5;  // after a failed unit; doubles with each failure in a row
  static constexpr int kMaxHoldSeconds = 600;

  struct Unit {
    std::size_t entry = 0;  // index of the configuration
    std::uint32_t games = 0;
  };

  Schedule(std::vector<GameConfig> configurations, std::uint64_t target);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] const GameConfig& config(std::size_t entry) const { return entries_[entry].config; }
  [[nodiscard]] std::optional<std::size_t> find(const GameConfig& config) const;

  // Games that exist, from the store. Games in flight and not yet counted there are kept apart.
  void set_games(std::size_t entry, std::uint64_t games);
  [[nodiscard]] std::uint64_t games(std::size_t entry) const { return entries_[entry].games; }

  // The next unit, whose games then count as in flight; none when nothing may be played now.
  std::optional<Unit> next(Time now);
  // A game of a unit came in: no longer in flight, and one more.
  void game_arrived(std::size_t entry);
  // A game that came in turned out not to count (already known, or refused).
  void game_dropped(std::size_t entry);
  // The unit ended: what it did not deliver is no longer in flight.
  void unit_finished(std::size_t entry, std::uint32_t delivered, std::uint32_t missing, double seconds);
  // It ended without doing its work: the configuration is held back for a while.
  void unit_failed(std::size_t entry, std::uint32_t missing, const std::string& why, Time now);

  [[nodiscard]] bool done(std::size_t entry) const { return entries_[entry].games >= target_; }
  [[nodiscard]] bool all_done() const;
  [[nodiscard]] bool in_flight(std::size_t entry) const { return entries_[entry].units > 0; }
  // Why the configuration is held back; empty when it is not.
  [[nodiscard]] std::string held_because(std::size_t entry, Time now) const;

 private:
  struct Entry {
    GameConfig config;
    std::uint64_t games = 0;
    std::uint64_t in_flight = 0;
    int units = 0;
    std::uint64_t last_unit = 0;   // number of units given out when this one got its last; 0 before the first
    double seconds_per_game = 0;   // 0: not measured yet
    std::uint32_t last_games = 0;  // size of the last unit that ended well
    Time hold_until{};
    int hold_seconds = 0;
    std::string hold_reason;
  };

  [[nodiscard]] double deficit(const Entry& entry) const;
  [[nodiscard]] std::uint32_t unit_games(const Entry& entry) const;

  std::vector<Entry> entries_;
  std::uint64_t target_;
  std::uint64_t units_ = 0;  // given out so far
};

}  // namespace mz
