// `meshzero worker`: what a node starts for itself; not for people, so not in --help.
#include "node/worker.h"
#include "node/verbs.h"

namespace mz {

void add_worker(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("worker", "Play for the node that started this process.");
  verb->group("");
  verb->callback([&action] { action = run_worker; });
}

}  // namespace mz
