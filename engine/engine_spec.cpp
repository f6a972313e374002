#include "engine/engine_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

namespace mz {
namespace {

constexpr std::array<std::string_view, 6> kKindNames = {"random",  "heuristic", "minimax",
                                                        "descent", "mcts",      "difficulty"};
constexpr std::array<std::string_view, 3> kVariantNames = {"auto", "paranoid", "maxn"};
constexpr std::array<std::string_view, 2> kJudgeNames = {"heuristic", "playouts"};
constexpr std::array<std::string_view, 3> kRootNames = {"puct", "halving", "gumbel"};
constexpr std::size_t kMaxQuoted = 80;

constexpr unsigned bit(EngineKind kind) { return 1U << static_cast<unsigned>(kind); }
constexpr unsigned kAll = (1U << kKindNames.size()) - 1;
constexpr unsigned kSearching = bit(EngineKind::minimax) | bit(EngineKind::descent) | bit(EngineKind::mcts);
constexpr unsigned kEvaluating =
    bit(EngineKind::heuristic) | bit(EngineKind::minimax) | bit(EngineKind::descent) | bit(EngineKind::mcts);

// One parameter: which kinds take it, and either a number with its limits, or one of some words, or a file name.
struct Rule {
  std::string_view name;
  unsigned kinds;
  std::uint64_t EngineSpec::*number;
  std::uint64_t low;
  std::uint64_t high;
  std::span<const std::string_view> words;
  std::string_view meaning;
};

constexpr std::array<Rule, 14> kRules = {{
    {"level",
     bit(EngineKind::difficulty),
     &EngineSpec::level,
     1,
     EngineSpec::kMaxLevel,
     {},
     "step of the difficulty ladder"},
    {"depth",
     bit(EngineKind::minimax),
     &EngineSpec::depth,
     1,
     EngineSpec::kMaxDepth,
     {},
     "turns to look ahead, the own one included"},
    {"nodes",
     bit(EngineKind::minimax),
     &EngineSpec::nodes,
     1,
     EngineSpec::kMaxNodes,
     {},
     "positions to look at per move"},
    {"nodes",
     bit(EngineKind::descent),
     &EngineSpec::nodes,
     1,
     EngineSpec::kMaxExpansions,
     {},
     "positions to expand per move"},
    {"sims", bit(EngineKind::mcts), &EngineSpec::sims, 1, EngineSpec::kMaxSims, {}, "simulations per move"},
    {"ms", kAll, &EngineSpec::ms, 1, EngineSpec::kMaxMilliseconds, {}, "milliseconds per move at most"},
    {"cheap", kSearching, &EngineSpec::cheap, 1, EngineSpec::kMaxNodes, {}, "budget of the moves that get less"},
    {"full", kSearching, &EngineSpec::full, 0, 99, {}, "percentage of moves with the whole budget, beside cheap"},
    {"variant", bit(EngineKind::minimax), nullptr, 0, 0, kVariantNames, "play for three and four teams"},
    {"judge", bit(EngineKind::mcts), nullptr, 0, 0, kJudgeNames, "what judges new positions"},
    {"root", bit(EngineKind::mcts), nullptr, 0, 0, kRootNames, "how the moves of the root are visited"},
    {"noise",
     bit(EngineKind::mcts),
     &EngineSpec::noise,
     0,
     EngineSpec::kAllNoise,
     {},
     "percentage of Dirichlet noise in the priors of the root"},
    {"random",
     kEvaluating,
     &EngineSpec::random_percent,
     0,
     EngineSpec::kAllRandom,
     {},
     "percentage of moves drawn at random"},
    {"weights", kEvaluating, nullptr, 0, 0, {}, "weights of the evaluation"},
}};

constexpr unsigned mark_of(const Rule& rule) { return 1U << (&rule - kRules.data()); }

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, kMaxQuoted)) + "'"; }

Error usage(std::string text) { return {ErrorKind::usage, std::move(text)}; }

