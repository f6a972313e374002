// `meshzero ca`: the cluster's signing key, into a file and back.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/data_directory.h"
#include "node/exit_code.h"
#include "node/join_flags.h"
#include "node/local_call.h"
#include "node/node_membership.h"
#include "node/verbs.h"
#include "p2p/base32.h"
#include "p2p/trust/private_file.h"
#include "p2p/trust/sealed.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::string_view kTitle = "meshzero authority backup, encrypted\n";

int back_up(const FlagValues& flags, const std::string& file, const std::string& passphrase_file, bool as_json) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    return report({ErrorKind::refused, "The file " + file + " exists already. Choose another name."});
  }
  auto passphrase = read_new_secret(passphrase_file, "A passphrase of at least 12 characters");
  if (!passphrase) return report(passphrase.error());
  auto answer = local_call(flags, "POST", "/api/v1/authority/backup", {{"passphrase", *passphrase}});
  if (!answer) return report(answer.error());
  const auto absolute = std::filesystem::absolute(file, error);
  const std::string text = std::string(kTitle) + answer->value("backup", "") + "\n";
  if (auto written = write_private_file(absolute, text); !written) return report(written.error());
  if (as_json) {
    std::printf("%s\n", json{{"file", absolute.string()}}.dump(2).c_str());
  } else {
    std::printf(
        "Wrote %s. With it and the passphrase any machine can become an admin of this cluster; keep them apart.\n",
        file.c_str());
  }
  return kExitOk;
}

// Somebody may expect that it meets the others by itself: the backup does not say where they are.
void say_whether_others_are_known(const FlagValues& flags) {
  const auto nodes = local_call(flags, "GET", "/api/v1/nodes", nullptr);
  if (!nodes || nodes->value("nodes", json::array()).size() > 1) return;
  std::printf(
      "It knows no other member yet. Discovery finds those on the local network; elsewhere name one when it starts: "
      "meshzero up --peer HOST:PORT\n");
}

// A node whose identity is damaged cannot be asked: its files are mended with the backup first.
Result<void> mend_identity(const FlagValues& flags, std::string_view passphrase, const Bytes& backup) {
  const auto configuration = load_configuration(flags);
  if (!configuration) return configuration.error();
  const auto path = data_path(*configuration);
  if (!path) return path.error();
  const auto data = DataDirectory::open(*path);
  if (!data) return data.error();
  if (data->find_running()) return {};
  const auto lock = data->lock();
  if (!lock) return lock.error();
  const auto trust = open_trust(*data);
  if (trust || trust.error().kind != ErrorKind::corrupt) return {};
  const auto mended = open_trust_from_backup(*data, passphrase, backup);
  return mended ? Result<void>() : mended.error();
}

int restore(const FlagValues& flags, const std::string& file, const std::string& passphrase_file, bool as_json) {
  auto bytes = read_private_file(file, 2 * kMaxSealedFile);
  if (!bytes) return report(bytes.error());
  std::string text(bytes->begin(), bytes->end());
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto backup = text.starts_with(kTitle) ? from_base32(text.substr(kTitle.size())) : std::nullopt;
  if (!backup) {
    return report({ErrorKind::corrupt, file + " is no backup of a cluster's authority."});
  }
  auto passphrase = read_secret(passphrase_file, "The passphrase of the backup");
  if (!passphrase) return report(passphrase.error());
  if (auto mended = mend_identity(flags, *passphrase, *backup); !mended) return report(mended.error());
  auto answer = local_call(flags, "POST", "/api/v1/authority/restore",
                           {{"passphrase", *passphrase}, {"backup", text.substr(kTitle.size())}});
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
  } else {
    std::printf("This node is an admin of the cluster %s now.\n", answer->value("cluster", "").substr(0, 7).c_str());
    say_whether_others_are_known(flags);
  }
  return kExitOk;
}

}  // namespace

void add_ca(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("ca", "Back up and restore the key that signs the members of the cluster.");
  verb->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto passphrase = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  const auto add_common = [&](CLI::App& part, const char* meaning) {
    part.add_option("FILE", *file, meaning)->required();
    part.add_option("--passphrase-file", *passphrase,
                    "Take the passphrase from the first line of this file, or - for standard input.")
        ->type_name("FILE");
    part.add_flag("--json", *as_json, "Print JSON.");
    return add_configuration_flags(part, {"data"});
  };

  CLI::App* save =
      verb->add_subcommand("backup", "Write the key to a file, encrypted under a passphrase. On admin nodes.");
  const FlagValues save_flags = add_common(*save, "The file to write; it must not exist.");
  save->footer("Example:\n  meshzero ca backup cluster.backup");
  save->callback([&action, save_flags, file, passphrase, as_json] {
    action = [=] { return back_up(save_flags, *file, *passphrase, *as_json); };
  });

  CLI::App* load = verb->add_subcommand("restore", "Make this node an admin of the cluster in a backup.");
  const FlagValues load_flags = add_common(*load, "The file that `ca backup` wrote.");
  load->footer(
      "Exit code 4 when the passphrase is wrong, or this node has other members in another cluster.\nExample:\n  "
      "meshzero ca restore cluster.backup");
  load->callback([&action, load_flags, file, passphrase, as_json] {
    action = [=] { return restore(load_flags, *file, *passphrase, *as_json); };
  });
}

}  // namespace mz
