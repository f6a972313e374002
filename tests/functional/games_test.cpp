// Playing, keeping, uniting and checking games, through the real binary.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/functional/binary.h"
#include "tests/functional/running.h"

namespace {

using mz::test::Ended;
using mz::test::kOnlyStderr;
using mz::test::kOnlyStdout;
using mz::test::run_binary;
using mz::test::Running;
namespace fs = std::filesystem;

class Games : public testing::Test {
 protected:
  Games() {
    std::string pattern = (fs::temp_directory_path() / "mz-games-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~Games() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  [[nodiscard]] std::string at(const std::string& name) const { return folder_ + "/" + name; }
  static std::string bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void put(const std::string& path, const std::string& content) {
    fs::remove(path);  // segments are read-only
    std::ofstream(path, std::ios::binary) << content;
  }
  void play(const std::string& arguments) {
    const Ended run = run_binary("selfplay " + arguments, "2>&1");
    ASSERT_EQ(run.code, 0) << run.out;
  }
  void must_succeed(const std::string& arguments) {
    const Ended run = run_binary(arguments, "2>&1");
    ASSERT_EQ(run.code, 0) << run.out;
  }
  // Everything below a path, with its content.
  static std::set<std::pair<std::string, std::string>> tree(const std::string& path) {
    std::set<std::pair<std::string, std::string>> all;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) all.emplace(entry.path().string(), bytes(entry.path().string()));
    }
    return all;
  }
  static std::vector<std::string> segments(const std::string& store) {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(store + "/objects")) {
      if (entry.path().extension() == ".seg") all.push_back(entry.path().string());
    }
    return all;
  }

  std::string folder_;
};

TEST_F(Games, are_the_same_bytes_whatever_the_number_of_threads) {
  for (const std::string& name : {std::string(".jsonl"), std::string(".jsonl.gz"), std::string(".db")}) {
    play("--board hex8 --players 3 --engine heuristic --games 12 --seed 5 --threads 1 --out " + at("one" + name));
    play("--board hex8 --players 3 --engine heuristic --games 12 --seed 5 --threads 3 --out " + at("three" + name));
    EXPECT_EQ(bytes(at("one" + name)), bytes(at("three" + name))) << name;
    EXPECT_GT(bytes(at("one" + name)).size(), 1000U);
  }
  play("--board hex8 --players 3 --engine heuristic --games 12 --seed 6 --out " + at("other.db"));
  EXPECT_NE(bytes(at("one.db")), bytes(at("other.db")));
}

TEST_F(Games, of_tree_searches_share_batches_and_are_the_same_bytes_as_alone) {
  const auto leaves_per_batch = [&](const std::string& job) {
    const Ended run = run_binary("selfplay --json " + job, "2>/dev/null");
    EXPECT_EQ(run.code, 0) << job;
    const std::string name = "\"leaves_per_batch\": ";
    const std::size_t found = run.out.find(name);
    EXPECT_NE(found, std::string::npos) << run.out;
    return found == std::string::npos ? 0 : std::strtod(run.out.c_str() + found + name.size(), nullptr);
  };
  const std::string mcts = "--engine mcts:sims=30,random=5 --board hex8 --seed 5 --max-moves 50 ";
  EXPECT_EQ(leaves_per_batch(mcts + "--games 24 --threads 1 --games-at-once 1 --out " + at("one.db")), 1.0);
  // Two threads may have twelve each; the last few games of a run no longer fill the batches.
  EXPECT_GT(leaves_per_batch(mcts + "--games 24 --threads 2 --out " + at("many.db")), 5.0);
  leaves_per_batch(mcts + "--games 10 --threads 2 --games-at-once 3 --out " + at("parts.db"));
  leaves_per_batch(mcts + "--games 24 --threads 1 --games-at-once 7 --resume --out " + at("parts.db"));
  EXPECT_GT(bytes(at("one.db")).size(), 1000U);
  EXPECT_EQ(bytes(at("many.db")), bytes(at("one.db")));
  EXPECT_EQ(bytes(at("parts.db")), bytes(at("one.db")));
  // Descent asks for the positions behind all moves of a decision.
  const std::string descent = "--engine descent:nodes=4 --games 8 --threads 1 --max-moves 20 --out ";
  const double of_one = leaves_per_batch(descent + at("d1.db") + " --games-at-once 1");
  EXPECT_GT(of_one, 1.0);
  EXPECT_GT(leaves_per_batch(descent + at("d8.db")), 4 * of_one);
  EXPECT_EQ(bytes(at("d8.db")), bytes(at("d1.db")));
  EXPECT_EQ(run_binary("selfplay --engine mcts-only --games 1 --games-at-once 257 --out " + at("x.db")).code, 2);
}

