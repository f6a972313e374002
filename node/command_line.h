// The whole command line: builds the parser with every verb, parses, runs the chosen action.
#pragma once

namespace mz {

// Returns the exit code. Results go to stdout, everything else to stderr. No exception leaves it.
int run_command_line(int argc, char** argv);

}  // namespace mz
