// Random games of the toy game, for tests of everything that stores games.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "store/checked_game.h"
#include "store/selfplay.h"
#include "tests/unit/store/played.h"

namespace mz {

inline GameConfig toy_config(int jokers = 1) {
  GameConfig config{"toy", "3x3", 2, {}};
  if (jokers != 1) config.options["jokers"] = jokers;
  return config;
}

inline GameRecord toy_game(std::uint64_t seed, int jokers = 1) {
  auto table = SelfplayTable::open({toy_config(jokers), {"random", "random"}, {}});
  return played(*table, seed);
}

// The longest statistics that a search could have about this game: the most moves at every choice, each visited as often as can be counted.
std::vector<std::uint8_t> longest_statistics(const GameRecord& record);

// A folder of its own for one test, removed afterwards.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

 private:
  std::string path_;
};

std::vector<std::uint8_t> read_bytes(const std::string& path);
void write_bytes(const std::string& path, const std::vector<std::uint8_t>& bytes);

#define ASSERT_OK(expression)                              \
  do {                                                     \
    const auto& ok_result = (expression);                  \
    ASSERT_TRUE(ok_result.ok()) << ok_result.error().text; \
  } while (false)

}  // namespace mz
