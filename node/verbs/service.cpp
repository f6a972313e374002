// `meshzero service`: makes a node a service of this system, so that it starts by itself.
#include <cstdio>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/platform.h"
#include "node/service_file.h"
#include "node/system_service.h"
#include "node/verbs.h"

namespace mz {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct ServiceFlags {
  bool user = false;
  bool force = false;
  bool as_json = false;
  std::string root;
};

void print_json(const json& out) {
  std::printf("%s\n", out.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

Result<SystemService> find_service(const ServiceFlags& flags) {
  fs::path root;
  if (!flags.root.empty()) {
    std::error_code error;
    root = fs::canonical(flags.root, error);
    if (error) return Error{ErrorKind::not_found, flags.root + " is no folder: " + error.message() + "."};
  }
  return SystemService::find(flags.user ? ServiceKind::user : ServiceKind::system, root);
}

// The file of this very program, not a name of it that may lead elsewhere tomorrow.
Result<fs::path> program_file() {
  auto path = platform::executable_path();
  if (!path) return path.error();
  std::error_code error;
  const fs::path file = fs::canonical(*path, error);
  if (!error) return file;
  return Error{ErrorKind::failure, "The file of this program is gone. Start the verb again with one that is there."};
}

Error changed_by_somebody(const ServiceFile& file, const std::string& what_force_does) {
  return {ErrorKind::refused, file.path().string() + " is not as `meshzero service install` wrote it. Say --force to " +
                                  what_force_does + "."};
}

Error packaged(const SystemService& service) {
  return {ErrorKind::refused, service.file().string() +
                                  " belongs to the installed package: start it with `systemctl enable --now meshzero`, "
                                  "remove it with the package."};
}

json status_json(const SystemService& service, const ServiceFile& file) {
  const auto on_disk = file.state();
  json out{{"file", file.path().string()},
           {"installed", on_disk != ServiceFile::State::absent},
           {"packaged", service.is_packaged()},
           {"changed", on_disk == ServiceFile::State::changed && !service.is_packaged()},
           {"enabled", service.is_enabled()},
           {"state", nullptr},
           {"text", ""}};
  if (!service.is_live()) return out;
  if (auto state = service.state()) {
    out["state"] = *state;
  } else {
    out["text"] = state.error().text;
  }
  return out;
}

void print_status(const json& status) {
  std::printf("File:    %s%s\n", status["file"].get_ref<const std::string&>().c_str(),
              status["packaged"].get<bool>()  ? " (of the package)"
              : status["changed"].get<bool>() ? " (changed since it was installed)"
                                              : "");
  std::printf("Starts:  %s\n", status["enabled"].get<bool>() ? "by itself" : "only when somebody starts it");
  if (status["state"].is_string()) std::printf("State:   %s\n", status["state"].get_ref<const std::string&>().c_str());
  if (const auto& text = status["text"].get_ref<const std::string&>(); !text.empty()) std::printf("%s\n", text.c_str());
}

int install(const ServiceFlags& flags) {
  auto service = find_service(flags);
  if (!service) return report(service.error());
  if (auto may = service->may_change(); !may) return report(may.error());
  if (service->is_packaged()) return report(packaged(*service));
  const ServiceFile file(service->file());
  const bool was_changed = file.state() == ServiceFile::State::changed;
  if (was_changed && !flags.force)
    return report(changed_by_somebody(file, "replace it; it is then kept as " + file.kept_path().string()));
  auto program = program_file();
  if (!program) return report(program.error());
  auto text = service->text(*program);
  if (!text) return report(text.error());
  auto written = file.write(*text);
  if (!written) return report(written.error());
  if (auto enabled = service->enable(); !enabled) return report(enabled.error());
  if (service->is_live()) {
    if (auto started = service->start(*written); !started) return report(started.error());
  }
  if (flags.as_json) {
    json out = status_json(*service, file);
    out["written"] = *written;
    print_json(out);
    return kExitOk;
  }
  std::printf("%s %s\n", *written ? "Installed" : "Installed already:", file.path().c_str());
  if (was_changed) std::printf("What was there before is kept as %s\n", file.kept_path().c_str());
  if (service->is_live()) std::printf("The node runs.\n%s\n", service->advice().c_str());
  return kExitOk;
}

int uninstall(const ServiceFlags& flags) {
  auto service = find_service(flags);
  if (!service) return report(service.error());
  if (auto may = service->may_change(); !may) return report(may.error());
  if (service->is_packaged()) return report(packaged(*service));
  const ServiceFile file(service->file());
  const ServiceFile::State was = file.state();
  if (was == ServiceFile::State::changed && !flags.force)
    return report(changed_by_somebody(file, "remove it all the same"));
  const bool was_there = was != ServiceFile::State::absent;
  if (was_there && service->is_live()) {
    if (auto stopped = service->stop(); !stopped) return report(stopped.error());
  }
  if (auto disabled = service->disable(); !disabled) return report(disabled.error());
  if (auto removed = file.remove(); !removed) return report(removed.error());
  if (was_there && service->is_live()) {
    if (auto forgotten = service->forget(); !forgotten) return report(forgotten.error());
  }
  if (flags.as_json) {
    print_json({{"file", file.path().string()}, {"removed", was_there}});
  } else if (was_there) {
    std::printf("Removed %s; the node's data stay where they are.\n", file.path().c_str());
  } else {
    std::printf("No service is installed as %s.\n", file.path().c_str());
  }
  return kExitOk;
}

int status(const ServiceFlags& flags) {
  auto service = find_service(flags);
  if (!service) return report(service.error());
  const ServiceFile file(service->file());
  const json found = status_json(*service, file);
  const bool installed = found["installed"].get<bool>();
  if (flags.as_json) {
    print_json(found);
  } else if (installed) {
    print_status(found);
  } else {
    std::printf("No service is installed as %s.\n", file.path().c_str());
  }
  return installed ? kExitOk : kExitNotFound;
}

}  // namespace

void add_service(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("service", "Let a node start by itself: install, show or remove its service.");
  verb->footer(
      "Examples:\n"
      "  sudo meshzero service install\n"
      "  meshzero service install --user\n"
      "  meshzero service status --json");
  verb->require_subcommand(1);
  const auto add = [&](const char* name, const char* meaning, const char* footer, bool changes,
                       int (*run)(const ServiceFlags&)) {
    CLI::App* below = verb->add_subcommand(name, meaning);
    auto flags = std::make_shared<ServiceFlags>();
    below->add_flag("--user", flags->user, "The service of this user instead of the machine's.");
    below
        ->add_option("--root", flags->root,
                     "Work on the files of the system below this folder; nothing is started or stopped there.")
        ->type_name("DIR");
    if (changes) below->add_flag("--force", flags->force, "Also when the file was changed since it was installed.");
    below->add_flag("--json", flags->as_json, "Print JSON.");
    below->footer(footer);
    below->callback([&action, flags, run] { action = [flags, run] { return run(*flags); }; });
  };
  add("install", "Install the service of this program, let it start by itself, and start it.",
      "Exit code 4 without the rights for it or over a changed file, 5 when no service manager answers.\n"
      "Examples:\n  sudo meshzero service install\n  meshzero service install --user\n"
      "  meshzero service install --root image",
      true, install);
  add("uninstall", "Stop the service and remove what install made. The node's data stay.",
      "Examples:\n  sudo meshzero service uninstall\n  meshzero service uninstall --user", true, uninstall);
  add("status", "Whether the service is installed, starts by itself and runs, and where its file is.",
      "Exit code 3 when it is not installed.\nExamples:\n  meshzero service status\n  meshzero service status --user "
      "--json",
      false, status);
}

}  // namespace mz
