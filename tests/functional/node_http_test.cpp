// What a node answers over HTTP. Through the real binary and socket.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <set>
#include <sstream>
#include <tuple>

#include "node/data_directory.h"
#include "store/game_store.h"
#include "store/selfplay.h"
#include "tests/functional/test_node.h"
#include "tests/unit/store/played.h"

using mz::Descriptor;
using mz::test::json;
using mz::test::NodeProcess;
using mz::test::NodeTest;

namespace {

class NodeHttp : public NodeTest {
 protected:
  // A node that plays nothing, with one random game of each configuration: quick to play, and enough to be shown.
  std::unique_ptr<NodeProcess> node_with_games() {
    EXPECT_TRUE(mz::DataDirectory::create_or_open(data()).ok());
    const auto disk = mz::make_posix_disk();
    auto store = mz::GameStore::open(data(), *disk);
    if (!store) ADD_FAILURE() << store.error().text;
    for (const char* board : {"square8", "square19", "hex8", "hexagonal"}) {
      for (int seats = 2; seats <= 4; ++seats) {
        const std::vector<std::string> engines(static_cast<std::size_t>(seats), "random");
        auto table =
            mz::SelfplayTable::open({.config = {.game = "ringrift", .board = board, .seats = seats, .options = {}},
                                     .engines = engines,
                                     .max_moves = {}});
        EXPECT_TRUE((*store)->append(mz::played(*table, 7)).ok());
      }
    }
    EXPECT_EQ(*(*store)->seal(), 12U);
    store->reset();
    auto node = quiet_node();
    node->status_when([](const json& status) { return mz::test::total_games(status) == 12; });
    return node;
  }
  std::unique_ptr<NodeProcess> quiet_node() {
    return std::make_unique<NodeProcess>(data(), std::vector<std::string>{"--port", "0", "--workers", "0"});
  }
};

Descriptor connect_to(std::uint16_t port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return socket;
}

// Sends bytes as they are and returns everything until the node closes.
std::string talk(std::uint16_t port, const std::string& bytes) {
  const Descriptor socket = connect_to(port);
  EXPECT_EQ(::write(socket.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  std::string text;
  std::array<char, 65'536> chunk{};
  for (;;) {
    pollfd entry{socket.get(), POLLIN, 0};
    if (::poll(&entry, 1, 20'000) <= 0) return text;
    const auto n = ::recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (n <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

std::string request(const std::string& line, const std::string& host, const std::string& more = "") {
  return line + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more + "\r\n";
}

}  // namespace

TEST_F(NodeHttp, health_is_ok_with_200_once_the_store_is_open) {
  const auto node = quiet_node();
  node->status_when([](const json& status) { return status.at("status") == "ok"; });
  for (const char* path : {"/health", "/livez", "/readyz"}) {
    const auto answer = node->get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_EQ(json::parse(answer.body), (json{{"status", "ok"}, {"version", MESHZERO_VERSION}})) << path;
  }
}

TEST_F(NodeHttp, a_stopped_worker_does_not_make_health_slow_or_wrong) {
  const NodeProcess node(data(), {"--port", "0"});
  const json status = node.status_when([](const json& now) { return now.at("workers")[0].at("state") == "playing"; });
  const auto worker = status.at("workers")[0].at("pid").get<pid_t>();
  ASSERT_EQ(::kill(worker, SIGSTOP), 0);  // as hung as can be
  EXPECT_EQ(node.get("/health").status, 200);
  ::kill(worker, SIGKILL);
}

TEST_F(NodeHttp, a_foreign_host_gets_nothing_but_health) {
  const auto node = quiet_node();
  for (const char* path : {"/", "/api/v1/status", "/api/v1/games", "/metrics", "/nothing"}) {
    const std::string answer = talk(node->port(), request(std::string("GET ") + path, "evil.example"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 421 ")) << path << ": " << answer;
  }
  EXPECT_FALSE(talk(node->port(), request("GET /health", "evil.example")).starts_with("HTTP/1.1 421"));
  EXPECT_TRUE(talk(node->port(), request("GET /metrics", "localhost:" + std::to_string(node->port())))
                  .starts_with("HTTP/1.1 200 "));
}

TEST_F(NodeHttp, what_may_be_read_may_not_be_written) {
  const auto node = quiet_node();
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    for (const char* path : {"/", "/health", "/api/v1/status"}) {
      const std::string answer = talk(node->port(), request(std::string(method) + " " + path, "localhost"));
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << method << path;
      EXPECT_NE(answer.find("Allow: GET, HEAD"), std::string::npos);
    }
  }
}

TEST_F(NodeHttp, unknown_paths_without_credentials_are_answered_with_401_whatever_the_method) {
  const auto node = quiet_node();
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
    for (const char* path : {"/nothing", "/api/v1/nothing", "/assets/../meshzero-data.json", "/etc/passwd"}) {
      const std::string answer = talk(node->port(), request(std::string(method) + " " + path, "localhost"));
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 ")) << method << path;
    }
  }
}

TEST_F(NodeHttp, it_listens_on_loopback_only) {
  const auto node = quiet_node();
  // Every loopback address but the one it is bound to stands for the other interfaces of the machine.
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  address.sin_port = htons(node->port());
  EXPECT_NE(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TEST_F(NodeHttp, hundreds_of_slow_sockets_leave_health_alone) {
  const auto node = quiet_node();
  node->status_when([](const json& status) { return status.at("status") == "ok"; });
  std::vector<Descriptor> slow;
  for (int i = 0; i < 400; ++i) {
    slow.push_back(connect_to(node->port()));
    const std::string part = i % 2 == 0 ? "" : "GET /health HTTP/1.1\r\nHost: local";
    [[maybe_unused]] const auto sent = ::write(slow.back().get(), part.data(), part.size());
  }
  for (int i = 0; i < 20; ++i) {
    const auto answer = mz::http_get(node->port(), "/health", std::chrono::seconds(5));
    ASSERT_TRUE(answer.ok()) << answer.error().text;
    EXPECT_EQ(answer->status, 200);
  }
}

TEST_F(NodeHttp, games_are_listed_newest_first_page_by_page_each_once) {
  const auto node = node_with_games();
  std::set<std::string> ids;
  std::int64_t last_stored = INT64_MAX;
  std::string path = "/api/v1/games?limit=5";
  int pages = 0;
  for (;; ++pages) {
    const json page = node->get_json(path);
    for (const json& game : page.at("games")) {
      EXPECT_TRUE(ids.insert(game.at("id")).second);
      EXPECT_LE(game.at("stored_at").get<std::int64_t>(), last_stored);
      last_stored = game.at("stored_at");
      EXPECT_EQ(game.at("engines").size(), game.at("seats").get<std::size_t>());
      EXPECT_EQ(game.at("id").get<std::string>().size(), 64U);
      EXPECT_TRUE(game.at("winner").is_null() || (game.at("winner") >= 1 && game.at("winner") <= game.at("seats")));
    }
    if (page.at("next").is_null()) break;
    path = "/api/v1/games?limit=5&before=" + page.at("next").get<std::string>();
  }
  EXPECT_EQ(ids.size(), 12U);
  EXPECT_EQ(pages, 2);  // 5 + 5 + 2, counted from 0
}

TEST_F(NodeHttp, games_can_be_asked_for_by_board_and_seats) {
  const auto node = node_with_games();
  EXPECT_EQ(node->get_json("/api/v1/games?board=hex8").at("games").size(), 3U);
  const json games = node->get_json("/api/v1/games?board=hex8&seats=3").at("games");
  ASSERT_EQ(games.size(), 1U);
  EXPECT_EQ(games[0].at("board"), "hex8");
  EXPECT_EQ(games[0].at("seats"), 3);
}

TEST_F(NodeHttp, a_game_comes_with_all_moves_and_the_positions_asked_for) {
  const auto node = node_with_games();
  const std::string id = node->get_json("/api/v1/games?board=square8&seats=2").at("games")[0].at("id");
  const json game = node->get_json("/api/v1/games/" + id + "?from=3&count=4");
  const auto plies = game.at("plies").get<std::size_t>();
  EXPECT_EQ(game.at("moves").size(), plies);
  EXPECT_EQ(game.at("moves")[0].get<std::string>().substr(0, 4),
            "PR 1");  // every game begins with a placement by seat 1
  EXPECT_EQ(game.at("positions").at("from"), 3);
  EXPECT_EQ(game.at("positions").at("texts").size(), 4U);
  EXPECT_EQ(game.at("options"), json::object());

  // The position after the last move is the one more there is.
  const json end = node->get_json("/api/v1/games/" + id + "?from=" + std::to_string(plies - 1) + "&count=500");
  EXPECT_EQ(end.at("positions").at("texts").size(), 2U);
  // The same position, asked for from another side.
  const json beginning = node->get_json("/api/v1/games/" + id);
  EXPECT_EQ(beginning.at("positions").at("texts")[3], game.at("positions").at("texts")[0]);
}

TEST_F(NodeHttp, wrong_questions_are_answered_with_what_is_wrong) {
  const auto node = node_with_games();
  for (const char* path :
       {"/api/v1/games?limit=0", "/api/v1/games?limit=201", "/api/v1/games?limit=x", "/api/v1/games?seats=-1",
        "/api/v1/games?before=x", "/api/v1/games?bord=hex8", "/api/v1/games?limit=1&limit=2"}) {
    const auto answer = node->get(path);
    EXPECT_EQ(answer.status, 400) << path;
    EXPECT_TRUE(json::parse(answer.body).at("error").at("text").is_string()) << path;
  }
  const std::string id = node->get_json("/api/v1/games?limit=1").at("games")[0].at("id");
  EXPECT_EQ(node->get("/api/v1/games/" + id + "?count=501").status, 400);
  for (const std::string& path : {"/api/v1/games/" + std::string(64, '0'), std::string("/api/v1/games/x")}) {
    EXPECT_EQ(node->get(path).status, 404) << path;
  }
  for (const std::string& path : {std::string("/api/v1/games/"), "/api/v1/games/" + id + "/moves"}) {
    EXPECT_EQ(node->get(path).status, 401) << path;
  }
}

TEST_F(NodeHttp, every_metric_has_help_and_type_and_a_number) {
  const auto node = node_with_games();
  const std::string text = node->get("/metrics").body;
  std::set<std::string> typed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) typed.insert(line.substr(7, line.find(' ', 7) - 7));
    if (line.starts_with("#")) continue;
    const std::string name = line.substr(0, line.find_first_of("{ "));
    EXPECT_TRUE(typed.contains(name)) << line;
    EXPECT_NE(text.find("# HELP " + name + " "), std::string::npos) << line;
    EXPECT_NO_THROW(std::ignore = std::stod(line.substr(line.rfind(' ') + 1))) << line;
  }
  EXPECT_NE(text.find("meshzero_games_total{board=\"square8\",game=\"ringrift\",seats=\"2\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("meshzero_games_stored_total 0\n"), std::string::npos);  // since the start of this node
}

TEST_F(NodeHttp, the_page_comes_out_of_the_binary_and_may_load_nothing_from_elsewhere) {
  const auto node = quiet_node();
  const std::string answer = talk(node->port(), request("GET /", "localhost"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(answer.find("Content-Security-Policy: default-src 'self'"), std::string::npos);
  EXPECT_NE(answer.find("<!doctype html>"), std::string::npos);

  const auto at = answer.find("ETag: ") + 6;
  const std::string etag = answer.substr(at, answer.find("\r\n", at) - at);
  const std::string unchanged = talk(node->port(), request("GET /", "localhost", "If-None-Match: " + etag + "\r\n"));
  EXPECT_TRUE(unchanged.starts_with("HTTP/1.1 304 "));
  EXPECT_TRUE(unchanged.ends_with("\r\n\r\n"));
  const std::string packed = talk(node->port(), request("GET /", "localhost", "Accept-Encoding: gzip\r\n"));
  EXPECT_NE(packed.find("Content-Encoding: gzip"), std::string::npos);
}
