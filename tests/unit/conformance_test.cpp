// Comparing recordings with the rules: right ones pass, and every kind of difference is found where it is.
#include "engine/conformance.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "node/conformance_run.h"
#include "node/line_reader.h"
#include "node/recording.h"
#include "tests/unit/toy_game.h"
#include "tests/unit/toy_recordings.h"

namespace mz {
namespace {

using toy::kJokerGame;
using toy::kRowGame;

RecordedGame recorded(const std::string& line) { return std::get<RecordedGame>(parse_recording(line).value()); }

Comparison compared(const RecordedGame& game) { return compare(game, **make_game(game.config)); }

// The same line with the first occurrence of `from` replaced.
std::string changed(std::string line, const std::string& from, const std::string& to) {
  const std::size_t at = line.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? line : line.replace(at, from.size(), to);
}

class TemporaryFolder : public testing::Test {
 protected:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "meshzero-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~TemporaryFolder() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::string write_gz(const std::string& name, const std::string& content) {
    const std::string path = (folder_ / name).string();
    const gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())), static_cast<int>(content.size()));
    EXPECT_EQ(gzclose(file), Z_OK);
    return path;
  }

  std::filesystem::path folder_;
};

TEST(TextHash, IsTheStartOfSha256) {
  EXPECT_EQ(text_hash("abc"), "ba7816bf8f01cfea");  // FIPS 180-4, one-block example
}

TEST(Comparison, RecordedGamesOfTheSameRulesAgreeAtEveryPly) {
  const Comparison row = compared(recorded(kRowGame));
  EXPECT_EQ(row.mismatches, 0U) << row.first->what;
  EXPECT_EQ(row.plies, 7U);
  const Comparison joker = compared(recorded(kJokerGame));
  EXPECT_EQ(joker.mismatches, 0U) << joker.first->what;
  EXPECT_EQ(joker.plies, 11U);
}

TEST(Comparison, AnotherLegalListIsShownAsADifferenceAndPlayGoesOn) {
  const std::string line = changed(kRowGame, R"("legal":["a2","a3",)", R"("legal":["a1","a3",)");
  const Comparison found = compared(recorded(line));
  EXPECT_EQ(found.mismatches, 1U);
  EXPECT_EQ(found.plies, 7U);
  ASSERT_TRUE(found.first);
  EXPECT_EQ(found.first->id, "row");
  EXPECT_EQ(found.first->ply, 3U);
  EXPECT_EQ(found.first->position, "X........ pj");
  EXPECT_EQ(found.first->missing, std::vector<std::string>{"a1"});
  EXPECT_EQ(found.first->extra, std::vector<std::string>{"a2"});
}

TEST(Comparison, CountAndHashOfTheLegalListAreCheckedAtEveryPly) {
  const Comparison count = compared(recorded(changed(kRowGame, R"(["a3",5,)", R"(["a3",6,)")));
  ASSERT_EQ(count.mismatches, 1U);
  EXPECT_EQ(count.first->ply, 6U);
  EXPECT_FALSE(count.first->expected_known);
  EXPECT_EQ(count.first->extra, (std::vector<std::string>{"a3", "b3", "c1", "c2", "c3"}));
  const Comparison hash = compared(recorded(changed(kRowGame, "a8705201884c71d7", "a8705201884c71d8")));
  ASSERT_EQ(hash.mismatches, 1U);
  EXPECT_EQ(hash.first->ply, 5U);
}

TEST(Comparison, AnIllegalMoveEndsTheComparisonThere) {
  const Comparison found = compared(recorded(changed(kRowGame, R"(["b1",8)", R"(["a1",8)")));
  ASSERT_EQ(found.mismatches, 1U);
  EXPECT_EQ(found.first->ply, 3U);
  EXPECT_EQ(found.first->move, "a1");
  EXPECT_EQ(found.plies, 3U);
}

