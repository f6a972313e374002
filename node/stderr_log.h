// The log of a node on stderr, for a terminal or for systemd's journal.
#pragma once

#include <spdlog/common.h>

namespace mz {

// A line of the log, in files and for people: time, level, text.
inline constexpr const char* kLogPattern = "%Y-%m-%dT%H:%M:%S.%e%z %l %v";

// Its lines follow kLogPattern. When stderr is systemd's journal, which writes down the time itself, they are the text behind
// the priority as the journal reads it ("<4>"), so that `journalctl -p warning` finds warnings.
spdlog::sink_ptr stderr_log();

}  // namespace mz
