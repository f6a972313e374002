// `meshzero completion`: lets a shell complete verbs and flags.
#include <cstdio>

#include "node/completion.h"
#include "node/exit_code.h"
#include "node/verbs.h"

namespace mz {

void add_completion(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("completion", "Print the script that lets a shell complete verbs and flags.");
  verb->require_subcommand(1);
  verb->footer(
      "Examples:\n"
      "  source <(meshzero completion bash)\n"
      "  meshzero completion zsh > ~/.zfunc/_meshzero\n"
      "  meshzero completion fish > ~/.config/fish/completions/meshzero.fish");
  const auto add = [&](const char* shell, const char* meaning, std::string (*script)(const CLI::App&)) {
    // The action runs while the parser still exists (node/verb.h).
    verb->add_subcommand(shell, meaning)->callback([&app, &action, script] {
      action = [&app, script] {
        std::fputs(script(app).c_str(), stdout);
        return kExitOk;
      };
    });
  };
  add("bash", "For bash 3.2 or later.", bash_completion);
  add("zsh", "For zsh.", zsh_completion);
  add("fish", "For fish.", fish_completion);
}

}  // namespace mz