// A decision of these budgets takes minutes, and several are under way.
TEST_F(Games, end_within_seconds_of_SIGTERM_in_the_middle_of_long_searches) {
  for (const std::string engine : {"mcts:sims=1000000", "minimax:nodes=1000000000", "descent:nodes=1000000"}) {
    Running run({"selfplay", "--engine", engine, "--board", "hexagonal", "--games", "4", "--threads", "2",
                 "--games-at-once", "2", "--out", at(engine.substr(0, 4) + ".db")});
    ASSERT_TRUE(run.wait_for("\"leaves\":")) << run.said();
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait_for_end(std::chrono::seconds(10)), 0) << engine << run.said();
  }
}

TEST_F(Games, a_number_of_choices_to_draw_without_a_temperature_is_refused) {
  const std::string job =
      "selfplay --engine mcts:sims=4 --max-moves 4 --games 1 --temperature-plies 5 --out " + at("x.db");
  EXPECT_EQ(run_binary(job).code, 2);
  EXPECT_EQ(run_binary(job + " --temperature 1").code, 0);
  EXPECT_EQ(run_binary("selfplay --games 1 --checkpoint-interval -1 --out " + at("y.db")).code, 2);
}

TEST_F(Games, depend_on_nothing_but_seed_and_index) {
  play("--engine random --games 5 --seed 9 --out " + at("five.jsonl"));
  play("--engine random --games 9 --seed 9 --out " + at("nine.jsonl"));
  EXPECT_TRUE(bytes(at("nine.jsonl")).starts_with(bytes(at("five.jsonl"))));
}

TEST_F(Games, survive_kill_9_and_are_completed_by_resume) {
  const std::string job = "--engine random --games 1500 --seed 3 --checkpoint-interval 40 --threads 2 ";
  play(job + "--out " + at("whole.db"));
  {
    Running run({"selfplay", "--engine", "random", "--games", "1500", "--seed", "3", "--checkpoint-interval", "40",
                 "--threads", "2", "--out", at("killed.db")});
    ASSERT_TRUE(run.wait_for("\"durable\":")) << run.said();
    run.signal(SIGKILL);
    EXPECT_EQ(run.wait_for_end(), -SIGKILL);
  }
  EXPECT_FALSE(fs::exists(at("killed.db"))) << "a file appears complete or not at all";
  const Ended verified = run_binary("data verify " + at("killed.db.partial"), "2>&1");
  EXPECT_EQ(verified.code, 0) << verified.out;
  EXPECT_EQ(verified.out.find("games=0"), std::string::npos) << "what was reported durable is there";
  EXPECT_EQ(run_binary("selfplay " + job + "--out " + at("killed.db")).code, 4)
      << "games of an interrupted run are not thrown away";
  play(job + "--resume --out " + at("killed.db"));
  EXPECT_EQ(bytes(at("killed.db")), bytes(at("whole.db")));
  EXPECT_FALSE(fs::exists(at("killed.db.partial")));
}

