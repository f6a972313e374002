// The seam between the command line and the verbs. A verb is one file node/verbs/<verb>.cpp with one function
//
//   void add_<verb>(CLI::App& app, Action& action);
//
// that adds its subcommand (flags, help, examples in the footer) and, in the subcommand's callback, sets `action` to what
// has to be done. The action runs after parsing, in the main thread, and returns the exit code (node/exit_code.h).
// Options live in a std::shared_ptr captured by the callbacks, because parsing happens after add_<verb> has returned.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace mz {

using Action = std::function<int()>;

}  // namespace mz
