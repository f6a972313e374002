// `meshzero config`: what is set, and why.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "node/configuration_flags.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

const char* type_name(ValueType type) {
  switch (type) {
    case ValueType::integer:
      return "integer";
    case ValueType::number:
      return "number";
    case ValueType::path:
      return "path";
    case ValueType::word:
      return "word";
    case ValueType::text:
      return "text";
    case ValueType::urls:
      return "urls";
  }
  return "";
}

std::string came_from(const Origin& origin) {
  return origin.where.empty() ? origin.layer : origin.layer + " " + origin.where;
}

// What the platform or the machine makes of a path that is `auto`; the others need a running node.
std::string effective_value(const Configuration& configuration, const Key& key) {
  if (key.name != "data" || !configuration.is_auto("data")) return configuration.text(key.name);
  auto path = data_path(configuration);
  return path ? path->string() : "auto";
}

json describe(const Configuration& configuration, const Key& key) {
  json layers = json::array();
  for (const Origin& origin : configuration.origins(key.name)) {
    layers.push_back({{"layer", origin.layer}, {"where", origin.where}, {"value", origin.value}});
  }
  json out{{"key", key.name},
           {"value", effective_value(configuration, key)},
           {"type", type_name(key.type)},
           {"auto", key.has_auto},
           {"default", key.fallback},
           {"meaning", key.meaning},
           {"flag", flag_name(key)},
           {"variable", variable_name(key)},
           {"layers", layers}};
  if (key.type == ValueType::integer || key.type == ValueType::number) {
    out["minimum"] = key.minimum;
    out["maximum"] = key.maximum;
  }
  return out;
}

int explain(const FlagValues& flags, const std::string& name, bool as_json) {
  auto key = find_key(name);
  if (!key) return report({ErrorKind::not_found, key.error().text});
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  if (as_json) {
    std::printf("%s\n", describe(*configuration, **key).dump(2).c_str());
    return kExitOk;
  }
  const auto& origins = configuration->origins(name);
  std::printf("%s = %s\n", name.c_str(), effective_value(*configuration, **key).c_str());
  std::printf("  from: %s\n", came_from(origins.front()).c_str());
  for (std::size_t i = 1; i < origins.size(); ++i) {
    std::printf("  overrides: %s (%s)\n", origins[i].value.c_str(), came_from(origins[i]).c_str());
  }
  std::printf("  meaning: %s\n", std::string((*key)->meaning).c_str());
  std::printf("  set it: %s, %s, or \"%s\" in meshzero.json\n", flag_name(**key).c_str(), variable_name(**key).c_str(),
              name.c_str());
  return kExitOk;
}

int list(const FlagValues& flags, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  if (as_json) {
    json all = json::array();
    for (const Key& key : configuration_keys()) all.push_back(describe(*configuration, key));
    std::printf("%s\n", json{{"settings", all}}.dump(2).c_str());
    return kExitOk;
  }
  for (const Key& key : configuration_keys()) {
    std::printf("%-14s %-28s %s\n", std::string(key.name).c_str(), effective_value(*configuration, key).c_str(),
                came_from(configuration->origins(key.name).front()).c_str());
  }
  return kExitOk;
}

}  // namespace

void add_config(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("config", "Show the settings and where each value comes from.");
  verb->footer(
      "Precedence: flag, MESHZERO_* variable, ./meshzero.json, user file, default.\n"
      "Examples:\n"
      "  meshzero config list\n"
      "  meshzero config explain port\n"
      "  MESHZERO_PORT=9000 meshzero config explain port --json");

  auto as_json = std::make_shared<bool>(false);
  auto name = std::make_shared<std::string>();

  CLI::App* explain_verb =
      verb->add_subcommand("explain", "One setting: its value, where it came from, what it overrides.");
  explain_verb->add_option("KEY", *name, "Name of the setting, as `meshzero config list` shows it.")->required();
  explain_verb->add_flag("--json", *as_json, "Print JSON.");
  explain_verb->footer("Example:\n  meshzero config explain port --port 9000");
  const FlagValues explain_flags = add_configuration_flags(*explain_verb);
  explain_verb->callback(
      [&action, explain_flags, name, as_json] { action = [=] { return explain(explain_flags, *name, *as_json); }; });

  CLI::App* list_verb = verb->add_subcommand("list", "All settings with their values and origins.");
  list_verb->add_flag("--json", *as_json, "Print JSON.");
  list_verb->footer("Example:\n  meshzero config list --json");
  const FlagValues list_flags = add_configuration_flags(*list_verb);
  list_verb->callback([&action, list_flags, as_json] { action = [=] { return list(list_flags, *as_json); }; });
}

}  // namespace mz
