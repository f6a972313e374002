#include "api/journal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <nlohmann/json.hpp>

namespace mz {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, kJournalKinds> kKinds{
    "node", "member", "leader", "partition", "clone", "revocation", "token", "certificate", "admin", "pairing"};
constexpr std::array<std::string_view, 3> kLevels{"info", "warn", "error"};

template <std::size_t Count>
std::optional<std::size_t> index_of(const std::array<std::string_view, Count>& words, const json& word) {
  if (!word.is_string()) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), word.get_ref<const std::string&>());
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

std::string one_line(std::string_view text) {
  if (text.size() > Journal::kMaxTextBytes) {
    text = text.substr(0, Journal::kMaxTextBytes);
    // Not in the middle of a character of UTF-8.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
  }
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return line;
}

std::string new_epoch() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

std::string_view journal_kind_word(JournalKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }
std::string_view journal_level_word(JournalLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

Journal::Journal(std::function<std::int64_t()> wall)
    : wall_(wall ? std::move(wall) : [] { return static_cast<std::int64_t>(std::time(nullptr)); }),
      epoch_(new_epoch()) {}

void Journal::restore(std::vector<JournalEntry> entries) {
  const std::lock_guard lock(mutex_);
  for (JournalEntry& entry : entries) {
    if (entry.number <= last_) continue;
    last_ = entry.number;
    keep(std::move(entry));
  }
}

void Journal::add(JournalKind kind, JournalLevel level, const std::optional<NodeId>& node, std::string_view text) {
  JournalEntry entry{.number = 0, .at = wall_(), .kind = kind, .level = level, .node = node, .text = one_line(text)};
  const std::lock_guard lock(mutex_);
  entry.number = ++last_;
  unsaved_.push_back(entry);
  keep(std::move(entry));
}

void Journal::keep(JournalEntry entry) {
  const JournalKind kind = entry.kind;
  entries_.push_back(std::move(entry));
  if (++counts_[kind] <= kMaxPerKind) return;
  entries_.erase(
      std::find_if(entries_.begin(), entries_.end(), [kind](const JournalEntry& one) { return one.kind == kind; }));
  --counts_[kind];
}

std::vector<JournalEntry> Journal::after(std::uint64_t number, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto from = std::upper_bound(entries_.begin(), entries_.end(), number,
                                     [](std::uint64_t asked, const JournalEntry& one) { return asked < one.number; });
  const std::size_t count = std::min(limit, static_cast<std::size_t>(entries_.end() - from));
  return {from, from + static_cast<std::ptrdiff_t>(count)};
}

bool Journal::has_unsaved() const {
  const std::lock_guard lock(mutex_);
  return !unsaved_.empty();
}

std::vector<JournalEntry> Journal::take_unsaved() {
  const std::lock_guard lock(mutex_);
  return std::exchange(unsaved_, {});
}

json journal_entry_json(const JournalEntry& entry) {
  return {{"number", entry.number},
          {"at", entry.at},
          {"kind", journal_kind_word(entry.kind)},
          {"level", journal_level_word(entry.level)},
          {"node", entry.node ? json(entry.node->text()) : json()},
          {"text", entry.text}};
}

std::optional<JournalEntry> read_journal_entry(const json& content) {
  if (!content.is_object()) return std::nullopt;
  const auto field = [&content](const char* name) { return content.value(name, json()); };
  const auto kind = index_of(kKinds, field("kind"));
  const auto level = index_of(kLevels, field("level"));
  const json number = field("number");
  const json at = field("at");
  const json node = field("node");
  const json text = field("text");
  if (!kind || !level || !number.is_number_unsigned() || !at.is_number_integer() || !text.is_string()) {
    return std::nullopt;
  }
  JournalEntry entry{.number = number.get<std::uint64_t>(),
                     .at = at.get<std::int64_t>(),
                     .kind = static_cast<JournalKind>(*kind),
                     .level = static_cast<JournalLevel>(*level),
                     .node = std::nullopt,
                     .text = one_line(text.get_ref<const std::string&>())};
  if (node.is_string()) {
    auto id = NodeId::parse(node.get_ref<const std::string&>());
    if (!id) return std::nullopt;
    entry.node = *id;
  }
  return entry;
}

}  // namespace mz
