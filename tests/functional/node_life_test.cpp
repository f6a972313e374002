// The life of a node: start, stop, crash, limits. Through the real binary.
#include <gtest/gtest.h>

#include <fstream>

#include "node/platform.h"
#include "tests/functional/test_node.h"

using mz::test::json;
using mz::test::kOnlyStderr;
using mz::test::NodeProcess;
using mz::test::NodeTest;
using mz::test::run_binary;
using mz::test::total_games;

namespace {

class NodeLife : public NodeTest {};

const std::vector<std::string> kFreePort{"--port", "0"};
const std::vector<std::string> kNoPlay{"--port", "0", "--workers", "0"};

bool is_well(const json& status) { return status.at("status") == "ok"; }

}  // namespace

TEST_F(NodeLife, a_background_node_answers_when_up_returns_and_is_gone_when_down_returns) {
  const auto up = run_binary("up --json --port 0 --workers 0 " + on_data());
  ASSERT_EQ(up.code, 0);
  const json said = json::parse(up.out);
  const auto health = mz::http_get(said.at("port").get<std::uint16_t>(), "/health");
  ASSERT_TRUE(health.ok());
  EXPECT_EQ(health->status, 200);
  EXPECT_EQ(json::parse(health->body).at("version"), MESHZERO_VERSION);

  const auto status = run_binary("status --json " + on_data());
  EXPECT_EQ(status.code, 0);
  EXPECT_EQ(json::parse(status.out).at("configurations").size(), 12U);
  EXPECT_NE(run_binary("logs " + on_data()).out.find("starts"), std::string::npos);

  EXPECT_EQ(run_binary("down " + on_data()).code, 0);
  EXPECT_FALSE(mz::http_get(said.at("port").get<std::uint16_t>(), "/health").ok());
  EXPECT_EQ(run_binary("status " + on_data()).code, 3);
  EXPECT_EQ(run_binary("down " + on_data()).code, 3);
}

TEST_F(NodeLife, a_background_node_holds_no_descriptor_of_the_one_who_started_it) {
  int fds[2] = {-1, -1};
  ASSERT_EQ(::pipe(fds), 0);
  const mz::Descriptor reading(fds[0]);
  mz::Descriptor writing(fds[1]);
  ASSERT_EQ(run_binary("up --port 0 --workers 1 --disk-floor-gb 0 " + on_data()).code, 0);
  writing.reset();
  pollfd end{reading.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, 0), 1);  // the end of the pipe, because nobody else has it open
  EXPECT_EQ(run_binary("down " + on_data()).code, 0);
}

TEST_F(NodeLife, a_second_node_on_the_same_directory_is_refused_and_told_where_the_first_one_is) {
  const NodeProcess node(data(), kNoPlay);
  const auto second = run_binary("up --port 0 " + on_data(), kOnlyStderr);
  EXPECT_EQ(second.code, 4);
  EXPECT_NE(second.out.find("http://localhost:" + std::to_string(node.port())), std::string::npos);
  EXPECT_EQ(run_binary("up --foreground --port 0 " + on_data(), kOnlyStderr).code, 4);
}

TEST_F(NodeLife, a_second_node_on_the_same_port_is_refused_and_leaves_nothing_locked) {
  const NodeProcess node(data(), kNoPlay);
  const std::string other = (root_ / "other").string();
  const auto second = run_binary("up --port " + std::to_string(node.port()) + " --data " + other, kOnlyStderr);
  EXPECT_EQ(second.code, 4);
  EXPECT_NE(second.out.find(std::to_string(node.port())), std::string::npos);
  const NodeProcess third(other, kNoPlay);
  EXPECT_TRUE(third.status_when(is_well).is_object());
}

TEST_F(NodeLife, after_kill_9_workers_are_gone_and_a_restart_on_the_same_port_works_at_once_with_every_sealed_game) {
  NodeProcess node(data(), kFreePort);
  const json before = node.status_when([](const json& status) { return total_games(status) > 0; });
  const auto worker = before.at("workers")[0].at("pid").get<pid_t>();
  node.kill_hard();
  const NodeProcess again(data(), {"--port", std::to_string(node.port()), "--workers", "0"});
  EXPECT_EQ(again.port(), node.port());
  const json after = again.status_when(is_well);
  EXPECT_GE(total_games(after), total_games(before));
  EXPECT_TRUE(mz::platform::wait_for_exit(worker, std::chrono::seconds(10)));
}

