// A machine on which everything else takes all the processor time there is must not look dead to others.
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include <thread>

#include "tests/functional/cluster_nodes.h"

namespace {

using mz::test::ClusterTest;
using mz::test::json;
using mz::test::member_of;
using mz::test::NodeProcess;

constexpr double kLoadedSeconds = 12;  // three times what a silent leader is given

// Processes that do nothing but compute, several for each core.
class BusyProcesses {
 public:
  BusyProcesses() {
    for (unsigned i = 0; i < 3 * std::max(1U, std::thread::hardware_concurrency()); ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::alarm(600);  // should the test be killed
        for (volatile unsigned counter = 0;;) counter = counter + 1;
      }
      if (pid > 0) pids_.push_back(pid);
    }
  }
  ~BusyProcesses() { end(); }
  BusyProcesses(const BusyProcesses&) = delete;
  BusyProcesses& operator=(const BusyProcesses&) = delete;

  // How many of them computed until now.
  std::size_t end() {
    std::size_t computed = 0;
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) {
      int status = 0;
      rusage usage{};
      if (::wait4(pid, &status, 0, &usage) != pid) continue;
      const bool used_time = usage.ru_utime.tv_sec > 0 || usage.ru_utime.tv_usec > 0;
      if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && used_time) ++computed;
    }
    pids_.clear();
    return computed;
  }
  [[nodiscard]] std::size_t count() const { return pids_.size(); }

 private:
  std::vector<pid_t> pids_;
};

// 3 nodes
TEST_F(ClusterTest, NobodyDiesAndTheLeaderStaysWhileAllCoresAreBusy) {
  const std::vector<std::string> all{"a", "b", "c"};
  found(all);
  agree(all);
  const json before = nodes_["a"]->status();
  BusyProcesses busy;
  const std::size_t running = busy.count();
  ASSERT_GT(running, std::thread::hardware_concurrency());
  // Their own clocks say when each of them has borne it long enough.
  const double end = before.at("uptime_s").get<double>() + kLoadedSeconds;
  nodes_["a"]->status_when([&](const json& now) {
    for (const std::string& asked : all) {
      const json seen = asked == "a" ? now : nodes_.at(asked)->status();
      EXPECT_EQ(seen.at("ballot"), before.at("ballot")) << asked;
      for (const std::string& other : all) {
        const std::string state = member_of(seen, ids_.at(other)).value("state", "");
        EXPECT_TRUE(state == "alive" || state == "suspect") << asked << " calls " << other << " " << state;
      }
    }
    return HasFailure() || now.at("uptime_s").get<double>() >= end;
  });
  EXPECT_EQ(busy.end(), running);
  agree(all);
  for (const std::string& name : all) EXPECT_EQ(nodes_[name]->status().at("ballot"), before.at("ballot")) << name;
}

}  // namespace
