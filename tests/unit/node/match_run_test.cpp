#include "node/match_run.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "engine/ringrift/weights.h"
#include "store/match_log_file.h"

namespace mz {
namespace {

const std::atomic<bool> kGoOn{false};
void ignore(const MatchSummary&) {}

class MatchRunTest : public testing::Test {
 protected:
  MatchRunTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mz-match-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~MatchRunTest() override { std::filesystem::remove_all(directory_); }

  MatchRun plan(const std::string& log, std::uint64_t cycles, int threads, int players = 2) const {
    MatchRun run;
    run.plan.config.board = "square8";
    run.plan.config.seats = players;
    run.plan.participants.assign(static_cast<std::size_t>(players), {"random", ""});
    run.plan.participants[0].spec = "heuristic";
    run.plan.cycles = cycles;
    run.sprt.max_games = cycles * static_cast<std::uint64_t>(players);
    run.stop_on_verdict = false;
    run.threads = threads;
    run.log_path = (directory_ / log).string();
    return run;
  }
  std::string content(const std::string& log) const {
    std::ifstream in(directory_ / log, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Play hashes of the games in a log.
  std::multiset<std::string> games_in(const std::string& log) const {
    std::multiset<std::string> games;
    const auto reading = read_match_log_file((directory_ / log).string());
    for (const MatchResult& result : reading->results) games.insert(to_hex(result.play_hash));
    return games;
  }

  std::filesystem::path directory_;
};

TEST_F(MatchRunTest, EveryEngineSitsOnEverySeatOncePerCycle) {
  ASSERT_TRUE(run_match(plan("log", 3, 1, 3), ignore, kGoOn));
  const auto reading = read_match_log_file((directory_ / "log").string());
  ASSERT_TRUE(reading);
  ASSERT_EQ(reading->results.size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(reading->results[i].order[i % 3], 0);
    EXPECT_EQ(reading->results[i].opening_seed, reading->results[i / 3 * 3].opening_seed);
  }
  EXPECT_NE(reading->results[0].opening_seed, reading->results[3].opening_seed);
}

TEST_F(MatchRunTest, TheLogDoesNotDependOnTheNumberOfThreads) {
  ASSERT_TRUE(run_match(plan("one", 12, 1), ignore, kGoOn));
  ASSERT_TRUE(run_match(plan("four", 12, 4), ignore, kGoOn));
  EXPECT_EQ(content("one"), content("four"));
}

TEST_F(MatchRunTest, CountsPairsByTheirScore) {
  const auto summary = run_match(plan("log", 9, 1), ignore, kGoOn);
  ASSERT_TRUE(summary);
  const auto reading = read_match_log_file((directory_ / "log").string());
  ASSERT_TRUE(reading);
  ASSERT_EQ(reading->results.size(), 18U);
  std::vector<std::uint64_t> counted(5);  // in quarters of a pair
  for (std::size_t i = 0; i < 18; i += 2) {
    std::size_t quarters = 0;
    for (const MatchResult& result : {reading->results[i], reading->results[i + 1]}) {
      const bool nobody = result.winner == kNobody;
      quarters += nobody ? 1 : result.order[static_cast<std::size_t>(result.winner)] == 0 ? 2 : 0;
    }
    ++counted[quarters];
  }
  EXPECT_EQ(summary->histogram, counted);
}

TEST_F(MatchRunTest, AnInterruptedMatchGoesOnWhereItStopped) {
  const auto whole = run_match(plan("whole", 8, 2), ignore, kGoOn);
  ASSERT_TRUE(whole);
  for (const int threads : {1, 3}) {
    const std::string name = "part" + std::to_string(threads);
    std::atomic<bool> stop{false};
    const auto part = run_match(
        plan(name, 8, threads), [&](const MatchSummary& s) { stop = s.cycles >= 2; }, stop);
    ASSERT_TRUE(part);
    EXPECT_TRUE(part->interrupted);
    EXPECT_LT(part->games, 16U);
    const std::size_t logged = games_in(name).size();
    EXPECT_GE(logged, part->games);
    const auto rest = run_match(plan(name, 8, threads), ignore, kGoOn);
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->resumed_games, logged);
    EXPECT_EQ(rest->resumed_games + rest->played, 16U);
    EXPECT_EQ(rest->elo.score, whole->elo.score);
    EXPECT_EQ(games_in(name), games_in("whole"));
  }
  EXPECT_EQ(content("part1"), content("whole")) << "one thread finishes games in the order of the log";
}

TEST_F(MatchRunTest, AFinishedGameOfAnUnfinishedCycleIsKept) {
  // The interruption comes nearly always within the first game of a cycle, which is then the last to be played.
  bool kept = false;
  for (std::uint64_t seed = 1; seed <= 20 && !kept; ++seed) {
    const std::string name = "log" + std::to_string(seed);
    MatchRun run = plan(name, 20, 1);
    run.plan.seed = seed;
    run.plan.participants[0].spec = "minimax:nodes=10000";
    std::atomic<bool> stop{false};
    const auto part = run_match(
        run, [&](const MatchSummary&) { stop = true; }, stop);
    ASSERT_TRUE(part);
    kept = part->interrupted && games_in(name).size() > part->games;
  }
  EXPECT_TRUE(kept);
}

TEST_F(MatchRunTest, GamesInTheLogAreTakenInWhateverOrderTheyAreAndOnlyTheOthersArePlayed) {
  MatchRun whole = plan("whole", 4, 2);
  whole.plan.max_moves = 60;
  ASSERT_TRUE(run_match(whole, ignore, kGoOn));
  const auto all = read_match_log_file(whole.log_path)->results;
  ASSERT_EQ(all.size(), 8U);
  MatchRun rest = whole;
  rest.log_path = (directory_ / "rest").string();
  {
    // Cycle 1 in full, half of cycle 2 and then half of cycle 0.
    auto log = MatchLogFile::open(rest.log_path);
    ASSERT_TRUE(log);
    for (const std::size_t index : {2U, 3U, 4U, 1U}) ASSERT_TRUE(log->append({&all[index], 1}));
  }
  const auto summary = run_match(rest, ignore, kGoOn);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->resumed_games, 4U);
  EXPECT_EQ(summary->played, 4U);
  EXPECT_EQ(games_in("rest"), games_in("whole"));
}

TEST(LoggableGames, LeavesOutAGameThatTheLogWouldTakeForAMissingOne) {
  using Games = std::vector<std::pair<std::uint64_t, int>>;
  const Games finished = {{4, 0}, {5, 0}, {5, 1}, {6, 0}, {6, 1}, {7, 0}, {8, 1}};
  const auto loggable = [&](std::uint64_t openings) {
    MatchPlan plan;
    plan.config.seats = 2;
    plan.openings = openings;
    return loggable_games(plan, 4, 8, [&](std::uint64_t cycle, int rotation) {
      return std::find(finished.begin(), finished.end(), std::pair(cycle, rotation)) != finished.end();
    });
  };
  EXPECT_EQ(loggable(0), finished) << "each cycle has an opening of its own";
  EXPECT_EQ(loggable(2), (Games{{4, 0}, {5, 0}, {5, 1}, {6, 0}, {7, 0}})) << "the second game of cycle 4 is missing";
}

TEST_F(MatchRunTest, TheLogNamesTheWeightsThatEachEngineReallyUsed) {
  MatchRun run = plan("log", 1, 1, 3);
  run.plan.participants[1].spec = "heuristic:weights=aggressive";
  ASSERT_TRUE(run_match(run, ignore, kGoOn));
  const auto reading = read_match_log_file((directory_ / "log").string());
  ASSERT_TRUE(reading);
  ASSERT_EQ(reading->results.size(), 3U);
  for (const MatchResult& result : reading->results) {
    EXPECT_EQ(result.participants[0].weights_hash, to_hex(ringrift::weights_hash(ringrift::default_weights())));
    EXPECT_EQ(result.participants[1].weights_hash,
              to_hex(ringrift::weights_hash(*ringrift::profile_weights("aggressive"))));
    EXPECT_EQ(result.participants[2].weights_hash, "");
  }
}

TEST_F(MatchRunTest, TheLogNamesTheEngineOfADifficultyInFull) {
  MatchRun run = plan("log", 1, 1);
  run.plan.participants[0].spec = "difficulty:2";
  ASSERT_TRUE(run_match(run, ignore, kGoOn));
  const auto reading = read_match_log_file((directory_ / "log").string());
  ASSERT_TRUE(reading);
  ASSERT_FALSE(reading->results.empty());
  EXPECT_EQ(reading->results.front().participants[0].spec, "heuristic:random=75");
  const auto again = run_match(run, ignore, kGoOn);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->resumed_games, 2U);
}

TEST_F(MatchRunTest, AFileWithOtherWeightsBeginsAnotherMatch) {
  const std::string file = (directory_ / "weights.json").string();
  const auto write = [&](std::string_view profile) {
    std::ofstream(file, std::ios::binary) << ringrift::weights_json(*ringrift::profile_weights(profile), "mine");
  };
  MatchRun run = plan("log", 2, 1);
  run.plan.participants[0].spec = "heuristic:weights=" + file;
  const auto resumed = [&] {
    const auto summary = run_match(run, ignore, kGoOn);
    return summary ? static_cast<int>(summary->resumed_games) : -1;
  };
  write("balanced");
  EXPECT_EQ(resumed(), 0);
  EXPECT_EQ(resumed(), 4);
  write("defensive");
  EXPECT_EQ(resumed(), 0);
  write("balanced");
  EXPECT_EQ(resumed(), 4);
}

TEST_F(MatchRunTest, AGameThatWasStoppedCountsForNoMatchWithAnotherCap) {
  constexpr std::uint32_t kCap = 30;  // less than any game of these two lasts
  const auto with_cap = [&](std::uint32_t cap) {
    MatchRun run = plan("log", 2, 1);
    run.plan.max_moves = cap;
    return run_match(run, ignore, kGoOn);
  };
  const auto stopped = with_cap(kCap);
  ASSERT_TRUE(stopped);
  ASSERT_EQ(stopped->capped, 4U);
  const auto later = with_cap(kCap + 1);
  ASSERT_TRUE(later);
  EXPECT_EQ(later->resumed_games, 0U);
  const auto free = with_cap(0);
  ASSERT_TRUE(free);
  EXPECT_EQ(free->resumed_games, 0U);
  EXPECT_EQ(free->capped, 0U);
  const auto again = with_cap(kCap);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->resumed_games, 4U);
}

