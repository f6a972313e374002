// `meshzero bench search`: how fast the searches are on one core, and a signature of what they choose.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
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
  std::uint64_t nodes = 400'000;
  std::uint64_t visits = 400'000;
  int repeats = 3;
  std::string board;
  int players = 0;
  bool as_json = false;
};

constexpr std::uint64_t kSeed = 20240229;

// The best of several runs of the same work, because whatever else the machine does can only slow it down.
template <class Work>
double best_rate(int repeats, Tally& tally, Work work) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int i = 0; i < repeats; ++i) {
    const auto start = Clock::now();
    tally = work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::max(best, static_cast<double>(tally.plies) / seconds);
  }
  return best;
}

int run(const Options& options) {
  const Kernel kernel = ringrift::kernels().back();
  json out;
  out["kernel"] = kernel.name;
  out["configurations"] = json::array();
  std::uint64_t digest = 0;
  if (!options.as_json) std::printf("%-10s %7s %18s %18s\n", "board", "players", "minimax nodes/s", "mcts visits/s");
  for (std::size_t b = 0; b < ringrift::kBoardNames.size(); ++b) {
    for (int players = 2; players <= 4; ++players) {
      const std::string board(ringrift::kBoardNames[b]);
      if (!options.board.empty() && options.board != board) continue;
      if (options.players != 0 && options.players != players) continue;
      const GameConfig config{.game = "ringrift", .board = board, .seats = players, .options = {}};
      const auto setup = ringrift::make_setup(static_cast<Board>(b), config);
      if (!setup) return report(setup.error());
      const auto workload = kernel.make_workload(static_cast<Board>(b), *setup);
      Tally minimax;
      Tally tree;
      const double nodes = best_rate(options.repeats, minimax, [&] { return workload->minimax(kSeed, options.nodes); });
      const double visits =
          best_rate(options.repeats, tree, [&] { return workload->tree_visits(kSeed, options.visits); });
      for (const Tally& tally : {minimax, tree}) digest = mix64(digest ^ tally.digest ^ tally.plies << 40);
      out["configurations"].push_back(
          {{"board", board}, {"players", players}, {"minimax_nodes_per_s", nodes}, {"mcts_visits_per_s", visits}});
      if (!options.as_json) {
        std::printf("%-10s %7d %18.0f %18.0f\n", board.c_str(), players, nodes, visits);
        std::fflush(stdout);
      }
    }
  }
  char signature[17];
  std::snprintf(signature, sizeof signature, "%016llx", static_cast<unsigned long long>(digest));
  out["signature"] = signature;
  if (options.as_json) {
    std::printf("%s\n", out.dump(2).c_str());
  } else {
    std::printf("signature %s\n", signature);
  }
  return 0;
}

}  // namespace

void add_bench_search(CLI::App& bench, Action& action) {
  CLI::App* search =
      bench.add_subcommand("search", "Speed of the searches on one core, and a signature of their choices");
  auto options = std::make_shared<Options>();
  search->add_option("--nodes", options->nodes, "positions minimax looks at in one measurement")
      ->check(CLI::Range(1000ULL, 1'000'000'000ULL))
      ->capture_default_str();
  search->add_option("--visits", options->visits, "visits of the tree search in one measurement")
      ->check(CLI::Range(1000ULL, 10'000'000ULL))
      ->capture_default_str();
  search->add_option("--repeats", options->repeats, "measurements, of which the best counts")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  search->add_option("--board", options->board, "only this board")
      ->check(CLI::IsMember({"square8", "square19", "hex8", "hexagonal"}));
  search->add_option("--players", options->players, "only this number of players")->check(CLI::Range(2, 4));
  search->add_flag("--json", options->as_json, "print one JSON object");
  search->footer("Examples:\n  meshzero bench search\n  meshzero bench search --board square8 --players 2 --json");
  search->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
