// `meshzero bench`, and `meshzero bench engine`: how fast the rules are on one core, and a signature of what they do.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/ringrift/kernel.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;
using ringrift::Board;
using ringrift::Kernel;
using ringrift::Tally;
using ringrift::Workload;

struct Options {
  double seconds = 0.5;  // per measurement
  int repeats = 3;
  std::string board;
  int players = 0;
  std::string kernel;
  bool as_json = false;
  bool signature_only = false;
};

constexpr std::uint64_t kSeed = 20240229;

struct Rate {
  double per_second = 0;
  double games_per_second = 0;
};

// Repeats growing amounts of work until a run takes the time asked for; the best of several such runs, because whatever else the
// machine does can only slow it down.
template <class Work>
Rate measure(const Options& options, Work work) {
  using Clock = std::chrono::steady_clock;
  Rate best;
  std::uint64_t amount = 1;
  for (int i = 0; i < options.repeats;) {
    const auto start = Clock::now();
    const Tally tally = work(amount);
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    if (elapsed < options.seconds / 2) {
      const double factor = options.seconds / std::max(elapsed, 1e-6);
      amount = static_cast<std::uint64_t>(static_cast<double>(amount) * std::clamp(factor, 1.5, 50.0)) + 1;
      continue;
    }
    ++i;
    const double rate = static_cast<double>(tally.plies) / elapsed;
    if (rate > best.per_second) best = {rate, static_cast<double>(tally.games) / elapsed};
  }
  return best;
}

// Fixed-seed games of all twelve configurations, digested position by position. A change means that play changed.
std::string signature(const Kernel& kernel) {
  std::uint64_t digest = 0;
  for (std::size_t b = 0; b < ringrift::kBoardNames.size(); ++b) {
    for (int players = 2; players <= 4; ++players) {
      GameConfig config{.game = "ringrift",
                        .board = std::string(ringrift::kBoardNames[b]),
                        .seats = players,
                        .options = {{"swap", 1}}};
      const auto setup = ringrift::make_setup(static_cast<Board>(b), config);
      const bool small = b == 0 || b == 2;
      digest = mix64(digest ^
                     kernel.make_workload(static_cast<Board>(b), *setup)->digest_games(kSeed, small ? 16 : 2).digest);
    }
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest));
  return text;
}

int run(const Options& options) {
  const std::vector<Kernel> usable = ringrift::kernels();
  const Kernel* kernel = &usable.back();
  if (!options.kernel.empty()) {
    const auto it =
        std::find_if(usable.begin(), usable.end(), [&](const Kernel& k) { return k.name == options.kernel; });
    if (it == usable.end()) {
      std::string names;
      for (const Kernel& k : usable) names += (names.empty() ? "" : ", ") + std::string(k.name);
      return report(
          {ErrorKind::usage, "This processor runs no kernel '" + options.kernel + "'. Choose one of: " + names + "."});
    }
    kernel = &*it;
  }
  json out;
  out["kernel"] = kernel->name;
  out["signature"] = signature(*kernel);
  out["configurations"] = json::array();
  if (!options.as_json)
    std::printf("kernel %s, signature %s\n", kernel->name.data(), std::string(out["signature"]).c_str());
  if (!options.as_json && !options.signature_only) {
    std::printf("%-10s %7s %16s %16s %16s %14s\n", "board", "players", "apply+undo/s", "legal lists/s",
                "playout plies/s", "games/s");
  }
  for (std::size_t b = 0; b < ringrift::kBoardNames.size() && !options.signature_only; ++b) {
    for (int players = 2; players <= 4; ++players) {
      const std::string board(ringrift::kBoardNames[b]);
      if (!options.board.empty() && options.board != board) continue;
      if (options.players != 0 && options.players != players) continue;
      const auto setup = ringrift::make_setup(
          static_cast<Board>(b), GameConfig{.game = "ringrift", .board = board, .seats = players, .options = {}});
      if (!setup) return report(setup.error());
      const auto workload = kernel->make_workload(static_cast<Board>(b), *setup);
      const Rate undo = measure(options, [&](std::uint64_t n) { return workload->apply_undo(kSeed, n); });
      const Rate lists = measure(options, [&](std::uint64_t n) { return workload->generate(kSeed, n); });
      const Rate playouts = measure(options, [&](std::uint64_t n) { return workload->playouts(kSeed, n); });
      out["configurations"].push_back({{"board", board},
                                       {"players", players},
                                       {"apply_undo_per_s", undo.per_second},
                                       {"legal_lists_per_s", lists.per_second},
                                       {"playout_plies_per_s", playouts.per_second},
                                       {"playout_games_per_s", playouts.games_per_second}});
      if (!options.as_json) {
        std::printf("%-10s %7d %16.0f %16.0f %16.0f %14.1f\n", board.c_str(), players, undo.per_second,
                    lists.per_second, playouts.per_second, playouts.games_per_second);
        std::fflush(stdout);
      }
    }
  }
  if (options.as_json) std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* bench = app.add_subcommand("bench", "Measure this program on this machine");
  bench->require_subcommand(1);
  CLI::App* engine =
      bench->add_subcommand("engine", "Speed of the rules on one core, and a signature of their behaviour");
  auto options = std::make_shared<Options>();
  engine->add_option("--seconds", options->seconds, "length of one measurement")
      ->check(CLI::Range(0.01, 60.0))
      ->capture_default_str();
  engine->add_option("--repeats", options->repeats, "measurements, of which the best counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  engine->add_option("--board", options->board, "only this board")
      ->check(CLI::IsMember({"square8", "square19", "hex8", "hexagonal"}));
  engine->add_option("--players", options->players, "only this number of players")->check(CLI::Range(2, 4));
  engine->add_option("--kernel", options->kernel,
                     "instruction set to use: base or x86-64-v3 (default: the best this processor has)");
  engine->add_flag("--signature", options->signature_only, "only print the signature");
  engine->add_flag("--json", options->as_json, "print one JSON object");
  engine->footer("Examples:\n  meshzero bench engine\n  meshzero bench engine --board hexagonal --players 2 --json");
  engine->callback([options, &action] { action = [options] { return run(*options); }; });
  add_bench_search(*bench, action);
}

}  // namespace mz
