// RingRift's entry in the registry: options, thresholds and the choice of a kernel.
#include <algorithm>
#include <array>
#include <string>

#include "engine/ringrift/kernel.h"
#include "engine/ringrift/moves.h"

namespace mz::ringrift {

// Defined by the compilations of kernel_board.cpp.
namespace base::boards {
extern const BoardKernel square8, square19, hex8, hexagonal;
}
#if defined(__x86_64__)
namespace v3::boards {
extern const BoardKernel square8, square19, hex8, hexagonal;
}
#endif

namespace {

struct BoardFacts {
  int cells;
  int rings;
};

template <Board B>
constexpr BoardFacts facts() {
  return {Geometry<B>::kCells, Geometry<B>::kDefaultRings};
}
constexpr std::array<BoardFacts, 4> kFacts = {facts<Board::square8>(), facts<Board::square19>(), facts<Board::hex8>(),
                                              facts<Board::hexagonal>()};

struct Option {
  std::string_view name;
  int low;
  int high;
};
// Ring supply: 384 rings in all is the most the four boards use; 200 each leaves room for experiments within 16 bits.
constexpr std::array<Option, 5> kOptions = {
    {{"lps", 1, 255}, {"rings", 1, 200}, {"rings_to_win", 0, 9999}, {"swap", 0, 1}, {"territory_to_win", 0, 9999}}};

constexpr int rings_to_win(int rings, int players) {
  // R * (2/3 + (n - 1)/3), halves up (rules section 2).
  return (2 * rings * (players + 1) + 3) / 6;
}

int option_default(std::string_view name, Board board, int players, int rings) {
  if (name == "lps") return 3;
  if (name == "rings") return kFacts[static_cast<std::size_t>(board)].rings;
  if (name == "rings_to_win") return rings_to_win(rings, players);
  if (name == "territory_to_win") return kFacts[static_cast<std::size_t>(board)].cells / players + 1;
  return 0;
}

Result<Board> find_board(std::string_view name) {
  const auto at = std::find(kBoardNames.begin(), kBoardNames.end(), name);
  if (at != kBoardNames.end()) return static_cast<Board>(at - kBoardNames.begin());
  return Error{ErrorKind::usage, "There is no RingRift board called '" + std::string(name) +
                                     "'. Choose one of: square8, square19, hex8, hexagonal."};
}

Digest make_rules_hash() {
  // Everything that gives the same bytes another meaning: change a word here whenever rules, move codes or packing change.
  std::string text =
      "ringrift; rules 1; move codes 1; pack 1; record 1; max height " + std::to_string(kMaxHeight) + ";";
  for (std::size_t i = 0; i < kFacts.size(); ++i) {
    text += std::string(kBoardNames[i]) + " " + std::to_string(kFacts[i].cells) + " " +
            std::to_string(kFacts[i].rings) + ";";
  }
  return sha256(text);
}

class RingRiftFamily final : public GameFamily {
 public:
  [[nodiscard]] std::string_view name() const override { return "ringrift"; }
  [[nodiscard]] std::vector<std::string> boards() const override { return {kBoardNames.begin(), kBoardNames.end()}; }
  [[nodiscard]] std::vector<int> seat_counts() const override { return {2, 3, 4}; }

  [[nodiscard]] Result<std::unique_ptr<Game>> make(const GameConfig& config) const override {
    const Result<Board> board = find_board(config.board);
    if (!board) return board.error();
    const Result<Setup> setup = make_setup(*board, config);
    if (!setup) return setup.error();
    GameConfig canonical = config;
    std::erase_if(canonical.options, [&](const auto& option) {
      return option.second == option_default(option.first, *board, config.seats, setup->rings) ||
             (option.first == "rings" && option.second == 0);
    });
    return kernels().back().make_game(*board, *setup, canonical, make_rules_hash());
  }
};

const RingRiftFamily kFamily;

}  // namespace

Result<Setup> make_setup(Board board, const GameConfig& config) {
  // One seat is no game, but positions of that kind can be looked at.
  if (config.seats < 1 || config.seats > kMaxPlayers) {
    return Error{ErrorKind::usage,
                 "RingRift is played by 2, 3 or 4 players, not " + std::to_string(config.seats) + "."};
  }
  Setup setup;
  setup.players = config.seats;
  setup.rings = kFacts[static_cast<std::size_t>(board)].rings;
  for (const auto& [name, value] : config.options) {
    const auto* option =
        std::find_if(kOptions.begin(), kOptions.end(), [&wanted = name](const Option& o) { return o.name == wanted; });
    if (option == kOptions.end()) {
      return Error{ErrorKind::usage, "RingRift has no option '" + name +
                                         "'. Choose among: lps, rings, rings_to_win, swap, territory_to_win."};
    }
    const bool default_rings = name == "rings" && value == 0;
    if (!default_rings && (value < option->low || value > option->high)) {
      return Error{ErrorKind::usage, "The option " + name + " must lie between " + std::to_string(option->low) +
                                         " and " + std::to_string(option->high) + ", not at " + std::to_string(value) +
                                         "."};
    }
  }
  const auto chosen = [&](std::string_view name) {
    const auto it = config.options.find(std::string(name));
    const bool given = it != config.options.end() && !(name == "rings" && it->second == 0);
    return given ? it->second : option_default(name, board, setup.players, setup.rings);
  };
  setup.rings = chosen("rings");
  setup.rings_to_win = chosen("rings_to_win");
  setup.territory_to_win = chosen("territory_to_win");
  setup.lps_rounds = chosen("lps");
  setup.swap = chosen("swap") != 0;
  setup.line_length = (board == Board::square8 || board == Board::hex8) && setup.players >= 3 ? 3 : 4;
  return setup;
}

std::vector<Kernel> kernels() {
  std::vector<Kernel> usable;
  usable.push_back(
      {"base", {&base::boards::square8, &base::boards::square19, &base::boards::hex8, &base::boards::hexagonal}});
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
      __builtin_cpu_supports("popcnt")) {
    usable.push_back(
        {"x86-64-v3", {&v3::boards::square8, &v3::boards::square19, &v3::boards::hex8, &v3::boards::hexagonal}});
  }
#endif
  return usable;
}

}  // namespace mz::ringrift
