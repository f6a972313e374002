// Pages that this machine's user has logged in. `meshzero ui` fetches a one-time code over the Unix socket and opens the
// page with it; the page trades it for a bearer token, which the browser keeps for one tab and one origin. (A cookie would be
// sent to every program that listens on this computer, whatever its port.)
//
// Codes and tokens are kept as hashes, in memory only: a restart logs everybody out. Thread-safe; never waits.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "api/principal.h"
#include "engine/base/result.h"
#include "engine/base/sha256.h"

namespace mz {

class Sessions {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kCodeLife{60};
  static constexpr std::chrono::seconds kSessionLife{12 * 3600};
  static constexpr std::size_t kMaxCodes = 16;     // waiting; the oldest goes
  static constexpr std::size_t kMaxSessions = 64;  // the oldest goes
  static constexpr std::string_view kTokenPrefix = "MZS1-";

  explicit Sessions(std::function<Clock::time_point()> now = Clock::now) : now_(std::move(now)) {}

  // A code that is worth one session of this scope within kCodeLife.
  Result<std::string> create_code(Scope scope);
  // The token of a new session. Refused when the code is unknown, used or too old.
  Result<std::string> redeem(std::string_view code);
  // The principal behind a token.
  [[nodiscard]] std::optional<Principal> verify(std::string_view token) const;
  // Ends the session with this label.
  void end(std::string_view label);

 private:
  struct Entry {
    Scope scope = Scope::none;
    Clock::time_point until;
    std::string label;
  };
  using Entries = std::map<Digest, Entry>;

  static void make_room(Entries& entries, std::size_t limit, Clock::time_point now);

  std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;  // guards the rest
  Entries codes_;
  Entries sessions_;
  std::uint64_t next_label_ = 1;
};

}  // namespace mz
