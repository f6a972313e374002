// `meshzero up`: starts a node.
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "api/loopback_client.h"
#include "api/node_state.h"
#include "node/background.h"
#include "node/configuration_flags.h"
#include "node/control_client.h"
#include "node/data_directory.h"
#include "node/exit_code.h"
#include "node/join_flags.h"
#include "node/neighbours.h"
#include "node/node.h"
#include "node/verbs.h"

namespace mz {
namespace {

constexpr std::chrono::seconds kStartSeconds{20};

void say_running(const NodeOptions& options, std::uint16_t port, bool as_json) {
  if (as_json) {
    const nlohmann::json out{{"page", page_address(port)}, {"port", port}, {"data_dir", options.data.string()}};
    std::printf("%s\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::printf("MeshZero is running: %s\nData: %s\n", page_address(port).c_str(), options.data.c_str());
  }
  std::fflush(stdout);
}

int up_in_foreground(const NodeOptions& options, bool as_json) {
  const auto ended = run_node(options, [&](std::uint16_t port) { say_running(options, port, as_json); });
  return ended ? kExitOk : report(ended.error());
}

// Whoever has just started a node wants to know what to do about the others. They are found within a moment or two.
void say_who_is_near(const DataDirectory& data) {
  constexpr std::chrono::milliseconds kLook{2500};
  const auto end = std::chrono::steady_clock::now() + kLook;
  const auto status = ask_node(data, {.path = "/api/v1/status"});
  const auto pairing = ask_node(data, {.path = "/api/v1/pairing"});
  if (!status || !pairing || has_others(*status) || !pairing->value("open", false)) return;
  std::vector<Neighbour> found;
  while (found.empty() && std::chrono::steady_clock::now() < end) {
    const auto seen = ask_node(data, {.path = "/api/v1/discovery"});
    if (!seen) return;
    const std::string state = seen->value("discovery", nlohmann::json::object()).value("state", "");
    if (state == "off" || state == "unavailable") return;
    found = neighbours_in(*seen);
    if (found.empty()) ::poll(nullptr, 0, 100);
  }
  std::string names;
  for (const Neighbour& each : found) {
    names += (names.empty() ? "" : ", ") + each.name + " (cluster " + each.cluster + ")";
  }
  if (found.empty()) {
    std::printf("No other machine was found yet. When there is one, pair with it: meshzero pair --data %s\n",
                data.path().c_str());
  } else {
    std::printf("Found on the network: %s.\nBecome one cluster, by comparing six digits: meshzero pair --data %s\n",
                names.c_str(), data.path().c_str());
  }
}

// Waits for the end of that, for kStartSeconds at most: whoever has started a node goes on with one that is well.
Result<bool> is_starting(std::uint16_t port) {
  const auto end = std::chrono::steady_clock::now() + kStartSeconds;
  for (;;) {
    const auto answer = http_get(port, "/health");
    if (!answer) return answer.error();
    const auto said = nlohmann::json::parse(answer->body, nullptr, false);
    if (!said.is_object() || said.value("status", "") != health_word(Health::starting)) return false;
    if (std::chrono::steady_clock::now() >= end) return true;
    ::poll(nullptr, 0, 20);
  }
}

int up_in_background(const NodeOptions& options, bool as_json) {
  auto data = DataDirectory::create_or_open(options.data);
  if (!data) return report(data.error());
  const auto port = run_in_background(data->crash_file(), [&](const auto& is_up) { return run_node(options, is_up); });
  if (!port) return report(port.error());
  // Its word is good; an answer through the front door is better.
  const auto starting = is_starting(*port);
  if (!starting) return report(starting.error());
  say_running(options, *port, as_json);
  if (*starting) {
    std::fprintf(stderr, "It is still starting after %d seconds; `meshzero status` says when it is done.\n",
                 static_cast<int>(kStartSeconds.count()));
  }
  if (as_json) return kExitOk;
  std::printf("Stop it with: meshzero down --data %s\n", options.data.c_str());
  std::fflush(stdout);
  if (options.discovery && ::isatty(STDOUT_FILENO) == 1) say_who_is_near(*data);
  return kExitOk;
}

struct JoinFlags {
  std::string token;
  std::string cluster;
  PeerFlags peers;
  std::vector<std::string> voters;
};

Result<void> add_join_options(NodeOptions& options, const JoinFlags& joining) {
  auto peers = parse_peers(*joining.peers);
  if (!peers) return peers.error();
  options.peers = *peers;
  for (const std::string& text : joining.voters) {
    auto voter = NodeId::parse(text);
    if (!voter) return voter.error();
    options.voters.push_back(*voter);
  }
  if (options.etcd && !options.voters.empty()) {
    return Error{ErrorKind::usage,
                 "Either an etcd decides who leads (--etcd) or a majority of voters does (--voter). Leave out one of "
                 "the two."};
  }
  if (!joining.cluster.empty()) {
    auto cluster = parse_cluster_id(joining.cluster);
    if (!cluster) return cluster.error();
    options.enter = *cluster;
  }
  if (joining.token.empty()) return {};
  if (options.enter) return Error{ErrorKind::usage, "Give either --join or --cluster: a token needs no approval."};
  auto token = read_join_token(joining.token);
  if (!token) return token.error();
  options.join = *token;
  return {};
}

int up(const FlagValues& flags, const JoinFlags& joining, bool foreground, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  auto options = node_options(*configuration);
  if (!options) return report(options.error());
  options->foreground = foreground;
  if (auto added = add_join_options(*options, joining); !added) return report(added.error());
  return foreground ? up_in_foreground(*options, as_json) : up_in_background(*options, as_json);
}

}  // namespace

void add_up(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("up", "Start a node: it plays, stores and shows games until it is stopped.");
  auto foreground = std::make_shared<bool>(false);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--foreground", *foreground, "Stay in this terminal and log to it; Ctrl-C stops the node.");
  verb->add_flag("--json", *as_json, "Print the address as JSON.");
  auto joining = std::make_shared<JoinFlags>();
  verb->add_option("--join", joining->token,
                   "Enter the cluster of this join token first; @FILE and - read it from there. Without --peer it is "
                   "looked for on the local network.")
      ->type_name("TOKEN");
  verb->add_option(
          "--cluster", joining->cluster,
          "Enter the cluster with this id as soon as somebody runs `meshzero approve` with this node's id on an "
          "admin node; for machines without a screen. `identity show` prints both ids.")
      ->type_name("ID");
  joining->peers = add_peer_flag(*verb);
  verb->add_option(
          "--voter", joining->voters,
          "The leader is elected by more than half of the nodes named so, and leads only while they answer; give "
          "every voter the same list. Without voters each connected part of the cluster has a leader.")
      ->type_name("NODE");
  const FlagValues flags = add_configuration_flags(*verb);
  verb->add_flag_function(
      "--no-discovery", [flags](std::int64_t) { (*flags)["discovery"] = "off"; },
      "The same as --discovery off: members are looked for only where --peer says and where they were before.");
  verb->footer(
      "Examples:\n"
      "  meshzero up\n"
      "  meshzero up --workers 4 --memory-gb 8 --disk-floor-gb 50\n"
      "  meshzero up --join @studio.token\n"
      "  meshzero up --join @studio.token --peer studio.local:8765\n"
      "  meshzero up --data games --port 9000 --foreground");
  verb->callback([&action, flags, joining, foreground, as_json] {
    action = [=] { return up(flags, *joining, *foreground, *as_json); };
  });
}

}  // namespace mz
