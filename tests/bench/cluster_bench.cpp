// How long real nodes need to join, to replace a leader that was killed or stops, and to agree again after a pause; and what a
// node costs that does nothing.
//
//   cluster_bench --meshzero build/release/meshzero [--json] [--only failover] [--kills 50] …
//
// All nodes are processes of this computer, on ports of 127.0.0.1 and with data directories that go with the run. On Linux
// they live in a network of their own, so that every byte on its loopback device is one that they sent. Times end when the
// nodes' own answers show what is waited for; they are asked every 5 ms.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#endif

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <sstream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/bench/bench_node.h"

using namespace mz;
using namespace mz::bench;
using nlohmann::json;

namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kHeartbeat{500};  // a kill may come at any moment between two of them

struct Settings {
  std::string binary;
  std::vector<int> sizes{3, 5};
  int joins = 20;
  int kills = 50;
  int stops = 20;
  int pauses = 20;
  int idle_seconds = 60;
  bool own_network = false;
};

// Nodes that are one cluster. Their numbers stay, their processes come and go.
class Cluster {
 public:
  Cluster(const Settings& settings, int size, std::vector<std::string> flags = {})
      : settings_(settings), flags_(std::move(flags)), members_(static_cast<std::size_t>(size)) {
    start(0);
    for (std::size_t i = 1; i < members_.size(); ++i) start(i, {"--join", token(), "--peer", address(0)});
    agree(everybody());
  }

  [[nodiscard]] std::vector<std::size_t> everybody() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < members_.size(); ++i) all.push_back(i);
    return all;
  }
  [[nodiscard]] std::vector<std::size_t> without(std::size_t one) const {
    std::vector<std::size_t> rest = everybody();
    std::erase(rest, one);
    return rest;
  }
  [[nodiscard]] Node& node(std::size_t i) { return *members_[i].node; }

  // On the port it had before, if there was a before.
  void start(std::size_t i, std::vector<std::string> more = {}) {
    Member& member = members_[i];
    more.insert(more.end(), flags_.begin(), flags_.end());
    member.node.reset();
    member.node = std::make_unique<Node>(settings_.binary, data(i), member.port, more);
    member.port = member.node->port();
    member.id = member.node->get("/api/v1/cluster").value("node_id", "");
  }
  std::string token() const {
    const std::string said =
        output_of(settings_.binary, {"token", "create", "--role", "node", "--json", "--data", data(0)});
    return json::parse(said, nullptr, false).value("token", "");
  }
  [[nodiscard]] std::string address(std::size_t i) const { return "127.0.0.1:" + std::to_string(members_[i].port); }
  [[nodiscard]] std::string data(std::size_t i) const { return (root_.path() / std::to_string(i)).string(); }

  // One of them leads, in its own words.
  bool somebody_leads(const std::vector<std::size_t>& who) {
    return std::any_of(who.begin(), who.end(),
                       [this](std::size_t i) { return picture(i).value("role", "") == "leading"; });
  }
  // The one among them whom all of them follow, if all of them also call each other alive.
  std::optional<std::size_t> leader_of(const std::vector<std::size_t>& who) {
    std::optional<json> ballot;
    for (const std::size_t i : who) {
      const json seen = picture(i);
      if (!seen.is_object() || !seen["ballot"].is_object() || !seen["partition"].is_null()) return std::nullopt;
      if (ballot && *ballot != seen["ballot"]) return std::nullopt;
      ballot = seen["ballot"];
      for (const std::size_t other : who) {
        const auto alive = [&](const json& member) {
          return member["node_id"] == members_[other].id && member["state"] == "alive";
        };
        if (std::none_of(seen["members"].begin(), seen["members"].end(), alive)) return std::nullopt;
      }
    }
    for (const std::size_t i : who) {
      if (ballot && (*ballot)["node_id"] == members_[i].id) return i;
    }
    return std::nullopt;
  }
  std::size_t agree(const std::vector<std::size_t>& who) {
    std::optional<std::size_t> leader;
    wait_until([&] { return (leader = leader_of(who)).has_value(); }, kPatience, "the nodes do not agree on a leader");
    return *leader;
  }

 private:
  struct Member {
    std::unique_ptr<Node> node;
    std::uint16_t port = 0;
    std::string id;
  };
  [[nodiscard]] json picture(std::size_t i) const { return members_[i].node->get("/api/v1/cluster"); }

  const Settings& settings_;
  const std::vector<std::string> flags_;
  const TemporaryDirectory root_;
  std::vector<Member> members_;
};

// How long until somebody leads, and until all of them follow.
struct Replacement {
  std::vector<double> led;
  std::vector<double> agreed;