TEST(Comparison, AnotherPositionEndsTheComparisonThere) {
  const Comparison after = compared(recorded(changed(kRowGame, "9166dce3cd194fac", "0166dce3cd194fac")));
  ASSERT_EQ(after.mismatches, 1U);
  EXPECT_EQ(after.first->ply, 4U);
  const Comparison before = compared(recorded(changed(kRowGame, R"("pos":"XO....... pj")", R"("pos":"XO....... pp")")));
  ASSERT_EQ(before.mismatches, 1U);
  EXPECT_EQ(before.first->ply, 4U);
  const Comparison first = compared(recorded(changed(kRowGame, R"("init":".)", R"("init":"X)")));
  EXPECT_EQ(first.mismatches, 1U);
  EXPECT_EQ(first.plies, 0U);
}

TEST(Comparison, LastPositionAndResultAreChecked) {
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{R"("final":"XO.XO.X.. pj")", R"("final":"XO.XO.X.. pp")"},
                                                        {R"("winner":1)", R"("winner":2)"},
                                                        {R"("winner":1)", R"("winner":null)"},
                                                        {R"("reason":"row")", R"("reason":"joker")"},
                                                        {R"("reason":"row")", R"("reason":"row","sub":"diagonal")"},
                                                        {R"("over":true)", R"("over":false)"}}) {
    const Comparison found = compared(recorded(changed(kRowGame, from, to)));
    ASSERT_EQ(found.mismatches, 1U) << to;
    EXPECT_EQ(found.first->ply, 7U);
    EXPECT_EQ(found.plies, 7U);
  }
}

RecordedVector toy_vector() {
  RecordedVector vector;
  vector.id = "vector";
  vector.config = {.game = "toy", .board = "3x3", .seats = 2, .options = {}};
  vector.before = "XOXXOO.X. pj";
  vector.move = "a3";
  vector.legal_count = 2;
  vector.legal_hash = "ded7a4f84b0d2d04";  // SHA-256 of "a3\nc3"
  vector.after = "XOXXOOOX. pj";
  return vector;
}

Comparison compared(const RecordedVector& vector) { return compare(vector, **make_game(vector.config)); }

TEST(ComparisonOfVectors, AListedMoveIsPlayedAndCompared) {
  const RecordedVector good = toy_vector();
  const Comparison same = compared(good);
  EXPECT_EQ(same.mismatches, 0U) << same.first->what;
  EXPECT_EQ(same.plies, 1U);

  const auto differs = [&](auto change) {
    RecordedVector vector = good;
    change(vector);
    return compared(vector).mismatches;
  };
  EXPECT_EQ(differs([](RecordedVector& v) { v.legal_count = 3; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.legal_hash[0] = '0'; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.legal = {"a3", "b3"}; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.move = "a1"; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.after = v.before; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.end = {true, 1, "row", ""}; }), 1U);
  EXPECT_EQ(differs([](RecordedVector& v) { v.before = "nonsense"; }), 1U);
}

TEST(ComparisonOfVectors, TheEndOfAGameIsCompared) {
  RecordedVector vector = toy_vector();
  vector.before = "XOXXOOOX. pj";
  vector.move = "c3";
  vector.legal_count = 1;
  vector.legal_hash = "7c1c97df17c06692";  // SHA-256 of "c3"
  vector.after = "XOXXOOOXX pj";
  EXPECT_EQ(compared(vector).mismatches, 1U) << "the game is over and the vector does not say so";
  vector.end = {true, 1, "joker", ""};
  EXPECT_EQ(compared(vector).mismatches, 0U);
  vector.end->winner = 0;
  EXPECT_EQ(compared(vector).mismatches, 1U);
}

TEST(ComparisonOfVectors, AMoveThatIsNotListedMustBeRefusedAndNothingElseCounts) {
  RecordedVector vector = toy_vector();
  vector.listed = false;
  vector.move = "a1";
  vector.legal_count = 99;
  vector.legal_hash.clear();
  vector.after.clear();
  const Comparison refused = compared(vector);
  EXPECT_EQ(refused.mismatches, 0U);
  EXPECT_EQ(refused.plies, 1U);
  vector.move = "a3";
  EXPECT_EQ(compared(vector).mismatches, 1U);
}

constexpr std::string_view kVector =
    R"({"id":"v","src":"s","opt":{"swap":true,"lps":2,"ringsToWin":18,"terrToWin":null},)"
    R"("before":"hex8|N3|T1|movement|S |M |C |H 1,1,1|E 0,0,0|R 0,0,0|X -|K -|Q -|L 0;.;0;0","move":"NM 1","n":1,)"
    R"("lh":"0123456789abcdef","listed":true,"accepted":true,"after":"x","exact":true,)"
    R"("end":{"winner":2,"reason":"r","sub":"s"}})";