TEST_F(MatchRunTest, AGameThatEndedByItselfCountsForEveryCapItIsKnownToKeep) {
  constexpr std::uint32_t kCap = 20'000;  // more than any game lasts
  const auto resumed = [&](std::uint32_t cap) {
    MatchRun run = plan("log", 2, 1);
    run.plan.max_moves = cap;
    const auto summary = run_match(run, ignore, kGoOn);
    EXPECT_TRUE(summary && summary->capped == 0);
    return summary ? static_cast<int>(summary->resumed_games) : -1;
  };
  EXPECT_EQ(resumed(0), 0);
  EXPECT_EQ(resumed(kCap), 0) << "how long those games were is not in the log";
  EXPECT_EQ(resumed(kCap + 1), 4);
  EXPECT_EQ(resumed(kCap - 1), 0);
  EXPECT_EQ(resumed(0), 4);
}

TEST_F(MatchRunTest, GamesOfOneOpeningDifferByTheirSeeds) {
  MatchRun run = plan("log", 6, 2);
  run.plan.openings = 2;
  const auto summary = run_match(run, ignore, kGoOn);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->distinct_games, 12U);
  EXPECT_EQ(summary->cycles, 6U);
}

TEST_F(MatchRunTest, ADamagedLogIsRefusedAndKept) {
  ASSERT_TRUE(run_match(plan("log", 2, 1), ignore, kGoOn));
  std::string bytes = content("log");
  bytes[bytes.size() / 3] ^= 1;
  std::ofstream(directory_ / "log", std::ios::binary) << bytes;
  const auto refused = run_match(plan("log", 4, 1), ignore, kGoOn);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(content("log"), bytes);
}

