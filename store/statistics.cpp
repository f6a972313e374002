#include "store/statistics.h"

#include <algorithm>

namespace mz {

void GameStatistics::add(const CheckedGame& game) {
  if (!ids_.insert(game.id).second) return;
  const GameRecord& record = game.record;
  ConfigurationStatistics& s = all_[record.config.game + " " + describe(record.config)];
  const std::uint64_t plies = record.moves.size();
  if (s.games == 0) {
    s.config = record.config;
    s.wins.resize(static_cast<std::size_t>(record.config.seats));
    s.shortest = plies;
  }
  ++s.games;
  s.capped += record.capped ? 1 : 0;
  s.plies += plies;
  s.shortest = std::min(s.shortest, plies);
  s.longest = std::max(s.longest, plies);
  s.bytes += game.bytes.size();
  ++(record.winner == kNobody ? s.nobody_won : s.wins[static_cast<std::size_t>(record.winner)]);
  ++s.reasons[record.reason];
  for (const SeatEngine& seat : record.seats) ++s.engines[seat.spec];
  s.plays.insert(game.play_hash);
}

std::vector<const ConfigurationStatistics*> GameStatistics::configurations() const {
  std::vector<const ConfigurationStatistics*> list;
  for (const auto& [name, statistics] : all_) list.push_back(&statistics);
  return list;
}

}  // namespace mz
