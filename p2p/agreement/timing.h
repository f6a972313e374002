// The one number of the cluster, the heartbeat H, and every other duration as a multiple of it.
//
// Times are microseconds on clocks of one node that nobody sets. They are compared on that node only: a peer gets ages, or
// its own time echoed, never a time of ours to read.
#pragma once

#include <cstdint>

namespace mz {

using Instant = std::int64_t;   // microseconds since an arbitrary point
using Duration = std::int64_t;  // microseconds

// Both clocks of a node, read together. Their distance grows exactly while the machine sleeps.
struct Now {
  Instant boot = 0;   // counts sleep; everything is timed by it
  Instant awake = 0;  // stops in sleep
};

inline constexpr Duration kHeartbeat = 500'000;     // H
inline constexpr Duration kLease = 8 * kHeartbeat;  // L: silence after which a leader counts as gone
inline constexpr Duration kLeaderLease =
    kLease * 8 / 10;                                 // what a leader counts for itself: clocks may differ by a fifth
inline constexpr Duration kJitter = 2 * kHeartbeat;  // J: spread of candidates
inline constexpr Duration kFitnessDelay = kHeartbeat / 2;  // of a candidate, for each step below the best
inline constexpr Duration kClaim = kHeartbeat / 2;         // from winning to leading, unless everybody agrees before
inline constexpr Duration kReach = 2 * kHeartbeat;         // a round trip within it makes a member reachable
inline constexpr Duration kProbeRound = 4 * kHeartbeat;    // every pair of members hears of each other within it
inline constexpr Duration kSuspectAfter = kProbeRound + 2 * kHeartbeat;  // without an answer
inline constexpr Duration kDeadAfter = 12 * kHeartbeat;                  // without an answer
inline constexpr Duration kSlept = kHeartbeat / 2;      // growth of the clocks' distance that means sleep
inline constexpr Duration kLateLoop = kHeartbeat;       // own delay above which a node blames itself, not others
inline constexpr Duration kDiskRetry = 2 * kHeartbeat;  // after a failed write
inline constexpr Duration kSettled = kLease;  // leader and successor alike, before one hands over for being less fit
inline constexpr Duration kHandOverPause = 8 * kLease;  // between two such attempts of one node
inline constexpr Duration kRest = 2 * kLease;           // before sleep, for which a system may take five seconds
inline constexpr Duration kSyncPause = kHeartbeat;      // between two exchanges of one kind with one peer

static_assert(kLeaderLease < kLease, "a leader must give up before others may replace it");
static_assert(kLease > kSuspectAfter && kDeadAfter > kLease, "leadership moves on before a member is declared dead");
static_assert(kClaim < kReach, "a winner must lead before its voters give up waiting for it");
static_assert(kReach + kJitter < kLease, "a campaign must fit into a lease");
static_assert(kProbeRound < kLease, "news of a leader must travel faster than it expires");
static_assert(kRest > kLease + kReach, "a node that rests must not lead again before others had their chance");
static_assert(kSlept < kReach, "sleep must be noticed before a campaign can end");

}  // namespace mz
