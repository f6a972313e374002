// Completion of the command line in bash, zsh and fish: scripts made from the verbs and flags that the parser has.
#pragma once

#include <string>

#include "node/verb.h"

namespace mz {

// Each may be sourced, or lie where its shell looks for completions.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace mz
