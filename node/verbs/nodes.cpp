// `meshzero nodes` and `meshzero revoke`: the members of the cluster.
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/local_call.h"
#include "node/verbs.h"
#include "p2p/node_id.h"

namespace mz {
namespace {

using nlohmann::json;

// The member whose id begins with `given`; a whole id needs no member.
Result<std::string> whole_id(const FlagValues& flags, const std::string& given) {
  if (NodeId::parse(given)) return given;
  if (given.size() < NodeId::kShortLength) {
    return Error{ErrorKind::usage,
                 "Give at least the first 7 characters of the node's id, as `meshzero nodes` shows it."};
  }
  auto answer = local_call(flags, "GET", "/api/v1/nodes", nullptr);
  if (!answer) return answer.error();
  std::string found;
  for (const json& node : answer->value("nodes", json::array())) {
    const std::string id = node.value("node_id", "");
    if (!id.starts_with(given)) continue;
    if (!found.empty()) return Error{ErrorKind::usage, "Several nodes begin with " + given + ". Give more of the id."};
    found = id;
  }
  if (found.empty()) return Error{ErrorKind::not_found, "No member begins with " + given + ". See `meshzero nodes`."};
  return found;
}

int list(const FlagValues& flags, bool as_json) {
  auto answer = local_call(flags, "GET", "/api/v1/nodes", nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
    std::fflush(stdout);
    return kExitOk;
  }
  for (const json& node : answer->value("nodes", json::array())) {
    std::string addresses;
    for (const json& address : node.value("addresses", json::array())) {
      addresses += (addresses.empty() ? "" : " ") + address.get<std::string>();
    }
    std::string marks = node.value("leader", false) ? "leader" : "";
    if (node.value("this", false)) marks += marks.empty() ? "this" : ", this";
    std::printf("%s  %-7s  %-12s  %-16s  %s\n", node.value("node_id", "").c_str(), node.value("state", "").c_str(),
                marks.c_str(), node.value("name", "").c_str(), addresses.c_str());
  }
  std::fflush(stdout);
  return kExitOk;
}

// Again each second, until Ctrl-C or until the node is gone.
int watch(const FlagValues& flags, bool as_json) {
  const std::atomic<bool>& stopped = stop_on_signals();
  while (!stopped) {
    if (!as_json && ::isatty(STDOUT_FILENO) == 1) std::printf("\033[H\033[2J");
    if (const int code = list(flags, as_json); code != kExitOk) return code;
    if (!as_json) std::printf("\n");
    for (int tenth = 0; tenth < 10 && !stopped; ++tenth) ::poll(nullptr, 0, 100);
  }
  return kExitOk;
}

int change(const FlagValues& flags, const std::string& given, const std::string& step, const char* what, bool as_json) {
  auto id = whole_id(flags, given);
  if (!id) return report(id.error());
  auto answer = local_call(flags, "POST", "/api/v1/nodes/" + *id + "/" + step, nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
  } else {
    std::printf("The node %s %s.\n", id->substr(0, NodeId::kShortLength).c_str(), what);
  }
  return kExitOk;
}

}  // namespace

void add_nodes(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("nodes", "List the members of the cluster, or make one an admin.");
  verb->require_subcommand(0, 1);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON.");
  auto watched = std::make_shared<bool>(false);
  verb->add_flag("--watch", *watched, "Show them anew each second, until Ctrl-C.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Examples:\n  meshzero nodes\n  meshzero nodes --watch\n  meshzero nodes promote 4k2lq7a");
  verb->callback([verb, &action, flags, as_json, watched] {
    if (verb->get_subcommands().empty()) action = [=] { return (*watched ? watch : list)(flags, *as_json); };
  });

  CLI::App* promote = verb->add_subcommand("promote", "Make a member an admin: it gets the cluster's signing key.");
  auto id = std::make_shared<std::string>();
  promote->add_option("NODE", *id, "The node's id, or at least its first 7 characters.")->required();
  promote->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues promote_flags = add_configuration_flags(*promote, {"data"});
  promote->footer(
      "Run it on an admin node. A cluster with one admin loses the ability to take in machines with that machine.\n"
      "Example:\n  meshzero nodes promote 4k2lq7a");
  promote->callback([&action, promote_flags, id, as_json] {
    action = [=] { return change(promote_flags, *id, "promote", "is an admin now", *as_json); };
  });
}

void add_revoke(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("revoke", "Put a node out of the cluster for good, a lost or stolen one for example.");
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  verb->add_option("NODE", *id, "The node's id, or at least its first 7 characters.")->required();
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Run it on an admin node; the others learn of it within a minute.\nExample:\n  meshzero revoke 4k2lq7a");
  verb->callback([&action, flags, id, as_json] {
    action = [=] { return change(flags, *id, "revoke", "is put out of the cluster", *as_json); };
  });
}

}  // namespace mz
