// Memory for large arrays that grow or are read at random, in pages as large as the system has. The first touch of a page can cost more
// than everything written into it, and there are fewer large ones to look up: large pages alone brought the tree search on square8 from
// 236,000 and 242,000 visits/s to 422,000 and 436,000.
#pragma once

#include <cstddef>

namespace mz {

inline constexpr std::size_t kLargePagesAlignment = 64;  // at least

// Throws std::bad_alloc. Large pages are a wish that the system may not grant; nothing but speed depends on it.
[[nodiscard]] void* allocate_in_large_pages(std::size_t bytes);
void free_large_pages(void* memory) noexcept;

// For std::vector.
template <class T>
struct LargePages {
  using value_type = T;
  static_assert(alignof(T) <= kLargePagesAlignment);

  LargePages() = default;
  template <class U>
  explicit LargePages(const LargePages<U>& /*other*/) {}

  [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(allocate_in_large_pages(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t /*count*/) noexcept { free_large_pages(memory); }
  friend bool operator==(const LargePages&, const LargePages&) { return true; }
};

}  // namespace mz
