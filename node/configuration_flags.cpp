#include "node/configuration_flags.h"

#include <algorithm>

#include "node/platform.h"

namespace mz {
namespace {

std::string type_word(const Key& key) {
  switch (key.type) {
    case ValueType::path:
      return key.name == "data" ? "DIR" : "FILE";
    case ValueType::word:  // the choices, which completion offers
      return (key.has_auto ? "auto|" : "") + std::string(key.words);
    case ValueType::text:
      return "NAME";
    case ValueType::urls:
      return "URL";
    default:
      return "N";
  }
}

}  // namespace

FlagValues add_configuration_flags(CLI::App& verb, const std::vector<std::string>& keys) {
  auto values = std::make_shared<std::map<std::string, std::string>>();
  for (const Key& key : configuration_keys()) {
    if (!keys.empty() && std::find(keys.begin(), keys.end(), key.name) == keys.end()) continue;
    CLI::Option* option = verb.add_option_function<std::string>(
        flag_name(key), [values, name = std::string(key.name)](const std::string& value) { (*values)[name] = value; },
        std::string(key.meaning) + " Default: " + std::string(key.fallback) + ".");
    option->type_name(type_word(key));
    if (key.type == ValueType::urls) option->join(',');
  }
  return values;
}

Result<Configuration> load_configuration(const FlagValues& flags) {
  auto sources = Configuration::standard_sources(*flags);
  if (!sources) return sources.error();
  return Configuration::load(*sources);
}

Result<std::filesystem::path> data_path(const Configuration& configuration) {
  if (configuration.is_auto("data")) return platform::default_data_directory();
  return std::filesystem::path(configuration.text("data"));
}

}  // namespace mz
