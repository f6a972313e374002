#include "node/match_run.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "node/engine_seat.h"
#include "node/joined_threads.h"
#include "store/match_log_file.h"

namespace mz {
namespace {

// The games of one cycle, by rotation, as far as they have been played.
struct Cycle {
  std::vector<std::optional<MatchResult>> games;
  std::vector<MatchResult> unlogged;  // those of them that are not in the log
  std::uint64_t plies = 0;            // of these

  [[nodiscard]] bool complete() const {
    return std::all_of(games.begin(), games.end(), [](const auto& game) { return game.has_value(); });
  }
};

// Hands out cycles and takes them back in any order. Guarded by its mutex.
class CycleBoard {
 public:
  // `ahead`: how many cycles may be out before the first of them is counted. A verdict makes the surplus worthless.
  CycleBoard(std::uint64_t first, std::uint64_t last, std::uint64_t ahead)
      : next_(first), counted_(first), last_(last), ahead_(ahead) {}

  std::optional<std::uint64_t> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || next_ >= last_ || next_ < counted_ + ahead_; });
    if (closed_ || next_ >= last_) return std::nullopt;
    return next_++;
  }
  void give(std::uint64_t index, Cycle cycle) {
    const std::lock_guard lock(mutex_);
    (cycle.complete() ? done_ : parts_).emplace(index, std::move(cycle));
    changed_.notify_all();
  }
  // A worker stops. When it stops early no further cycle comes, so the others need not wait for it either.
  void leave(bool early) {
    const std::lock_guard lock(mutex_);
    --workers_;
    closed_ |= early;
    changed_.notify_all();
  }
  void enter() {
    const std::lock_guard lock(mutex_);
    ++workers_;
  }
  // Cycle `index` when it comes; nothing when nobody is left who could bring it.
  std::optional<Cycle> wait(std::uint64_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_.contains(index) || workers_ == 0; });
    const auto it = done_.find(index);
    if (it == done_.end()) return std::nullopt;
    Cycle cycle = std::move(it->second);
    done_.erase(it);
    counted_ = index + 1;
    changed_.notify_all();
    return cycle;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // Everything that came and was not waited for.
  std::map<std::uint64_t, Cycle> rest() {
    const std::lock_guard lock(mutex_);
    done_.merge(parts_);
    return std::move(done_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Cycle> done_;
  std::map<std::uint64_t, Cycle> parts_;  // of cycles that a worker left unfinished
  std::uint64_t next_;
  std::uint64_t counted_;
  std::uint64_t last_;
  std::uint64_t ahead_;
  int workers_ = 0;
  bool closed_ = false;
};

// Whether the game would have gone the same way under this cap (0: none). One that was stopped tells nothing about another cap; one
// that ended by itself is known to be no longer than the cap it had.
bool holds_under(const MatchResult& result, std::uint32_t cap) {
  const bool known = result.max_moves != 0;
  if (result.capped) return known && result.max_moves == cap;
  return cap == 0 || (known && result.max_moves <= cap);
}

bool is_game_of(const MatchResult& result, const MatchPlan& plan, const Digest& rules) {
  return result.rules_hash == rules && result.config == plan.config && result.participants == plan.participants &&
         holds_under(result, plan.max_moves);
}

// What distinguishes the games of a match in its log. Cycles that share an opening have the same places: the first game of a
// place in the log is that of the first such cycle.
using Place = std::pair<std::uint64_t, std::vector<int>>;
Place place_of(const MatchPlan& plan, std::uint64_t cycle, int rotation) {
  return {opening_seed(plan, cycle), seat_order(plan.config.seats, rotation)};
}

// The cycles of this very match of which the log has games.
std::map<std::uint64_t, Cycle> resume(const std::vector<MatchResult>& log, const MatchPlan& plan, const Digest& rules) {
  std::map<Place, std::deque<const MatchResult*>> games;
  std::size_t left = 0;
  for (const MatchResult& result : log) {
    if (!is_game_of(result, plan, rules)) continue;
    games[{result.opening_seed, result.order}].push_back(&result);
    ++left;
  }
  std::map<std::uint64_t, Cycle> cycles;
  for (std::uint64_t index = 0; index < plan.cycles && left > 0; ++index) {
    for (int rotation = 0; rotation < plan.config.seats; ++rotation) {
      const auto found = games.find(place_of(plan, index, rotation));
      if (found == games.end() || found->second.empty()) continue;
      Cycle& cycle = cycles[index];
      cycle.games.resize(static_cast<std::size_t>(plan.config.seats));
      cycle.games[static_cast<std::size_t>(rotation)] = *found->second.front();
      found->second.pop_front();
      --left;
    }
  }
  return cycles;
}

class Count {
 public:
  explicit Count(Sprt sprt) : sprt_(std::move(sprt)) {}

  Result<void> add(const Cycle& cycle) {
    std::vector<ScoredGame> games;
    for (const auto& result : cycle.games) {
      games.push_back(scored_game(*result, 0));
      summary.capped += result->capped ? 1 : 0;
      summary.draws += !result->capped && result->winner == kNobody ? 1 : 0;
    }
    if (auto added = sprt_.add_cycle(games); !added) return added;
    summary.plies += cycle.plies;
    summary.played += cycle.unlogged.size();
    summary.resumed_games += cycle.games.size() - cycle.unlogged.size();
    const MatchScore& score = sprt_.score();
    summary.sprt = sprt_.status();
    summary.elo = estimate_elo(score);
    summary.games = score.games();
    summary.distinct_games = score.distinct_games();
    summary.cycles = score.cycles();
    summary.repeated_cycles = score.repeated_cycles();
    summary.wins = score.wins();
    summary.shared = score.shared();
    summary.losses = score.losses();
    summary.histogram.assign(score.histogram().begin(), score.histogram().end());
    return {};
  }
  MatchSummary summary;

 private:
  Sprt sprt_;
};

}  // namespace

