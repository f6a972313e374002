// Looks at this machine. system_linux.cpp and system_macos.cpp are twins: exactly one of them is compiled. Reads files and runs
// the system's own programs, each for kProgramLimit at most; changes nothing. What only root may see is missing otherwise, and
// `unseen` says so.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "node/doctor/facts.h"
#include "node/run_command.h"

namespace mz::doctor {

inline constexpr std::chrono::seconds kProgramLimit{5};
inline constexpr std::size_t kMaxSystemFile = 1U << 20;  // what is behind that is not read

struct SystemQuestion {
  std::uint16_t port = 0;
  pid_t node = 0;            // the running node; 0: none
  std::string program = {};  // the file of this program
};

SystemFacts read_system(const SystemQuestion& question);

// --- for both twins --------------------------------------------------------------------------------------------------------
std::vector<Interface> read_interfaces();
std::string text_of_file(const std::filesystem::path& file);  // empty when it cannot be read

// A program of the system, also where only root has its folder on the PATH.
Result<CommandEnd> run_tool(const std::string& name, std::vector<std::string> arguments);

}  // namespace mz::doctor
