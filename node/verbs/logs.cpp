// `meshzero logs`: the end of a node's log, whether it runs or not.
#include <cstdio>
#include <deque>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "node/configuration_flags.h"
#include "node/data_directory.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {
namespace {

constexpr std::size_t kMaxLines = 100'000;

int logs(const FlagValues& flags, std::size_t count, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  auto path = data_path(*configuration);
  if (!path) return report(path.error());
  auto data = DataDirectory::open(*path);
  if (!data) return report(data.error());
  std::ifstream file(data->log_file());
  if (!file)
    return report(
        {ErrorKind::not_found, "There is no log " + data->log_file().string() + " yet. `meshzero up` writes it."});

  std::deque<std::string> lines;  // the log is rotated, so reading one file whole is cheap
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > count) lines.pop_front();
  }
  if (as_json) {
    const nlohmann::json out{{"file", data->log_file().string()}, {"lines", lines}};
    std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return kExitOk;
  }
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
  return kExitOk;
}

}  // namespace

void add_logs(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("logs", "Show the end of the node's log.");
  auto count = std::make_shared<std::size_t>(50);
  auto as_json = std::make_shared<bool>(false);
  verb->add_option("--lines", *count, "How many lines.")
      ->check(CLI::Range(std::size_t{1}, kMaxLines))
      ->type_name("N")
      ->capture_default_str();
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Examples:\n  meshzero logs\n  meshzero logs --lines 500 --data games");
  verb->callback([&action, flags, count, as_json] { action = [=] { return logs(flags, *count, *as_json); }; });
}

}  // namespace mz