TEST_F(MatchRunTest, AFileThatIsNoMatchLogIsRefusedAndKept) {
  for (const std::string bytes : {"{\"precious\":1}", "{\"precious\":1}\n", "m1", "mzmatch2 0"}) {
    std::ofstream(directory_ / "p.json", std::ios::binary) << bytes;
    const auto refused = run_match(plan("p.json", 1, 1), ignore, kGoOn);
    ASSERT_FALSE(refused) << bytes;
    EXPECT_EQ(refused.error().kind, ErrorKind::corrupt);
    EXPECT_NE(refused.error().text.find((directory_ / "p.json").string()), std::string::npos) << refused.error().text;
    EXPECT_EQ(content("p.json"), bytes);
  }
}

TEST_F(MatchRunTest, ALineCutOffByACrashIsRemovedAndPlayedAgain) {
  ASSERT_TRUE(run_match(plan("log", 3, 1), ignore, kGoOn));
  const std::string bytes = content("log");
  const std::size_t last = bytes.rfind('\n', bytes.size() - 2) + 1;
  for (const std::size_t length : {bytes.size() - 40, last + 9, last + 1}) {
    std::ofstream(directory_ / "log", std::ios::binary) << bytes.substr(0, length);
    const auto again = run_match(plan("log", 3, 1), ignore, kGoOn);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->games, 6U);
    EXPECT_EQ(read_match_log_file((directory_ / "log").string())->fault_count, 0U);
  }
}