TEST_F(NodeLife, sigterm_exits_0_within_10_seconds_with_every_game_that_was_handed_in) {
  NodeProcess node(data(), kFreePort);
  const json before = node.status_when([](const json& status) { return status.at("account").at("played") >= 5; });
  std::chrono::duration<double> took{};
  EXPECT_EQ(node.terminate(took), 0);
  EXPECT_LT(took.count(), 10);
  const NodeProcess again(data(), kNoPlay);
  EXPECT_GE(total_games(again.status_when(is_well)), before.at("account").at("played").get<std::uint64_t>());
}

TEST_F(NodeLife, a_killed_worker_is_replaced_and_goes_on_playing) {
  const NodeProcess node(data(), kFreePort);
  const auto is_playing = [](const json& status) { return status.at("workers")[0].at("state") == "playing"; };
  const auto first = node.status_when(is_playing).at("workers")[0].at("pid").get<pid_t>();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  const json after = node.status_when([&](const json& status) {
    return status.at("workers")[0].at("restarts") == 1 && status.at("workers")[0].at("state") == "playing";
  });
  EXPECT_NE(after.at("workers")[0].at("pid").get<pid_t>(), first);
}

TEST_F(NodeLife, workers_do_not_outlive_a_node_that_stops) {
  NodeProcess node(data(), {"--port", "0", "--workers", "2"});
  const json status = node.status_when(
      [](const json& now) { return now.at("workers")[0].at("pid") > 0 && now.at("workers")[1].at("pid") > 0; });
  std::chrono::duration<double> took{};
  node.terminate(took);
  for (const json& worker : status.at("workers")) {
    EXPECT_EQ(mz::platform::process_start_time(worker.at("pid").get<pid_t>()), 0U);
  }
}

TEST_F(NodeLife, it_stops_playing_when_every_configuration_has_its_target) {
  const NodeProcess node(data(), {"--port", "0", "--target", "1"});
  const json status = node.status_when([](const json& now) {
    return mz::test::all_in_state(now, "done") && now.at("account").at("pending") == 0 && total_games(now) == 12;
  });
  EXPECT_EQ(status.at("account").at("played"), 12);
  EXPECT_EQ(status.at("account").at("stored"), 12);
  EXPECT_EQ(status.at("workers")[0].at("state"), "idle");
  EXPECT_NE(status.at("workers")[0].at("reason").get<std::string>().find("target"), std::string::npos);
}

TEST_F(NodeLife, it_plays_nothing_below_the_disk_floor_and_says_why) {
  const NodeProcess node(data(), {"--port", "0", "--disk-floor-gb", "1000000"});
  const json status =
      node.status_when([](const json& now) { return is_well(now) && now.at("workers")[0].at("state") == "idle"; });
  EXPECT_TRUE(mz::test::all_in_state(status, "paused"));
  EXPECT_EQ(status.at("account").at("played"), 0);
  for (const std::string& reason : {status.at("configurations")[0].at("reason").get<std::string>(),
                                    status.at("workers")[0].at("reason").get<std::string>(),
                                    status.at("alerts")[0].at("text").get<std::string>()}) {
    EXPECT_NE(reason.find("--disk-floor-gb"), std::string::npos) << reason;
  }
}

TEST_F(NodeLife, a_worker_over_its_share_of_memory_is_stopped_and_reported) {
  // Sixty workers share 0.25 GB, which is less for each than the program itself takes.
  const NodeProcess node(data(), {"--port", "0", "--workers", "60", "--memory-gb", "0.25"});
  const json status = node.status_when([](const json& now) { return !now.at("alerts").empty(); });
  EXPECT_NE(status.at("alerts")[0].at("text").get<std::string>().find("memory"), std::string::npos);
}

TEST_F(NodeLife, a_directory_with_foreign_content_is_neither_used_nor_removed) {
  std::filesystem::create_directories(data());
  std::ofstream(data() + "/letter.txt") << "dear";
  const auto up = run_binary("up --port 0 " + on_data(), kOnlyStderr);
  EXPECT_EQ(up.code, 4);
  EXPECT_NE(up.out.find("not a MeshZero data directory"), std::string::npos);
  EXPECT_EQ(run_binary("uninstall --yes " + on_data()).code, 4);
  EXPECT_TRUE(std::filesystem::exists(data() + "/letter.txt"));
}

TEST_F(NodeLife, a_first_start_that_did_not_get_to_the_end_leaves_a_directory_for_the_next) {
  std::filesystem::create_directories(data());
  std::ofstream(data() + "/meshzero-data.json.part") << "{";
  const NodeProcess node(data(), kNoPlay);
  EXPECT_FALSE(std::filesystem::exists(data() + "/meshzero-data.json.part"));
}

