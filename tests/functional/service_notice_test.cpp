// A real node and a service manager played by the test: the datagrams of sd_notify(3).
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#ifdef __linux__
#include <sys/ptrace.h>
#endif

#include <fstream>

#include "tests/functional/test_node.h"

using mz::test::kPatience;
using mz::test::NodeProcess;
using mz::test::NodeTest;

namespace {

const std::vector<std::string> kNoPlay{"--port", "0", "--workers", "0"};

// The end of the manager: a datagram socket under a path, or an abstract one.
class Manager {
 public:
  explicit Manager(const std::string& address) : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    mz::set_close_on_exec(socket_.get());
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, address.data(), address.size());
    if (name.sun_path[0] == '@') name.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&name), size), 0) << std::strerror(errno);
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
  }
  ~Manager() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next datagram; empty when none came in time.
  [[nodiscard]] std::string next(std::chrono::milliseconds limit = kPatience) const {
    pollfd entry{socket_.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(limit.count())) != 1) return "";
    std::array<char, 4096> text{};
    const auto n = ::recv(socket_.get(), text.data(), text.size(), 0);
    return n > 0 ? std::string(text.data(), static_cast<std::size_t>(n)) : "";
  }
  // Those that have come already.
  [[nodiscard]] std::vector<std::string> waiting() const {
    std::vector<std::string> all;
    for (std::string text = next(std::chrono::milliseconds(0)); !text.empty();
         text = next(std::chrono::milliseconds(0))) {
      all.push_back(text);
    }
    return all;
  }

 private:
  mz::Descriptor socket_;
};

bool is_alive_sign(const std::string& text) { return text.find("WATCHDOG=1") != std::string::npos; }

class ServiceNotice : public NodeTest {
 protected:
  [[nodiscard]] std::string path() const { return (root_ / "n").string(); }
};

#ifdef __linux__
// Stops one thread of a child and leaves the others running. Needs leave to trace, which some containers withhold.
class StoppedThread {
 public:
  explicit StoppedThread(pid_t thread) : thread_(thread) {
    if (::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) != 0) return;
    seized_ = true;
    ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr);
    int status = 0;
    ::waitpid(thread_, &status, __WALL);
  }
  ~StoppedThread() { go_on(); }
  StoppedThread(const StoppedThread&) = delete;
  StoppedThread& operator=(const StoppedThread&) = delete;

  [[nodiscard]] bool stopped() const { return seized_; }
  void go_on() {
    if (std::exchange(seized_, false)) ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
  }

 private:
  const pid_t thread_;
  bool seized_ = false;
};

// The thread of that name (platform::name_thread), or 0.
pid_t thread_named(pid_t process, const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::ifstream file(task.path() / "comm");
    std::string word;
    if (std::getline(file, word) && word == name) return static_cast<pid_t>(std::stol(task.path().filename()));
  }
  return 0;
}

// While the thread stands still, the node says it is degraded and the manager hears nothing; then it hears the node again.
void expect_silence_while_stopped(const Manager& manager, const NodeProcess& node, pid_t thread) {
  ASSERT_GT(thread, 0);
  StoppedThread stopped(thread);
  if (!stopped.stopped()) GTEST_SKIP() << "This place does not let a process trace its child.";
  // A little later than it stopped, its health tells: 5 seconds (api/node_state.h).
  node.status_when([](const mz::test::json& status) { return status.at("status") == "degraded"; });
  static_cast<void>(manager.waiting());  // from before the node was late
  // Otherwise it would speak every half second. One sign may have been under way when the node became late.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  int signs = 0;
  for (auto now = std::chrono::steady_clock::now(); now < end; now = std::chrono::steady_clock::now()) {
    if (!manager.next(std::chrono::ceil<std::chrono::milliseconds>(end - now)).empty()) ++signs;
  }
  EXPECT_LE(signs, 1);
  stopped.go_on();
  EXPECT_TRUE(is_alive_sign(manager.next()));
}
#endif

}  // namespace

TEST_F(ServiceNotice, ready_comes_when_the_node_answers_and_stopping_before_it_ends) {
  const Manager manager(path());
  NodeProcess node(data(), kNoPlay);
  const std::string ready = manager.next();
  EXPECT_NE(ready.find("READY=1"), std::string::npos);
  EXPECT_NE(ready.find("localhost:" + std::to_string(node.port())), std::string::npos);
  EXPECT_FALSE(node.get("/health").body.empty());
  std::chrono::duration<double> took{};
  EXPECT_EQ(node.terminate(took), 0);
  const auto rest = manager.waiting();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_NE(rest[0].find("STOPPING=1"), std::string::npos);
}