TEST_F(MatchRunTest, ASecondWriterIsRefused) {
  const auto log = MatchLogFile::open((directory_ / "log").string());
  ASSERT_TRUE(log);
  const auto second = run_match(plan("log", 1, 1), ignore, kGoOn);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::refused);
}

TEST_F(MatchRunTest, TheEvaluationBeatsRandomPlayOnEveryBoard) {
  for (const char* board : {"square8", "square19", "hex8", "hexagonal"}) {
    MatchRun run = plan(board, 8, 2);
    run.plan.config.board = board;
    const auto summary = run_match(run, ignore, kGoOn);
    ASSERT_TRUE(summary);
    EXPECT_GT(summary->elo.score, 0.6) << board;
  }
}

// Plays as another player does, except that it swaps sides wherever it may, and notes on which seats it was asked.
class Swapper final : public Player {
 public:
  Swapper(std::unique_ptr<Player> player, bool swaps, std::vector<int>& seats)
      : player_(std::move(player)), swaps_(swaps), seats_(seats) {}
  void new_game() override { player_->new_game(); }
  Decision decide(const Position& position, Rng& rng) override {
    const auto swap = position.parse_move("SW 2");
    seats_.push_back(position.actor());
    if (!swap) return player_->decide(position, rng);
    ++offered;
    // Swapping changes nothing but who sits where, so after it the same moves are legal but for the swap.
    const auto unswapped = position.clone();
    unswapped->apply(*swap);
    Decision decision = player_->decide(*unswapped, rng);
    if (swaps_) decision.move = *swap;
    return decision;
  }
  static inline int offered = 0;

 private:
  std::unique_ptr<Player> player_;
  bool swaps_;
  std::vector<int>& seats_;
};

