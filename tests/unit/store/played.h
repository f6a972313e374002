// One game of a table of self-play.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "store/selfplay.h"

namespace mz {

inline GameRecord played(SelfplayTable& table, std::uint64_t seed) {
  GameRecord game;
  bool begun = false;
  const auto once = [&] { return std::exchange(begun, true) ? std::nullopt : std::optional(seed); };
  const auto keep = [&game](GameRecord record) -> Result<void> {
    game = std::move(record);
    return {};
  };
  const auto done = table.play_all(
      1, [] { return true; }, once, keep);
  EXPECT_TRUE(done) << done.error().text;
  return game;
}
inline GameRecord played(SelfplayTable&& table, std::uint64_t seed) { return played(table, seed); }

}  // namespace mz
