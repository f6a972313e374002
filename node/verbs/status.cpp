// `meshzero status`: what a running node says about itself.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "api/pairing.h"
#include "node/control_client.h"
#include "node/exit_code.h"
#include "node/running_node.h"
#include "node/verbs.h"
#include "p2p/node_id.h"

namespace mz {
namespace {

using nlohmann::json;

// The status of the node at `found`, checked to be of that very process.
Result<json> ask(const FoundNode& found) {
  auto status = ask_node(found.data, {.path = "/api/v1/status"});
  if (!status) return status;
  if (!status->is_object() || status->value("pid", 0) != found.node.pid) {
    return Error{ErrorKind::unreachable, "What answers in " + found.data.path().string() +
                                             " is not its node. Stop it with `meshzero down` and start it again."};
  }
  return status;
}

// Requests for pairing that wait for the person here.
void print_requests(const DataDirectory& data) {
  auto pairing = ask_node(data, {.path = "/api/v1/pairing"});
  if (!pairing) return;
  for (const json& request : pairing->value("requests", json::array())) {
    const auto state = parse_pairing_state(request.value("state", ""));
    if (state && is_open(*state)) std::printf("pairing    %s\n", request.value("text", "").c_str());
  }
}

// Without those who have left, were put out or have a double.
std::size_t present(const json& members) {
  return static_cast<std::size_t>(std::count_if(members.begin(), members.end(),
                                                [](const json& each) { return each.value("state", "") != "left"; }));
}

void print_cluster(const json& status) {
  const std::string role = status.value("role", "");
  if (role == "frozen") {
    std::printf("cluster    frozen: another machine uses the identity of this node\n");
    return;
  }
  const json leader = status.value("leader", json());
  const std::size_t members = present(status.at("members"));
  std::printf("cluster    %s, leader %s, %zu %s\n", role.c_str(),
              leader.is_string() ? leader.get<std::string>().substr(0, NodeId::kShortLength).c_str() : "none", members,
              members == 1 ? "member" : "members");
}

void print(const json& status, std::uint16_t port) {
  std::printf("node       %s, process %d, %s\n", status.value("status", "").c_str(), status.value("pid", 0),
              page_address(port).c_str());
  std::printf("data       %s\n", status.value("data_dir", "").c_str());
  print_cluster(status);
  if (const json etcd = status.value("etcd", json());
      etcd.is_object() && etcd.value("silent_since", json()).is_number()) {
    const auto since = etcd["silent_since"].get<std::time_t>();
    std::printf("           etcd does not answer since %s", std::ctime(&since));
  }
  if (const json partition = status.value("partition", json()); partition.is_object()) {
    const std::time_t since = partition.value("since", std::time_t{0});
    std::printf("           %d leaders, partition since %s", partition.value("leaders", 0), std::ctime(&since));
  }
  const json& account = status.at("account");
  std::printf("games      played %s, stored %s, pending %s since the start\n", account.at("played").dump().c_str(),
              account.at("stored").dump().c_str(), account.at("pending").dump().c_str());
  for (const json& alert : status.at("alerts")) {
    std::printf("%-10s %s\n", alert.value("level", "").c_str(), alert.value("text", "").c_str());
  }
  std::printf("\n%-10s %-5s %8s %8s %10s  %s\n", "board", "seats", "games", "target", "games/h", "state");
  for (const json& entry : status.at("configurations")) {
    std::printf("%-10s %-5d %8lld %8lld %10.1f  %s\n", entry.value("board", "").c_str(), entry.value("seats", 0),
                entry.value("games", 0LL), entry.value("target", 0LL), entry.value("games_per_hour", 0.0),
                entry.value("state", "").c_str());
  }
  std::printf("\n");
  for (const json& worker : status.at("workers")) {
    std::printf("worker %-3d %-8s %s\n", worker.value("id", 0), worker.value("state", "").c_str(),
                worker.value("reason", "").c_str());
  }
}

int status(const FlagValues& flags, bool as_json) {
  auto found = find_node(flags);
  if (!found) return report(found.error());
  auto answer = ask(*found);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
    return kExitOk;
  }
  try {
    print(*answer, found->node.port);
    print_requests(found->data);
  } catch (const json::exception&) {
    return report(
        {ErrorKind::corrupt, "The node's answer is not what this version understands. Are both of one version?"});
  }
  return kExitOk;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("status", "Show what the running node is doing.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON: the answer of /api/v1/status.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Exit code 3 when no node runs there, 5 when it does not answer.\nExamples:\n  meshzero status\n  meshzero "
      "status --data games --json");
  verb->callback([&action, flags, as_json] { action = [=] { return status(flags, *as_json); }; });
}

}  // namespace mz
