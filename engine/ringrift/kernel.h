// The rules compiled for one instruction set, behind function pointers, so that the program picks the fastest one the processor
// runs when it starts. All compilations give bit-equal results: the rules use integers only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/game.h"
#include "engine/ringrift/geometry.h"
#include "engine/ringrift/state.h"

namespace mz::ringrift {

// What a fixed piece of work did; the caller holds the clock.
struct Tally {
  std::uint64_t games = 0;
  std::uint64_t plies = 0;   // moves played, or lists generated
  std::uint64_t digest = 0;  // of every position and list length met
};

// Work to be timed: the same seed does the same work with every kernel.
class Workload {
 public:
  virtual ~Workload() = default;
  // `games` uniform random games with full legal lists.
  virtual Tally playouts(std::uint64_t seed, std::uint64_t games) = 0;
  // The same games with a digest of every position on the way.
  virtual Tally digest_games(std::uint64_t seed, std::uint64_t games) = 0;
  // Plays a recorded random game to its end and takes every move back, `rounds` times; plies = moves applied and undone.
  virtual Tally apply_undo(std::uint64_t seed, std::uint64_t rounds) = 0;
  // Legal lists of positions spread evenly over a random game, `rounds` times; plies = lists.
  virtual Tally generate(std::uint64_t seed, std::uint64_t rounds) = 0;
  // Positions evaluated and lists searched by minimax, with the default weights, in positions of a random game; plies = nodes.
  virtual Tally minimax(std::uint64_t seed, std::uint64_t nodes) = 0;
  // Visits of a search tree whose leaves are all even, from the middle of a random game; plies = visits.
  virtual Tally tree_visits(std::uint64_t seed, std::uint64_t visits) = 0;
};

// One board compiled for one instruction set (kernel_board.cpp).
struct BoardKernel {
  std::unique_ptr<Game> (*make_game)(const Setup& setup, const GameConfig& config, const Digest& rules_hash);
  std::unique_ptr<Workload> (*make_workload)(const Setup& setup);
};

struct Kernel {
  std::string_view name;
  std::array<const BoardKernel*, kBoardNames.size()> boards;

  [[nodiscard]] std::unique_ptr<Game> make_game(Board board, const Setup& setup, const GameConfig& config,
                                                const Digest& rules_hash) const {
    return boards[static_cast<std::size_t>(board)]->make_game(setup, config, rules_hash);
  }
  [[nodiscard]] std::unique_ptr<Workload> make_workload(Board board, const Setup& setup) const {
    return boards[static_cast<std::size_t>(board)]->make_workload(setup);
  }
};

// The kernels this processor can run, slowest first: base, then x86-64-v3 (AVX2, BMI, LZCNT, POPCNT). The last one is what
// make_game uses.
std::vector<Kernel> kernels();

// Cells, thresholds and defaults of a configuration; `options` as documented in docs/rules.md.
Result<Setup> make_setup(Board board, const GameConfig& config);

}  // namespace mz::ringrift