TEST_F(Games, are_kept_on_SIGTERM_and_completed_by_resume) {
  const std::string job = "--engine random --games 1500 --seed 4 --sample-every 100000 ";
  play(job + "--out " + at("whole.jsonl.gz"));
  {
    Running run({"selfplay", "--engine", "random", "--games", "1500", "--seed", "4", "--sample-every", "100000",
                 "--checkpoint-interval", "40", "--out", at("stopped.jsonl.gz")});
    ASSERT_TRUE(run.wait_for("\"durable\":")) << run.said();
    run.signal(SIGTERM);
    EXPECT_EQ(run.wait_for_end(std::chrono::seconds(10)), 0) << run.said();
  }
  if (!fs::exists(at("stopped.jsonl.gz"))) {  // it may have finished just before the signal came
    EXPECT_EQ(run_binary("data verify " + at("stopped.jsonl.gz.partial")).code, 0);
  }
  play(job + "--resume --out " + at("stopped.jsonl.gz"));
  EXPECT_EQ(bytes(at("stopped.jsonl.gz")), bytes(at("whole.jsonl.gz")));
}

TEST_F(Games, of_a_directory_go_on_where_they_were) {
  play("--engine random --games 30 --seed 8 --out " + at("store"));
  play("--engine random --games 50 --seed 8 --resume --out " + at("store"));
  play("--engine random --games 50 --seed 8 --out " + at("fresh.db"));
  must_succeed("data export " + at("store") + " --out " + at("store.db"));
  EXPECT_EQ(bytes(at("store.db")), bytes(at("fresh.db")));
  EXPECT_NE(run_binary("data verify " + at("store")).out.find("games=50 "), std::string::npos);
}

TEST_F(Games, stop_at_the_cap_and_say_so) {
  play("--engine random --games 20 --max-moves 30 --out " + at("capped.db"));
  const Ended stats = run_binary("data stats --json " + at("capped.db"));
  EXPECT_NE(stats.out.find("\"capped\": 20"), std::string::npos) << stats.out;
  EXPECT_NE(stats.out.find("\"longest\": 30"), std::string::npos) << stats.out;
  must_succeed("data export " + at("capped.db") + " --require-completed --out " + at("none.jsonl"));
  EXPECT_EQ(bytes(at("none.jsonl")), "");
  must_succeed("data export " + at("capped.db") + " --out " + at("all.jsonl"));
  EXPECT_NE(bytes(at("all.jsonl")).find("\"outcome\":0.5,"), std::string::npos);
}

TEST_F(Games, seat_their_engines_as_told) {
  play("--engine heuristic --engine random --games 4 --out " + at("pair.jsonl"));
  EXPECT_NE(bytes(at("pair.jsonl")).find("\"engine_mode\":\"heuristic,random\""), std::string::npos);
  EXPECT_EQ(run_binary("selfplay --players 3 --engine heuristic --engine random --games 4 --out " + at("x.jsonl")).code,
            2);
  EXPECT_EQ(run_binary("selfplay --engine genius --games 4 --out " + at("x.jsonl")).code, 2);
  EXPECT_EQ(run_binary("selfplay --board square9 --games 4 --out " + at("x.jsonl")).code, 2);
  EXPECT_EQ(run_binary("selfplay --games 4 --out gs://bucket/x.jsonl").code, 2);
  EXPECT_EQ(run_binary("selfplay --games 4 --out s3://bucket/directory").code, 2);
  const Ended foreign = run_binary("data export " + at("pair.jsonl") + " --out s3://bucket/x.jsonl", "2>&1");
  EXPECT_EQ(foreign.code, 2);
  EXPECT_NE(foreign.out.find("Only `meshzero selfplay --out` writes to s3://"), std::string::npos) << foreign.out;
  EXPECT_FALSE(fs::exists(at("x.jsonl")));
  EXPECT_FALSE(fs::exists(at("x.jsonl.partial")));
}

