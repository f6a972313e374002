// A fixed-size memory of searched positions, by key. One table belongs to one search and one thread.
//
// Entry, 16 bytes, four to a cache line:
//
//   | upper 54 bits of the key | depth 6 | bound 2 | generation 2 | move 32 bits | value 32 bits |
//
// The lower bits of the key choose the bucket, so in a table of 4096 entries or more two positions are confused only when their whole
// keys are equal. Found wins are stored as distances from the position itself, because the same position can be reached after
// different numbers of moves.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/move_list.h"
#include "engine/search/score.h"

namespace mz {

enum class Bound : std::uint8_t { none, lower, upper, exact };

class TranspositionTable {
 public:
  static constexpr int kMaxDepth = SearchLimits::kMaxDepth;
  static constexpr std::size_t kWays = 4;

  struct Found {
    Move move;
    Score value = 0;
    int depth = 0;
    Bound bound = Bound::none;
  };

  // Room for at least `entries` positions (rounded up to a power of two), at least one bucket.
  explicit TranspositionTable(std::size_t entries) : buckets_(std::bit_ceil(std::max(entries, kWays)) / kWays) {}

  void clear() { std::fill(buckets_.begin(), buckets_.end(), Bucket{}); }
  // Before each search: entries of earlier ones stay usable but give way first.
  void begin_search() { generation_ = (generation_ + 1) & 3; }

  [[nodiscard]] bool find(std::uint64_t key, int ply, Found& out) const {
    for (const Entry& entry : bucket(key).entries) {
      if (!entry.is(key)) continue;
      out = {Move{entry.move}, from_stored(entry.value, ply), entry.depth(), entry.bound()};
      return true;
    }
    return false;
  }

  void store(std::uint64_t key, int ply, Move move, Score value, int depth, Bound bound) {
    Bucket& home = buckets_[slot(key)];
    Entry* victim = home.entries.data();
    int least = 1000;
    for (Entry& entry : home.entries) {
      if (entry.is(key)) {
        victim = &entry;
        break;
      }
      const int age = static_cast<int>(generation_ - entry.generation()) & 3;
      const int worth = entry.bound() == Bound::none ? -1000 : entry.depth() - 16 * age;
      if (worth < least) {
        least = worth;
        victim = &entry;
      }
    }
    *victim = Entry(key, move, to_stored(value, ply), std::min(depth, kMaxDepth), bound, generation_);
  }

 private:
  static constexpr std::uint64_t kTagMask = (1U << 10) - 1;

  struct Entry {
    std::uint64_t tag = 0;
    std::uint32_t move = 0;
    Score value = 0;

    Entry() = default;
    Entry(std::uint64_t key, Move m, Score v, int depth, Bound bound, unsigned generation)
        : tag((key & ~kTagMask) | static_cast<std::uint64_t>(depth) << 4 | static_cast<std::uint64_t>(bound) << 2 |
              generation),
          move(m.code),
          value(v) {}
    [[nodiscard]] bool is(std::uint64_t key) const { return ((tag ^ key) & ~kTagMask) == 0 && bound() != Bound::none; }
    [[nodiscard]] int depth() const { return static_cast<int>(tag >> 4 & 63); }
    [[nodiscard]] Bound bound() const { return static_cast<Bound>(tag >> 2 & 3); }
    [[nodiscard]] unsigned generation() const { return static_cast<unsigned>(tag & 3); }
  };
  static_assert(sizeof(Entry) == 16);
  struct alignas(64) Bucket {
    std::array<Entry, kWays> entries;
  };

  static Score to_stored(Score value, int ply) {
    return value >= kWinBound ? value + ply : value <= -kWinBound ? value - ply : value;
  }
  static Score from_stored(Score value, int ply) {
    // A distance that would leave the range of wins stays at its edge.
    return value >= kWinBound    ? std::max(value - ply, kWinBound)
           : value <= -kWinBound ? std::min(value + ply, -kWinBound)
                                 : value;
  }
  [[nodiscard]] std::size_t slot(std::uint64_t key) const { return key & (buckets_.size() - 1); }
  [[nodiscard]] const Bucket& bucket(std::uint64_t key) const { return buckets_[slot(key)]; }

  std::vector<Bucket> buckets_;
  unsigned generation_ = 0;
};

}  // namespace mz