class PieRule : public testing::Test {
 protected:
  // Heuristic, which swaps or not, against random, on both seats; `max_moves` 0: to the end.
  std::vector<MatchTable::Played> cycle(bool swaps, std::uint64_t number, std::uint32_t max_moves = 0) {
    MatchPlan plan;
    plan.config = {.game = "ringrift", .board = "square8", .seats = 2, .options = {{"swap", 1}}};
    plan.participants = {{"heuristic", ""}, {"random", ""}};
    plan.max_moves = max_moves;
    auto table =
        MatchTable::open(plan, [&](const Game& game, const SeatEngine& engine) -> Result<std::unique_ptr<Player>> {
          auto player = game.make_player(engine.spec);
          if (!player) return player.error();
          const bool first = engine.spec == "heuristic";
          return std::unique_ptr<Player>(
              std::make_unique<Swapper>(std::move(*player), first && swaps, first ? asked_ : ignored_));
        });
    std::vector<MatchTable::Played> games;
    for (int rotation = 0; rotation < 2; ++rotation) {
      asked_.clear();
      games.push_back(table->play(number, rotation));
      seats_of_a_.push_back(asked_);
    }
    return games;
  }
  std::vector<int> asked_, ignored_;
  std::vector<std::vector<int>> seats_of_a_;  // by game: where the heuristic was asked
};

TEST_F(PieRule, LeavesTheChoiceOfTheSeatToAnEngineInEveryGame) {
  Swapper::offered = 0;
  for (std::uint64_t number = 0; number < 4; ++number) cycle(false, number);
  EXPECT_EQ(Swapper::offered, 8);
}

TEST_F(PieRule, WhoeverSwapsPlaysOnFromTheOtherSeat) {
  const auto games = cycle(true, 0);
  EXPECT_EQ(games[0].order_at_end, (std::vector<int>{0, 1})) << "the first seat has nothing to swap";
  EXPECT_EQ(games[1].order_at_end, (std::vector<int>{0, 1}));
  EXPECT_EQ(games[1].result.order, (std::vector<int>{1, 0})) << "who began where";
  const std::vector<int>& seats = seats_of_a_[1];
  ASSERT_GT(seats.size(), 5U);
  EXPECT_EQ(seats.front(), 1);
  EXPECT_EQ(std::count(seats.begin() + 1, seats.end(), 0), static_cast<std::ptrdiff_t>(seats.size()) - 1);
}

TEST_F(PieRule, TheEngineThatWonIsTheWinnerWhateverSeatItEndedOn) {
  int won = 0;
  for (std::uint64_t number = 0; number < 6; ++number) {
    for (const auto& played : cycle(true, number)) {
      const int winner = played.result.winner;
      won += winner != kNobody && played.result.order[static_cast<std::size_t>(winner)] == 0 ? 1 : 0;
    }
  }
  EXPECT_GE(won, 11) << "of 12 games against random play";
}

TEST(Opening, IsAFunctionOfItsSeedAndLegal) {
  GameConfig config;
  config.board = "hex8";
  config.seats = 3;
  const auto game = make_game(config);
  ASSERT_TRUE(game);
  const auto opening = make_opening(**game, 5);
  EXPECT_EQ(opening, make_opening(**game, 5));
  EXPECT_NE(opening, make_opening(**game, 6));
  const auto position = (*game)->initial();
  for (const Move move : opening) ASSERT_TRUE(position->play(move));
  EXPECT_EQ(position->kind(), NodeKind::decision);
}

// Two random turns of each seat leave the next one a win on the spot in two of three cases.
TEST(Opening, LeavesNobodyAWinOnTheSpotAndNobodyFarAhead) {
  const auto game = make_game({.game = "ringrift", .board = "square8", .seats = 2, .options = {}});
  ASSERT_TRUE(game);
  auto scout = (*game)->make_player("minimax:depth=1");
  auto judge = (*game)->make_player(kOpeningJudge);
  ASSERT_TRUE(scout && judge);
  double total = 0;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto position = (*game)->initial();
    for (const Move move : make_opening(**game, seed)) position->apply(move);
    Rng rng(seed);
    EXPECT_LT((*scout)->decide(*position, rng).value.value_or(1), kDecided) << seed;
    (*judge)->new_game();
    total += std::abs((*judge)->decide(*position, rng).value.value_or(1));
  }
  EXPECT_LT(total / 8, kFairOpening);
}

}  // namespace
}  // namespace mz