std::string choices(EngineKind kind) {
  std::string names;
  for (const Rule& rule : kRules) {
    if ((rule.kinds & bit(kind)) != 0) names += (names.empty() ? "" : ", ") + std::string(rule.name);
  }
  return names;
}

template <class Enum>
Result<void> read_word(const Rule& rule, std::string_view value, Enum& out) {
  const auto at = std::find(rule.words.begin(), rule.words.end(), value);
  if (at == rule.words.end()) {
    return usage("The parameter " + std::string(rule.name) + " is one of: " + joined(rule.words) + ", not " +
                 quoted(value) + ".");
  }
  out = static_cast<Enum>(at - rule.words.begin());
  return {};
}

Result<void> read_value(const Rule& rule, std::string_view value, EngineSpec& spec) {
  if (rule.number != nullptr) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < rule.low || number > rule.high) {
      return usage("The parameter " + std::string(rule.name) + " of " + std::string(engine_kind_name(spec.kind)) +
                   " is a whole number from " + std::to_string(rule.low) + " to " + std::to_string(rule.high) +
                   ", not " + quoted(value) + ".");
    }
    spec.*rule.number = number;
    return {};
  }
  if (rule.name == "variant") return read_word(rule, value, spec.variant);
  if (rule.name == "judge") return read_word(rule, value, spec.judge);
  if (rule.name == "root") return read_word(rule, value, spec.root);
  if (value.empty()) return usage("The parameter weights takes the name of a file.");
  spec.weights = value;
  return {};
}

// One name=value; `seen` has a bit for every rule already used.
Result<void> read_parameter(std::string_view item, EngineSpec& spec, unsigned& seen) {
  const std::size_t equals = item.find('=');
  // A level is so much the point of `difficulty` that it goes without its name.
  const bool bare_level = spec.kind == EngineKind::difficulty && equals == std::string_view::npos;
  const std::string_view key = bare_level ? "level" : item.substr(0, equals);
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [&](const Rule& r) { return r.name == key && (r.kinds & bit(spec.kind)) != 0; });
  if (rule == kRules.end() || (equals == std::string_view::npos && !bare_level)) {
    return usage("The engine " + std::string(engine_kind_name(spec.kind)) + " has no parameter " + quoted(item) +
                 ". It takes name=value with one of: " + choices(spec.kind) + ".");
  }
  const unsigned mark = mark_of(*rule);
  if ((seen & mark) != 0) return usage("The parameter " + std::string(key) + " is given twice.");
  seen |= mark;
  return read_value(*rule, bare_level ? item : item.substr(equals + 1), spec);
}

// `seen` as in read_parameter.
Result<void> check_budget(const EngineSpec& spec, unsigned seen) {
  const std::string name(engine_kind_name(spec.kind));
  if (spec.kind == EngineKind::minimax && spec.depth == 0 && spec.nodes == 0 && spec.ms == 0) {
    return usage("The engine minimax needs a budget: minimax:nodes=N, minimax:depth=N or minimax:ms=N.");
  }
  if (spec.kind == EngineKind::descent && spec.nodes == 0 && spec.ms == 0) {
    return usage("The engine descent needs a budget: descent:nodes=N or descent:ms=N.");
  }
  if (spec.kind == EngineKind::mcts && spec.sims == 0 && spec.ms == 0) {
    return usage("The engine mcts needs a budget: mcts:sims=N or mcts:ms=N.");
  }
  if (spec.cheap != 0) {
    const bool simulates = spec.kind == EngineKind::mcts;
    const std::string_view counted = simulates ? "sims" : "nodes";
    if (spec.cheap >= (simulates ? spec.sims : spec.nodes)) {
      return usage("The parameter cheap is a budget smaller than " + std::string(counted) +
                   ", which must be given: " + name + ":" + std::string(counted) + "=800,cheap=100.");
    }
  } else if (std::any_of(kRules.begin(), kRules.end(),
                         [&](const Rule& rule) { return rule.name == "full" && (seen & mark_of(rule)) != 0; })) {
    return usage(
        "The parameter full says how many moves do not get the budget cheap=N. Give that as well, or leave out full.");
  }
  if (spec.root != RootSearch::puct) {
    const std::string root(kRootNames[static_cast<std::size_t>(spec.root)]);
    if (spec.sims == 0) {
      return usage("Halving divides its simulations beforehand, so root=" + root +
                   " needs a number of them: mcts:sims=N,root=" + root + ".");
    }
    if (spec.noise != 0) {
      return usage("Dirichlet noise changes what PUCT visits. Give noise=N with root=puct, or root=gumbel without it.");
    }
  }
  if (spec.kind == EngineKind::difficulty && spec.level == 0) {
    return usage("Give the difficulty as a number from 1 to " + std::to_string(EngineSpec::kMaxLevel) +
                 ": difficulty:N.");
  }
  return {};
}

}  // namespace

