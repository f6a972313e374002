#include "node/configuration_flags.h"

#include <algorithm>

#include "node/platform.h"

namespace mz {

FlagValues add_configuration_flags(CLI::App& verb, const std::vector<std::string>& keys) {
  auto values = std::make_shared<std::map<std::string, std::string>>();
  for (const Key& key : configuration_keys()) {
    if (!keys.empty() && std::find(keys.begin(), keys.end(), key.name) == keys.end()) continue;
    verb.add_option_function<std::string>(
            flag_name(key),
            [values, name = std::string(key.name)](const std::string& value) { (*values)[name] = value; },
            std::string(key.meaning) + " Default: " + std::string(key.fallback) + ".")
        ->type_name(key.type == ValueType::path   ? "DIR"
                    : key.type == ValueType::word ? "WORD"
                                                  : "N");
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
