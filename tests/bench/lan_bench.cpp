// Measures nodes on a network of their own (tests/functional/lan_network.h): how soon two fresh ones that nobody configured are one
// cluster, how soon discovery is back after its daemon was restarted, how soon a partition is healed, how soon a leader that was
// killed is replaced while packets are lost, and whether nodes that have nothing to complain of elect leaders anew.
//
//   lan_bench --meshzero build/release/meshzero [--only SECTION...] [--json]
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <random>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tests/bench/bench_node.h"
#include "tests/functional/lan_network.h"

using namespace mz;
using namespace mz::bench;
using mz::test::Lan;
using nlohmann::json;

namespace {

constexpr std::chrono::seconds kPatience{120};
constexpr std::uint16_t kPort = 8765;
constexpr std::chrono::milliseconds kHeartbeat{500};  // a kill may come at any moment between two of them

struct Settings {
  std::string binary;
  int pairings = 20;
  int restarts = 20;
  int partitions = 20;
  int nodes = 5;
  int minutes = 30;
  int loss_percent = 1;
  std::vector<int> sizes{10, 20};
  int kills = 20;
  int failover_loss_percent = 2;
};

void ok(const Result<void>& done) {
  if (!done) throw Failed(done.error().text);
}

void say(const std::string& what) { std::fprintf(stderr, "lan_bench: %s\n", what.c_str()); }

// One cluster, a node on each host.
class Cluster {
 public:
  Cluster(const Settings& settings, int size)
      : binary_(settings.binary), lan_(must(Lan::make())), nodes_(static_cast<std::size_t>(size)) {
    for (int host = 1; host <= size; ++host) ok(lan_->add_host(host));
    for (int host = 1; host <= size; ++host) ok(lan_->start_avahi(host));
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      std::vector<std::string> flags;
      if (i > 0) {
        const std::string made = output_of(binary_, {"token", "create", "--role", "node", "--json", "--data", data(0)});
        flags = {"--join", json::parse(made, nullptr, false).value("token", ""), "--peer",
                 Lan::address_of(1) + ":" + std::to_string(kPort)};
      }
      start(i, flags);
      ids_.push_back(nodes_[i]->get("/api/v1/cluster").value("node_id", ""));
    }
    agree(everybody());
  }

  void start(std::size_t i, const std::vector<std::string>& flags = {}) {
    const int host = static_cast<int>(i) + 1;
    nodes_[i] = std::make_unique<Node>(binary_, data(i), kPort, flags, [this, host] { return lan_->enter(host); });
  }

  [[nodiscard]] std::vector<std::size_t> everybody() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < nodes_.size(); ++i) all.push_back(i);
    return all;
  }
  [[nodiscard]] json picture(std::size_t i) const { return nodes_[i]->get("/api/v1/cluster"); }
  [[nodiscard]] Node& node(std::size_t i) { return *nodes_[i]; }
  [[nodiscard]] Lan& lan() { return *lan_; }

  // The one among them whom all of them follow.
  [[nodiscard]] std::optional<std::size_t> followed(const std::vector<std::size_t>& who) const {
    std::optional<json> ballot;
    for (const std::size_t i : who) {
      const json seen = picture(i);
      if (!seen.is_object() || !seen["ballot"].is_object() || (ballot && *ballot != seen["ballot"]))
        return std::nullopt;
      ballot = seen["ballot"];
    }
    const auto leader =
        std::find_if(who.begin(), who.end(), [&](std::size_t i) { return (*ballot)["node_id"] == ids_[i]; });
    return leader != who.end() ? std::optional(*leader) : std::nullopt;
  }
  // The ballot that all of them go by, when all of them also call each other alive.
  [[nodiscard]] std::optional<json> agreed(const std::vector<std::size_t>& who) const {
    std::optional<json> ballot;
    for (const std::size_t i : who) {
      const json seen = picture(i);
      if (!seen.is_object() || !seen["ballot"].is_object() || !seen["partition"].is_null()) return std::nullopt;
      if (ballot && *ballot != seen["ballot"]) return std::nullopt;
      ballot = seen["ballot"];
      for (const std::size_t other : who) {
        const auto alive = [&](const json& member) {
          return member["node_id"] == ids_[other] && member["state"] == "alive";
        };
        if (std::none_of(seen["members"].begin(), seen["members"].end(), alive)) return std::nullopt;
      }
    }
    const bool within =
        std::any_of(who.begin(), who.end(), [&](std::size_t i) { return (*ballot)["node_id"] == ids_[i]; });
    return within ? ballot : std::nullopt;
  }
  json agree(const std::vector<std::size_t>& who) const {
    std::optional<json> ballot;
    wait_until([&] { return (ballot = agreed(who)).has_value(); }, kPatience, "the nodes do not agree on a leader");
    return *ballot;
  }
  void wait_for_discovery(std::size_t i, const std::string& state) const {
    wait_until(
        [&] {
          const json seen = nodes_[i]->get("/api/v1/discovery");
          return seen.is_object() && seen["discovery"]["state"] == state;
        },
        kPatience, "discovery does not become " + state);
  }

 private:
  [[nodiscard]] std::string data(std::size_t i) const { return (root_.path() / std::to_string(i + 1)).string(); }

  const std::string binary_;
  std::unique_ptr<Lan> lan_;
  const TemporaryDirectory root_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::string> ids_;
};

