// What must hold in every position of every game, checked over random games of all twelve configurations.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <tuple>

#include "engine/ringrift/kernel_headers.h"

#define MZ_ISA under_test
#include "engine/ringrift/rules.inl"
// notation needs the complete rules
#include "engine/ringrift/notation.inl"

namespace mz::ringrift {
namespace {

using under_test::RingRift;

constexpr std::size_t kPlyBound = 100'000;  // no game comes near it: a game that does has no end

bool is_big(Board board) { return board == Board::square19 || board == Board::hexagonal; }

template <class G>
class RingRiftProperties : public testing::Test {
 protected:
  using Rules = RingRift<G>;
  using State = ringrift::State<G>;
  using Undo = ringrift::Undo<G>;

  // Random games with 2, 3 and 4 players: every second one chooses a type of move first, so that rare types come up, and
  // every third has few rings, so that recovery and stalemates do. visit(rules, state, its moves, rng) sees every position,
  // the last one with an empty list.
  template <class Visit>
  void play(std::uint64_t seed, int games_on_small_boards, Visit visit) {
    const int games = is_big(G::kBoard) ? std::max(1, games_on_small_boards / 10) : games_on_small_boards;
    for (int players = 2; players <= 4; ++players) {
      for (int game = 0; game < games; ++game) {
        GameConfig config;
        config.board = std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
        config.seats = players;
        if (players == 2 && game % 2 == 0) config.options["swap"] = 1;
        if (game % 3 == 2) config.options["rings"] = 5 + game % 5;
        const Rules rules(make_setup(G::kBoard, config).value());
        play_one(rules, game % 2 == 1, derive_seed(seed, static_cast<std::uint64_t>(players * 1000 + game)), visit);
      }
    }
  }

  template <class Visit>
  void play_one(const Rules& rules, bool by_type, std::uint64_t seed, Visit visit) {
    Rng rng(seed);
    State state;
    rules.initial(state);
    MoveList list;
    for (std::size_t ply = 0; ply < kPlyBound; ++ply) {
      list.clear();
      if (rules.kind(state) != NodeKind::terminal) rules.moves(state, list);
      visit(rules, static_cast<const State&>(state), static_cast<const MoveList&>(list), rng);
      if (list.empty() || testing::Test::HasFailure()) return;
      rules.apply(state, by_type ? choose_by_type(list, rng) : any(list, rng));
    }
    FAIL() << "no end after " << kPlyBound << " plies: " << rules.text(state);
  }

  static Move any(const MoveList& list, Rng& rng) { return list[rng.below(static_cast<std::uint32_t>(list.size()))]; }

  static Move choose_by_type(const MoveList& list, Rng& rng) {
    std::set<MoveType> types;
    for (const Move move : list) types.insert(type_of(move));
    const auto chosen = *std::next(types.begin(), rng.below(static_cast<std::uint32_t>(types.size())));
    for (;;) {
      if (const Move move = any(list, rng); type_of(move) == chosen) return move;
    }
  }

  static std::vector<Move> moves_of(const Rules& rules, const State& state) {
    MoveList list;
    rules.moves(state, list);
    return {list.begin(), list.end()};
  }

  static std::vector<std::uint8_t> packed(const Rules& rules, const State& state) {
    std::vector<std::uint8_t> bytes;
    rules.pack(state, bytes);
    return bytes;
  }

