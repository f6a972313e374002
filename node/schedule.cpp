#include "node/schedule.h"

#include <algorithm>
#include <cmath>

namespace mz {

Schedule::Schedule(std::vector<GameConfig> configurations, std::uint64_t target) : target_(target) {
  for (GameConfig& config : configurations) {
    entries_.emplace_back();
    entries_.back().config = std::move(config);
  }
}

std::optional<std::size_t> Schedule::find(const GameConfig& config) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].config == config) return i;
  }
  return std::nullopt;
}

void Schedule::set_games(std::size_t entry, std::uint64_t games) { entries_[entry].games = games; }

double Schedule::deficit(const Entry& entry) const {
  const std::uint64_t expected = entry.games + entry.in_flight;
  if (expected >= target_) return 0;
  return static_cast<double>(target_ - expected) / static_cast<double>(target_);
}

std::uint32_t Schedule::unit_games(const Entry& entry) const {
  const std::uint64_t missing = target_ - entry.games - entry.in_flight;
  double games = 1;  // the first unit only measures
  if (entry.seconds_per_game > 0) {
    games = std::min(kUnitSeconds / entry.seconds_per_game, kGrowth * entry.last_games);
  }
  const double limit = static_cast<double>(std::min<std::uint64_t>(missing, kMaxUnitGames));
  return static_cast<std::uint32_t>(std::clamp(std::floor(games), 1.0, limit));
}

std::optional<Schedule::Unit> Schedule::next(Time now) {
  Entry* best = nullptr;
  bool best_waits = false;
  for (Entry& entry : entries_) {
    if (deficit(entry) <= 0 || entry.hold_until > now) continue;
    const bool waits = units_ - entry.last_unit >= kMaxWait;
    const bool better =
        best == nullptr || (waits && !best_waits) ||
        (waits == best_waits && (waits ? entry.last_unit < best->last_unit
                                       : deficit(entry) > deficit(*best) ||
                                             (deficit(entry) == deficit(*best) && entry.last_unit < best->last_unit)));
    if (!better) continue;
    best = &entry;
    best_waits = waits;
  }
  if (best == nullptr) return std::nullopt;
  const Unit unit{static_cast<std::size_t>(best - entries_.data()), unit_games(*best)};
  best->in_flight += unit.games;
  ++best->units;
  best->last_unit = ++units_;
  return unit;
}

void Schedule::game_arrived(std::size_t entry) {
  Entry& at = entries_[entry];
  if (at.in_flight > 0) --at.in_flight;
  ++at.games;
}

void Schedule::game_dropped(std::size_t entry) {
  if (entries_[entry].games > 0) --entries_[entry].games;
}

void Schedule::unit_finished(std::size_t entry, std::uint32_t delivered, std::uint32_t missing, double seconds) {
  Entry& at = entries_[entry];
  at.in_flight -= std::min<std::uint64_t>(at.in_flight, missing);
  at.units = std::max(at.units - 1, 0);
  at.hold_seconds = 0;
  if (delivered == 0) return;
  const double measured = std::max(seconds / delivered, 1e-6);
  // Half old, half new: follows a machine that got busier within a few units, and one odd game does not throw it off.
  at.seconds_per_game = at.seconds_per_game > 0 ? (at.seconds_per_game + measured) / 2 : measured;
  at.last_games = std::max(delivered, 1U);
}

void Schedule::unit_failed(std::size_t entry, std::uint32_t missing, const std::string& why, Time now) {
  Entry& at = entries_[entry];
  at.in_flight -= std::min<std::uint64_t>(at.in_flight, missing);
  at.units = std::max(at.units - 1, 0);
  at.hold_seconds = std::clamp(at.hold_seconds * 2, kMinHoldSeconds, kMaxHoldSeconds);
  at.hold_until = now + std::chrono::seconds(at.hold_seconds);
  at.hold_reason = why;
}

bool Schedule::all_done() const {
  return std::all_of(entries_.begin(), entries_.end(), [this](const Entry& entry) { return entry.games >= target_; });
}

std::string Schedule::held_because(std::size_t entry, Time now) const {
  const Entry& at = entries_[entry];
  if (at.hold_until <= now) return "";
  const auto left = std::chrono::ceil<std::chrono::seconds>(at.hold_until - now).count();
  return at.hold_reason + " Tried again in " + std::to_string(left) + " s.";
}

}  // namespace mz
