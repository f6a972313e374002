// `meshzero uninstall`: removes what a node keeps on this machine.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>

#include <nlohmann/json.hpp>

#include "node/configuration_flags.h"
#include "node/data_directory.h"
#include "node/exit_code.h"
#include "node/stop_node.h"
#include "node/verbs.h"

namespace mz {
namespace {

Result<void> confirm(const DataDirectory& data) {
  if (::isatty(STDIN_FILENO) == 0) {
    return Error{ErrorKind::refused,
                 "This removes all games in " + data.path().string() + ". Say --yes if that is meant."};
  }
  std::fprintf(stderr, "This removes all games in %s for ever. Type yes to go on: ", data.path().c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return {};
  return Error{ErrorKind::refused, "Nothing was removed."};
}

int uninstall(const FlagValues& flags, bool yes, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  auto path = data_path(*configuration);
  if (!path) return report(path.error());
  auto data = DataDirectory::open(*path);  // refuses a directory that is not ours
  if (!data) return report(data.error());
  if (!yes) {
    if (auto confirmed = confirm(*data); !confirmed) return report(confirmed.error());
  }
  if (const auto node = data->find_running()) {
    if (auto stopped = stop_node(*node); !stopped) return report(stopped.error());
  }
  auto lock = data->lock();  // no node may start in between
  if (!lock) return report(lock.error());
  std::error_code error;
  const auto removed = std::filesystem::remove_all(data->path(), error);
  if (error)
    return report({ErrorKind::failure, "Removing " + data->path().string() + " failed: " + error.message() + "."});
  if (as_json) {
    std::printf("%s\n", nlohmann::json{{"removed", data->path().string()}, {"files", removed}}.dump(2).c_str());
  } else {
    std::printf("Removed %s. The program itself is one file; delete it and nothing is left.\n", data->path().c_str());
  }
  return kExitOk;
}

}  // namespace

void add_uninstall(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("uninstall", "Stop the node and remove its data directory with all games.");
  auto yes = std::make_shared<bool>(false);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--yes", *yes, "Do not ask.");
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Examples:\n  meshzero uninstall\n  meshzero uninstall --data games --yes");
  verb->callback([&action, flags, yes, as_json] { action = [=] { return uninstall(flags, *yes, *as_json); }; });
}

}  // namespace mz
