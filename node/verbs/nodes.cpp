// `meshzero nodes` and `meshzero revoke`: the members of the cluster.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/interrupt.h"
#include "node/local_call.h"
#include "node/running_node.h"
#include "node/verbs.h"
#include "p2p/trust/node_trust.h"

namespace mz {
namespace {

using nlohmann::json;

struct Known {
  json nodes;  // with all keys, whatever was heard of each
  bool running = false;
};

bool is_admin(const json& node) {
  const json roles = node.value("roles", json::array());
  return std::find(roles.begin(), roles.end(), "admin") != roles.end();
}

Result<Known> known_nodes(const FlagValues& flags) {
  Known known{.nodes = {}, .running = find_node(flags).ok()};
  auto answer = local_call(flags, "GET", "/api/v1/nodes", nullptr);
  if (!answer) return answer.error();
  known.nodes = answer->value("nodes", json::array());
  const json unheard{
      {"name", ""}, {"state", known.running ? "new" : "unknown"}, {"roles", json::array()}, {"leader", false}};
  for (json& node : known.nodes) {
    json all = unheard;
    all.update(node);
    if (known.running && all.at("roles").empty() && all.at("state") == "alive") all["state"] = "new";  // hearsay
    node = std::move(all);
  }
  return known;
}

// Members, and those who have left: they may be put out as well.
Result<std::vector<std::string>> ids_of_members(const FlagValues& flags) {
  auto answer = local_call(flags, "GET", "/api/v1/nodes", nullptr);
  if (!answer) return answer.error();
  std::vector<std::string> ids;
  for (const json& node : answer->value("nodes", json::array())) ids.push_back(node.value("node_id", ""));
  const auto cluster = local_call(flags, "GET", "/api/v1/cluster", nullptr);
  if (!cluster) return ids;  // no node runs, which alone knows them
  for (const json& member : cluster->value("members", json::array())) {
    const std::string id = member.value("node_id", "");
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

// Those that were put out, as the files of the node say.
std::vector<std::string> ids_put_out(const FlagValues& flags) {
  auto configuration = load_configuration(flags);
  if (!configuration) return {};
  const auto directory = data_path(*configuration);
  if (!directory) return {};
  const auto data = DataDirectory::open(*directory);
  if (!data) return {};
  const auto revoked = NodeTrust::read_revoked(data->identity());
  if (!revoked) return {};
  std::vector<std::string> ids;
  for (const NodeId& node : *revoked) ids.push_back(node.text());
  return ids;
}

// The one that begins with `given`, none when there is none.
Result<std::optional<std::string>> whole_id(const std::vector<std::string>& ids, const std::string& given) {
  if (given.size() < NodeId::kShortLength) {
    return Error{ErrorKind::usage,
                 "Give at least the first 7 characters of the node's id, as `meshzero nodes` shows it."};
  }
  std::optional<std::string> found;
  for (const std::string& id : ids) {
    if (!id.starts_with(given)) continue;
    if (found) return Error{ErrorKind::usage, "Several nodes begin with " + given + ". Give more of the id."};
    found = id;
  }
  return found;
}

Error no_member(const std::string& given) {
  return {ErrorKind::not_found, "No member begins with " + given + ". See `meshzero nodes`."};
}

// `indent` of the JSON; -1: one line.
int print_nodes(const FlagValues& flags, bool as_json, int indent) {
  auto known = known_nodes(flags);
  if (!known) return report(known.error());
  if (as_json) {
    std::printf("%s\n", json{{"nodes", known->nodes}, {"running", known->running}}.dump(indent).c_str());
    std::fflush(stdout);
    return kExitOk;
  }
  if (!known->running) std::fprintf(stderr, "No node runs here; these members were known last.\n");
  constexpr char kColumns[] = "%-52s  %-7s  %-7s  %-12s  %-16s  %s\n";
  std::printf(kColumns, "node", "state", "role", "marks", "name", "addresses");
  for (const json& node : known->nodes) {
    std::string addresses;
    for (const json& address : node.value("addresses", json::array())) {
      addresses += (addresses.empty() ? "" : " ") + address.get<std::string>();
    }
    std::string marks = node.value("leader", false) ? "leader" : "";
    if (node.value("this", false)) marks += marks.empty() ? "this" : ", this";
    if (const json protocol = node.value("other_protocol", json()); protocol.is_number()) {
      marks += (marks.empty() ? "protocol " : ", protocol ") + protocol.dump();
    }
    const std::string role = node.at("roles").empty() ? "unknown" : is_admin(node) ? "admin" : "worker";
    const std::string name = node.value("name", "");
    std::printf(kColumns, node.value("node_id", "").c_str(), node.value("state", "").c_str(), role.c_str(),
                marks.c_str(), name.empty() ? "unknown" : name.c_str(), addresses.c_str());
  }
  std::fflush(stdout);
  return kExitOk;
}

int list(const FlagValues& flags, bool as_json) { return print_nodes(flags, as_json, 2); }

// Again each second, until Ctrl-C or until the node is gone.
int watch(const FlagValues& flags, bool as_json) {
  const std::atomic<bool>& stopped = stop_on_signals();
  while (!stopped) {
    if (const auto running = find_node(flags); !running) return report(running.error());
    if (!as_json && ::isatty(STDOUT_FILENO) == 1) std::printf("\033[H\033[2J");
    if (const int code = print_nodes(flags, as_json, -1); code != kExitOk) return code;
    if (std::ferror(stdout) != 0) return kExitOk;  // nobody reads it any more, as is told at the end of the program
    if (!as_json) std::printf("\n");
    for (int tenth = 0; tenth < 10 && !stopped; ++tenth) ::poll(nullptr, 0, 100);
  }
  return kExitOk;
}

int change(const FlagValues& flags, const std::string& id, const std::string& step, const char* what, bool as_json) {
  auto answer = local_call(flags, "POST", "/api/v1/nodes/" + id + "/" + step, nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
  } else {
    std::printf("The node %s %s.\n", id.substr(0, NodeId::kShortLength).c_str(), what);
  }
  return kExitOk;
}

int make_admin(const FlagValues& flags, const std::string& given, bool as_json) {
  auto ids = ids_of_members(flags);
  if (!ids) return report(ids.error());
  const auto id = whole_id(*ids, given);
  if (!id) return report(id.error());
  if (!*id) return report(no_member(given));
  return change(flags, **id, "promote", "is an admin now", as_json);
}

int revoke(const FlagValues& flags, const std::string& given, bool force, bool as_json) {
  const auto before = whole_id(ids_put_out(flags), given);
  auto ids = ids_of_members(flags);
  if (!ids) return report(ids.error());
  const auto id = whole_id(*ids, given);
  if (!id) return report(id.error());
  if (before && *before && (!*id || **id == **before)) {
    return change(flags, **before, "revoke", "was put out of the cluster before", as_json);
  }
  if (*id) return change(flags, **id, "revoke", "is put out of the cluster", as_json);
  if (!NodeId::parse(given)) return report(no_member(given));
  if (!force) {
    return report({ErrorKind::refused, "No member has the id " + given +
                                           ", and putting out cannot be taken back. See `meshzero nodes`, or say "
                                           "--force to put it out all the same."});
  }
  return change(flags, given, "revoke", "is put out of the cluster", as_json);
}

}  // namespace

void add_nodes(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("nodes", "List the members of the cluster, or make one an admin.");
  verb->require_subcommand(0, 1);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON.");
  auto watched = std::make_shared<bool>(false);
  verb->add_flag(
      "--watch", *watched,
      "Show them anew each second, until Ctrl-C or until the node stops. With --json each time is one line.");
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
  promote->callback(
      [&action, promote_flags, id, as_json] { action = [=] { return make_admin(promote_flags, *id, *as_json); }; });
}

void add_revoke(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("revoke", "Put a node out of the cluster for good, a lost or stolen one for example.");
  auto id = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  verb->add_option("NODE", *id, "The node's id, or at least its first 7 characters.")->required();
  auto force = std::make_shared<bool>(false);
  verb->add_flag("--force", *force, "Also a node that is no member as far as this one knows, by its whole id.");
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Run it on an admin node; the others learn of it within a minute.\nExample:\n  meshzero revoke 4k2lq7a");
  verb->callback(
      [&action, flags, id, force, as_json] { action = [=] { return revoke(flags, *id, *force, *as_json); }; });
}

}  // namespace mz
