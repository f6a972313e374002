// What searches found out in a game, decision by decision: the statistics part of its record.
//
//   format      one byte, 1
//   decisions   until the end, each
//     ply       varint, how far behind the one before it, at least 1; the first counts from ply -1
//     effort    one byte, 1 when it had the whole budget, 0 when it was a cheap one (engine/search/effort.h)
//     value     zigzag varint, ten-thousandths of the expected return of the team to move, -10000 to 10000
//     policy    varint, how many moves, at most kMaxPolicyMoves, then for each of them
//       move    varint, its code less that of the one before it, at least 1; the first counts from -1
//       visits  varint, at least 1
//
// A decision is there when there was a choice, the engine searched, and its move was played: the one with which a seat resigns is not, and
// neither are the last ones of a game that found out more than a record may hold. It has a policy when the engine counts visits, the
// decision had the whole budget, and the result of its move was not proven; moves with a proven result are left out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"

namespace mz {

struct DecisionStatistics {
  static constexpr std::size_t kMaxPolicyMoves = 64;  // the most visited ones
  static constexpr std::int32_t kValueUnit = 10'000;

  std::uint32_t ply = 0;
  bool full = true;
  std::int32_t value = 0;           // in 1 / kValueUnit
  std::vector<VisitedMove> policy;  // ascending codes
  friend bool operator==(const DecisionStatistics&, const DecisionStatistics&) = default;
};

class StatisticsWriter {
 public:
  // `decision` has a value. Plies ascend. What would be longer than a record may have is left out, with all that follows.
  void add(std::uint32_t ply, const Decision& decision);
  // The bytes of all of them, none when nothing was added, and begins anew.
  std::vector<std::uint8_t> take();

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint32_t next_ply_ = 0;
  bool closed_ = false;  // there is no room for what comes now
};

// Refuses what no StatisticsWriter writes.
Result<std::vector<DecisionStatistics>> decode_statistics(std::span<const std::uint8_t> bytes);

}  // namespace mz
