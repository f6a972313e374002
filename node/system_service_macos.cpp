#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <system_error>
#include <thread>
#include <vector>

#include "node/platform_posix.h"
#include "node/run_command.h"
#include "node/system_service.h"

namespace mz {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kAnswerLimit{30};
constexpr std::chrono::seconds kStopLimit{60};  // ExitTimeOut of the list is 30 s
// After a service went, launchd goes on for some five seconds to refuse its label.
constexpr std::chrono::seconds kLabelLimit{15};
constexpr std::chrono::milliseconds kLookEvery{200};

// What launchctl ends with, as errno has it on macOS.
constexpr int kNoSuchProcess = 3;       // there is nothing to end
constexpr int kInputOutput = 5;         // among other reasons: the label is still being let go
constexpr int kInProgress = 36;         // the service is ending
constexpr int kAlreadyInProgress = 37;  // the same

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// launchd's name for the place the service lives in.
std::string domain(ServiceKind kind) {
  return kind == ServiceKind::system ? "system" : "gui/" + std::to_string(::getuid());
}
std::string target(ServiceKind kind) { return domain(kind) + "/" + kLaunchdLabel; }

Result<CommandEnd> launchctl(std::vector<std::string> words) {
  words.insert(words.begin(), "launchctl");
  return run_command(words, kStopLimit);
}

Error failed(const std::string& word, const CommandEnd& end) {
  return {ErrorKind::failure, "`launchctl " + word + "` failed: " + first_line(end.output) + "."};
}

// Well when launchctl ends with 0 or one of `also`.
Result<void> tell(const std::vector<std::string>& words, std::initializer_list<int> also = {}) {
  const auto end = launchctl(words);
  if (!end) return end.error();
  if (end->code == 0 || std::find(also.begin(), also.end(), end->code) != also.end()) return {};
  return failed(words.front(), *end);
}

bool is_loaded(ServiceKind kind) {
  const auto end = run_command({"launchctl", "print", target(kind)}, kAnswerLimit);
  return end.ok() && end->code == 0;
}

Result<fs::path> home_of(const std::string& account) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(account.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return fs::path(found->pw_dir);
  }
  return Error{ErrorKind::not_found, "There is no user " + account + " on this machine."};
}

}  // namespace

Result<SystemService> SystemService::find(ServiceKind kind, const fs::path& root) {
  SystemService service(kind, root);
  const fs::path file = std::string(kLaunchdLabel) + ".plist";
  if (kind == ServiceKind::system) {
    // The node is this user's: with the same data as when it is started by hand.
    if (const char* name = std::getenv("SUDO_USER"); name != nullptr) service.account_ = name;
    service.file_ = (root.empty() ? fs::path("/") : root) / "Library/LaunchDaemons" / file;
  }
  auto home = service.account_.empty() ? platform::home_directory() : home_of(service.account_);
  if (!home) return home.error();
  service.home_ = *home;
  if (kind == ServiceKind::user) {
    service.file_ = (root.empty() ? *home / "Library" : root / "Library") / "LaunchAgents" / file;
  }
  return service;
}

Result<void> SystemService::may_change() const {
  if (kind_ == ServiceKind::system && is_live() && ::geteuid() != 0) {
    return Error{ErrorKind::refused,
                 "Only root can do this for the whole machine: say it with `sudo`. Without root, say it with --user."};
  }
  return {};
}

Result<std::string> SystemService::text(const fs::path& program) const {
  fs::path path = program;
  if (const std::string inside = root_.string() + "/"; !is_live() && path.string().starts_with(inside)) {
    path = "/" + path.string().substr(inside.size());  // as it will be called there
  }
  if (kind_ == ServiceKind::system && (account_.empty() || account_ == "root")) {
    return Error{ErrorKind::refused,
                 "A node should not run as root: use `sudo` from the account whose node it shall be, so that SUDO_USER "
                 "names it."};
  }
  return launchd_plist(kind_, path, home_ / "Library/Logs/meshzero.log", account_);
}

// launchd starts whatever lies in its folders.
bool SystemService::is_enabled() const {
  std::error_code error;
  return fs::exists(file_, error);
}
Result<void> SystemService::enable() const { return {}; }
Result<void> SystemService::disable() const { return {}; }

Result<void> SystemService::start(bool anew) const {
  if (is_loaded(kind_)) {
    if (!anew) return tell({"kickstart", target(kind_)});
    if (auto stopped = stop(); !stopped) return stopped;
  }
  if (auto allowed = tell({"enable", target(kind_)}); !allowed) return allowed;  // it may have been disabled by hand
  const auto limit = std::chrono::steady_clock::now() + kLabelLimit;
  for (;;) {
    const auto end = launchctl({"bootstrap", domain(kind_), file_.string()});
    if (!end) return end.error();
    if (end->code == 0) return {};
    const bool passes = end->code == kInputOutput || end->code == kAlreadyInProgress;
    if (!passes || std::chrono::steady_clock::now() >= limit) return failed("bootstrap", *end);
    std::this_thread::sleep_for(kLookEvery);
  }
}

// launchd answers before the service has ended.
Result<void> SystemService::stop() const {
  if (!is_loaded(kind_)) return {};
  const auto limit = std::chrono::steady_clock::now() + kStopLimit;
  if (auto told = tell({"bootout", target(kind_)}, {kNoSuchProcess, kInProgress}); !told) return told;
  while (is_loaded(kind_)) {
    if (std::chrono::steady_clock::now() >= limit) {
      return Error{ErrorKind::failure, "launchd has not ended the service after " + std::to_string(kStopLimit.count()) +
                                           " s. Ask it: `launchctl print " + target(kind_) + "`."};
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return {};
}

Result<void> SystemService::forget() const { return {}; }

Result<std::string> SystemService::state() const {
  auto end = run_command({"launchctl", "print", target(kind_)}, kAnswerLimit);
  if (!end) return end.error();
  if (end->code != 0) return std::string("stopped");
  return end->output.find("state = running") != std::string::npos ? std::string("running") : std::string("activating");
}

std::string SystemService::advice() const { return "Its log: " + (home_ / "Library/Logs/meshzero.log").string(); }

}  // namespace mz
