// What happened in the cluster as this node saw it, for people: who came and went, who leads, which tokens and certificates
// were given out. Nothing is decided by it.
//
// Bounded for each kind apart, so that a member that comes and goes all day does not push out who was given a token. Entries
// are numbered from 1 and keep their numbers over restarts. A crash may lose the newest ones and the next run then gives their
// numbers again, so a run has an epoch; who reads on after a number begins anew when the epoch is another.
//
// Thread-safe; never waits. Whoever owns it writes it to disk (node/journal_file.h).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "p2p/node_id.h"

namespace mz {

enum class JournalKind : std::uint8_t {
  node,         // this node started, stopped, joined or left
  member,       // another member came, fell silent, died, came back, left
  leader,       // who leads
  partition,    // several leaders, and one again
  clone,        // one identity on two machines
  revocation,   // a node was put out
  token,        // made, used, revoked
  certificate,  // renewed
  admin,        // a member became an admin
  pairing,      // machines asked to join, or this one did
};
inline constexpr std::size_t kJournalKinds = 10;

enum class JournalLevel : std::uint8_t { info, warn, error };

std::string_view journal_kind_word(JournalKind kind);
std::string_view journal_level_word(JournalLevel level);

struct JournalEntry {
  std::uint64_t number = 0;
  std::int64_t at = 0;  // seconds since 1970, by the clock of this node
  JournalKind kind = JournalKind::node;
  JournalLevel level = JournalLevel::info;
  std::optional<NodeId> node;  // whom it is about
  std::string text;            // one sentence

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

class Journal {
 public:
  static constexpr std::size_t kMaxPerKind = 250;    // the oldest of the kind goes
  static constexpr std::size_t kMaxTextBytes = 500;  // cut off

  // `wall`: seconds since 1970.
  explicit Journal(std::function<std::int64_t()> wall = {});

  // Entries of earlier runs, in the order of their numbers; before anything is added.
  void restore(std::vector<JournalEntry> entries);

  // Control characters of names that came from elsewhere become spaces.
  void add(JournalKind kind, JournalLevel level, const std::optional<NodeId>& node, std::string_view text);

  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  // At most `limit` entries with higher numbers, oldest first.
  [[nodiscard]] std::vector<JournalEntry> after(std::uint64_t number, std::size_t limit) const;
  [[nodiscard]] bool has_unsaved() const;
  // Entries that were added since the last call.
  std::vector<JournalEntry> take_unsaved();

 private:
  void keep(JournalEntry entry);

  const std::function<std::int64_t()> wall_;
  const std::string epoch_;
  mutable std::mutex mutex_;  // guards the rest; held for copies only
  std::deque<JournalEntry> entries_;
  std::map<JournalKind, std::size_t> counts_;
  std::uint64_t last_ = 0;
  std::vector<JournalEntry> unsaved_;
};

nlohmann::json journal_entry_json(const JournalEntry& entry);
// Nothing for what is no entry.
std::optional<JournalEntry> read_journal_entry(const nlohmann::json& content);

}  // namespace mz