  // The caches inside a state are hints and may differ between two ways to the same position.
  static State without_caches(State state) {
    state.h.maybe_line = 0;
    state.h.connected = 0;
    return state;
  }
};

using Boards = testing::Types<Geometry<Board::square8>, Geometry<Board::square19>, Geometry<Board::hex8>,
                              Geometry<Board::hexagonal>>;
class BoardNames {
 public:
  template <class G>
  static std::string GetName(int) {
    return std::string(kBoardNames[static_cast<std::size_t>(G::kBoard)]);
  }
};
TYPED_TEST_SUITE(RingRiftProperties, Boards, BoardNames);

TYPED_TEST(RingRiftProperties, UndoRestoresThePositionBitForBit) {
  using BoardUndo = Undo<TypeParam>;
  using BoardState = State<TypeParam>;
  this->play(1, 20, [](const auto& rules, const BoardState& state, const MoveList& list, Rng& rng) {
    const std::size_t tries = std::min<std::size_t>(list.size(), 12);
    for (std::size_t i = 0; i < tries; ++i) {
      const Move first = tries == list.size() ? list[i] : TestFixture::any(list, rng);
      BoardState copy = state;
      BoardUndo undo_first;
      rules.apply(copy, first, undo_first);
      const BoardState between = copy;
      if (rules.kind(copy) != NodeKind::terminal) {
        const std::vector<Move> replies = TestFixture::moves_of(rules, copy);
        BoardUndo undo_second;
        rules.apply(copy, replies[rng.below(static_cast<std::uint32_t>(replies.size()))], undo_second);
        rules.undo(copy, undo_second);
        ASSERT_EQ(copy, between) << rules.text(between);
      }
      rules.undo(copy, undo_first);
      ASSERT_EQ(copy, state) << rules.text(state) << " after " << rules.move_text(state, first);
    }
  });
}

TYPED_TEST(RingRiftProperties, TheKeyAndEveryDerivedSetAreThoseBuiltFromScratch) {
  using BoardState = State<TypeParam>;
  this->play(2, 20, [](const auto& rules, const BoardState& state, const MoveList& list, Rng&) {
    BoardState fresh;
    ASSERT_TRUE(rules.unpack(TestFixture::packed(rules, state), fresh)) << rules.text(state);
    ASSERT_EQ(rules.key(fresh), rules.key(state)) << rules.text(state);
    ASSERT_EQ(TestFixture::without_caches(fresh), TestFixture::without_caches(state)) << rules.text(state);
    if (list.empty()) return;
    // The caches must change nothing, not even the order of the list.
    const std::vector<Move> uncached = TestFixture::moves_of(rules, fresh);
    ASSERT_TRUE(std::equal(uncached.begin(), uncached.end(), list.begin(), list.end())) << rules.text(state);
  });
}

TYPED_TEST(RingRiftProperties, DifferentPositionsHaveDifferentKeys) {
  using BoardState = State<TypeParam>;
  std::map<std::uint64_t, std::vector<std::uint8_t>> seen;
  this->play(3, 6, [&](const auto& rules, const BoardState& state, const MoveList&, Rng&) {
    auto bytes = TestFixture::packed(rules, state);
    // Keys are compared within one configuration only.
    const std::uint64_t key = rules.key(state) ^ mix64(static_cast<std::uint64_t>(rules.seats()));
    const auto [at, added] = seen.try_emplace(key, bytes);
    ASSERT_EQ(at->second, bytes) << rules.text(state);
  });
  EXPECT_GT(seen.size(), 500U);
}

TYPED_TEST(RingRiftProperties, PackedPositionsRoundTripAndDamagedOnesAreRefusedOrCanonical) {
  using BoardState = State<TypeParam>;
  std::size_t accepted = 0;
  this->play(4, 10, [&](const auto& rules, const BoardState& state, const MoveList&, Rng& rng) {
    const auto bytes = TestFixture::packed(rules, state);
    for (int i = 0; i < 20; ++i) {
      auto damaged = bytes;
      for (std::uint32_t changes = 1 + rng.below(3); changes > 0 && !damaged.empty(); --changes) {
        const auto at = rng.below(static_cast<std::uint32_t>(damaged.size()));
        const auto value = static_cast<std::uint8_t>(rng.below(256));
        switch (rng.below(8)) {
          case 0:
            damaged.insert(damaged.begin() + at, value);
            break;
          case 1:
            damaged.erase(damaged.begin() + at);
            break;
          case 2:
            damaged.resize(at + 1);
            break;
          default:
            damaged[at] = rng.chance(1, 2) ? value : static_cast<std::uint8_t>(damaged[at] ^ 1U << rng.below(8));
        }
      }
      BoardState odd;
      if (!rules.unpack(damaged, odd)) continue;
      ++accepted;
      ASSERT_EQ(TestFixture::packed(rules, odd), damaged);
      const std::string text = rules.text(odd);
      // Hand-made positions are playable as far as they go, and never crash.
      MoveList list;
      for (int ply = 0; ply < 30 && rules.kind(odd) == NodeKind::decision; ++ply) {
        list.clear();
        rules.moves(odd, list);
        if (list.empty()) break;
        const Move move = TestFixture::any(list, rng);
        ASSERT_FALSE(rules.move_text(odd, move).empty());
        Undo<TypeParam> undo;
        rules.apply(odd, move, undo);
      }
    }
  });
  EXPECT_GT(accepted, 100U);
}

TYPED_TEST(RingRiftProperties, EveryMoveAndEveryPositionReadsBackFromItsNotation) {
  using BoardState = State<TypeParam>;
  std::size_t ply = 0;
  this->play(5, 6, [&](const auto& rules, const BoardState& state, const MoveList& list, Rng&) {
    if (++ply % (is_big(TypeParam::kBoard) ? 10 : 3) != 0 || list.empty()) return;
    std::set<std::string> texts;
    std::size_t number = 0;
    for (const Move move : list) {
      const std::string text = rules.move_text(state, move);
      ASSERT_TRUE(texts.insert(text).second) << "twice " << text << " in " << rules.text(state);
      // Long lists are read back in part: reading a recovery looks through the list again.
      if (list.size() > 300 && ++number % 37 != 0) continue;
      const auto parsed = rules.parse_move(state, text);
      ASSERT_TRUE(parsed) << text << " in " << rules.text(state);
      ASSERT_EQ(*parsed, move) << text << " in " << rules.text(state);
    }
    const std::string text = rules.text(state);
    const auto parsed = rules.parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().text;
    ASSERT_EQ(rules.text(*parsed), text);
    ASSERT_EQ(rules.key(*parsed), rules.key(state)) << text;
  });
}

// C3: for each colour (in hand) + (on board) + (removed) = supply; what is removed is credited to somebody.
TYPED_TEST(RingRiftProperties, RingsAreNeitherMadeNorLost) {
  using BoardState = State<TypeParam>;
  this->play(6, 30, [](const auto& rules, const BoardState& state, const MoveList&, Rng&) {
    const auto players = static_cast<std::size_t>(rules.seats());
    std::vector<int> left(players, 0);
    for (const Rings rings : state.rings) {
      for (int i = 0; rings != 0 && i < height(rings); ++i) ++left[static_cast<std::size_t>(ring_at(rings, i))];
    }
    int removed = 0;
    int credited = 0;
    for (std::size_t p = 0; p < players; ++p) {
      ASSERT_EQ(left[p], state.h.board_rings[p]) << rules.text(state);
      left[p] += state.h.hand[p];
      ASSERT_LE(left[p], rules.setup().rings) << rules.text(state);
      removed += rules.setup().rings - left[p];
      credited += state.h.eliminated[p];
      const auto collapsed = std::count(state.who.begin(), state.who.end(), collapsed_of(static_cast<int>(p)));
      ASSERT_EQ(collapsed, state.h.territory[p]) << rules.text(state);
    }
    ASSERT_EQ(removed, credited) << rules.text(state);
  });
}

// S, collapsed cells, rings placed: section 17 of the rules and C109.
std::tuple<int, int, int> progress(const Header& h, int rings, int players) {
  const auto sum = [](const auto& numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0); };
  const int collapsed = sum(h.collapsed);
  return {sum(h.markers) + collapsed + sum(h.eliminated), collapsed, rings * players - sum(h.hand)};
}

TYPED_TEST(RingRiftProperties, ProgressNeverFallsAndGrowsInEveryRoundSoEveryGameEnds) {
  using BoardState = State<TypeParam>;
  std::vector<std::tuple<int, int, int>> at_turn_start(kMaxPlayers, {-1, -1, -1});
  int last_s = -1;
  auto last = Phase::game_over;
  int ended = 0;
  this->play(7, 40, [&](const auto& rules, const BoardState& state, const MoveList& list, Rng&) {
    const auto now = progress(state.h, rules.setup().rings, rules.seats());
    if (state.h.phase == Phase::ring_placement && last == Phase::game_over) {  // a new game
      at_turn_start.assign(kMaxPlayers, {-1, -1, -1});
      last_s = -1;
    }
    ASSERT_GE(std::get<0>(now), last_s) << rules.text(state);
    ASSERT_LE(std::get<0>(now), 2 * TypeParam::kCells + rules.setup().rings * rules.seats());
    last_s = std::get<0>(now);
    if (state.h.phase == Phase::ring_placement && last != Phase::ring_placement) {
      // Since this seat's last turn every seat that has a ring has had one.
      ASSERT_GT(now, at_turn_start[state.h.player]) << rules.text(state);
      at_turn_start[state.h.player] = now;
    }
    last = state.h.phase;
    if (list.empty()) {
      ++ended;
      ASSERT_EQ(state.h.phase, Phase::game_over) << rules.text(state);
      ASSERT_GE(state.h.winner, 0);
      ASSERT_LT(state.h.winner, rules.seats());
      ASSERT_NE(state.h.ending, Ending::none);
    }
  });
  EXPECT_EQ(ended, is_big(TypeParam::kBoard) ? 12 : 120);
}

// A symmetry of a board as a linear map of the coordinates that texts use, plus an offset on square boards.
struct Symmetry {
  int xx, xy, yx, yy;
};

template <class G>
std::vector<Symmetry> symmetries() {
  std::vector<Symmetry> out;
  const auto hex_length = [](int x, int y) { return std::max({std::abs(x), std::abs(y), std::abs(x + y)}); };
  for (int bits = 0; bits < 81; ++bits) {
    const Symmetry s{bits % 3 - 1, bits / 3 % 3 - 1, bits / 9 % 3 - 1, bits / 27 - 1};
    const bool square =
        std::abs(s.xx) + std::abs(s.xy) == 1 && std::abs(s.xx) == std::abs(s.yy) && std::abs(s.xy) == std::abs(s.yx);
    bool hex = std::abs(s.xx * s.yy - s.xy * s.yx) == 1;
    for (const auto& [x, y] : {std::pair{1, 0}, {0, 1}, {1, -1}}) {
      hex = hex && hex_length(s.xx * x + s.xy * y, s.yx * x + s.yy * y) == 1;
    }
    if (G::kHex ? hex : square) out.push_back(s);
  }
  return out;
}

template <class G>
std::pair<int, int> image(const Symmetry& s, int x, int y) {
  if (G::kHex) return {s.xx * x + s.xy * y, s.yx * x + s.yy * y};
  // Around the centre of the square, in halves.
  const int last = G::kRows - 1;
  const int u = 2 * x - last;
  const int v = 2 * y - last;
  return {(s.xx * u + s.xy * v + last) / 2, (s.yx * u + s.yy * v + last) / 2};
}

// Maps every cell in a piece of notation: `x,y`, or entries `x,y:z` and `x,y` joined by `separator`, which come back in order.
template <class G>
std::string map_cells(const Symmetry& s, std::string_view text, char separator) {
  std::vector<std::tuple<int, int, std::string>> entries;
  for (const std::string_view entry : under_test::detail::split(text, separator)) {
    const std::size_t comma = entry.find(',');
    if (comma == std::string_view::npos) return std::string(text);
    const std::size_t colon = std::min(entry.find(':'), entry.size());
    const int x = *under_test::detail::parse_int(entry.substr(0, comma), -99, 99);
    const int y = *under_test::detail::parse_int(entry.substr(comma + 1, colon - comma - 1), -99, 99);
    const auto [to_x, to_y] = image<G>(s, x, y);
    entries.emplace_back(to_x, to_y, std::string(entry.substr(colon)));
  }
  std::sort(entries.begin(), entries.end());
  std::string out;
  for (const auto& [x, y, rest] : entries) {
    if (!out.empty()) out += separator;
    out += std::to_string(x) + "," + std::to_string(y) + rest;
  }
  return out;
}

template <class G>
std::string map_move(const Symmetry& s, std::string_view move) {
  std::string out;
  for (const std::string_view field : under_test::detail::split(move, ' ')) {
    out += (out.empty() ? "" : " ") + map_cells<G>(s, field, ';');
  }
  return out;
}

template <class G>
std::string map_position(const Symmetry& s, std::string_view text) {
  std::string out;
  for (const std::string_view field : under_test::detail::split(text, '|')) {
    if (!out.empty()) out += '|';
    const bool cells =
        field.size() > 2 && std::string_view("SMCXK").find(field[0]) != std::string_view::npos && field[1] == ' ';
    out += cells ? std::string(field.substr(0, 2)) + map_cells<G>(s, field.substr(2), ' ') : std::string(field);
  }
  return out;
}

// Recovery slides that make lines look at the axes in an order of their own (C81, C82), so those have no symmetry.
bool has_line_slides(const std::set<std::string>& texts) {
  bool any_slide = false;
  bool may_recover = false;
  for (const std::string& text : texts) {
    may_recover = may_recover || text.starts_with("SR");
    if (!text.starts_with("RS")) continue;
    any_slide = true;
    if (text.find(" L1 ") != std::string::npos || text.find(" L2 ") != std::string::npos) return true;
  }
  return may_recover && !any_slide;  // line slides that cannot be played keep the others away
}

// On hex8 a claim spreads over the eight offsets {-1,0,1}^2 of the written coordinates (C64): only these four maps keep them.
template <class G>
bool keeps_claims(const Symmetry& s) {
  return G::kBoard != Board::hex8 || std::abs(s.xx) + std::abs(s.xy) + std::abs(s.yx) + std::abs(s.yy) == 2;
}

TYPED_TEST(RingRiftProperties, SymmetriesOfTheBoardMapLegalMovesAndTheirEffectsOntoEachOther) {
  using BoardState = State<TypeParam>;
  const auto maps = symmetries<TypeParam>();
  ASSERT_EQ(maps.size(), TypeParam::kHex ? 12U : 8U);
  std::size_t compared = 0;
  this->play(8, 10, [&](const auto& rules, const BoardState& state, const MoveList& list, Rng& rng) {
    if (list.empty() || list.size() > 5000 || !rng.chance(1, is_big(TypeParam::kBoard) ? 8 : 2)) return;
    const Symmetry& map = maps[rng.below(static_cast<std::uint32_t>(maps.size()))];
    const std::string text = rules.text(state);
    const auto other = rules.parse(map_position<TypeParam>(map, text));
    ASSERT_TRUE(other) << text << ": " << other.error().text;
    std::set<std::string> ours;
    std::set<std::string> theirs;
    for (const Move move : list) ours.insert(map_move<TypeParam>(map, rules.move_text(state, move)));
    for (const Move move : TestFixture::moves_of(rules, *other)) theirs.insert(rules.move_text(*other, move));
    if (has_line_slides(ours) || has_line_slides(theirs)) {
      const auto is_slide = [](const std::string& move) { return move.starts_with("RS"); };
      std::erase_if(ours, is_slide);
      std::erase_if(theirs, is_slide);
    }
    ASSERT_EQ(ours, theirs) << text;

    const Move move = TestFixture::any(list, rng);
    const MoveType type = type_of(move);
    const bool line_slide = type == MoveType::recover_line || type == MoveType::recover_window;
    if (line_slide || (type == MoveType::claim_region && !keeps_claims<TypeParam>(map))) return;
    const auto mapped = rules.parse_move(*other, map_move<TypeParam>(map, rules.move_text(state, move)));
    ASSERT_TRUE(mapped) << text;
    BoardState after = state;
    BoardState mapped_after = *other;
    rules.apply(after, move);
    rules.apply(mapped_after, *mapped);
    ASSERT_EQ(map_position<TypeParam>(map, rules.text(after)), rules.text(mapped_after)) << text;
    ++compared;
  });
  EXPECT_GT(compared, 200U);
}

}  // namespace
}  // namespace mz::ringrift
