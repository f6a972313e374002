// A move and a reusable list of moves, shared by every game.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace mz {

// A move is 32 bits whose meaning belongs to the game. It is an identity: two legal moves of one position never share a
// code, and the same code always means the same move in the same position.
struct Move {
  std::uint32_t code = 0;
  friend constexpr auto operator<=>(const Move&, const Move&) = default;
};

// Legal moves of one position, in the game's own fixed order. The inline part holds ordinary lists; rare huge ones (a
// RingRift recovery turn can have tens of thousands) move to the heap once and the capacity is then kept.
class MoveList {
 public:
  static constexpr std::size_t kInline = 1536;

  MoveList() = default;
  MoveList(const MoveList&) = delete;
  MoveList& operator=(const MoveList&) = delete;

  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  Move operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] const Move* begin() const { return data_; }
  [[nodiscard]] const Move* end() const { return data_ + size_; }
  [[nodiscard]] std::span<const Move> span() const { return {data_, size_}; }

  void push(Move move) {
    if (size_ == capacity_) grow(1);
    data_[size_++] = move;
  }

  // Room for at least `count` more moves. Write through the pointer, then `commit` what was written.
  Move* reserve(std::size_t count) {
    if (capacity_ - size_ < count) grow(count);
    return data_ + size_;
  }
  void commit(const Move* end) { size_ = static_cast<std::size_t>(end - data_); }

 private:
  void grow(std::size_t count) {
    const std::size_t capacity = 2 * (capacity_ + count);
    auto heap = std::make_unique<Move[]>(capacity);
    std::memcpy(heap.get(), data_, size_ * sizeof(Move));
    heap_ = std::move(heap);
    data_ = heap_.get();
    capacity_ = capacity;
  }

  Move inline_[kInline];
  Move* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
  std::unique_ptr<Move[]> heap_;
};

}  // namespace mz
