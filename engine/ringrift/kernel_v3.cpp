// RingRift for x86-64-v3 processors (AVX2, BMI, LZCNT, POPCNT: nearly everything since 2015).
#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA v3
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
#endif
#include "engine/ringrift/kernel.inl"

namespace mz::ringrift {
namespace {

std::unique_ptr<Game> make_game_v3(Board board, const Setup& setup, const GameConfig& config, const Digest& rules_hash) {
  return v3::make_board_game(board, setup, config, rules_hash);
}
std::unique_ptr<Workload> make_workload_v3(Board board, const Setup& setup) { return v3::make_board_workload(board, setup); }

}  // namespace
}  // namespace mz::ringrift

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace mz::ringrift {

const Kernel kKernelV3 = {"x86-64-v3", make_game_v3, make_workload_v3};

}  // namespace mz::ringrift
