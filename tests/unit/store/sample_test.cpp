#include "store/sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "store/drawn_position.h"
#include "store/game_source.h"
#include "store/lines.h"
#include "tests/unit/store/played.h"
#include "tests/unit/store/toy_games.h"

namespace mz {
namespace {

using nlohmann::json;

TEST(Base64, KnowsTheVectorsOfTheStandard) {
  // RFC 4648 section 10
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
    EXPECT_EQ(to_base64(bytes), text);
    std::vector<std::uint8_t> back;
    EXPECT_TRUE(from_base64(text, back));
    EXPECT_EQ(back, bytes);
  }
  std::vector<std::uint8_t> out;
  for (const char* wrong : {"Zg=", "Zh==", "Zm9=", "Zm9v=", "Z===", "====", "Zm-v", "Zg==Zg==", "Zm9v\n"})
    EXPECT_FALSE(from_base64(wrong, out)) << wrong;
}

class SampleTest : public testing::Test {
 protected:
  std::shared_ptr<const Game> game_of(const GameRecord& record) { return table_.get(record.config).value(); }
  GameTable table_;
  TestFolder folder_;
  std::unique_ptr<Disk> disk_ = make_posix_disk();
};

TEST_F(SampleTest, ScoresFromTheSideToMove) {
  // Seeds whose games seat 0 and seat 1 win, and a draw.
  std::set<int> winners;
  for (std::uint64_t seed = 0; seed < 200 && winners.size() < 3; ++seed) {
    const GameRecord record = toy_game(seed);
    winners.insert(record.winner);
    SampleFormatter formatter(record, game_of(record), "local");
    const auto position = game_of(record)->initial();
    for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
      if (position->kind() == NodeKind::decision) {
        const auto sample = json::parse(formatter.line(ply, 0));
        const double expected = record.winner == kNobody ? 0.5 : record.winner == position->actor() ? 1 : 0;
        EXPECT_EQ(sample["outcome"].get<double>(), expected);
        EXPECT_EQ(sample["move"], position->move_text(record.moves[ply]));
        EXPECT_EQ(sample["state"]["text"], position->text());
        EXPECT_EQ(sample["move_number"], ply);
        EXPECT_EQ(sample["ply_to_end"], record.moves.size() - ply);
        EXPECT_FALSE(sample.contains("record"));
      }
      position->apply(record.moves[ply]);
    }
  }
  EXPECT_EQ(winners.size(), 3U);
}

TEST_F(SampleTest, CarriesTheRecordOnTheFirstLine) {
  const GameRecord record = toy_game(3);
  SampleFormatter formatter(record, game_of(record), "w\"1");
  const auto sample = json::parse(formatter.line(2, 7));
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(from_base64(sample["record"].get<std::string>(), bytes));
  EXPECT_EQ(decode_record(bytes).value(), record);
  EXPECT_EQ(sample["samples"], 7);
  EXPECT_EQ(sample["game_id"], to_hex(game_id(record)));
  EXPECT_EQ(sample["metadata"]["worker_id"], "w\"1");
  EXPECT_EQ(sample["metadata"]["engine_mode"], "random");
}

TEST_F(SampleTest, DoesNotDependOnTheOrderOfLines) {
  const GameRecord record = toy_game(3);
  SampleFormatter up(record, game_of(record), "local");
  SampleFormatter down(record, game_of(record), "local");
  std::vector<std::string> lines;
  for (std::uint32_t ply = 2; ply < record.moves.size(); ++ply) lines.push_back(up.line(ply, 0));
  for (auto ply = static_cast<std::uint32_t>(record.moves.size()); ply-- > 2;)
    EXPECT_EQ(down.line(ply, 0), lines[ply - 2]);
}

TEST_F(SampleTest, HasWhatTheSearchesFoundOut) {
  SelfplaySpec spec;
  spec.config.board = "hex8";
  spec.engines = {"mcts:sims=40,cheap=6,full=50", "heuristic"};
  spec.max_moves = 40;
  auto table = SelfplayTable::open(spec).value();
  const GameRecord record = played(table, 1);
  const auto statistics = decode_statistics(record.statistics).value();
  SampleFormatter formatter(record, game_of(record), "local");
  const auto position = game_of(record)->initial();
  auto next = statistics.begin();
  int policies = 0;
  for (std::uint32_t ply = 0; ply < record.moves.size(); ++ply) {
    const auto sample = json::parse(formatter.line(ply, 0));
    const bool searched = next != statistics.end() && next->ply == ply;
    ASSERT_EQ(sample.contains("search"), searched);
    EXPECT_EQ(sample.contains("policy"), searched && !next->policy.empty());
    if (searched) {
      EXPECT_DOUBLE_EQ(sample["search"]["value"].get<double>(), next->value / 1e4);
      EXPECT_EQ(sample["search"]["full"], next->full);
      if (!next->policy.empty()) {
        ++policies;
        EXPECT_EQ(sample["policy"].size(), next->policy.size());
        for (const VisitedMove& visited : next->policy)
          EXPECT_EQ(sample["policy"][position->move_text(visited.move)], visited.visits);
      }
      ++next;
    }
    position->apply(record.moves[ply]);
  }
  EXPECT_EQ(next, statistics.end());
  EXPECT_GT(policies, 3);
  EXPECT_LT(static_cast<std::size_t>(policies), statistics.size());
}

