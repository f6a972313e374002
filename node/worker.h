// The worker process: plays the units it is sent over a socket and hands in each game as soon as it is finished.
//
// It touches no file and holds nothing that matters: whatever kills it costs the games under way, one or, where the searches of an
// engine share their batches, some side by side. Threads: the main one plays and writes to the socket, "inbox" reads from it. When
// the socket closes, the control process is gone and the worker exits at once, in the middle of a game if need be.
#pragma once

namespace mz {

inline constexpr int kWorkerSocket = 3;     // the descriptor the control process leaves open
inline constexpr int kWorkerNiceness = 10;  // people's own programs come first

// Returns the exit code.
int run_worker();

}  // namespace mz
