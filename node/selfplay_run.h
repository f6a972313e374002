// `meshzero selfplay`: many games of one specification, on several threads, into a directory or a file.
//
// What is played follows from the specification, the seed and the number of games alone; threads, games at once,
// interruptions and the order in which games finish change nothing. A directory is a game store (store/game_store.h). For a
// file the games are collected in a store, NAME.partial (node/selfplay_destination.h), and the file is written at the end in
// one piece: lines in the order of the game indices, a .db in the order of ids. Resuming looks at which games are there
// already, so there is no checkpoint that could disagree with the data.
//
// Threads: the caller's (progress, sealing) and `threads` players, each with its games side by side. SIGTERM is the caller's
// business: it sets `stop`, and run seals what is finished and returns within seconds.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/base/result.h"
#include "node/selfplay_destination.h"
#include "store/disk.h"
#include "store/selfplay.h"

namespace mz {

struct SelfplayRun {
  SelfplaySpec spec;
  std::uint64_t games = 0;
  std::uint64_t seed = 0;
  unsigned threads = 1;
  unsigned games_at_once = 0;             // of each thread; 0: as many as suit the engines
  std::uint64_t checkpoint_interval = 0;  // games between seals; 0: every kSelfplaySealSeconds
  bool resume = false;
  std::uint32_t sample_every = 1;  // lines only
};

inline constexpr std::chrono::seconds kSelfplaySealSeconds{10};
inline constexpr std::uint64_t kMaxSelfplayGames = 100'000'000;  // of one run: 44 bytes of memory each
inline constexpr unsigned kMaxSelfplayThreads = 1024;
inline constexpr unsigned kMaxGamesAtOnce = 256;  // of one thread

struct SelfplayProgress {
  std::uint64_t games = 0;  // finished, found ones included
  std::uint64_t total = 0;
  std::uint64_t found = 0;    // were there when the run began
  std::uint64_t durable = 0;  // of the finished ones: would survive a crash now
  std::uint64_t plies = 0;    // played now
  std::uint64_t capped = 0;   // played now
  Resignations resignations;  // of the games played now; counted when a thread ends
  // Positions that searches in rounds have had judged, those of games still under way included, and in how many batches.
  std::uint64_t leaves = 0;
  std::uint64_t batches = 0;
  double seconds = 0;
  bool complete = false;  // all games are there and the output is written
  std::string kept_in;    // where the games are: the destination, or the staging of an unfinished run

  [[nodiscard]] double plies_per_second() const { return seconds > 0 ? static_cast<double>(plies) / seconds : 0; }
  [[nodiscard]] double games_per_hour() const {
    return seconds > 0 ? 3600 * static_cast<double>(games - found) / seconds : 0;
  }
  [[nodiscard]] double leaves_per_batch() const {
    return batches > 0 ? static_cast<double>(leaves) / static_cast<double>(batches) : 0;
  }
};

// `report` is called about once a second, and whenever more games have become durable, from the caller's thread.
Result<SelfplayProgress> run_selfplay(const SelfplayRun& run, SelfplayDestination& destination, Disk& disk,
                                      const std::atomic<bool>& stop,
                                      const std::function<void(const SelfplayProgress&)>& report);

}  // namespace mz
