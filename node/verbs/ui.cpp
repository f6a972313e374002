// `meshzero ui`: opens the page of the running node, logged in.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "node/control_client.h"
#include "node/exit_code.h"
#include "node/verbs.h"
#include "store/descriptor.h"

namespace mz {
namespace {

#ifdef __APPLE__
constexpr const char* kOpener = "open";
#else
constexpr const char* kOpener = "xdg-open";
#endif

std::string login_address(std::uint16_t port, const std::string& code) { return page_address(port) + "#code=" + code; }

// The code must not be in the arguments of a program, where every user of this computer can read it, so the browser is
// given a file of ours that sends it on.
Result<std::filesystem::path> write_redirect(const DataDirectory& data, const std::string& address) {
  const std::filesystem::path file = data.path() / "login.html";
  ::unlink(file.c_str());
  const Descriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  const std::string text =
      "<!doctype html><meta charset=\"utf-8\"><title>MeshZero</title><meta http-equiv=\"refresh\" "
      "content=\"0;url=" +
      address + "\">\n";
  if (!out.valid() || ::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error{ErrorKind::failure, "Cannot write " + file.string() + ": " + std::strerror(errno) + "."};
  }
  return file;
}

// Whether a browser could be started.
bool open_in_browser(const std::string& address) {
  const pid_t child = ::fork();
  if (child < 0) return false;
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, fd);
    ::execlp(kOpener, kOpener, address.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int ui(const FlagValues& flags, bool only_print, bool as_json) {
  auto found = find_node(flags);
  if (!found) return report(found.error());
  auto answer = ask_node(found->data, {.method = "POST", .path = "/api/v1/session/codes"});
  if (!answer) return report(answer.error());
  const std::string address = login_address(found->node.port, answer->value("code", ""));
  if (as_json) {
    std::printf("%s\n",
                nlohmann::json{{"page", address}, {"expires_in_s", answer->value("expires_in_s", 0)}}.dump(2).c_str());
    return kExitOk;
  }
  if (!only_print) {
    auto file = write_redirect(found->data, address);
    if (!file) return report(file.error());
    if (open_in_browser("file://" + file->string())) {
      std::printf("The page opens in your browser: %s\n", page_address(found->node.port).c_str());
      return kExitOk;
    }
    std::fprintf(stderr, "No browser could be started here. Open this address yourself, within a minute:\n");
  }
  std::printf("%s\n", address.c_str());
  return kExitOk;
}

}  // namespace

void add_ui(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("ui", "Open the page of the running node, logged in as its owner.");
  auto only_print = std::make_shared<bool>(false);
  auto as_json = std::make_shared<bool>(false);
  verb->add_flag("--print", *only_print, "Print the address instead of opening it; it is good once, for a minute.");
  verb->add_flag("--json", *as_json, "Print the address as JSON and open nothing.");
  const FlagValues flags = add_configuration_flags(*verb, {"data"});
  verb->footer(
      "Exit code 3 when no node runs there, 5 when it does not answer.\nExamples:\n  meshzero ui\n  meshzero ui "
      "--print");
  verb->callback([&action, flags, only_print, as_json] { action = [=] { return ui(flags, *only_print, *as_json); }; });
}

}  // namespace mz