TEST_F(NodeLife, a_damaged_marker_is_refused_with_what_it_must_say) {
  { const NodeProcess node(data(), kNoPlay); }
  const std::string marker = data() + "/meshzero-data.json";
  std::filesystem::resize_file(marker, 0);
  const auto refused = run_binary("up --port 0 " + on_data(), kOnlyStderr);
  EXPECT_EQ(refused.code, 4);
  const auto from = refused.out.find('{');
  ASSERT_NE(from, std::string::npos) << refused.out;
  std::ofstream(marker) << refused.out.substr(from, refused.out.find('}') + 1 - from);
  const NodeProcess node(data(), kNoPlay);
  EXPECT_EQ(node.status().at("data_dir"), std::filesystem::canonical(data()).string());
}

TEST_F(NodeLife, uninstall_asks_first_then_stops_the_node_and_removes_its_directory) {
  const NodeProcess node(data(), kNoPlay);
  EXPECT_EQ(run_binary("uninstall " + on_data() + " </dev/null").code, 4);
  EXPECT_TRUE(std::filesystem::exists(data()));
  EXPECT_EQ(run_binary("uninstall --yes " + on_data()).code, 0);
  EXPECT_FALSE(std::filesystem::exists(data()));
}

TEST_F(NodeLife, an_old_runtime_file_is_not_believed) {
  { const NodeProcess node(data(), kNoPlay); }  // killed: node.json stays
  ASSERT_TRUE(std::filesystem::exists(data() + "/node.json"));
  EXPECT_EQ(run_binary("status " + on_data()).code, 3);
  // The id of a living process that is no node: this one.
  std::ofstream(data() + "/node.json") << R"({"pid":)" << ::getpid() << R"(,"start_time":1,"port":1,"started_at":1})";
  EXPECT_EQ(run_binary("down " + on_data()).code, 3);
}

TEST_F(NodeLife, a_node_whose_runtime_file_is_damaged_is_found_and_stopped) {
  const NodeProcess node(data(), kNoPlay);
  std::ofstream(data() + "/node.json") << "noise";
  EXPECT_EQ(run_binary("status " + on_data()).code, 0);
  EXPECT_EQ(run_binary("nodes " + on_data()).code, 0);
  const auto second = run_binary("up --port 0 " + on_data(), kOnlyStderr);
  EXPECT_NE(second.out.find("process " + std::to_string(node.pid())), std::string::npos) << second.out;
  EXPECT_EQ(run_binary("down " + on_data()).code, 0);
  EXPECT_FALSE(node.lives_for(std::chrono::milliseconds(0)));
  EXPECT_EQ(run_binary("status " + on_data()).code, 3);
}

TEST_F(NodeLife, settings_come_from_flag_variable_project_user_in_this_order) {
  const auto port_of = [&] {
    const auto run = run_binary("config explain port --json");
    return json::parse(run.out).at("value").get<std::string>();
  };
  std::filesystem::current_path(root_);
  std::filesystem::create_directories(root_ / "config" / "meshzero");
  std::ofstream(root_ / "config" / "meshzero" / "config.json") << R"({"port": 1001})";
  EXPECT_EQ(port_of(), "1001");
  std::ofstream(root_ / "meshzero.json") << R"({"port": 1002})";
  EXPECT_EQ(port_of(), "1002");
  setenv("MESHZERO_PORT", "1003", 1);
  EXPECT_EQ(port_of(), "1003");
  EXPECT_EQ(json::parse(run_binary("config explain port --port 1004 --json").out).at("value"), "1004");
  setenv("MESHZERO_PORT", "many", 1);
  const auto refused = run_binary("up " + on_data(), kOnlyStderr);
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.out.find("MESHZERO_PORT"), std::string::npos);
}

TEST_F(NodeLife, the_default_data_directory_is_the_platforms) {
  const auto value = [] {
    return json::parse(run_binary("config explain data --json").out).at("value").get<std::string>();
  };
#ifdef __APPLE__
  EXPECT_EQ(value(), (root_ / "Library/Application Support/MeshZero").string());
#else
  EXPECT_EQ(value(), (root_ / "share/meshzero").string());
  unsetenv("XDG_DATA_HOME");
  EXPECT_EQ(value(), (root_ / ".local/share/meshzero").string());
#endif
}

TEST_F(NodeLife, an_idle_node_stays_below_60_mib) {
  const NodeProcess node(data(), kNoPlay);
  node.status_when(is_well);
  EXPECT_LT(mz::platform::resident_bytes(node.pid()), 60U << 20);
}