  void take(Cluster& cluster, const std::vector<std::size_t>& rest_of_them, Clock::time_point start) {
    wait_until([&] { return cluster.somebody_leads(rest_of_them); }, kPatience, "nobody leads");
    led.push_back(seconds_since(start));
    cluster.agree(rest_of_them);
    agreed.push_back(seconds_since(start));
  }
  [[nodiscard]] json figures() const { return {{"led_s", distribution(led)}, {"agreed_s", distribution(agreed)}}; }
};

json measured(const std::function<json()>& section) {
  const double before = load();
  json figures = section();
  figures["load"] = {before, load()};
  return figures;
}

void say(const std::string& what) { std::fprintf(stderr, "cluster_bench: %s\n", what.c_str()); }

// From the start of a new program to its answer, which it gives when it is a member, and until both follow one leader.
json join(const Settings& settings) {
  std::vector<double> member;
  std::vector<double> agreed;
  std::vector<double> running;
  for (int i = 0; i < settings.joins; ++i) {
    Cluster cluster(settings, 1);
    const TemporaryDirectory other;
    const std::string token = cluster.token();
    const auto start = Clock::now();
    Node newcomer(settings.binary, other.path() / "data", 0, {"--join", token, "--peer", cluster.address(0)});
    member.push_back(seconds_since(start));
    wait_until(
        [&] {
          const json seen = newcomer.get("/api/v1/cluster");
          return seen["ballot"].is_object() && seen["ballot"] == cluster.node(0).get("/api/v1/cluster")["ballot"];
        },
        kPatience, "the newcomer follows nobody");
    agreed.push_back(seconds_since(start));

    // The same by a command, into a node that runs already.
    const TemporaryDirectory third;
    const std::string data = (third.path() / "data").string();
    const Node waiting(settings.binary, data, 0, {});
    const std::string second = cluster.token();
    const auto asked = Clock::now();
    output_of(settings.binary, {"join", second, "--peer", cluster.address(0), "--data", data});
    running.push_back(seconds_since(asked));
  }
  return {{"up_join_s", distribution(member)},
          {"up_join_agreed_s", distribution(agreed)},
          {"join_command_s", distribution(running)}};
}

json failover(const Settings& settings, int size) {
  Cluster cluster(settings, size);
  std::mt19937 random(static_cast<unsigned>(size));
  std::uniform_int_distribution<int> moment(0, static_cast<int>(kHeartbeat.count()));
  Replacement replacement;
  for (int i = 0; i < settings.kills; ++i) {
    const std::size_t leader = cluster.agree(cluster.everybody());
    rest(std::chrono::milliseconds(moment(random)));
    const auto start = Clock::now();
    cluster.node(leader).kill_hard();
    replacement.take(cluster, cluster.without(leader), start);
    cluster.start(leader);
    if ((i + 1) % 10 == 0) say(std::to_string(i + 1) + " kills in a cluster of " + std::to_string(size));
  }
  return replacement.figures();
}

json hand_over(const Settings& settings, int size, int stops, const std::vector<std::string>& flags) {
  Cluster cluster(settings, size, flags);
  Replacement replacement;
  for (int i = 0; i < stops; ++i) {
    const std::size_t leader = cluster.agree(cluster.everybody());
    const auto start = Clock::now();
    cluster.node(leader).signal(SIGTERM);
    replacement.take(cluster, cluster.without(leader), start);
    cluster.node(leader).wait_for_end();
    cluster.start(leader);
  }
  return replacement.figures();
}

json healing(const Settings& settings, int size) {
  Cluster cluster(settings, size);
  std::vector<double> agreed;
  for (int i = 0; i < settings.pauses; ++i) {
    const std::size_t leader = cluster.agree(cluster.everybody());
    cluster.node(leader).signal(SIGSTOP);
    cluster.agree(cluster.without(leader));
    const auto start = Clock::now();
    cluster.node(leader).signal(SIGCONT);
    cluster.agree(cluster.everybody());
    agreed.push_back(seconds_since(start));
  }
  return {{"agreed_s", distribution(agreed)}};
}

#ifdef __linux__
// The loopback device of a network that only this process and its children see.
bool enter_own_network() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << user + " " + user + " 1";
  std::ofstream("/proc/self/gid_map") << group + " " + group + " 1";
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) throw Failed("the network of its own has no loopback device");
  return true;
}

// With all headers.
double loopback_bytes() {
  std::ifstream in("/proc/self/net/dev");
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    double bytes = 0;
    if (words >> name >> bytes && name == "lo:") return bytes;
  }
  throw Failed("the system does not count what goes over the loopback device");
}

