// What a game must offer so that search, self-play and records work on it without knowing it.
//
// Four rules shape the interface: a node's value is a vector per team, read for the acting team, so no sign is flipped per
// ply; the same seat may act several times in a row; chance is a node kind of its own with an exact distribution; and what
// a seat may know (observe, key(seat)) is another function than the state itself.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/base/rng.h"
#include "engine/move_list.h"

namespace mz {

enum class NodeKind : std::uint8_t { decision, chance, terminal };

inline constexpr int kMaxSeats = 5;
inline constexpr int kNobody = -1;  // no seat: chance acts, or nobody won

// `g` is one configuration of one game (board, seats, options): constant after construction and shared by threads.
// State is plain bytes without pointers. `apply` takes only moves that `moves` lists (or, at a chance node, an outcome of
// positive probability) and fills `u`, from which `undo` restores the state bit for bit; undo in reverse order only.
//   moves        legal moves at a decision node, outcomes at a chance node, in an order fixed by the state. Positions made by hand may
//                lead to dead ends: decision nodes without a move. A search judges them as they stand; nobody is asked to move there
//   returns      one number per team in [-1, 1]; terminal states only
//   observe      appends canonical bytes of what `seat` may know
//   key          64-bit hash; seat == kNobody: of the whole state, else of what that seat may know
//   resample     replaces what `seat` cannot know by a consistent random alternative; false when nothing is hidden
//   pack/unpack  canonical bytes of the state; unpack refuses (false) anything that pack could not have produced
template <class G>
concept GameRules = std::is_trivially_copyable_v<typename G::State> &&
    requires(const G& g, typename G::State& s, const typename G::State& cs, typename G::Undo& u, Move m, MoveList& list,
             std::span<float> values, std::vector<std::uint8_t>& bytes, std::span<const std::uint8_t> in, int seat,
             Rng& rng) {
  { G::kHidden } -> std::convertible_to<bool>;
  { G::kStochastic } -> std::convertible_to<bool>;
  { g.seats() } -> std::convertible_to<int>;
  { g.teams() } -> std::convertible_to<int>;
  { g.team(seat) } -> std::convertible_to<int>;
  { g.initial(s) } -> std::same_as<void>;
  { g.kind(cs) } -> std::same_as<NodeKind>;
  { g.actor(cs) } -> std::convertible_to<int>;
  { g.moves(cs, list) } -> std::same_as<void>;
  { g.apply(s, m, u) } -> std::same_as<void>;
  { g.undo(s, u) } -> std::same_as<void>;
  { g.sample(cs, rng) } -> std::same_as<Move>;
  { g.chance_probability(cs, m) } -> std::convertible_to<double>;
  { g.returns(cs, values) } -> std::same_as<void>;
  { g.observe(cs, seat, bytes) } -> std::same_as<void>;
  { g.key(cs, seat) } -> std::same_as<std::uint64_t>;
  { g.resample(s, seat, rng) } -> std::same_as<bool>;
  { g.pack(cs, bytes) } -> std::same_as<void>;
  { g.unpack(in, s) } -> std::same_as<bool>;
};

}  // namespace mz
