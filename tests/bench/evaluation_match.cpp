// evaluation_match: seat-balanced matches between weights of the evaluation, and its speed. Not part of any test run.
//
//   evaluation_match BOARD SEATS PAIRS A B [SEED]    A, B: as one_ply_contestant reads them
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "engine/ringrift/kernel.h"
#include "tests/bench/one_ply_match.h"

int main(int argc, char** argv) {
  using namespace mz::ringrift;
  if (argc < 6) return std::fprintf(stderr, "usage: evaluation_match BOARD SEATS PAIRS A B [SEED]\n"), 2;
  mz::GameConfig config;
  config.board = argv[1];
  config.seats = std::atoi(argv[2]);
  const auto at = std::find(kBoardNames.begin(), kBoardNames.end(), config.board);
  if (at == kBoardNames.end()) return std::fprintf(stderr, "there is no board %s\n", argv[1]), 2;
  const auto board = static_cast<Board>(at - kBoardNames.begin());
  const auto setup = make_setup(board, config);
  if (!setup) return std::fprintf(stderr, "%s\n", setup.error().text.c_str()), 2;
  const OnePlyTally tally = one_ply_match(board, *setup, one_ply_contestant(argv[4]), one_ply_contestant(argv[5]),
                                          static_cast<std::uint64_t>(std::atoi(argv[3])),
                                          argc > 6 ? static_cast<std::uint64_t>(std::atoll(argv[6])) : 1);
  const auto games = static_cast<double>(tally.games);
  const auto nodes = static_cast<double>(tally.nodes);
  std::printf("games %.0f score %.4f plies/game %.1f nodes/game %.0f us/node %.3f ms/game %.1f |", games, tally.score,
              static_cast<double>(tally.plies) / games, nodes / games, 1e6 * tally.seconds / std::max(1.0, nodes),
              1e3 * tally.seconds / games);
  for (std::size_t i = 1; i < kEndingNames.size(); ++i) {
    if (tally.endings[i] != 0) std::printf(" %s %d", std::string(kEndingNames[i]).c_str(), tally.endings[i]);
  }
  std::printf("\n");
}