TEST_F(Games, are_played_with_the_weights_of_a_file) {
  const std::string weights = bytes(MESHZERO_SOURCE_DIR "/config/heuristics/defensive.json");
  put(at("mine.json"), weights);
  play("--engine heuristic:weights=" + at("mine.json") + " --games 4 --seed 3 --out " + at("mine.jsonl"));
  EXPECT_NE(bytes(at("mine.jsonl")).find("heuristic:weights=" + at("mine.json")), std::string::npos);
  play("--engine heuristic:weights=defensive --games 4 --seed 3 --out " + at("profile.jsonl"));
  // The records differ in the names of the engines; the positions must not.
  const auto positions = [&](const std::string& file) {
    const std::string text = bytes(at(file));
    std::vector<std::string> all;
    for (std::size_t i = text.find("\"text\":\""); i != std::string::npos; i = text.find("\"text\":\"", i + 1)) {
      all.push_back(text.substr(i, text.find('"', i + 8) - i));
    }
    return all;
  };
  EXPECT_GT(positions("mine.jsonl").size(), 4U);
  EXPECT_EQ(positions("mine.jsonl"), positions("profile.jsonl"));
  std::string misspelt = weights;
  misspelt.replace(misspelt.find("territory"), 9, "teritory");
  put(at("mine.json"), misspelt);
  const Ended wrong = run_binary(
      "selfplay --engine heuristic:weights=" + at("mine.json") + " --games 4 --out " + at("x.jsonl"), "2>&1");
  EXPECT_NE(wrong.code, 0);
  EXPECT_NE(wrong.out.find("teritory"), std::string::npos) << wrong.out;
}

TEST_F(Games, of_a_mixed_run_name_who_really_played_and_go_on_as_they_began) {
  const std::string job = "--engine mixed --mix light --board hex8 --max-moves 60 --seed 5 ";
  play(job + "--games 12 --threads 2 --out " + at("whole.db"));
  play(job + "--games 5 --threads 1 --out " + at("parts.db"));
  play(job + "--games 12 --threads 1 --resume --out " + at("parts.db"));
  EXPECT_EQ(bytes(at("parts.db")), bytes(at("whole.db")));
  must_succeed("data verify " + at("whole.db"));
  must_succeed("data export " + at("whole.db") + " --sample-every 1000 --out " + at("lines.jsonl"));
  const std::string lines = bytes(at("lines.jsonl"));
  for (const char* engine : {"random", "heuristic", "heuristic:random=30", "minimax:nodes=2000"}) {
    const std::string name(engine);
    EXPECT_TRUE(lines.find("\"" + name + ",") != std::string::npos ||
                lines.find("," + name + "\"") != std::string::npos)
        << name;
  }
  EXPECT_NE(lines.find("\"difficulty_band\":\"light\""), std::string::npos);
  EXPECT_EQ(lines.find("\"difficulty_band\":\"canonical\""), std::string::npos);
  EXPECT_EQ(run_binary("selfplay --engine mixed --mix heavy --games 1 --out " + at("x.db")).code, 2);
  EXPECT_EQ(run_binary("selfplay --engine heuristic --mix light --games 1 --out " + at("x.db")).code, 2);
}

TEST_F(Games, of_a_temperature_say_so_and_are_verified) {
  const std::string job =
      "--engine mcts:sims=20 --board hex8 --max-moves 40 --games 3 --temperature 0.5 --temperature-plies 9 ";
  play(job + "--threads 2 --out " + at("a.jsonl"));
  play(job + "--threads 1 --out " + at("b.jsonl"));
  EXPECT_EQ(bytes(at("a.jsonl")), bytes(at("b.jsonl")));
  play(job + "--out " + at("a.db"));
  must_succeed("data verify " + at("a.db"));
  EXPECT_NE(bytes(at("a.jsonl")).find("\"policy\":{"), std::string::npos);
  EXPECT_NE(bytes(at("a.db")).find("mcts:sims=20@opening=4,temperature=0.5/9"), std::string::npos);
  EXPECT_EQ(run_binary("selfplay --engine mcts-only --temperature warm --games 1 --out " + at("x.db")).code, 2);
  play("--engine heuristic --board hex8 --games 2 --temperature 1 --out " + at("h.db"));
  must_succeed("data verify " + at("h.db"));
  EXPECT_NE(bytes(at("h.db")).find("heuristic@opening=4,temperature=1/30"), std::string::npos);
}