bool searches(const EngineSpec& spec) { return (bit(spec.kind) & kSearching) != 0; }

std::string_view engine_kind_name(EngineKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

const std::vector<EngineKind>& engine_kinds() {
  static const std::vector<EngineKind> kinds = {EngineKind::random,  EngineKind::heuristic, EngineKind::minimax,
                                                EngineKind::descent, EngineKind::mcts,      EngineKind::difficulty};
  return kinds;
}

std::vector<EngineParameter> engine_parameters(EngineKind kind) {
  std::vector<EngineParameter> parameters;
  for (const Rule& rule : kRules) {
    if ((rule.kinds & bit(kind)) == 0) continue;
    const std::string_view takes = rule.number != nullptr ? "number" : rule.words.empty() ? "file" : "word";
    parameters.push_back({rule.name, takes, rule.meaning});
  }
  return parameters;
}

Result<EngineSpec> parse_engine_spec(std::string_view text) {
  if (text.size() > EngineSpec::kMaxBytes) {
    return usage("An engine specification has at most " + std::to_string(EngineSpec::kMaxBytes) + " characters.");
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return usage("An engine specification is written in printable ASCII characters.");
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const auto at = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (at == kKindNames.end()) {
    return usage("There is no engine called " + quoted(name) + ". Choose one of: " + joined(kKindNames) + ".");
  }
  EngineSpec spec;
  spec.kind = static_cast<EngineKind>(at - kKindNames.begin());
  unsigned seen = 0;
  for (std::size_t mark = colon; mark != std::string_view::npos;) {
    const std::size_t end = text.find(',', mark + 1);
    const std::string_view item = text.substr(mark + 1, end == std::string_view::npos ? end : end - mark - 1);
    if (const Result<void> read = read_parameter(item, spec, seen); !read) return read.error();
    mark = end;
  }
  if (const Result<void> enough = check_budget(spec, seen); !enough) return enough.error();
  return spec;
}

std::string to_string(const EngineSpec& spec) {
  static const EngineSpec defaults;
  std::string text(engine_kind_name(spec.kind));
  char mark = ':';
  const auto add = [&](std::string_view name, std::string_view value) {
    text += mark;
    mark = ',';
    if (name != "level") text.append(name).append("=");
    text += value;
  };
  for (const Rule& rule : kRules) {
    if ((rule.kinds & bit(spec.kind)) == 0) continue;
    if (rule.number != nullptr) {
      if (spec.*rule.number != defaults.*rule.number) add(rule.name, std::to_string(spec.*rule.number));
    } else if (rule.name == "variant") {
      if (spec.variant != defaults.variant) add(rule.name, kVariantNames[static_cast<std::size_t>(spec.variant)]);
    } else if (rule.name == "judge") {
      if (spec.judge != defaults.judge) add(rule.name, kJudgeNames[static_cast<std::size_t>(spec.judge)]);
    } else if (rule.name == "root") {
      if (spec.root != defaults.root) add(rule.name, kRootNames[static_cast<std::size_t>(spec.root)]);
    } else if (!spec.weights.empty()) {
      add(rule.name, spec.weights);
    }
  }
  return text;
}

}  // namespace mz
