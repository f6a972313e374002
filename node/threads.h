// The threads of a node, each with its duty. Whoever reads a list of them in a debugger or in `top -H` finds them here.
//
//   (main)        control: watches over the workers, hands them units (supervisor.h)
//   agreement     the cluster: heartbeats, votes                                          goes first
//   cluster-disk  writes what the agreement must not forget; votes wait for it            goes first
//   to ID         carries messages to one member                                          goes first
//   http          owns all connections, answers /health                                   goes first
//   http-control  answers other members                                                   goes first
//   http-ui       answers people
//   http-bulk     moves large bodies
//   membership    certificates, revocations, addresses
//   meeting       tries addresses at which members may be; there are four
//   discovery     talks to the Bonjour daemon
//   sleep-notice  hears that this computer is about to sleep, and lets it                 goes first
//   network-watch notices that this computer has other addresses or slept
//   store         writes games
//   signals       waits for SIGTERM
//
// A node that cannot send a heartbeat for want of a core looks dead to others, so what goes first is served before other
// programs where the system lets it: root always, others within their limit of niceness on Linux (RLIMIT_NICE), everybody on
// macOS. None of these threads computes for long: what members and strangers can make them do is bounded by the limits of
// the front door.
#pragma once

namespace mz {

// First thing in each thread of a node but the main one: names it and puts it in its place before the scheduler.
void begin_thread(const char* name);

}  // namespace mz