TEST_F(Games, that_end_by_resignation_say_so_and_go_on_as_they_began) {
  const std::string engine = "minimax:nodes=400,cheap=40,weights=hex8-2p";
  const std::string of_engine = "--engine " + engine + " --board hex8 --seed 3 --resign 0.5 ";
  const std::string job = of_engine + "--no-resign-share 30 ";
  const Ended told = run_binary("selfplay " + job + "--games 20 --threads 2 --json --out " + at("a.db"));
  ASSERT_EQ(told.code, 0) << told.out;
  const auto report = nlohmann::json::parse(told.out);
  must_succeed("data verify " + at("a.db"));
  EXPECT_NE(bytes(at("a.db")).find(engine + "@opening=4,resign=0.5/30"), std::string::npos);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(at("a.db").c_str(), &database), SQLITE_OK);
  std::uint64_t resigned = 0;
  sqlite3_exec(
      database, "SELECT count(*) FROM games WHERE reason = 'resignation' AND winner IS NOT NULL AND NOT capped",
      [](void* count, int, char** row, char**) {
        *static_cast<std::uint64_t*>(count) = std::strtoull(row[0], nullptr, 10);
        return 0;
      },
      &resigned, nullptr);
  sqlite3_close(database);
  EXPECT_GT(resigned, 0U);
  EXPECT_EQ(report["resigned"], resigned);
  EXPECT_GT(report["resign_checked"], 0U);
  EXPECT_LE(report["resign_wrong"], report["resign_checked"]);
  must_succeed("data export " + at("a.db") + " --out " + at("a.jsonl"));
  EXPECT_NE(bytes(at("a.jsonl")).find("\"full\":false"), std::string::npos);
  // Half of the games first, then all of them.
  play(job + "--games 10 --threads 1 --out " + at("b.db"));
  const Ended more = run_binary("selfplay " + job + "--games 20 --threads 1 --resume --out " + at("b.db"));
  const std::size_t said = more.out.find(" ended by resignation. Of ");
  ASSERT_NE(said, std::string::npos) << more.out;
  // Of the ten games of this run only.
  const std::uint64_t now = std::strtoull(more.out.c_str() + more.out.rfind('\n', said) + 1, nullptr, 10);
  EXPECT_GT(now, 0U);
  EXPECT_LT(now, resigned);
  EXPECT_EQ(bytes(at("a.db")), bytes(at("b.db")));
  EXPECT_EQ(run_binary("selfplay " + of_engine + "--games 20 --resume --out " + at("b.db")).code, 4)
      << "these are other games";
  for (const char* wrong :
       {"--engine mcts-only --resign 1.5", "--engine mcts-only --resign never", "--engine mcts-only --resign 0.9999",
        "--engine mcts-only --no-resign-share 5", "--engine mcts-only --resign 0.9 --no-resign-share 101",
        "--engine heuristic --resign 0.9", "--engine mcts-only --players 3 --resign 0.9"}) {
    EXPECT_EQ(run_binary("selfplay " + std::string(wrong) + " --games 1 --out " + at("x.db")).code, 2) << wrong;
    EXPECT_FALSE(fs::exists(at("x.db"))) << wrong;
  }
}

TEST_F(Games, are_never_written_over) {
  play("--engine random --games 3 --out " + at("a.db"));
  const std::string before = bytes(at("a.db"));
  EXPECT_EQ(run_binary("selfplay --engine random --games 3 --seed 2 --out " + at("a.db")).code, 4);
  EXPECT_EQ(run_binary("selfplay --engine random --games 3 --seed 2 --resume --out " + at("a.db")).code, 4);
  EXPECT_EQ(run_binary("data export " + at("a.db") + " --out " + at("a.db")).code, 4);
  EXPECT_EQ(bytes(at("a.db")), before);
}