double cpu_seconds(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(in, text);
  std::istringstream words(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) words >> skipped;
  double user = 0;
  double system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_mib(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  double total = 0;
  double resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

json idle(const Settings& settings, int size) {
  Cluster cluster(settings, size);
  const std::size_t leader = cluster.agree(cluster.everybody());
  rest(std::chrono::seconds(10));  // what a start costs is not what resting costs
  const auto all = cluster.everybody();
  std::vector<double> before;
  for (const std::size_t i : all) before.push_back(cpu_seconds(cluster.node(i).pid()));
  const double bytes = settings.own_network ? loopback_bytes() : 0;
  const auto start = Clock::now();
  rest(std::chrono::seconds(settings.idle_seconds));
  const double took = seconds_since(start);
  json figures;
  if (settings.own_network) {
    const auto pairs = static_cast<double>(size * (size - 1)) / 2;
    figures["bytes_per_s_and_peer"] = (loopback_bytes() - bytes) / took / pairs;
  }
  double most_resident = 0;
  double most_cpu = 0;
  for (const std::size_t i : all) {
    const double cpu = (cpu_seconds(cluster.node(i).pid()) - before[i]) / took * 100;
    most_cpu = std::max(most_cpu, cpu);
    most_resident = std::max(most_resident, resident_mib(cluster.node(i).pid()));
    if (i == leader) figures["leader_cpu_percent"] = cpu;
  }
  figures["most_cpu_percent"] = most_cpu;
  figures["most_resident_mib"] = most_resident;
  return figures;
}
#endif

void print(const std::string& name, const json& figures) {
  for (const auto& [key, value] : figures.items()) {
    if (value.is_number()) {
      std::printf("%-18s %-22s %.2f\n", name.c_str(), key.c_str(), value.get<double>());
    } else if (value.is_object()) {
      std::printf("%-18s %-22s p50 %.3f  p95 %.3f  p99 %.3f  max %.3f  (%zu)\n", name.c_str(), key.c_str(),
                  value["p50"].get<double>(), value["p95"].get<double>(), value["p99"].get<double>(),
                  value["max"].get<double>(), value["samples"].get<std::size_t>());
    } else {
      std::printf("%-18s %-22s %.2f before, %.2f after\n", name.c_str(), key.c_str(), value[0].get<double>(),
                  value[1].get<double>());
    }
  }
}

json run(const Settings& settings, const std::vector<std::string>& only) {
  json out;
  const auto wanted = [&](const char* name) {
    return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
  };
  const auto for_sizes = [&](const char* name, const std::function<json(int)>& section) {
    if (!wanted(name)) return;
    for (const int size : settings.sizes) {
      const std::string key = std::string(name) + "_" + std::to_string(size);
      say(key);
      out[key] = measured([&] { return section(size); });
    }
  };
  if (wanted("join")) out["join"] = measured([&] { return join(settings); });
  for_sizes("hand_over", [&](int size) { return hand_over(settings, size, settings.stops, {}); });
  if (wanted("hand_over_playing")) {
    // Two nodes of which each has a worker in the middle of a game.
    out["hand_over_playing"] = measured([&] { return hand_over(settings, 2, settings.stops / 2, {"--workers", "1"}); });
  }
  for_sizes("healing", [&](int size) { return healing(settings, size); });
#ifdef __linux__
  for_sizes("idle", [&](int size) { return idle(settings, size); });
#endif
  for_sizes("failover", [&](int size) { return failover(settings, size); });
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures clusters of real nodes on this computer.");
  Settings settings;
  std::vector<std::string> only;
  bool as_json = false;
  app.add_option("--meshzero", settings.binary, "The program under test.")->required();
  app.add_option("--only", only, "Of join, hand_over, hand_over_playing, healing, idle, failover.");
  app.add_option("--sizes", settings.sizes, "Nodes of a cluster; each size is measured.")->check(CLI::Range(2, 20));
  app.add_option("--joins", settings.joins, "How often a node joins.")->check(CLI::PositiveNumber);
  app.add_option("--kills", settings.kills, "How often a leader is killed, for each size.")->check(CLI::PositiveNumber);
  app.add_option("--stops", settings.stops, "How often a leader is stopped.")->check(CLI::Range(2, 1000));
  app.add_option("--pauses", settings.pauses, "How often a leader is paused.")->check(CLI::PositiveNumber);
  app.add_option("--idle-seconds", settings.idle_seconds, "How long idle nodes are watched.")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", as_json, "Print JSON.");
  CLI11_PARSE(app, argc, argv);
  end_on_signals();
#ifdef __linux__
  settings.own_network = enter_own_network();
  if (!settings.own_network) say("no network of its own, so bytes are not counted");
#endif
  try {
    const json out = run(settings, only);
    if (as_json) {
      std::cout << out.dump(2) << '\n';
    } else {
      for (const auto& [name, figures] : out.items()) print(name, figures);
    }
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
  return 0;
}
