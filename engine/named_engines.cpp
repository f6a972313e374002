#include "engine/named_engines.h"

#include <algorithm>
#include <array>

#include "engine/difficulty.h"
#include "engine/engine_spec.h"

namespace mz {
namespace {

struct Mode {
  std::string_view name;
  std::string_view engine;
};
constexpr std::array<Mode, 7> kModes = {{
    {"descent-only", "descent:nodes=200,random=10"},
    {"heuristic-only", "heuristic:random=15"},
    {"minimax-only", "minimax:nodes=10000,random=5"},
    {"maxn-only", "minimax:nodes=10000,variant=maxn,random=5"},
    {"mcts-only", "mcts:sims=400,random=5"},
    {"gumbel-mcts-only", "mcts:sims=400,root=gumbel,random=5"},
    {"random-only", "random"},
}};
// All of them stand for the engines of the modes above but `random`, which looks at nothing.
constexpr std::array<std::string_view, 3> kDiverseNames = {"diverse", "diverse-cpu", "tournament-varied"};
// Names of the system that this one replaces, for which it has nothing.
constexpr std::array<std::string_view, 8> kNeedANetwork = {"nn-only",       "best-vs-pool",    "nn-vs-mcts",
                                                           "nn-vs-minimax", "nn-vs-descent",   "gpu-minimax-only",
                                                           "policy-only",   "neural-demo-only"};
constexpr std::string_view kBestReply = "brs-only";

constexpr auto kModeNames = [] {
  std::array<std::string_view, kModes.size() + kDiverseNames.size() + 1> names;
  std::size_t count = 0;
  for (const Mode& mode : kModes) names[count++] = mode.name;
  names[count++] = kMixed;
  for (const std::string_view name : kDiverseNames) names[count++] = name;
  return names;
}();

constexpr std::array<std::string_view, 2> kBandNames = {"canonical", "light"};

constexpr std::array<std::string_view, 9> kCanonical = {
    "random",
    "heuristic:random=30",
    "heuristic",
    "minimax:nodes=2000",
    "minimax:nodes=10000",
    "minimax:nodes=40000",
    "descent:nodes=200",
    "mcts:sims=200",
    "mcts:sims=800",
};
constexpr std::array<std::string_view, 4> kLight = {"random", "heuristic:random=30", "heuristic", "minimax:nodes=2000"};
// On large boards even a shallow search of one position takes as long as a whole one-ply game on a small one.
constexpr std::array<std::string_view, 3> kLightLarge = {"random", "heuristic:random=30", "heuristic"};

constexpr std::array<std::string_view, 6> kOfEveryKind = {
    "random", "heuristic", "minimax:nodes=10000", "descent:nodes=200", "mcts:sims=400", "mcts:sims=400,judge=playouts"};
constexpr std::string_view kOnlyAmongMore =
    "minimax:nodes=10000,variant=maxn";  // between two seats it is the same as minimax

bool is_large(const GameConfig& config) { return config.board == "square19" || config.board == "hexagonal"; }

std::span<const std::string_view> mix(MixBand band, const GameConfig& config) {
  if (band == MixBand::canonical) return kCanonical;
  return is_large(config) ? std::span<const std::string_view>(kLightLarge) : kLight;
}

bool is_one_of(std::span<const std::string_view> names, std::string_view text) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

Error no_such_engine(std::string_view text, Error error) {
  if (is_one_of(kNeedANetwork, text)) {
    return {ErrorKind::usage, "The mode " + std::string(text) +
                                  " needs a network, and there is none yet. Choose minimax-only, mcts-only, or "
                                  "diverse, which draws from all engines that do without."};
  }
  if (text == kBestReply) {
    return {ErrorKind::usage,
            "There is no best-reply search, because in matches it was not better than the search of minimax. Choose "
            "minimax-only, or "
            "maxn-only, in which every seat plays for itself."};
  }
  const std::string_view kind = text.substr(0, text.find(':'));
  const auto& kinds = engine_kinds();
  if (std::any_of(kinds.begin(), kinds.end(), [&](EngineKind k) { return engine_kind_name(k) == kind; })) return error;
  std::string names;
  for (const std::string_view name : kModeNames) names += (names.empty() ? "" : ", ") + std::string(name);
  error.text += " Modes of self-play: " + names + ".";
  return error;
}

}  // namespace

std::span<const std::string_view> mix_band_names() { return kBandNames; }
std::span<const std::string_view> selfplay_modes() { return kModeNames; }

Result<std::vector<std::string>> engines_of_seat(std::string_view text, MixBand band, const GameConfig& config) {
  std::vector<std::string> engines;
  if (text == kMixed) {
    for (const std::string_view engine : mix(band, config)) engines.emplace_back(engine);
    return engines;
  }
  if (is_one_of(kDiverseNames, text)) {
    for (const Mode& each : kModes) {
      if (each.engine != "random") engines.emplace_back(each.engine);
    }
    return engines;
  }
  const auto mode = std::find_if(kModes.begin(), kModes.end(), [&](const Mode& m) { return m.name == text; });
  auto spec = parse_engine_spec(mode == kModes.end() ? text : mode->engine);
  if (spec) spec = named_in_full(config, *spec);
  if (!spec) return no_such_engine(text, spec.error());
  engines.push_back(to_string(*spec));
  return engines;
}

std::vector<std::string> tournament_engines(const Game& game, std::span<const std::string> weights) {
  std::vector<std::string> wanted(kOfEveryKind.begin(), kOfEveryKind.end());
  if (game.config().seats > 2) wanted.emplace_back(kOnlyAmongMore);
  for (const std::string& name : weights) wanted.push_back("heuristic:weights=" + name);
  const std::vector<EngineKind> known = game.engines();
  std::vector<std::string> engines;
  for (const std::string& engine : wanted) {
    const auto spec = parse_engine_spec(engine);
    if (spec && std::find(known.begin(), known.end(), spec->kind) != known.end()) engines.push_back(engine);
  }
  return engines;
}

}  // namespace mz
