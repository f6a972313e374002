// RingRift for every processor the compiler targets by default.
#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA base
#include "engine/ringrift/kernel.inl"

namespace mz::ringrift {

const Kernel kKernelBase = {"base", base::make_board_game, base::make_board_workload};

}  // namespace mz::ringrift
