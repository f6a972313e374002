// `meshzero engine`: the engines for other programs, one JSON object a line on stdin and stdout (docs/engine-protocol.md).
#include <poll.h>
#include <unistd.h>

#include <cstdio>

#include "node/bounded_lines.h"
#include "node/engine_protocol.h"
#include "node/exit_code.h"
#include "node/game_flags.h"
#include "node/verbs.h"

namespace mz {
namespace {

struct Options {
  GameFlags game;
  EngineProtocol::Start start;
};

// Whoever started this has gone, so that nobody reads what a search will find.
bool nobody_listens() {
  pollfd out = {STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLNVAL)) != 0;
}

int run(const Options& options) {
  auto start = options.start;
  auto config = game_config(options.game);
  if (!config) return report(config.error());
  start.config = *config;
  auto protocol = EngineProtocol::make(start, [](const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  });
  if (!protocol) return report(protocol.error());
  BoundedLines lines(STDIN_FILENO, EngineProtocol::kMaxLineBytes);
  std::string line;
  for (;;) {
    const auto got = lines.next(line);
    if (got == BoundedLines::Got::end) break;
    if (got == BoundedLines::Got::too_long) {
      (*protocol)->receive_too_long();
    } else if (!(*protocol)->receive(line)) {
      return kExitOk;
    }
  }
  (*protocol)->finish(nobody_listens);
  return kExitOk;
}

}  // namespace

void add_engine(CLI::App& app, Action& action) {
  CLI::App* engine =
      app.add_subcommand("engine", "Think for another program: one JSON object a line on stdin and stdout");
  auto options = std::make_shared<Options>();
  add_game_flags(*engine, options->game);
  add_seed_flag(*engine, options->start.seed, "of the games until a newgame names another");
  engine->add_option("--engine", options->start.engine, "engine of a go that names none")->capture_default_str();
  engine->footer(
      "Commands: newgame, position, legal, play, go, stop, quit; docs/engine-protocol.md describes them.\n"
      "Examples:\n"
      "  echo '{\"command\":\"go\"}' | meshzero engine --board hex8 --players 3\n"
      "  meshzero engine --engine minimax:nodes=20000 --option swap=1");
  engine->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mz
