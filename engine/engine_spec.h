// Engine specifications: the strings by which people, scripts and records name an engine.
//
//   random | heuristic | minimax:nodes=20000,variant=paranoid | descent:nodes=500 | mcts:sims=800 | difficulty:4
//
// A kind, then a colon and parameters joined by commas. Parsing refuses what it does not know with the valid choices; the canonical
// form has the parameters in the order of `engine_parameters` and leaves out what equals the default, so equal engines have equal
// strings. Pure text: file names are resolved by EngineResources (engine/game.h), levels by engine/difficulty.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace mz {

enum class EngineKind : std::uint8_t { random, heuristic, minimax, descent, mcts, difficulty };

// How minimax treats three and more teams; `automatic` is the better measured one (engine/search/minimax.h).
enum class MinimaxVariant : std::uint8_t { automatic, paranoid, maxn };

// What judges a leaf of mcts: the game's evaluation with a policy read from it, or uniform random playouts.
enum class LeafJudge : std::uint8_t { heuristic, playouts };

// How mcts spends the visits of the root: by PUCT, or by sequential halving, with or without Gumbel noise.
enum class RootSearch : std::uint8_t { puct, halving, gumbel };

struct EngineSpec {
  static constexpr std::size_t kMaxBytes = 512;   // as GameRecord::kMaxSpecBytes
  static constexpr std::uint64_t kMaxDepth = 63;  // turns looked ahead
  static constexpr std::uint64_t kMaxNodes = 1'000'000'000;
  static constexpr std::uint64_t kMaxExpansions = 10'000'000;
  static constexpr std::uint64_t kMaxSims = 10'000'000;
  static constexpr std::uint64_t kMaxMilliseconds = 3'600'000;
  static constexpr std::uint64_t kMaxLevel = 10;
  static constexpr std::uint64_t kAllRandom = 100;  // percent
  static constexpr std::uint64_t kAllNoise = 100;   // percent
  static constexpr std::uint64_t kFullShare = 25;   // percent, where `cheap` is given alone

  EngineKind kind = EngineKind::random;
  std::uint64_t depth = 0;  // 0 = no limit, here and in the budgets below
  std::uint64_t nodes = 0;
  std::uint64_t sims = 0;
  std::uint64_t ms = 0;
  std::uint64_t cheap = 0;           // budget of the decisions that do not get the whole one; 0: all get it
  std::uint64_t full = kFullShare;   // percent of the decisions that get the whole budget
  std::uint64_t level = 0;           // of `difficulty`, from 1
  std::uint64_t random_percent = 0;  // share of moves drawn uniformly instead
  MinimaxVariant variant = MinimaxVariant::automatic;
  LeafJudge judge = LeafJudge::heuristic;
  RootSearch root = RootSearch::puct;
  std::uint64_t noise = 0;  // percent of the priors of the root that are drawn
  std::string weights;      // file name; empty = the game's own
  friend bool operator==(const EngineSpec&, const EngineSpec&) = default;
};

Result<EngineSpec> parse_engine_spec(std::string_view text);
std::string to_string(const EngineSpec& spec);

// Whether the engine looks ahead, so that its decisions come with the return it expects. A level has to be named in full first.
bool searches(const EngineSpec& spec);

std::string_view engine_kind_name(EngineKind kind);
const std::vector<EngineKind>& engine_kinds();

// For help texts and reference tables: what a parameter is called, what it takes and what it means.
struct EngineParameter {
  std::string_view name;
  std::string_view takes;
  std::string_view meaning;
};
std::vector<EngineParameter> engine_parameters(EngineKind kind);

}  // namespace mz
