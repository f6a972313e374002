#include "engine/match_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/base/rng.h"
#include "engine/stats/sprt.h"
#include "tests/unit/stats/simulated_match.h"

namespace mz {
namespace {

const std::string kWeights(64, 'a');

// Game number `n` of A against B on two seats; A sits on seat n mod 2 and wins every third game.
MatchResult result_number(std::uint64_t n) {
  MatchResult r;
  r.rules_hash = sha256(std::string_view("rules"));
  r.config = {"toy", "line 5", 2, {{"pie", 1}, {"cap,=", -3}}};
  r.participants = {{"heuristic:weights=my file#1.json", kWeights}, {"random", ""}};
  r.opening_seed = derive_seed(3, n / 2);
  r.order = n % 2 == 0 ? std::vector<int>{0, 1} : std::vector<int>{1, 0};
  r.play_hash = test::play(n + 1);
  r.winner = n % 3 == 0 ? static_cast<int>(n % 2) : n % 3 == 1 ? static_cast<int>(1 - n % 2) : kNobody;
  r.capped = n % 3 == 2;
  r.max_moves = n % 3 == 0 ? 0 : 300;
  return r;
}

MatchResult four_seats() {
  MatchResult r = result_number(0);
  r.config = {"ringrift", "square8", 4, {}};
  r.participants = {{"minimax:depth=3", kWeights}, {"random", ""}, {"random", ""}, {"random", ""}};
  r.order = {2, 0, 3, 1};
  r.winner = 1;
  return r;
}

std::vector<std::string> lines(std::uint64_t count) {
  MatchLogTail tail;
  std::vector<std::string> out;
  for (std::uint64_t n = 0; n < count; ++n) out.push_back(append_match_line(tail, result_number(n)).value());
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

TEST(MatchLog, ReadsBackWhatWasAppended) {
  MatchLogTail tail;
  std::string text;
  std::vector<MatchResult> expected;
  for (std::uint64_t n = 0; n < 20; ++n) {
    expected.push_back(n == 7 ? four_seats() : result_number(n));
    text += append_match_line(tail, expected.back()).value();
  }
  const MatchLogReading reading = read_match_log(text);
  EXPECT_EQ(reading.results, expected);
  EXPECT_EQ(reading.fault_count, 0U);
  EXPECT_EQ(reading.tail, tail);
  EXPECT_EQ(reading.complete_bytes, text.size());
}

TEST(MatchLog, ALineHasTheDocumentedForm) {
  MatchLogTail tail;
  MatchResult r = four_seats();
  r.rules_hash = {};
  r.play_hash = {};
  r.opening_seed = 255;
  const std::string line = append_match_line(tail, r).value();
  const std::string zeros(64, '0');
  const std::string body = "mzmatch1 0 0000000000000000 " + zeros + " ringrift square8 4 - 00000000000000ff 2031 " +
                           zeros + " LWLL 0 minimax:depth=3#" + kWeights + " random#- random#- random#-";
  EXPECT_EQ(line, body + " " + to_hex(sha256(std::string_view(body))) + "\n");
  EXPECT_EQ(tail.next_index, 1U);
  EXPECT_EQ(tail.previous, to_hex(sha256(std::string_view(body))).substr(0, 16));
}

TEST(MatchLog, TellsTheCapOfTheMatchBehindWhetherItStoppedTheGame) {
  const auto word = [](bool capped, std::uint32_t max_moves) {
    MatchLogTail tail;
    MatchResult r = result_number(2);
    r.capped = capped;
    r.max_moves = max_moves;
    const std::string line = append_match_line(tail, r).value();
    EXPECT_EQ(read_match_log(line).results.at(0), r);
    const std::size_t outcome = line.find(" DD ");
    return line.substr(outcome + 4, line.find(' ', outcome + 4) - outcome - 4);
  };
  EXPECT_EQ(word(true, 300), "1:300");
  EXPECT_EQ(word(false, 300), "0:300");
  EXPECT_EQ(word(false, 0), "0");
  EXPECT_EQ(word(true, 0), "1") << "as in the first versions";
}

TEST(MatchLog, ContinuesFromATail) {
  const auto all = lines(6);
  const MatchLogReading first = read_match_log(joined({all.begin(), all.begin() + 4}));
  const MatchLogReading rest = read_match_log(joined({all.begin() + 4, all.end()}), first.tail);
  EXPECT_EQ(rest.fault_count, 0U);
  EXPECT_EQ(rest.results, (std::vector<MatchResult>{result_number(4), result_number(5)}));
  EXPECT_EQ(read_match_log("").tail, MatchLogTail{});
}

TEST(MatchLog, NamesTheDamagedLineAndKeepsTheOthers) {
  const auto all = lines(5);
  std::size_t tried = 0;
  for (std::size_t i = 0; i + 1 < all[2].size(); ++i) {  // every byte of the third line but its newline
    auto damaged = all;
    damaged[2][i] = damaged[2][i] == '0' ? '1' : '0';
    const MatchLogReading reading = read_match_log(joined(damaged));
    ASSERT_EQ(reading.fault_count, 1U) << i;
    ASSERT_EQ(reading.faults[0].line, 3U) << i;
    ASSERT_EQ(reading.results.size(), 4U) << i;
    ASSERT_EQ(reading.results[2], result_number(3)) << i;
    ++tried;
  }
  EXPECT_GT(tried, 300U);
}

TEST(MatchLog, FindsMissingDoubledAndExchangedLines) {
  const auto all = lines(6);
  auto missing = all;
  missing.erase(missing.begin() + 2);
  ASSERT_EQ(read_match_log(joined(missing)).fault_count, 1U);
  EXPECT_EQ(read_match_log(joined(missing)).faults[0].line, 3U);

  auto first_missing = all;
  first_missing.erase(first_missing.begin());
  ASSERT_EQ(read_match_log(joined(first_missing)).fault_count, 1U);
  EXPECT_EQ(read_match_log(joined(first_missing)).faults[0].line, 1U);

  auto doubled = all;
  doubled.insert(doubled.begin() + 3, all[2]);
  EXPECT_EQ(read_match_log(joined(doubled)).faults.at(0).line, 4U);

  auto exchanged = all;
  std::swap(exchanged[1], exchanged[2]);
  EXPECT_EQ(read_match_log(joined(exchanged)).faults.at(0).line, 2U);

  // A line of another log with the right index.
  MatchLogTail other;
  ASSERT_TRUE(append_match_line(other, result_number(9)).ok());
  auto foreign = all;
  foreign[1] = append_match_line(other, result_number(1)).value();
  EXPECT_EQ(read_match_log(joined(foreign)).faults.at(0).line, 2U);
}

TEST(MatchLog, ALineCutOffByACrashIsNoFaultAndCanBeCutAway) {
  const auto all = lines(3);
  const std::string text = joined(all);
  for (std::size_t cut = 1; cut <= all[2].size(); ++cut) {
    const MatchLogReading reading = read_match_log(text.substr(0, text.size() - cut));
    ASSERT_EQ(reading.fault_count, 0U);
    ASSERT_EQ(reading.results.size(), 2U);
    ASSERT_EQ(reading.complete_bytes, all[0].size() + all[1].size());
  }
}

TEST(MatchLog, AnEndThatNoWriterOfALogCanHaveLeftIsAFault) {
  const std::string sound = joined(lines(2));
  for (const std::string& end : {std::string("{\"precious\":1}"), std::string("mzmatch2 "), std::string("m "),
                                 std::string("mzmatch1\t0"), std::string(1, '\0')}) {
    const MatchLogReading foreign = read_match_log(end);
    ASSERT_EQ(foreign.fault_count, 1U) << end;
    EXPECT_EQ(foreign.faults[0].line, 1U) << end;
    EXPECT_EQ(foreign.complete_bytes, 0U) << end;
    const MatchLogReading behind = read_match_log(sound + end);
    ASSERT_EQ(behind.fault_count, 1U) << end;
    EXPECT_EQ(behind.faults[0].line, 3U) << end;
    EXPECT_EQ(behind.results.size(), 2U) << end;
  }
}

TEST(MatchLog, GoesOnBehindADamagedLastLine) {
  auto all = lines(3);
  all[2][10] = '?';
  const MatchLogReading damaged = read_match_log(joined(all));
  MatchLogTail tail = damaged.tail;
  EXPECT_EQ(tail.next_index, 2U);
  std::string text = joined(all);
  text += append_match_line(tail, result_number(7)).value();
  text += append_match_line(tail, result_number(8)).value();
  const MatchLogReading reading = read_match_log(text);
  EXPECT_EQ(reading.fault_count, 1U);
  EXPECT_EQ(reading.faults[0].line, 3U);
  EXPECT_EQ(reading.results.size(), 4U);
}

TEST(MatchLog, RefusesResultsThatAreNone) {
  const auto refused = [](const std::function<void(MatchResult&)>& change) {
    MatchResult r = result_number(0);
    change(r);
    MatchLogTail tail;
    const auto line = append_match_line(tail, r);
    EXPECT_EQ(tail == MatchLogTail{}, !line.ok());  // a refused result takes no number
    return !line.ok() && line.error().kind == ErrorKind::usage;
  };
  EXPECT_TRUE(refused([](MatchResult& r) { r.config.seats = 1; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.config.seats = 5; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.config.game.clear(); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.config.board = std::string(65, 'x'); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.config.options[""] = 1; }));
  EXPECT_TRUE(refused([](MatchResult& r) {
    for (int i = 0; i <= static_cast<int>(kMaxMatchOptions); ++i) r.config.options["o" + std::to_string(i)] = i;
  }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.participants.pop_back(); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.participants[0].spec.clear(); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.participants[0].spec = std::string(513, 'x'); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.participants[0].weights_hash = std::string(64, 'A'); }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.participants[0].weights_hash = "ab"; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.order = {0}; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.order = {1, 1}; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.order = {0, 2}; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.winner = 2; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.winner = -2; }));
  EXPECT_TRUE(refused([](MatchResult& r) { r.capped = true; }));  // with a winner
  EXPECT_FALSE(refused([](MatchResult&) {}));
}

TEST(MatchLog, TheLongestResultFitsALine) {
  MatchResult r = four_seats();
  r.config.game = std::string(64, ' ');
  r.config.board = std::string(64, '%');
  for (int i = 0; i < static_cast<int>(kMaxMatchOptions); ++i) {
    r.config.options[std::string(62, ',') + std::to_string(10 + i)] = -2'000'000'000;
  }
  for (SeatEngine& engine : r.participants) engine = {std::string(512, '\n'), kWeights};
  MatchLogTail tail;
  const std::string line = append_match_line(tail, r).value();
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(read_match_log(line).results.at(0), r);
}

// The line with one word exchanged and its digest made right again.
std::string forged(const std::string& line, std::size_t word, const std::string& replacement) {
  std::string body;
  std::size_t index = 0;
  const std::string old = line.substr(0, line.rfind(' '));
  for (std::size_t at = 0; at <= old.size(); ++index) {
    const std::size_t end = std::min(old.find(' ', at), old.size());
    if (index > 0) body += ' ';
    body += index == word ? replacement : old.substr(at, end - at);
    at = end + 1;
  }
  return body + " " + to_hex(sha256(std::string_view(body))) + "\n";
}

TEST(MatchLog, OneResultHasOneSpelling) {
  const std::string line = lines(1)[0];
  ASSERT_EQ(forged(line, 0, "mzmatch1"), line);
  // Each of these says the same or nothing sensible in another way; the digests are right.
  const std::vector<std::pair<std::size_t, std::string>> others{
      {0, "mzmatch2"},
      {1, "00"},
      {1, "-0"},
      {1, "99999999999999999999"},
      {3, std::string(64, 'g')},
      {3, ""},
      {4, "%74oy"},
      {4, ""},
      {4, "to%"},
      {4, "to%2"},
      {4, "to%zz"},
      {5, "line%205%"},
      {6, "02"},
      {6, "7"},
      {6, "x"},
      {7, "pie=1,cap%2C%3D=-3"},
      {7, "cap%2C%3D=-3,pie=01"},
      {7, "pie"},
      {7, "pie=1,"},
      {7, "pie=1,pie=1"},
      {7, "=1"},
      {7, ""},
      {8, "ff"},
      {8, std::string(16, 'F')},
      {9, "00"},
      {9, "0"},
      {9, "012"},
      {9, "ab"},
      {10, "0"},
      {11, "WW"},
      {11, "WD"},
      {11, "W"},
      {11, "wl"},
      {11, "LL"},
      {12, "2"},
      {12, "1"},
      {12, "0:0"},
      {12, "0:007"},
      {12, "0:"},
      {12, "0:x"},
      {12, "0:4294967296"},
      {12, "0:1:1"},
      {12, ":1"},
      {13, "random"},
      {13, "#-"},
      {13, "random#"},
      {13, "random#xyz"},
      {14, "a b#-"},
      {14, "random#- random#-"},
      {14, "random#- random#- random#- random#- random#- random#-"}};
  for (const auto& [word, text] : others) {
    const MatchLogReading reading = read_match_log(forged(line, word, text));
    EXPECT_EQ(reading.results.size(), 0U) << word << " " << text;
    EXPECT_EQ(reading.fault_count, 1U) << word << " " << text;
  }
}

TEST(MatchLog, ReadsAnyBytesWithoutHarm) {
  const std::string good = joined(lines(4));
  Rng rng(5);
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (std::uint32_t edits = 1 + rng.below(6); edits > 0; --edits) {
      const std::size_t at = rng.below(static_cast<std::uint32_t>(text.size()));
      switch (rng.below(4)) {
        case 0:
          text[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          text.erase(at, rng.below(40));
          break;
        case 2:
          text.insert(at, std::string(1 + rng.below(3), "\n \0%"[rng.below(4)]));
          break;
        default:
          text.insert(at, text.substr(rng.below(static_cast<std::uint32_t>(text.size())), rng.below(200)));
          break;
      }
      if (text.empty()) text = "x";
    }
    const MatchLogReading reading = read_match_log(text);
    ASSERT_LE(reading.complete_bytes, text.size());
    for (const MatchResult& r : reading.results) {
      // Whatever is believed is something that was written.
      ASSERT_TRUE(r == result_number(0) || r == result_number(1) || r == result_number(2) || r == result_number(3));
    }
  }
}

TEST(MatchLog, ManyFaultsAreCountedNotHoarded) {
  const MatchLogReading reading = read_match_log(std::string(100'000, '\n'));
  EXPECT_EQ(reading.fault_count, 100'000U);
  EXPECT_EQ(reading.faults.size(), MatchLogReading::kMaxFaults);
  EXPECT_EQ(read_match_log(std::string(kMaxMatchLineBytes + 1, 'x') + "\n").fault_count, 1U);
}

TEST(MatchLog, FeedsTheSequentialTestFromSideA) {
  Sprt sprt = Sprt::make({}, 2).value();
  for (std::uint64_t pair = 0; pair < 3; ++pair) {
    std::vector<ScoredGame> games;
    for (std::uint64_t n = 2 * pair; n < 2 * pair + 2; ++n) games.push_back(scored_game(result_number(n), 0));
    ASSERT_TRUE(sprt.add_cycle(games).ok());
  }
  // Games 0 and 3 are won by A, 1 and 4 lost, 2 and 5 shared.
  EXPECT_EQ(sprt.score().wins(), 2U);
  EXPECT_EQ(sprt.score().losses(), 2U);
  EXPECT_EQ(sprt.score().shared(), 2U);
  EXPECT_EQ(scored_game(result_number(0), 1).score, GameScore::loss);
  EXPECT_EQ(scored_game(four_seats(), 0).score, GameScore::win);
}

TEST(MatchLog, FeedsTheRatingsByContentHash) {
  std::vector<RatedGame> games;
  for (std::uint64_t n = 0; n < 60; ++n) games.push_back(rated_game(result_number(n)));
  const std::string random = participant_id({"random", ""});
  const auto tables = rate(games, random).value();
  ASSERT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables.begin()->first, configuration_id(result_number(0)));
  const RatingGroup& group = tables.begin()->second.at(0);
  EXPECT_TRUE(group.anchored);
  ASSERT_EQ(group.ratings.size(), 2U);
  EXPECT_NEAR(group.ratings[0].elo, 0, 1e-6);
}

TEST(MatchLog, OtherWeightsRulesOrOptionsAreOtherThings) {
  EXPECT_NE(participant_id({"heuristic", kWeights}), participant_id({"heuristic", std::string(64, 'b')}));
  EXPECT_NE(participant_id({"heuristic", ""}), participant_id({"heuristic2", ""}));
  EXPECT_EQ(participant_id({"heuristic", ""}), participant_id({"heuristic", ""}));
  // Where the weights are known the name of their file is not part of the engine.
  EXPECT_EQ(participant_id({"heuristic:weights=a.json", kWeights}), participant_id({"heuristic", kWeights}));
  EXPECT_NE(participant_id({"heuristic:weights=a.json", ""}), participant_id({"heuristic", ""}));
  EXPECT_NE(participant_id({"minimax:nodes=9", kWeights}), participant_id({"heuristic", kWeights}));
  const MatchResult base = result_number(0);
  MatchResult other = base;
  other.rules_hash[0] ^= 1;
  EXPECT_NE(configuration_id(other), configuration_id(base));
  other = base;
  other.config.options["pie"] = 0;
  EXPECT_NE(configuration_id(other), configuration_id(base));
  other = base;
  other.config.board = "line";
  EXPECT_NE(configuration_id(other), configuration_id(base));
  other = base;
  other.play_hash[3] ^= 1;
  EXPECT_EQ(configuration_id(other), configuration_id(base));
}

}  // namespace
}  // namespace mz
