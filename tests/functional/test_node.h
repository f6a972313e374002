// A real node for a test: the binary, its own data directory and home, a free port.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/http_connection.h"
#include "api/loopback_client.h"
#include "store/descriptor.h"
#include "tests/functional/binary.h"

namespace mz::test {

using nlohmann::json;

inline constexpr std::chrono::seconds kPatience{200};  // generous: the machine may be busy with other tests

// A directory that disappears with the test, and an environment without the settings of whoever runs it.
class NodeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "meshzeroXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    for (const char* name : {"DATA", "PORT", "WORKERS", "MEMORY_GB", "DISK_FLOOR_GB", "TARGET", "ETCD", "ETCD_CA",
                             "ETCD_CERT", "ETCD_KEY", "ETCD_USER", "ETCD_PASSWORD_FILE", "ETCD_PASSWORD"}) {
      unsetenv((std::string("MESHZERO_") + name).c_str());
    }
    setenv("MESHZERO_DISCOVERY", "off", 1);  // no test speaks to the network around it
    // Nor do nodes hear of the sleep of this computer.
    setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + (root_ / "no-bus").string()).c_str(), 1);
    ::signal(SIGPIPE, SIG_IGN);  // a node may close a connection first
    setenv("HOME", root_.c_str(), 1);
    setenv("XDG_CONFIG_HOME", (root_ / "config").c_str(), 1);
    setenv("XDG_DATA_HOME", (root_ / "share").c_str(), 1);
  }
  void TearDown() override {
    std::filesystem::current_path("/");
    std::filesystem::remove_all(root_);
  }

  [[nodiscard]] std::string data() const { return (root_ / "data").string(); }
  [[nodiscard]] std::string on_data() const { return "--data " + data(); }

  std::filesystem::path root_;
};

// `meshzero up --foreground` as a child of the test. Killed when the object goes.
class NodeProcess {
 public:
  // Returns once the node has printed its address. `enter` is called in the child before it becomes the node, to put it on
  // another host of a test network (lan.h); the node is then asked through its control socket.
  NodeProcess(const std::string& data, const std::vector<std::string>& flags, const std::function<bool()>& enter = {},
              const std::string& binary = MESHZERO_BINARY) {
    if (enter) control_socket_ = data + "/control.sock";
    int fds[2] = {-1, -1};
    if (::pipe(fds) != 0) return;
    set_close_on_exec(fds[0]);
    set_close_on_exec(fds[1]);
    output_ = Descriptor(fds[0]);
    Descriptor theirs(fds[1]);
    std::vector<std::string> words{binary, "up", "--foreground", "--json", "--data", data};
    if (std::find(flags.begin(), flags.end(), "--disk-floor-gb") == flags.end()) {
      words.insert(words.end(), {"--disk-floor-gb", "0"});  // the disk of a test machine may be nearly full
    }
    words.insert(words.end(), flags.begin(), flags.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (enter && !enter()) ::_exit(126);
      ::dup2(theirs.get(), STDOUT_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDERR_FILENO);
      ::execv(arguments.front(), arguments.data());
      ::_exit(127);
    }
    theirs.reset();
    const json said = json::parse(read_until("}"), nullptr, false);
    if (said.is_object()) port_ = said.value("port", std::uint16_t{0});
    EXPECT_NE(port_, 0) << "the node did not come up";
  }
  ~NodeProcess() {
    if (pid_ > 0) kill_hard();
  }
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  [[nodiscard]] HttpAnswer get(const std::string& path) const {
    auto answer = control_socket_.empty() ? http_get(port_, path, std::chrono::seconds(20)) : get_by_file(path);
    if (answer) return *answer;
    ADD_FAILURE() << answer.error().text;
    return {};
  }
  [[nodiscard]] json get_json(const std::string& path) const { return json::parse(get(path).body, nullptr, false); }
  [[nodiscard]] json status() const { return get_json("/api/v1/status"); }

  // Asks for the status until it satisfies the predicate, and returns it. Between two questions it waits for the node to die.
  json status_when(const std::function<bool(const json&)>& holds) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    json last;
    while (std::chrono::steady_clock::now() < deadline) {
      last = status();
      if (last.is_object() && holds(last)) return last;
      pollfd entry{output_.get(), 0, 0};
      if (::poll(&entry, 1, 50) > 0) break;
    }
    ADD_FAILURE() << "the status never became as expected; the last one: " << last.dump(1);
    return last;
  }

  // Whether it still runs after that time; returns at once when it ends.
  [[nodiscard]] bool lives_for(std::chrono::milliseconds time) const {
    pollfd entry{output_.get(), 0, 0};
    return ::poll(&entry, 1, static_cast<int>(time.count())) == 0;
  }

  // Ends it the hard way, and takes the body away.
  void kill_hard() {
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }
  // Asks it to stop; its exit code, or -1 when it did not exit by itself. `took` is how long it needed.
  int terminate(std::chrono::duration<double>& took) {
    const auto start = std::chrono::steady_clock::now();
    ::kill(pid_, SIGTERM);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    took = std::chrono::steady_clock::now() - start;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  [[nodiscard]] Result<HttpAnswer> get_by_file(const std::string& path) const {
    auto connection = HttpConnection::dial_file(control_socket_);
    if (!connection) return connection.error();
    return connection->ask({.path = path}, within(std::chrono::seconds(20)));
  }
  std::string read_until(const std::string& enough) {
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.find(enough) == std::string::npos) {
      pollfd entry{output_.get(), POLLIN, 0};
      if (::poll(&entry, 1, 60'000) <= 0) break;
      const auto n = ::read(output_.get(), chunk.data(), chunk.size());
      if (n <= 0) break;
      text.append(chunk.data(), static_cast<std::size_t>(n));
    }
    return text;
  }

  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  std::string control_socket_;  // empty: the node is on this host
  Descriptor output_;
};

inline std::uint64_t total_games(const json& status) {
  std::uint64_t sum = 0;
  for (const json& entry : status.at("configurations")) sum += entry.at("games").get<std::uint64_t>();
  return sum;
}

// True when all configurations are in this state.
inline bool all_in_state(const json& status, const std::string& state) {
  for (const json& entry : status.at("configurations")) {
    if (entry.at("state") != state) return false;
  }
  return true;
}

}  // namespace mz::test
