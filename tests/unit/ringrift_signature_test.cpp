// Change detectors: golden values recorded from this engine after it agreed with every recorded reference game.
#include <gtest/gtest.h>

#include <cstdint>

#include "engine/ringrift/kernel.h"

namespace mz::ringrift {
namespace {

std::uint64_t digest(const Kernel& kernel, Board board, int players, std::uint64_t games) {
  GameConfig config;
  config.board = std::string(kBoardNames[static_cast<std::size_t>(board)]);
  config.seats = players;
  config.options = {{"swap", 1}};
  const auto setup = make_setup(board, config);
  return kernel.make_workload(board, *setup)->digest_games(20240229, games).digest;
}

// The same sum as `meshzero bench engine --signature`.
TEST(RingRiftSignature, IsTheOneOfThisVersionOfTheRulesWithEveryKernel) {
  for (const Kernel& kernel : kernels()) {
    std::uint64_t sum = 0;
    for (const Board board : {Board::square8, Board::square19, Board::hex8, Board::hexagonal}) {
      const bool small = board == Board::square8 || board == Board::hex8;
      for (int players = 2; players <= 4; ++players) sum = mix64(sum ^ digest(kernel, board, players, small ? 16 : 2));
    }
    EXPECT_EQ(sum, 0x28e622c831a7ba32ULL) << kernel.name;
  }
}

}  // namespace
}  // namespace mz::ringrift