// The open request on a node that has digits; null when there is none.
json request_with_digits(const Node& node) {
  const json seen = node.get("/api/v1/pairing");
  if (!seen.is_object()) return nullptr;
  for (const json& request : seen["requests"]) {
    if (request["digits"].is_string()) return request;
  }
  return nullptr;
}

bool are_one_cluster(const Node& a, const Node& b) {
  const json seen = a.get("/api/v1/cluster");
  const json other = b.get("/api/v1/cluster");
  if (!seen.is_object() || !other.is_object() || !seen["ballot"].is_object()) return false;
  const auto all_alive = [](const json& of) {
    return of["members"].size() == 2 && std::all_of(of["members"].begin(), of["members"].end(),
                                                    [](const json& member) { return member["state"] == "alive"; });
  };
  return seen["ballot"] == other["ballot"] && all_alive(seen) && all_alive(other);
}

// Two fresh nodes on two fresh hosts, started one after the other: from the first start until both show the same digits, and
// from the second confirmation until they have one leader. What people take to compare digits is not in it.
json pairing(const Settings& settings) {
  std::vector<double> shown;
  std::vector<double> joined;
  std::vector<double> both;
  for (int i = 0; i < settings.pairings; ++i) {
    const auto lan = must(Lan::make());
    const TemporaryDirectory root;
    for (int host = 1; host <= 2; ++host) ok(lan->add_host(host));
    for (int host = 1; host <= 2; ++host) ok(lan->start_avahi(host));
    const auto start = Clock::now();
    Node a(settings.binary, root.path() / "a", kPort, {}, [&] { return lan->enter(1); });
    Node b(settings.binary, root.path() / "b", kPort, {}, [&] { return lan->enter(2); });
    json at_a;
    json at_b;
    wait_until(
        [&] {
          at_a = request_with_digits(a);
          at_b = request_with_digits(b);
          return at_a.is_object() && at_b.is_object() && at_a["digits"] == at_b["digits"];
        },
        kPatience, "the nodes show no common digits");
    shown.push_back(seconds_since(start));
    a.post("/api/v1/pairing/" + at_a["id"].get<std::string>() + "/confirm", {{"digits", at_b["digits"]}});
    const auto confirmed = Clock::now();
    b.post("/api/v1/pairing/" + at_b["id"].get<std::string>() + "/confirm", {{"digits", at_a["digits"]}});
    wait_until([&] { return are_one_cluster(a, b); }, kPatience, "the nodes do not become one cluster");
    joined.push_back(seconds_since(confirmed));
    both.push_back(shown.back() + joined.back());
  }
  return {{"digits_shown_s", distribution(shown)},
          {"one_cluster_after_confirmation_s", distribution(joined)},
          {"together_s", distribution(both)}};
}

// From the start of the new daemon until it has taken the node's advert and every other host of the network could have heard it.
json avahi_restart(const Settings& settings) {
  Cluster cluster(settings, 2);
  cluster.wait_for_discovery(0, "running");
  std::vector<double> back;
  for (int i = 0; i < settings.restarts; ++i) {
    cluster.lan().kill_avahi(1);
    cluster.wait_for_discovery(0, "unavailable");
    const auto start = Clock::now();
    ok(cluster.lan().start_avahi(1));
    cluster.wait_for_discovery(0, "running");
    back.push_back(seconds_since(start));
  }
  return {{"announced_again_s", distribution(back)}};
}

json healing(const Settings& settings) {
  Cluster cluster(settings, 4);
  std::vector<double> healed;
  for (int i = 0; i < settings.partitions; ++i) {
    ok(cluster.lan().partition({{1, 2}, {3, 4}}));
    cluster.agree({0, 1});
    cluster.agree({2, 3});
    const auto start = Clock::now();
    ok(cluster.lan().heal());
    cluster.agree(cluster.everybody());
    healed.push_back(seconds_since(start));
  }
  return {{"agreed_s", distribution(healed)}};
}

