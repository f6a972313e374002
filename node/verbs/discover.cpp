// `meshzero discover`: what this node found on the network.
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/local_call.h"
#include "node/verbs.h"
#include "p2p/node_id.h"

namespace mz {
namespace {

using nlohmann::json;

std::string joined(const json& words) {
  std::string text;
  for (const json& word : words) text += (text.empty() ? "" : ",") + word.get<std::string>();
  return text;
}

int discover(const FlagValues& flags, bool as_json) {
  auto answer = local_call(flags, "GET", "/api/v1/discovery", nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
    std::fflush(stdout);
    return kExitOk;
  }
  const json discovery = answer->value("discovery", json::object());
  std::printf("discovery   %s: %s\n", discovery.value("state", "").c_str(), discovery.value("text", "").c_str());
  const json advert = answer->value("advert", json());
  if (advert.is_object()) {
    std::printf("announced   \"%s\", port %d, cluster %s, pairing %s\n", advert.value("instance", "").c_str(),
                advert.value("port", 0), advert.value("cluster", "").substr(0, NodeId::kShortLength).c_str(),
                advert.value("pairing_open", false) ? "open" : "closed");
  } else {
    std::printf("announced   not\n");
  }
  const json candidates = answer->value("candidates", json::array());
  if (candidates.empty()) {
    std::printf("No address of another node is known.\n");
    return kExitOk;
  }
  std::printf("\n%-13s  %-30s  %-7s  %-15s  %-20s  %s\n", "state", "address", "node", "from", "name", "why");
  for (const json& candidate : candidates) {
    std::printf("%-13s  %-30s  %-7s  %-15s  %-20s  %s\n", candidate.value("state", "").c_str(),
                candidate.value("address", "").c_str(),
                candidate.value("node_id", "").substr(0, NodeId::kShortLength).c_str(),
                joined(candidate.value("sources", json::array())).c_str(), candidate.value("name", "").c_str(),
                candidate.value("reason", "").c_str());
  }
  std::fflush(stdout);
  return kExitOk;
}

}  // namespace

void add_discover(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand(
      "discover", "Show what this node found on the local network and elsewhere, and why it is or is not a member.");
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer("Example:\n  meshzero discover");
  verb->callback([&action, flags, as_json] { action = [=] { return discover(flags, *as_json); }; });
}

}  // namespace mz