TEST_F(Games, are_united_in_any_order_into_the_same_bytes) {
  play("--engine random --games 20 --seed 1 --out " + at("a.db"));
  play("--engine random --games 20 --seed 2 --sample-every 7 --out " + at("b.jsonl.gz"));
  play("--engine random --games 20 --seed 3 --out " + at("c"));
  play("--engine random --games 30 --seed 1 --out " + at("d.jsonl"));  // the games of a and ten more
  const std::string a = at("a.db ");
  const std::string b = at("b.jsonl.gz ");
  const std::string c = at("c ");
  const std::string d = at("d.jsonl ");
  must_succeed("data merge " + a + b + c + d + "--out " + at("abcd.db"));
  must_succeed("data merge " + d + c + b + a + "--out " + at("dcba.db"));
  must_succeed("data merge " + b + a + "--out " + at("steps.db"));
  must_succeed("data merge file://" + c + d + "--out " + at("steps.db"));
  must_succeed("data merge " + b + d + "--out " + at("steps.db"));
  must_succeed("data merge " + d + b + c + "--out " + at("store"));
  must_succeed("data export " + at("store") + " --out file://" + at("store.db"));
  const std::string expected = bytes(at("abcd.db"));
  EXPECT_EQ(bytes(at("dcba.db")), expected);
  EXPECT_EQ(bytes(at("steps.db")), expected);
  EXPECT_EQ(bytes(at("store.db")), expected);
  EXPECT_NE(run_binary("data verify " + at("abcd.db")).out.find("games=70 "), std::string::npos);
  for (const std::string& name : {std::string("abcd.jsonl"), std::string("dcba.jsonl")}) {
    must_succeed("data export " + at(name.substr(0, 4) + ".db") + " --shuffle --seed 4 --sample-every 3 --out " +
                 at(name));
  }
  EXPECT_EQ(bytes(at("abcd.jsonl")), bytes(at("dcba.jsonl")));
}

TEST_F(Games, verify_finds_changed_bytes_of_a_segment_and_of_databases) {
  play("--engine random --games 6 --seed 1 --out " + at("file.db"));
  play("--engine random --games 6 --seed 1 --out " + at("store"));
  ASSERT_EQ(run_binary("data verify " + at("store ") + at("file.db")).code, 0);
  const std::vector<std::string> targets{at("file.db"), at("store/games.db"), segments(at("store")).at(0)};
  for (const std::string& target : targets) {
    const std::string whole = bytes(target);
    const std::size_t step = whole.size() / 23 + 1;
    for (std::size_t offset = 0; offset < whole.size(); offset += step) {
      std::string changed = whole;
      changed[offset] = static_cast<char>(changed[offset] ^ 0x20);
      put(target, changed);
      const Ended run = run_binary("data verify " + (target == at("file.db") ? target : at("store")), "2>&1");
      EXPECT_EQ(run.code, 1) << target << " offset " << offset << ": " << run.out;
    }
    put(target, whole.substr(0, whole.size() / 2));
    EXPECT_EQ(run_binary("data verify " + (target == at("file.db") ? target : at("store"))).code, 1);
    put(target, whole);
    EXPECT_EQ(run_binary("data verify " + (target == at("file.db") ? target : at("store"))).code, 0);
  }
  EXPECT_EQ(run_binary("data verify " + at("nothing.db")).code, 3);
}

