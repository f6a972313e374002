// `meshzero doctor`: what keeps this node from working well, and how to mend it.
#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/configuration_flags.h"
#include "node/doctor/checks.h"
#include "node/doctor/collect.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {
namespace {

using doctor::Finding;
using nlohmann::json;

void print_json(const std::vector<Finding>& findings) {
  json list = json::array();
  for (const Finding& each : findings) {
    list.push_back({{"id", each.id}, {"level", level_word(each.level)}, {"text", each.text}, {"remedy", each.remedy}});
  }
  // Paths need not be UTF-8; JSON must.
  std::printf("%s\n", json{{"findings", list}}.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

void print_text(const std::vector<Finding>& findings) {
  for (const Finding& each : findings) {
    std::printf("%-8s %s\n", std::string(level_word(each.level)).c_str(), each.text.c_str());
    if (!each.remedy.empty()) std::printf("         -> %s\n", each.remedy.c_str());
  }
}

int examine(const FlagValues& flags, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  const auto facts = doctor::collect(*configuration);
  if (!facts) return report(facts.error());
  const std::vector<Finding> findings = doctor::diagnose(*facts);
  (as_json ? print_json : print_text)(findings);
  const bool well = std::all_of(findings.begin(), findings.end(),
                                [](const Finding& each) { return each.level < doctor::Level::warning; });
  return well ? kExitOk : kExitFailure;
}

}  // namespace

void add_doctor(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("doctor", "Look for what keeps this node from working well, and say how to mend it.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON: findings with id, level, text and remedy.");
  const FlagValues flags = add_configuration_flags(*verb, {"data", "port"});
  verb->footer(
      "Works with and without a running node, and changes nothing. Some things only root may see; run it with sudo "
      "and\n"
      "--data for those. Exit code 0 when all is well, 1 when there are warnings or errors.\n"
      "Examples:\n  meshzero doctor\n  meshzero doctor --json");
  verb->callback([&action, flags, as_json] { action = [=] { return examine(flags, *as_json); }; });
}

}  // namespace mz
