#include "engine/base/large_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace mz {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;  // of x86-64 and of ARM with pages of 4 KiB

}  // namespace

void* allocate_in_large_pages(std::size_t bytes) {
  if (bytes > SIZE_MAX - kLargePage) throw std::bad_alloc();
  const bool large = bytes >= kLargePage;
  const std::size_t unit = large ? kLargePage : kLargePagesAlignment;
  const std::size_t whole = std::max<std::size_t>(1, (bytes + unit - 1) / unit) * unit;
  void* memory = std::aligned_alloc(unit, whole);
  if (memory == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  if (large) (void)madvise(memory, whole, MADV_HUGEPAGE);
#endif
  return memory;
}

void free_large_pages(void* memory) noexcept { std::free(memory); }

}  // namespace mz
