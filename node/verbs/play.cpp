// `meshzero play`: a game in the terminal, people and engines.
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>

#include "node/exit_code.h"
#include "node/game_flags.h"
#include "node/play_session.h"
#include "node/verbs.h"

namespace mz {
namespace {

struct Options {
  GameFlags game;
  std::array<std::string, 4> seats = {std::string(PlaySession::kHuman), "", "", ""};
  std::string engine = "heuristic";
  std::string hint;
  std::string position;
  std::uint64_t seed = 1;
};

int run(const Options& options) {
  const auto config = game_config(options.game);
  if (!config) return report(config.error());
  PlayPlan plan;
  plan.config = *config;
  for (std::size_t seat = 0; seat < options.seats.size(); ++seat) {
    const std::string& named = options.seats[seat];
    if (seat < static_cast<std::size_t>(config->seats)) {
      plan.seats.push_back(named.empty() ? options.engine : named);
    } else if (!named.empty()) {
      return report({ErrorKind::usage, "--seat" + std::to_string(seat + 1) + " names a seat that a game of " +
                                           std::to_string(config->seats) +
                                           " players does not have. Raise --players or leave it out."});
    }
  }
  plan.substitute = options.engine;
  plan.hint = options.hint;
  plan.position = options.position;
  plan.seed = options.seed;
  plan.colour = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  auto session = PlaySession::make(std::move(plan), std::cout);
  if (!session) return report(session.error());
  BoundedLines in(STDIN_FILENO, PlaySession::kMaxLineBytes);
  const auto played = (*session)->run(in);
  std::cout.flush();
  return played ? kExitOk : report(played.error());
}

}  // namespace

void add_play(CLI::App& app, Action& action) {
  CLI::App* play =
      app.add_subcommand("play", "Play in the terminal, against engines or other people, or watch engines");
  auto options = std::make_shared<Options>();
  add_game_flags(*play, options->game);
  play->add_option("--seat1", options->seats[0], "who sits there: human or an engine")->capture_default_str();
  for (std::size_t seat = 1; seat < options->seats.size(); ++seat) {
    play->add_option("--seat" + std::to_string(seat + 1), options->seats[seat],
                     "the same; left out: the engine of --engine");
  }
  play->add_option("--engine", options->engine, "engine on the seats that nobody was named for")->capture_default_str();
  play->add_option("--hint", options->hint,
                   "engine that is asked for hints (default: difficulty:10, or heuristic in a game without minimax)");
  play->add_option("--position", options->position, "text of the position to begin with");
  add_seed_flag(*play, options->seed, "the same seed and the same answers give the same game");
  play->footer(
      "Examples:\n"
      "  meshzero play --board hex8\n"
      "  meshzero play --players 3 --seat2 human --seat3 minimax:nodes=20000\n"
      "  meshzero play --seat1 heuristic --seat2 random --seed 7");
  play->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
