#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "node/platform_posix.h"
#include "node/run_command.h"
#include "node/system_service.h"

namespace mz {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kAnswerLimit{30};
constexpr std::chrono::seconds kStartLimit{150};  // systemd itself gives up after 90 s

// What the service of the system does not see: ProtectHome and PrivateTmp of its unit.
constexpr std::array<const char*, 5> kHidden{"/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Result<CommandEnd> systemctl(ServiceKind kind, std::vector<std::string> words,
                             std::chrono::seconds limit = kAnswerLimit) {
  words.insert(words.begin(), "systemctl");
  if (kind == ServiceKind::user) words.insert(words.begin() + 1, "--user");
  return run_command(words, limit);
}

// systemctl with its failure as an error.
Result<void> tell(ServiceKind kind, const std::vector<std::string>& words, std::chrono::seconds limit = kAnswerLimit) {
  auto end = systemctl(kind, words, limit);
  if (!end) return end.error();
  if (end->code == 0) return {};
  const std::string journal = kind == ServiceKind::user ? "journalctl --user -u meshzero" : "journalctl -u meshzero";
  return Error{ErrorKind::failure,
               "`systemctl " + words.front() + "` failed: " + first_line(end->output) + " See `" + journal + "`."};
}

Result<fs::path> user_units() {
  if (const char* base = std::getenv("XDG_CONFIG_HOME"); base != nullptr && base[0] == '/') {
    return fs::path(base) / "systemd/user";
  }
  auto home = platform::home_directory();
  if (!home) return home.error();
  return *home / ".config/systemd/user";
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found && !error;
}

fs::path wants_link(ServiceKind kind, const fs::path& file) {
  const char* target = kind == ServiceKind::system ? "multi-user.target.wants" : "default.target.wants";
  return file.parent_path() / target / kSystemdUnit;
}

// Its user is not ours, so everybody must be let through to the program.
bool everybody_may_run(const fs::path& program) {
  for (fs::path at = program; at.has_relative_path(); at = at.parent_path()) {
    struct stat status {};
    if (::stat(at.c_str(), &status) != 0 || (status.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

}  // namespace

Result<SystemService> SystemService::find(ServiceKind kind, const fs::path& root) {
  SystemService service(kind, root);
  if (kind == ServiceKind::system) {
    service.file_ = (root.empty() ? fs::path("/") : root) / "etc/systemd/system" / kSystemdUnit;
    for (const char* folder : {"usr/lib/systemd/system", "lib/systemd/system"}) {
      const fs::path brought = (root.empty() ? fs::path("/") : root) / folder / kSystemdUnit;
      if (!is_there(brought)) continue;
      service.packaged_ = true;
      service.file_ = brought;
      break;
    }
  } else if (!root.empty()) {
    service.file_ = root / "etc/systemd/user" / kSystemdUnit;
  } else {
    auto units = user_units();
    if (!units) return units.error();
    service.file_ = *units / kSystemdUnit;
  }
  return service;
}

Result<void> SystemService::may_change() const {
  if (!is_live()) return {};
  if (kind_ == ServiceKind::system && ::geteuid() != 0) {
    return Error{ErrorKind::refused,
                 "Only root can do this for the whole machine: say it with `sudo`. Without root, say it with --user."};
  }
  auto end = systemctl(kind_, {"show", "--property=Version"});
  if (!end && end.error().kind != ErrorKind::not_found) return end.error();
  if (end && end->code == 0) return {};
  return Error{ErrorKind::unreachable,
               "No systemd answers here" + (end ? " (" + first_line(end->output) + ")" : std::string()) +
                   ". Let what starts programs on this machine run `meshzero up --foreground`."};
}

Result<std::string> SystemService::text(const fs::path& program) const {
  fs::path path = program;
  if (const std::string inside = root_.string() + "/"; !is_live() && path.string().starts_with(inside)) {
    path = "/" + path.string().substr(inside.size());  // as it will be called there
  } else if (kind_ == ServiceKind::system) {
    bool reachable = everybody_may_run(path);
    for (const char* hidden : kHidden) reachable = reachable && !path.string().starts_with(hidden);
    if (!reachable) {
      return Error{ErrorKind::refused,
                   "The service runs as a user of its own that cannot reach " + path.string() +
                       ". Copy the program first: `sudo install -m 755 " + path.string() +
                       " /usr/local/bin/meshzero`, then `sudo /usr/local/bin/meshzero service install`."};
    }
  }
  return systemd_unit(kind_, path);
}

bool SystemService::is_enabled() const {
  if (is_there(wants_link(kind_, file_))) return true;
  // The link of a package's unit lies where the administrator's units are.
  return packaged_ &&
         is_there(wants_link(kind_, (is_live() ? fs::path("/") : root_) / "etc/systemd/system" / kSystemdUnit));
}

Result<void> SystemService::enable() const {
  const fs::path link = wants_link(kind_, file_);
  if (is_there(link)) return {};
  std::error_code error;
  fs::create_directories(link.parent_path(), error);
  if (!error) fs::create_symlink(fs::path("..") / kSystemdUnit, link, error);
  if (!error) return {};
  return Error{ErrorKind::failure, link.string() + " cannot be created: " + error.message() + "."};
}

Result<void> SystemService::disable() const {
  const fs::path link = wants_link(kind_, file_);
  std::error_code error;
  fs::remove(link, error);
  if (error) return Error{ErrorKind::failure, link.string() + " cannot be removed: " + error.message() + "."};
  fs::remove(link.parent_path(), error);  // unless something else is in it
  return {};
}

Result<void> SystemService::start(bool anew) const {
  if (auto read = tell(kind_, {"daemon-reload"}); !read) return read;
  // One that failed too often would not be started.
  if (auto end = systemctl(kind_, {"reset-failed", kSystemdUnit}); !end) return end.error();
  return tell(kind_, {anew ? "restart" : "start", kSystemdUnit}, kStartLimit);
}

Result<void> SystemService::stop() const { return tell(kind_, {"stop", kSystemdUnit}, kStartLimit); }

Result<void> SystemService::forget() const {
  if (auto read = tell(kind_, {"daemon-reload"}); !read) return read;
  // Says that it knows no such unit when there is nothing to forget.
  if (auto end = systemctl(kind_, {"reset-failed", kSystemdUnit}); !end) return end.error();
  return {};
}

Result<std::string> SystemService::state() const {
  auto end = systemctl(kind_, {"is-active", kSystemdUnit});
  if (!end) return end.error();
  const std::string word = first_line(end->output);
  if (word == "active") return std::string("running");
  if (word == "inactive") return std::string("stopped");
  if (word == "failed" || word == "activating" || word == "deactivating" || word == "reloading") return word;
  return Error{ErrorKind::unreachable, "systemd does not say how it is: " + word};
}

std::string SystemService::advice() const {
  if (kind_ == ServiceKind::user) {
    return "It runs while you are logged in; after `loginctl enable-linger` it starts with the machine.\n"
           "Its log: journalctl --user -u meshzero";
  }
  return "Ask it: sudo meshzero status --data /var/lib/meshzero\nIts log: journalctl -u meshzero";
}

}  // namespace mz