TEST(ParseRecording, ReadsAVectorWithItsConfiguration) {
  const auto vector = std::get<RecordedVector>(parse_recording(kVector).value());
  EXPECT_EQ(vector.config.game, "ringrift");
  EXPECT_EQ(vector.config.board, "hex8");
  EXPECT_EQ(vector.config.seats, 3);
  const std::map<std::string, int> options{{"lps", 2}, {"rings_to_win", 18}, {"swap", 1}, {"territory_to_win", 0}};
  EXPECT_EQ(vector.config.options, options);
  EXPECT_EQ(vector.end->winner, 1);
  EXPECT_EQ(vector.end->detail, "s");
  EXPECT_TRUE(vector.listed);
}

TEST(ParseRecording, DefaultOptionsAreLeftOut) {
  const auto game = recorded(changed(kRowGame, R"("opt":{})", R"("opt":{"swap":false,"rings":0,"lps":3})"));
  EXPECT_TRUE(game.config.options.empty());
  const auto other = recorded(changed(kRowGame, R"("opt":{})", R"("opt":{"swap":false,"rings":5,"lps":4})"));
  EXPECT_EQ(other.config.options, (std::map<std::string, int>{{"lps", 4}, {"rings", 5}}));
}

TEST(ParseRecording, VectorsThatAreNotExactAreRecognised) {
  const auto vector = parse_recording(changed(std::string(kVector), R"("exact":true)", R"("exact":false)"));
  ASSERT_TRUE(vector);
  EXPECT_TRUE(std::holds_alternative<InexactVector>(*vector));
}

