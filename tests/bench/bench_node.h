// What the benchmarks of running nodes share: a node of the program under test as a child, and figures of many runs.
//
// Whatever goes wrong is thrown as Failed, so that children and directories go on every way out. A child is killed by its own
// process id; on Linux it also goes when the benchmark itself is killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/base/result.h"
#include "store/descriptor.h"

namespace mz::bench {

using Clock = std::chrono::steady_clock;

struct Failed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T must(Result<T> result) {
  if (!result) throw Failed(result.error().text);
  return std::move(*result);
}

double seconds_since(Clock::time_point start);

// Ctrl-C and SIGTERM from now on end the next `rest` with Failed.
void end_on_signals();
void rest(std::chrono::milliseconds time);

// Asks every few milliseconds; throws with `what` at the limit.
void wait_until(const std::function<bool()>& holds, std::chrono::seconds limit, const std::string& what);

// A new directory under the system's temporary one, removed with what is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Runs the program to its end; what it printed to stdout.
std::string output_of(const std::string& binary, std::vector<std::string> words);

// `meshzero up --foreground`, without workers unless `flags` say otherwise.
class Node {
 public:
  // Returns once the node has printed its address. `port` 0: any free one. `enter` is called in the child before it becomes the
  // node, to put it on a host of a test network (tests/functional/lan_network.h); the node is then asked through its control
  // socket. Elsewhere discovery is off.
  Node(const std::string& binary, const std::filesystem::path& data, std::uint16_t port,
       const std::vector<std::string>& flags, const std::function<bool()>& enter = {});
  ~Node() { kill_hard(); }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] nlohmann::json get(const std::string& path) const;
  // Through the control socket; throws the node's words when it refuses.
  void post(const std::string& path, const nlohmann::json& body) const;
  void signal(int number) const;
  void kill_hard();
  void wait_for_end();

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  std::filesystem::path control_socket_;  // empty: the node is on this host
  Descriptor output_;
};

// Percentiles are measured values: the smallest one that is not below that share of all.
double percentile(std::vector<double> values, double share);
nlohmann::json distribution(const std::vector<double>& values);

// The load of the machine over the last minute, as the system counts it; negative when unknown.
double load();

}  // namespace mz::bench