TEST_F(Games, hostile_files_are_refused_with_a_sentence_and_change_nothing) {
  play("--engine random --games 6 --seed 1 --out " + at("good.db"));
  play("--engine random --games 6 --seed 2 --out " + at("store"));
  play("--engine random --games 4 --seed 3 --out " + at("lines.jsonl"));
  const std::string good = bytes(at("good.db"));
  const std::string lines = bytes(at("lines.jsonl"));
  fs::create_directory(at("bad"));
  const auto bad = [this](const std::string& name, const std::string& content) { put(at("bad/" + name), content); };
  bad("empty.db", "");
  bad("text.db", "these are no games");
  bad("cut.db", good.substr(0, good.size() / 2));
  bad("tail.db", good + "x");
  bad("zeros.db", good.substr(0, 100) + std::string(good.size() - 100, '\0'));
  bad("cut.jsonl", lines.substr(0, lines.size() / 2));
  bad("first.jsonl", lines.substr(lines.find('\n') + 1));
  bad("deep.jsonl", std::string(3'000'000, '[') + "\n");
  bad("long.jsonl", "{\"game_id\":\"" + std::string(6'000'000, 'a') + "\"}\n");
  bad("foreign.jsonl", "{\"state\":{},\"outcome\":1,\"game_id\":\"w_1_abc\",\"move_number\":3}\n");
  std::string wrong = lines;
  wrong.replace(wrong.find("\"outcome\":") + 10, 1, "7");
  bad("outcome.jsonl", wrong);
  bad("cut.jsonl.gz", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", 10) + "abc");
  const std::string segment = bytes(segments(at("store")).at(0));
  bad("cut.seg", segment.substr(0, segment.size() - 1));
  bad("head.seg", segment.substr(0, 5));
  {
    // Valid SQLite, wrong tables: a view that would run for ever, and a trigger.
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(at("bad/tables.db").c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(
        sqlite3_exec(
            handle,
            "CREATE TABLE meta(key, value); CREATE TABLE games(game_id);"
            "CREATE VIEW records AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n;",
            nullptr, nullptr, nullptr),
        SQLITE_OK);
    sqlite3_close(handle);
  }
  ASSERT_EQ(::mkfifo(at("bad/pipe.jsonl").c_str(), 0600), 0);

  const auto store_before = tree(at("store"));
  for (const auto& entry : fs::directory_iterator(at("bad"))) {
    const std::string path = entry.path().string();
    for (const std::string& verb :
         {"verify " + path, "stats " + path, "show " + path, "merge " + path + " --out " + at("good.db"),
          "merge " + path + " --out " + at("store"), "merge " + path + " --out " + at("new.db"),
          "export " + path + " --out " + at("new.jsonl")}) {
      const Ended run = run_binary("data " + verb, kOnlyStderr);
      EXPECT_GE(run.code, 1) << verb;
      EXPECT_LE(run.code, 4) << verb;
      EXPECT_NE(run.out.find('.'), std::string::npos) << verb;
    }
  }
  EXPECT_EQ(bytes(at("good.db")), good);
  EXPECT_EQ(tree(at("store")), store_before);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(name == "bad" || name == "good.db" || name == "store" || name == "lines.jsonl")
        << "left behind: " << name;
  }
}

TEST_F(Games, are_written_as_the_documented_samples) {
  play("--engine random --games 1 --seed 1 --out " + at("game.jsonl"));
  const std::string all = bytes(at("game.jsonl"));
  for (const char* field : {"state", "outcome", "board_type", "game_id", "move_number", "ply_to_end", "move",
                            "metadata", "worker_id", "engine_mode", "difficulty_band"}) {
    EXPECT_NE(all.find("\"" + std::string(field) + "\":"), std::string::npos) << field;
  }
  EXPECT_NE(all.find("\"worker_id\":\"local\""), std::string::npos);
  must_succeed("data export " + at("game.jsonl") + " --sample-every 1000 --out " + at("few.jsonl"));
  const std::string few = bytes(at("few.jsonl"));
  EXPECT_EQ(std::count(few.begin(), few.end(), '\n'), 10) << "first five and last five";
}

TEST_F(Games, are_shown_with_a_drawn_board) {
  play("--board hexagonal --engine random --games 1 --seed 1 --max-moves 5 --out " + at("one.db"));
  const Ended shown = run_binary("data show " + at("one.db") + " --ply 0");
  EXPECT_EQ(shown.code, 0);
  EXPECT_NE(shown.out.find("y=-12"), std::string::npos);
  EXPECT_NE(shown.out.find("y= 12"), std::string::npos);
  EXPECT_NE(shown.out.find("seat 2: 96 rings in hand"), std::string::npos);
  EXPECT_EQ(run_binary("data show " + at("one.db") + " --ply 6").code, 3);
  EXPECT_EQ(run_binary("data show " + at("one.db") + " ffff0000ffff").code, 3);
}

TEST_F(Games, directory_in_use_is_refused) {
  Running run({"selfplay", "--engine", "random", "--games", "100000", "--threads", "1", "--checkpoint-interval", "10",
               "--out", at("store")});
  ASSERT_TRUE(run.wait_for("\"durable\":")) << run.said();
  EXPECT_EQ(run_binary("selfplay --engine random --games 1 --out " + at("store")).code, 4);
  const Ended verified = run_binary("data verify " + at("store"), "2>&1");
  EXPECT_EQ(verified.code, 0) << "reading beside the writer works: " << verified.out;
}

}  // namespace
