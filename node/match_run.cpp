#include "node/match_run.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "node/engine_seat.h"
#include "node/joined_threads.h"
#include "store/match_log_file.h"

namespace mz {
namespace {

// The games of one cycle, by rotation.
struct Cycle {
  std::vector<MatchResult> results;
  std::uint64_t plies = 0;
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
    done_.emplace(index, std::move(cycle));
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

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Cycle> done_;
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

bool is_game_of(const MatchResult& result, const MatchPlan& plan, const Digest& rules, std::uint64_t cycle,
                int rotation) {
  return result.rules_hash == rules && result.config == plan.config && result.participants == plan.participants &&
         result.opening_seed == opening_seed(plan, cycle) && result.order == seat_order(plan.config.seats, rotation) &&
         holds_under(result, plan.max_moves);
}

// The whole cycles of this very match at the front of the log.
std::vector<Cycle> resume(const std::vector<MatchResult>& log, const MatchPlan& plan, const Digest& rules) {
  std::vector<Cycle> cycles;
  Cycle current;
  for (const MatchResult& result : log) {
    const int rotation = static_cast<int>(current.results.size());
    if (!is_game_of(result, plan, rules, cycles.size(), rotation)) continue;
    current.results.push_back(result);
    if (rotation + 1 < plan.config.seats) continue;
    cycles.push_back(std::move(current));
    current = Cycle{};
    if (cycles.size() == plan.cycles) break;
  }
  return cycles;
}

class Count {
 public:
  explicit Count(Sprt sprt) : sprt_(std::move(sprt)) {}

  Result<void> add(const Cycle& cycle) {
    std::vector<ScoredGame> games;
    for (const MatchResult& result : cycle.results) {
      games.push_back(scored_game(result, 0));
      summary.capped += result.capped ? 1 : 0;
    }
    if (auto added = sprt_.add_cycle(games); !added) return added;
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
  const auto finished = [&] {
    return run.stop_on_verdict ? count.summary.sprt.finished : count.summary.games >= run.sprt.max_games;
  };
  std::uint64_t index = 0;
  for (const Cycle& cycle : resume(log->results(), plan, probe->game().rules_hash())) {
    if (finished()) break;
    if (auto added = count.add(cycle); !added) return added.error();
    ++index;
  }
  count.summary.resumed_games = count.summary.games;

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
  for (MatchTable& table : tables) {
    threads.start([&board, &table, &over, &stop, seats = plan.config.seats] {
      while (!over && !stop) {
        const auto cycle = board.take();
        if (!cycle) break;
        Cycle games;
        for (int rotation = 0; rotation < seats && !over && !stop; ++rotation) {
          auto played = table.play(*cycle, rotation);
          games.plies += played.plies;
          games.results.push_back(std::move(played.result));
        }
        if (games.results.size() == static_cast<std::size_t>(seats)) board.give(*cycle, std::move(games));
      }
      board.leave(over || stop);
    });
  }
  Result<void> outcome;
  for (; !finished() && index < plan.cycles; ++index) {
    const auto cycle = board.wait(index);
    if (!cycle) break;
    if (outcome = log->append(cycle->results); !outcome) break;
    if (outcome = count.add(*cycle); !outcome) break;
    count.summary.plies += cycle->plies;
    count.summary.played += cycle->results.size();
    progress(count.summary);
  }
  over = true;
  board.close();
  threads.join();
  if (!outcome) return outcome.error();
  count.summary.interrupted = stop && index < plan.cycles && !finished();
  return count.summary;
}

}  // namespace mz
