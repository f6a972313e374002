// One board of RingRift for one instruction set. The build compiles this file once for every pair of them, so that the pieces
// compile side by side: MZ_ISA is base or v3 and names the namespace, MZ_BOARD is the board, MZ_TARGET_V3 is set with v3.
#include "engine/ringrift/kernel_headers.h"

#ifdef MZ_TARGET_V3
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#endif

#include "engine/ringrift/kernel.inl"

namespace mz::ringrift::MZ_ISA {
namespace {

// Defined under the pragma, so that the templates they instantiate are too.
std::unique_ptr<Game> make_game(const Setup& setup, const GameConfig& config, const Digest& rules_hash) {
  return make_board_game<Geometry<Board::MZ_BOARD>>(setup, config, rules_hash);
}
std::unique_ptr<Workload> make_workload(const Setup& setup) {
  return make_board_workload<Geometry<Board::MZ_BOARD>>(setup);
}

}  // namespace
}  // namespace mz::ringrift::MZ_ISA

#ifdef MZ_TARGET_V3
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif

namespace mz::ringrift::MZ_ISA::boards {

extern const BoardKernel MZ_BOARD;  // read by ringrift.cpp
const BoardKernel MZ_BOARD = {make_game, make_workload};

}  // namespace mz::ringrift::MZ_ISA::boards
