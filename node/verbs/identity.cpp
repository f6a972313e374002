// `meshzero identity`: who this node is.
#include <cstdio>
#include <ctime>

#include <nlohmann/json.hpp>

#include "node/data_directory.h"
#include "node/exit_code.h"
#include "node/local_call.h"
#include "node/node_membership.h"
#include "node/verbs.h"
#include "p2p/trust/node_trust.h"

namespace mz {
namespace {

using nlohmann::json;

std::string day_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm fields{};
  char text[32] = "";
  if (::localtime_r(&time, &fields) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &fields);
  return text;
}

int show(const FlagValues& flags, bool as_json) {
  auto identity = local_call(flags, "GET", "/api/v1/identity", nullptr);
  if (!identity) return report(identity.error());
  if (as_json) {
    std::printf("%s\n", identity->dump(2).c_str());
    return kExitOk;
  }
  std::printf("node         %s\n", identity->value("node_id", "").c_str());
  std::printf("cluster      %s\n", identity->value("cluster", "").c_str());
  std::printf("role         %s\n", identity->value("role", "").c_str());
  std::printf("certificate  until %s, renewed from %s on\n",
              day_text(identity->value("certificate_until", std::int64_t{0})).c_str(),
              day_text(identity->value("renewal_due", std::int64_t{0})).c_str());
  return kExitOk;
}

// Whether others would lose the signing key of their cluster.
Result<void> check_key_stays(const DataDirectory& data) {
  if (!NodeTrust::has_authority_key(data.identity())) return {};
  const auto trust = open_trust(data);
  if (!trust) {
    return Error{ErrorKind::refused, trust.error().text +
                                         " Nothing was deleted: the signing key of the cluster is in " +
                                         data.identity().string() + ", and only --force gives it up."};
  }
  Journal journal;
  const NodeMembership membership(**trust, data.cluster(), {}, {}, journal);
  return membership.check_key_stays();
}

int reset(const FlagValues& flags, bool by_force, bool as_json) {
  auto configuration = load_configuration(flags);
  if (!configuration) return report(configuration.error());
  auto path = data_path(*configuration);
  if (!path) return report(path.error());
  auto data = DataDirectory::open(*path);
  if (!data) return report(data.error());
  auto lock = data->lock();  // the node must not run
  if (!lock) return report(lock.error());
  if (!by_force) {
    if (auto stays = check_key_stays(*data); !stays) return report(stays.error());
  }
  if (auto gone = NodeTrust::reset(data->identity()); !gone) return report(gone.error());
  // What the old identity knew of its cluster; the new one knows nobody.
  std::error_code error;
  std::filesystem::remove_all(data->cluster(), error);
  if (error) {
    return report({ErrorKind::failure, "Removing " + data->cluster().string() + " failed: " + error.message() + "."});
  }
  if (as_json) {
    std::printf("%s\n", json{{"reset", data->path().string()}}.dump(2).c_str());
  } else {
    std::printf("The identity is forgotten; the next start makes a new one. Games stay.\n");
  }
  return kExitOk;
}

}  // namespace

void add_identity(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("identity", "Show who this node is, or give it a new identity.");
  verb->require_subcommand(1);
  auto as_json = std::make_shared<bool>(false);

  CLI::App* print =
      verb->add_subcommand("show", "Show the node's id, its cluster, its role and how long its certificate lasts.");
  print->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues print_flags = add_configuration_flags(*print, {"data"});
  print->footer("Example:\n  meshzero identity show");
  print->callback([&action, print_flags, as_json] { action = [=] { return show(print_flags, *as_json); }; });

  CLI::App* drop = verb->add_subcommand(
      "reset", "Forget key, cluster and tokens: after a data directory was copied, or the key may have been read.");
  auto by_force = std::make_shared<bool>(false);
  drop->add_flag("--force", *by_force,
                 "Also when no other member holds the cluster's signing key, which is lost then.");
  drop->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues drop_flags = add_configuration_flags(*drop, {"data"});
  drop->footer(
      "Exit code 4 while the node runs, and when it is the only admin of a cluster with other members. Games stay.\n"
      "Example:\n  meshzero identity reset --data games");
  drop->callback(
      [&action, drop_flags, by_force, as_json] { action = [=] { return reset(drop_flags, *by_force, *as_json); }; });
}

}  // namespace mz
