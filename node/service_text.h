// What makes a node a service: the unit for systemd and the property list for launchd. The texts are the files of config/service
// with the places that depend on the machine filled in. Pure, and the same on every system.
#pragma once

#include <filesystem>
#include <string>

#include "engine/base/result.h"

namespace mz {

// One that starts with the machine, or one of the user who installs it.
enum class ServiceKind { system, user };

inline constexpr const char* kSystemdUnit = "meshzero.service";
inline constexpr const char* kLaunchdLabel = "org.meshzero.node";

// Refused: a path that means something else to systemd than to us (quotes, $, %, backslashes, line ends).
Result<std::string> systemd_unit(ServiceKind kind, const std::filesystem::path& program);

// `log` takes what the node says on stderr. `account` is the user of a daemon, of no meaning to an agent.
std::string launchd_plist(ServiceKind kind, const std::filesystem::path& program, const std::filesystem::path& log,
                          const std::string& account);

}  // namespace mz