std::string interval_text(const EloEstimate& elo) {
  const auto bound = [](double value, bool open) {
    char text[32];
    std::snprintf(text, sizeof text, "%+.0f", value);
    return std::string(open ? "open" : text);
  };
  return "[" + bound(elo.low, elo.open_below) + ", " + bound(elo.high, elo.open_above) + "]";
}

std::vector<std::pair<std::uint64_t, int>> loggable_games(
    const MatchPlan& plan, std::uint64_t first, std::uint64_t last,
    const std::function<bool(std::uint64_t cycle, int rotation)>& finished) {
  std::vector<std::pair<std::uint64_t, int>> games;
  std::set<Place> missing;
  for (std::uint64_t cycle = first; cycle <= last; ++cycle) {
    for (int rotation = 0; rotation < plan.config.seats; ++rotation) {
      const Place place = place_of(plan, cycle, rotation);
      if (!finished(cycle, rotation)) {
        missing.insert(place);
      } else if (!missing.contains(place)) {
        games.emplace_back(cycle, rotation);
      }
    }
  }
  return games;
}

Result<MatchSummary> run_match(const MatchRun& run, const std::function<void(const MatchSummary&)>& progress,
                               const std::atomic<bool>& stop) {
  MatchPlan plan = run.plan;
  auto probe = MatchTable::open(plan, make_seat_player);
  if (!probe) return probe.error();
  plan.config = probe->game().config();
  // With the hashes of their weights: the games of engines with other weights are those of another match.
  plan.participants = probe->participants();
  auto sprt = Sprt::make(run.sprt, plan.config.seats);
  if (!sprt) return sprt.error();
  auto log = MatchLogFile::open(run.log_path);
  if (!log) return log.error();

  Count count(std::move(*sprt));
  count.summary.participants = plan.participants;
  const auto finished = [&] {
    return run.stop_on_verdict ? count.summary.sprt.finished : count.summary.games >= run.sprt.max_games;
  };
  const std::map<std::uint64_t, Cycle> known = resume(log->results(), plan, probe->game().rules_hash());
  std::uint64_t index = 0;
  for (auto at = known.find(0); at != known.end() && at->second.complete() && !finished(); at = known.find(index)) {
    if (auto added = count.add(at->second); !added) return added.error();
    ++index;
  }

  CycleBoard board(index, plan.cycles, 2 * static_cast<std::uint64_t>(run.threads));
  std::vector<MatchTable> tables;
  for (int i = 0; i < run.threads; ++i) {
    auto table = MatchTable::open(plan, make_seat_player);
    if (!table) return table.error();
    tables.push_back(std::move(*table));
    board.enter();
  }
  std::atomic<bool> over = finished();
  JoinedThreads threads;
  const auto play = [&board, &tables, &known, &over, &stop, seats = plan.config.seats](unsigned thread) {
    while (!over && !stop) {
      const auto taken = board.take();
      if (!taken) break;
      const auto found = known.find(*taken);
      Cycle cycle = found != known.end() ? found->second : Cycle{};
      cycle.games.resize(static_cast<std::size_t>(seats));
      for (int rotation = 0; rotation < seats && !over && !stop; ++rotation) {
        auto& game = cycle.games[static_cast<std::size_t>(rotation)];
        if (game) continue;
        auto played = tables[thread].play(*taken, rotation);
        cycle.plies += played.plies;
        cycle.unlogged.push_back(played.result);
        game = std::move(played.result);
      }
      board.give(*taken, std::move(cycle));
    }
    board.leave(over || stop);
  };
  Result<void> outcome = threads.start_all(static_cast<unsigned>(tables.size()), play);
  for (; outcome && !finished() && index < plan.cycles; ++index) {
    const auto cycle = board.wait(index);
    if (!cycle) break;
    if (outcome = log->append(cycle->unlogged); !outcome) break;
    if (outcome = count.add(*cycle); !outcome) break;
    progress(count.summary);
  }
  over = true;
  board.close();
  threads.join();
  if (!outcome) return outcome.error();
  count.summary.interrupted = stop && index < plan.cycles && !finished();
  const auto rest = board.rest();
  if (count.summary.interrupted && !rest.empty()) {
    const auto has = [](const std::map<std::uint64_t, Cycle>& cycles, std::uint64_t cycle, int rotation) {
      const auto at = cycles.find(cycle);
      return at != cycles.end() && at->second.games[static_cast<std::size_t>(rotation)].has_value();
    };
    std::vector<MatchResult> games;
    for (const auto& [cycle, rotation] : loggable_games(
             plan, index, rest.rbegin()->first, [&](auto c, int r) { return has(rest, c, r) || has(known, c, r); })) {
      if (!has(known, cycle, rotation)) games.push_back(*rest.at(cycle).games[static_cast<std::size_t>(rotation)]);
    }
    if (auto kept = log->append(games); !kept) return kept.error();
  }
  return count.summary;
}

}  // namespace mz
