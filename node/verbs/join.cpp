// `meshzero join` and `meshzero leave`: into a cluster and out of it.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/join_flags.h"
#include "node/local_call.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

int say(const Result<json>& identity, const char* what, bool as_json) {
  if (!identity) return report(identity.error());
  if (as_json) {
    std::printf("%s\n", identity->dump(2).c_str());
  } else {
    std::printf("%s Node %s, cluster %s.\n", what, identity->value("node_id", "").substr(0, 7).c_str(),
                identity->value("cluster", "").substr(0, 7).c_str());
  }
  return kExitOk;
}

int join(const FlagValues& flags, const std::string& given, const std::vector<std::string>& peers, bool as_json) {
  auto token = read_join_token(given);
  if (!token) return report(token.error());
  if (auto valid = parse_peers(peers); !valid) return report(valid.error());
  return say(local_call(flags, "POST", "/api/v1/membership/join", {{"token", token->text()}, {"peers", peers}}),
             "Joined.", as_json);
}

int leave(const FlagValues& flags, bool by_force, bool as_json) {
  return say(local_call(flags, "POST", "/api/v1/membership/leave", {{"force", by_force}}),
             "Left; this node is a cluster of its own now.", as_json);
}

}  // namespace

void add_join(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("join", "Join the cluster that a token names. Games stay; tokens of this node end.");
  auto token = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  verb->add_option("TOKEN", *token, "The token that `token create --role node` printed on an admin node, @FILE, or -.")
      ->required();
  const PeerFlags peers = add_peer_flag(*verb);
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Without --peer the cluster is looked for on the local network, for 20 seconds at most. Exit code 4 when the "
      "token "
      "is refused or this node has other members, 5 when nobody is found or answers.\nExamples:\n"
      "  meshzero join @studio.token\n"
      "  meshzero join @studio.token --peer studio.local:8765\n  meshzero join - --peer 192.0.2.7:8765 < studio.token");
  verb->callback(
      [&action, flags, token, peers, as_json] { action = [=] { return join(flags, *token, *peers, *as_json); }; });
}

void add_leave(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("leave", "Leave the cluster. Games stay; the node goes on as a cluster of its own.");
  auto as_json = std::make_shared<bool>(false);
  auto by_force = std::make_shared<bool>(false);
  verb->add_flag("--force", *by_force,
                 "Also when no other member holds the cluster's signing key, which is lost then.");
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Exit code 4 while this node is the only admin and there are other members: promote one of them first.\n"
      "Example:\n  meshzero leave");
  verb->callback([&action, flags, by_force, as_json] { action = [=] { return leave(flags, *by_force, *as_json); }; });
}

}  // namespace mz
