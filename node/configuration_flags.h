// The configuration table as command line flags, for every verb that reads the configuration.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "node/configuration.h"
#include "node/verb.h"

namespace mz {

using FlagValues = std::shared_ptr<std::map<std::string, std::string>>;  // by key name; only the flags that were given

// Adds the flags of `keys` (all when empty) to a verb.
FlagValues add_configuration_flags(CLI::App& verb, const std::vector<std::string>& keys = {});

// The configuration with these flags on top.
Result<Configuration> load_configuration(const FlagValues& flags);

// The data directory the configuration names, absolute.
Result<std::filesystem::path> data_path(const Configuration& configuration);

}  // namespace mz