// From the kill until all others follow one of them.
json failover(const Settings& settings, int size) {
  Cluster cluster(settings, size);
  ok(cluster.lan().lose(settings.failover_loss_percent));
  std::mt19937 random(static_cast<unsigned>(size));
  std::uniform_int_distribution<int> moment(0, static_cast<int>(kHeartbeat.count()));
  std::vector<double> replaced;
  for (int i = 0; i < settings.kills; ++i) {
    cluster.agree(cluster.everybody());
    rest(std::chrono::milliseconds(moment(random)));
    std::optional<std::size_t> leader;
    wait_until([&] { return (leader = cluster.followed(cluster.everybody())).has_value(); }, kPatience,
               "the nodes do not agree on a leader");
    std::vector<std::size_t> others = cluster.everybody();
    std::erase(others, *leader);
    const auto start = Clock::now();
    cluster.node(*leader).kill_hard();
    wait_until([&] { return cluster.followed(others).has_value(); }, kPatience, "the leader is not replaced");
    replaced.push_back(seconds_since(start));
    cluster.start(*leader);
    if ((i + 1) % 5 == 0) say(std::to_string(i + 1) + " kills in a cluster of " + std::to_string(size));
  }
  return {{"replaced_s", distribution(replaced)}};
}

// Packets are lost and nodes are stopped for up to three seconds, which is no reason to elect anybody.
json idle(const Settings& settings) {
  Cluster cluster(settings, settings.nodes);
  const json before = cluster.agree(cluster.everybody());
  ok(cluster.lan().lose(settings.loss_percent));
  std::mt19937 random(1);
  std::uniform_int_distribution<int> pause(0, 3000);
  std::uniform_int_distribution<int> between(0, 10'000);
  std::uniform_int_distribution<std::size_t> which(0, static_cast<std::size_t>(settings.nodes) - 1);
  const auto end = Clock::now() + std::chrono::minutes(settings.minutes);
  int stalls = 0;
  while (Clock::now() < end) {
    rest(std::chrono::milliseconds(between(random)));
    Node& node = cluster.node(which(random));
    node.signal(SIGSTOP);
    rest(std::chrono::milliseconds(pause(random)));
    node.signal(SIGCONT);
    ++stalls;
  }
  ok(cluster.lan().heal());
  const json after = cluster.agree(cluster.everybody());
  return {{"elections", after["term"].get<std::int64_t>() - before["term"].get<std::int64_t>()},
          {"minutes", settings.minutes},
          {"stalls", stalls}};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures nodes on a network of their own, made of namespaces.");
  Settings settings;
  std::vector<std::string> only;
  bool as_json = false;
  app.add_option("--meshzero", settings.binary, "The program under test.")->required();
  app.add_option("--only", only, "Of pairing, avahi_restart, healing, failover, idle.");
  app.add_option("--pairings", settings.pairings, "How often two fresh nodes meet.")->check(CLI::PositiveNumber);
  app.add_option("--restarts", settings.restarts, "How often the daemon is restarted.")->check(CLI::PositiveNumber);
  app.add_option("--partitions", settings.partitions, "How often the network is parted.")->check(CLI::PositiveNumber);
  app.add_option("--sizes", settings.sizes, "Nodes of a cluster whose leader is killed; each size is measured.")
      ->check(CLI::Range(2, 50));
  app.add_option("--kills", settings.kills, "How often the leader is killed, for each size.")
      ->check(CLI::PositiveNumber);
  app.add_option("--kill-loss", settings.failover_loss_percent, "Percent of packets that are lost meanwhile.")
      ->check(CLI::Range(1, 99));
  app.add_option("--nodes", settings.nodes, "Idle nodes.")->check(CLI::Range(2, 20));
  app.add_option("--minutes", settings.minutes, "How long they are watched.")->check(CLI::PositiveNumber);
  app.add_option("--loss", settings.loss_percent, "Percent of packets that they lose.")->check(CLI::Range(1, 99));
  app.add_flag("--json", as_json, "Print JSON.");
  CLI11_PARSE(app, argc, argv);
  end_on_signals();
  try {
    settings.binary = std::filesystem::absolute(settings.binary).string();
    json out;
    const auto measure = [&](const char* name, const std::string& key, const std::function<json()>& section) {
      if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) return;
      say(key);
      const double before = load();
      out[key] = section();
      out[key]["load"] = {before, load()};
    };
    for (const auto& [name, section] : {std::pair<const char*, json (*)(const Settings&)>{"pairing", pairing},
                                        {"avahi_restart", avahi_restart},
                                        {"healing", healing},
                                        {"idle", idle}}) {
      measure(name, name, [&, of = section] { return of(settings); });
    }
    for (const int size : settings.sizes) {
      measure("failover", "failover_" + std::to_string(size), [&] { return failover(settings, size); });
    }
    if (as_json) {
      std::cout << out.dump(2) << '\n';
      return 0;
    }
    for (const auto& [name, figures] : out.items()) {
      for (const auto& [key, value] : figures.items()) {
        if (!value.is_object()) {
          std::cout << name << ' ' << key << ' ' << value.dump() << '\n';
        } else {
          std::cout << name << ' ' << key << " p50 " << value["p50"] << " p95 " << value["p95"] << " p99 "
                    << value["p99"] << " max " << value["max"] << " (" << value["samples"] << ")\n";
        }
      }
    }
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
  return 0;
}
