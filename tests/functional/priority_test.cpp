// Who gets a core first, as the kernel of Linux says of the threads and processes of a real node.
#include <gtest/gtest.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <fstream>
#include <map>

#include "node/platform.h"
#include "node/worker.h"
#include "tests/functional/test_node.h"

namespace {

using mz::test::json;
using mz::test::NodeProcess;
using mz::test::NodeTest;

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

int niceness_of(pid_t thread) { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread)); }

// Whether this user may go before other programs.
bool may_go_first() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(mz::platform::put_thread_first() ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// A container may keep even root from it.
bool may_raise_niceness_limit(rlim_t limit) {
  const pid_t pid = ::fork();
  const rlimit both{limit, limit};
  if (pid == 0) ::_exit(::setrlimit(RLIMIT_NICE, &both) == 0 ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::map<std::string, int> niceness_of_threads(pid_t process) {
  std::map<std::string, int> found;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    found[first_line(task.path() / "comm")] = niceness_of(std::stoi(task.path().filename().string()));
  }
  return found;
}

TEST_F(NodeTest, WorkersPlayBehindTheNodeAndBehindPeoplesPrograms) {
  const NodeProcess node(data(), {"--port", "0", "--workers", "2"});
  const json status = node.status_when([](const json& now) {
    const json workers = now.value("workers", json::array());
    return workers.size() == 2 && std::all_of(workers.begin(), workers.end(),
                                              [](const json& worker) { return worker.at("state") == "playing"; });
  });
  for (const json& worker : status.at("workers")) {
    const auto pid = worker.at("pid").get<pid_t>();
    EXPECT_EQ(niceness_of(pid), mz::kWorkerNiceness);
    EXPECT_EQ(::getsid(pid), pid);
    const std::string file = "/proc/" + std::to_string(pid) + "/autogroup";
    if (!std::filesystem::exists(file)) continue;  // a kernel without such groups
    // The kernel may put it off for a moment; then the worker asks again with its next unit.
    node.status_when(
        [&](const json&) { return first_line(file).ends_with(" nice " + std::to_string(mz::kWorkerNiceness)); });
  }
}

TEST_F(NodeTest, WhatKeepsTheClusterTogetherGoesFirstWhereTheSystemLetsIt) {
  const NodeProcess node(data(), {"--port", "0", "--workers", "0"});
  const int usual = niceness_of(::getpid());
  const int first = may_go_first() ? -mz::platform::kFirstNiceness : usual;
  node.status_when([&](const json&) {
    const auto threads = niceness_of_threads(node.pid());
    return threads.contains("agreement") && threads.contains("cluster-disk") && threads.contains("http") &&
           threads.contains("http-control") && threads.contains("http-ui") && threads.contains("store");
  });
  const auto threads = niceness_of_threads(node.pid());
  for (const char* name : {"agreement", "cluster-disk", "http", "http-control"}) {
    EXPECT_EQ(threads.at(name), first) << name;
  }
  for (const char* name : {"http-ui", "http-bulk", "store", "membership"}) EXPECT_EQ(threads.at(name), usual) << name;
}

// What the unit of the service gives: no rights at all, and LimitNICE=-10, which the kernel counts as 20 + 10.
TEST_F(NodeTest, TheLimitOfTheServiceIsEnoughForAUserWithoutRights) {
  if (::prctl(PR_CAPBSET_READ, CAP_SETPCAP) != 1 || ::geteuid() != 0) GTEST_SKIP() << "only root may give up rights";
  const auto niceness_with_limit = [this](rlim_t limit) {
    const NodeProcess node(data(), {"--port", "0", "--workers", "0"}, [limit] {
      const rlimit both{limit, limit};
      return ::setrlimit(RLIMIT_NICE, &both) == 0 && ::prctl(PR_CAPBSET_DROP, CAP_SYS_NICE) == 0 &&
             ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
    });
    node.status_when([&](const json&) { return niceness_of_threads(node.pid()).contains("agreement"); });
    return niceness_of_threads(node.pid()).at("agreement");
  };
  EXPECT_EQ(niceness_with_limit(0), niceness_of(::getpid())) << "no right may be left, or the limit shows nothing";
  constexpr rlim_t kLimit = 20 + mz::platform::kFirstNiceness;
  if (!may_raise_niceness_limit(kLimit)) GTEST_SKIP() << "nobody may raise the limit of niceness here";
  EXPECT_EQ(niceness_with_limit(kLimit), -mz::platform::kFirstNiceness);
}

}  // namespace
