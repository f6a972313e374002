#include "node/command_line.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "node/exit_code.h"
#include "node/verbs.h"
#include "node/version.h"
#include "p2p/trust/join_token.h"

namespace mz {
namespace {

// CLI11's messages have no full stop and sometimes span lines.
std::string sentence(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?') text += '.';
  return text;
}

// "meshzero data verify" when the user got as far as that verb, so that the hint names the right help.
std::string command_so_far(const CLI::App& app) {
  std::string name = "meshzero";
  for (const CLI::App* at = &app;;) {
    const auto chosen = at->get_subcommands();
    if (chosen.empty()) return name;
    at = chosen.front();
    name += ' ' + at->get_name();
  }
}

// Other users of the computer can read the arguments of a process for as long as it lives, and a node lives long. The program
// goes on with a copy of them; here, and so in the process that `up` leaves behind, nothing is left of a secret.
void hide_join_tokens(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::size_t at = std::string_view(argv[i]).find(JoinToken::kPrefix);
    if (at == std::string_view::npos) continue;
    for (char* c = argv[i] + at + JoinToken::kPrefix.size(); *c != '\0'; ++c) *c = 'x';
  }
}

int parse_and_run(int argc, const char* const* argv) {
  CLI::App app{"MeshZero plays, stores and shows games; every machine runs this one program.", "meshzero"};
  app.set_version_flag("--version", "meshzero " + std::string(version()), "Print the version and exit.");
  app.get_formatter()->column_width(34);
  app.footer(
      "Examples:\n"
      "  meshzero --version\n"
      "  meshzero VERB --help     what a verb does, its flags and examples\n"
      "\n"
      "Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 refused, 5 unreachable.");
  Action action;
  add_verbs(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help and --version, on stdout
    const std::string command = command_so_far(app);
    return report({ErrorKind::usage, sentence(error.what()) + " See `" + command + " --help`."});
  }
  if (!action)
    return report({ErrorKind::usage, "Say what to do: `" + command_so_far(app) + "` needs a verb. See `" +
                                         command_so_far(app) + " --help`."});
  return action();
}

// What was printed may not have arrived; whoever reads it later must not take half of it for all. A verb that failed has told
// why already.
int check_output(int code) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const std::string why = errno != 0 ? std::string(" (") + std::strerror(errno) + ")" : "";
  if (code != kExitOk || (flushed && std::ferror(stdout) == 0 && std::cout.flush().good())) return code;
  return report({ErrorKind::failure, "Not all of the output could be written" + why +
                                         ". What was asked for is done; make room where the output goes, and ask "
                                         "again for what is missing."});
}

}  // namespace

int run_command_line(int argc, char** argv) {
  try {
    // A file that grows beyond `ulimit -f` is then an error of its write, with a sentence, and no sudden death.
    std::signal(SIGXFSZ, SIG_IGN);
    const std::vector<std::string> given(argv, argv + argc);
    hide_join_tokens(argc, argv);
    std::vector<const char*> words;
    for (const std::string& word : given) words.push_back(word.c_str());
    return check_output(parse_and_run(argc, words.data()));
  } catch (const std::exception& error) {  // a bug of ours or memory exhaustion; a verb reports its own errors
    return report({ErrorKind::failure, std::string("Stopped by an internal error: ") + error.what() + "."});
  }
}

}  // namespace mz