TEST(ParseRecording, RefusesWhatIsNoRecording) {
  for (const std::string& line : {
           std::string(""),
           std::string("not json"),
           std::string("[]"),
           std::string("{}"),
           std::string(100'000, '['),
           changed(kRowGame, R"("v":1)", R"("v":2)"),
           changed(kRowGame, R"("n":2)", R"("n":-2)"),
           changed(kRowGame, R"("n":2)", R"("n":4294967298)"),
           changed(kRowGame, R"("n":2)", R"("n":"2")"),
           changed(kRowGame, R"("opt":{})", R"("opt":{"lps":99999999999999999999})"),
           changed(kRowGame, R"("a1",9,)", R"("a1",-9,)"),
           changed(kRowGame, R"(["a1",9,"954354dd126d3008",)", R"([)"),
           changed(kRowGame, R"("k":4)", R"("k":7)"),
           changed(kRowGame, R"("k":4)", R"("k":0)"),
           changed(kRowGame, R"("plies":7)", R"("plies":8)"),
           changed(kRowGame, R"("winner":1)", R"("winner":6)"),
           changed(kRowGame, R"("winner":1)", R"("terr":[1],"winner":1)"),
           changed(kRowGame, R"(,"final")", R"(,"last")"),
           changed(std::string(kVector), "hex8|N3", "hex8|N9"),
           changed(std::string(kVector), "hex8|N3", "hex8"),
           changed(std::string(kVector), R"("accepted":true)", R"("accepted":false)"),
           kRowGame.substr(0, kRowGame.size() - 1),
       }) {
    const auto recording = parse_recording(line);
    ASSERT_FALSE(recording) << line.substr(0, 200);
    EXPECT_EQ(recording.error().kind, ErrorKind::corrupt);
  }
}

class LineReaderTest : public TemporaryFolder {
 protected:
  static std::vector<std::string> lines(const std::string& path) {
    auto reader = LineReader::open(path);
    EXPECT_TRUE(reader);
    std::vector<std::string> out;
    std::string line;
    while ((*reader)->next(line).value()) out.push_back(line);
    EXPECT_EQ((*reader)->line_number(), out.size());
    return out;
  }
};

TEST_F(LineReaderTest, ReadsPlainAndCompressedFilesAlike) {
  const std::vector<std::string> expected{"one", "", std::string(700'000, 'x'), "last"};
  const std::string content = expected[0] + "\n\n" + expected[2] + "\nlast";
  EXPECT_EQ(lines(write("plain", content)), expected);
  EXPECT_EQ(lines(write_gz("packed", content)), expected);
  EXPECT_EQ(lines(write("ended", "a\n")), std::vector<std::string>{"a"});
  EXPECT_TRUE(lines(write("empty", "")).empty());
}

TEST_F(LineReaderTest, RefusesLinesAboveTheLimit) {
  auto reader = LineReader::open(write_gz("long", "ok\n" + std::string(LineReader::kMaxLineBytes + 1, 'x'))).value();
  std::string line;
  EXPECT_TRUE(reader->next(line).value());
  const auto got = reader->next(line);
  ASSERT_FALSE(got);
  EXPECT_NE(got.error().text.find("line 2"), std::string::npos) << got.error().text;
}

TEST_F(LineReaderTest, ReportsACutCompressedFile) {
  const std::string whole = write_gz("whole", kRowGame + "\n" + kJokerGame + "\n");
  std::filesystem::resize_file(whole, std::filesystem::file_size(whole) - 12);
  auto reader = LineReader::open(whole).value();
  std::string line;
  Result<bool> got = true;
  while (got && *got) got = reader->next(line);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().kind, ErrorKind::corrupt);
}

TEST_F(LineReaderTest, NamesAFileThatDoesNotExist) {
  const auto reader = LineReader::open((folder_ / "nowhere").string());
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().kind, ErrorKind::not_found);
  EXPECT_NE(reader.error().text.find("nowhere"), std::string::npos);
  EXPECT_EQ(LineReader::open(folder_.string()).error().kind, ErrorKind::usage);
}

class ConformanceRunTest : public TemporaryFolder {};

TEST_F(ConformanceRunTest, CountsGamesPliesAndMismatchesPerFileForAnyNumberOfThreads) {
  const std::string good = write_gz("good.jsonl.gz", kRowGame + "\n" + kJokerGame + "\n");
  std::string many;
  for (int i = 0; i < 40; ++i) {
    const std::string id = R"("id":"game )" + std::to_string(i) + '"';
    const std::string line = changed(kRowGame, R"("id":"row")", id);
    many += (i % 10 == 7 ? changed(line, R"(["b2",6,)", R"(["b2",5,)") : line) + "\n";
  }
  const std::string bad = write("bad.jsonl", many);
  for (const unsigned threads : {1U, 4U}) {
    const auto files = run_conformance({good, bad}, threads);
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].path, good);
    EXPECT_EQ(files[0].games, 2U);
    EXPECT_EQ(files[0].plies, 18U);
    EXPECT_EQ(files[0].mismatches, 0U);
    EXPECT_FALSE(files[0].first || files[0].error);
    EXPECT_EQ(files[1].games, 40U);
    EXPECT_EQ(files[1].plies, 280U);
    EXPECT_EQ(files[1].mismatches, 4U);
    ASSERT_TRUE(files[1].first);
    EXPECT_EQ(files[1].first->id, "game 7");
    EXPECT_FALSE(files[1].error);
  }
}

TEST_F(ConformanceRunTest, ALineThatCannotBeComparedIsNamedAndTheOthersStillCount) {
  const std::string path = write("x.jsonl", kRowGame + "\nnonsense\n" + kRowGame + "\n");
  const auto files = run_conformance({path}, 2);
  EXPECT_EQ(files[0].games, 2U);
  ASSERT_TRUE(files[0].error);
  EXPECT_NE(files[0].error->text.find("line 2"), std::string::npos) << files[0].error->text;
}

TEST_F(ConformanceRunTest, UnknownGamesAndMissingFilesAreErrors) {
  const std::string chess = write("chess.jsonl", changed(kRowGame, R"("game":"toy")", R"("game":"chess")"));
  const auto files = run_conformance({chess, chess + ".missing", write("ok.jsonl", kRowGame)}, 2);
  EXPECT_EQ(files[0].error->kind, ErrorKind::usage);
  EXPECT_EQ(files[1].error->kind, ErrorKind::not_found);
  EXPECT_EQ(files[2].games, 1U);
  EXPECT_FALSE(files[2].error);
}

}  // namespace
}  // namespace mz