TEST_F(SampleTest, WritesExpectationsAsDecimals) {
  GameRecord record = toy_game(3);
  for (const auto& [value, text] :
       {std::pair(0.0, "0.0000"), {1.0, "1.0000"}, {-1.0, "-1.0000"}, {-0.0512, "-0.0512"}, {0.9999, "0.9999"}}) {
    StatisticsWriter writer;
    Decision decision;
    decision.value = value;
    writer.add(2, decision);
    record.statistics = writer.take();
    SampleFormatter formatter(record, game_of(record), "local");
    EXPECT_NE(formatter.line(2, 0).find("\"search\":{\"value\":" + std::string(text) + ",\"full\":true}"),
              std::string::npos)
        << text;
  }
}

TEST_F(SampleTest, KeepsBothEndsOfAGameWhateverTheInterval) {
  auto table = SelfplayTable::open({{"ringrift", "square8", 2, {}}, {"random", "random"}, 100}).value();
  const GameRecord record = played(table, 1);
  const auto n = static_cast<std::uint32_t>(record.moves.size());
  const auto few = sampled_plies(record, *game_of(record), 1000);
  EXPECT_EQ(few, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, n - 5, n - 4, n - 3, n - 2, n - 1}));
  EXPECT_EQ(sampled_plies(record, *game_of(record), 1).size(), n);
  const auto third = sampled_plies(record, *game_of(record), 3);
  EXPECT_TRUE(std::find(third.begin(), third.end(), 9U) != third.end());
  EXPECT_TRUE(std::find(third.begin(), third.end(), 10U) == third.end());
  // Chance nodes are no samples: both cards of the toy game are dealt before the first decision.
  const GameRecord toy = toy_game(1);
  EXPECT_EQ(sampled_plies(toy, *game_of(toy), 1).size(), toy.moves.size() - 2);
}

TEST_F(SampleTest, CompressesToTheSameBytesAndBack) {
  const std::string path = folder_.path("a.jsonl.gz");
  std::vector<std::vector<std::uint8_t>> files;
  for (int round = 0; round < 2; ++round) {
    auto writer = LineWriter::create(*disk_, path).value();
    for (int i = 0; i < 100'000; ++i) ASSERT_OK(writer->write("line " + std::to_string(i)));
    EXPECT_FALSE(round == 0 && disk_->size(path).ok()) << "no name before it is complete";
    ASSERT_OK(writer->publish());
    files.push_back(read_bytes(path));
  }
  EXPECT_EQ(files[0], files[1]);
  int next = 0;
  ASSERT_OK(for_each_line(path, [&next](std::string_view line) -> Result<void> {
    EXPECT_EQ(line, "line " + std::to_string(next++));
    return {};
  }));
  EXPECT_EQ(next, 100'000);
}

TEST_F(SampleTest, StopsAtALineThatNeverEndsHoweverSmallTheFile) {
  const std::string path = folder_.path("bomb.jsonl.gz");
  auto writer = LineWriter::create(*disk_, path).value();
  ASSERT_OK(writer->write("{\"game_id\":\"" + std::string(300U << 20, 'a')));
  ASSERT_OK(writer->publish());
  EXPECT_LT(read_bytes(path).size(), 1U << 20);
  std::size_t longest = 0;
  const auto read = for_each_line(path, [&longest](std::string_view line) -> Result<void> {
    longest = std::max(longest, line.size());
    return {};
  });
  EXPECT_EQ(read.error().kind, ErrorKind::corrupt);
  EXPECT_EQ(longest, 0U);
}

TEST(DrawnPosition, ReadsThePositionOfTheFormat) {
  // The worked example of FORMAT 8, example 1.
  const std::string text =
      "square8|N3|T2|line_processing|S 1,0:1122 4,2:133 7,3:3222|M 0,1:2 0,5:2|C 4,3:3 4,5:3|H 12,11,9|E 3,2,6|R "
      "0,0,2|X -|K -|Q a|L 2;2+;0;0";
  const auto parsed = parse_drawn(text);
  ASSERT_OK(parsed);
  EXPECT_EQ(parsed->seats, 3);
  EXPECT_EQ(parsed->turn, 2);
  EXPECT_EQ(parsed->stacks.at({4, 2}), "133");
  EXPECT_EQ(parsed->markers.at({0, 5}), 2);
  EXPECT_EQ(parsed->collapsed.at({4, 3}), 3);
  EXPECT_EQ(parsed->hands, (std::vector<int>{12, 11, 9}));
  const auto object = json::parse(position_json("ringrift", text));
  EXPECT_EQ(object["text"], text);
  EXPECT_EQ(object["stacks"]["7,3"], json::parse("[3,2,2,2]"));
  EXPECT_EQ(object["territory"], json::parse("[0,0,2]"));
  EXPECT_TRUE(object["must_move"].is_null());
}

TEST(DrawnPosition, RefusesOrReadsAnyMutationOfAText) {
  const std::string text =
      "hex8|N2|T1|movement|S 0,-4:11 3,1:2|M -1,0:1|C 4,-4:2|H 17,18|E 0,0|R 0,1|X 0,-4|K -|Q a|L 1;1+;0;0";
  ASSERT_OK(parse_drawn(text));
  Rng rng(1);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = text;
    for (std::uint32_t i = 0; i <= rng.below(3); ++i)
      changed[rng.below(static_cast<std::uint32_t>(changed.size()))] = static_cast<char>(rng.next());
    if (!parse_drawn(changed)) ++refused;
  }
  EXPECT_GT(refused, 1000);
  for (const char* off : {"5,0", "3,2", "0,5", "-5,0", "999999999,999999999", "-2147483648,-2147483648"}) {
    std::string changed = text;
    changed.replace(changed.find("3,1"), 3, off);
    EXPECT_FALSE(parse_drawn(changed).ok()) << off;
  }
}

}  // namespace
}  // namespace mz