#ifdef __linux__
TEST_F(ServiceNotice, an_abstract_socket_is_told_too) {
  const Manager manager("@meshzero-test-" + std::to_string(::getpid()));
  const NodeProcess node(data(), kNoPlay);
  EXPECT_NE(manager.next().find("READY=1"), std::string::npos);
}
#endif

TEST_F(ServiceNotice, a_node_that_is_watched_shows_that_it_lives_again_and_again) {
  const Manager manager(path());
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  const NodeProcess node(data(), kNoPlay);
  EXPECT_NE(manager.next().find("READY=1"), std::string::npos);
  auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(is_alive_sign(manager.next()));
    const auto now = std::chrono::steady_clock::now();
    EXPECT_LT(now - before, kPatience);
    before = now;
  }
}

TEST_F(ServiceNotice, a_watchdog_that_is_meant_for_another_process_hears_nothing) {
  const Manager manager(path());
  ::setenv("WATCHDOG_USEC", "1000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  NodeProcess node(data(), kNoPlay);
  // The loop has turned several times when the store is open and counted.
  node.status_when([](const mz::test::json& status) { return status.at("status") == "ok"; });
  std::chrono::duration<double> took{};
  node.terminate(took);
  const auto all = manager.waiting();
  EXPECT_EQ(all.size(), 2U);  // ready and stopping
  EXPECT_TRUE(std::none_of(all.begin(), all.end(), is_alive_sign));
}

#ifdef __linux__
TEST_F(ServiceNotice, a_control_loop_that_stands_still_misses_the_watchdog) {
  const Manager manager(path());
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  const NodeProcess node(data(), kNoPlay);
  EXPECT_NE(manager.next().find("READY=1"), std::string::npos);
  EXPECT_TRUE(is_alive_sign(manager.next()));
  expect_silence_while_stopped(manager, node, node.pid());  // the control loop runs in the first thread
}

TEST_F(ServiceNotice, a_loop_of_the_cluster_that_stands_still_misses_the_watchdog) {
  const Manager manager(path());
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  const NodeProcess node(data(), kNoPlay);
  EXPECT_NE(manager.next().find("READY=1"), std::string::npos);
  EXPECT_TRUE(is_alive_sign(manager.next()));
  expect_silence_while_stopped(manager, node, thread_named(node.pid(), "agreement"));
}
#endif

TEST_F(ServiceNotice, workers_do_not_inherit_the_manager) {
  const Manager manager(path());
  const NodeProcess node(data(), {"--port", "0", "--workers", "1"});
  const auto worker =
      node.status_when([](const mz::test::json& status) { return status.at("workers")[0].at("state") == "playing"; })
          .at("workers")[0]
          .at("pid")
          .get<pid_t>();
  std::ifstream environment("/proc/" + std::to_string(worker) + "/environ", std::ios::binary);
  if (!environment) GTEST_SKIP() << "This system does not show the environment of a process.";
  const std::string text((std::istreambuf_iterator<char>(environment)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find("HOME="), std::string::npos);
  EXPECT_EQ(text.find("NOTIFY_SOCKET"), std::string::npos);
}

TEST_F(ServiceNotice, an_address_that_cannot_be_one_is_refused) {
  for (const std::string& address : {std::string("relative"), std::string("/"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", address.c_str(), 1);
    const auto up = mz::test::run_binary("up --foreground --port 0 " + on_data(), mz::test::kOnlyStderr);
    EXPECT_EQ(up.code, 2) << address;
    EXPECT_NE(up.out.find("NOTIFY_SOCKET"), std::string::npos);
  }
  ::unsetenv("NOTIFY_SOCKET");
}

TEST_F(ServiceNotice, lines_for_the_journal_carry_their_priority_and_no_time) {
  // The journal is known by the device and inode of stderr; a file serves as well.
  const std::string file = (root_ / "journal").string();
  std::ofstream(file).close();
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  const Manager manager(path());
  const auto run = [&](const std::string& where) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::dup2(::open(where.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644), STDERR_FILENO);
      ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
      ::execl(MESHZERO_BINARY, "meshzero", "up", "--foreground", "--port", "0", "--workers", "0", "--data",
              data().c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    EXPECT_NE(manager.next().find("READY=1"), std::string::npos);
    ::kill(pid, SIGTERM);
    ::waitpid(pid, nullptr, 0);
    EXPECT_NE(manager.next().find("STOPPING=1"), std::string::npos);
    std::ifstream lines(where);
    std::string first;
    std::getline(lines, first);
    return first;
  };
  EXPECT_TRUE(run(file).starts_with("<6>"));
  const std::string plain = run((root_ / "plain").string());
  EXPECT_TRUE(plain.starts_with("20")) << plain;  // a year
  ::unsetenv("JOURNAL_STREAM");
}
