// `meshzero down`: stops a running node.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/running_node.h"
#include "node/stop_node.h"
#include "node/verbs.h"

namespace mz {
namespace {

int down(const FlagValues& flags, bool as_json) {
  auto found = find_node(flags);
  if (!found) return report(found.error());
  if (auto stopped = stop_node(found->node); !stopped) return report(stopped.error());
  if (as_json) {
    std::printf("%s\n", nlohmann::json{{"stopped", found->node.pid}}.dump(2).c_str());
  } else {
    std::printf("Stopped the node of %s (process %d).\n", found->data.path().c_str(),
                static_cast<int>(found->node.pid));
  }
  return kExitOk;
}

}  // namespace

void add_down(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("down", "Stop the running node; finished games are stored first.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Exit code 3 when no node runs there.\nExamples:\n  meshzero down\n  meshzero down --data games");
  verb->callback([&action, flags, as_json] { action = [=] { return down(flags, *as_json); }; });
}

}  // namespace mz
