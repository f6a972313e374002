#include "node/completion.h"

#include <algorithm>
#include <functional>
#include <sstream>
#include <string_view>
#include <vector>

namespace mz {
namespace {

// What may stand where a value is wanted.
struct Value {
  enum class Kind { free, choices, files, folders } kind = Kind::free;
  std::vector<std::string> choices;
  std::string name;  // FILE, N: for people
};

struct Flag {
  std::vector<std::string> names;  // with their dashes
  std::string meaning;
  bool takes_value = false;
  bool may_repeat = false;
  Value value;
};

struct Command {
  std::string path;  // "data verify", "" for the program itself
  std::string name;
  std::string meaning;
  std::vector<Flag> flags;
  bool has_words = false;  // besides flags and verbs
  Value word;
  std::vector<Command> verbs;
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// The type is "TEXT:{read,jobs}" where a validator lists the choices, "auto|last" where the table of settings does, else a
// word for people.
Value value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const std::string name = option.get_positional() ? option.get_name(true) : type.substr(0, type.find(':'));
  Value value{Value::Kind::free, {}, name};
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && close != std::string::npos) {
    value.kind = Value::Kind::choices;
    value.choices = split(std::string_view(type).substr(open + 1, close - open - 1), ',');
  } else if (type.find('|') != std::string::npos) {
    value.kind = Value::Kind::choices;
    value.choices = split(type, '|');
  } else if (name == "FILE" || name == "PATH") {
    value.kind = Value::Kind::files;
  } else if (name == "DIR") {
    value.kind = Value::Kind::folders;
  }
  return value;
}

Command command_of(const CLI::App& app, const std::string& path) {
  Command command{path, app.get_name(), app.get_description(), {}, false, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // not for people
    if (option->get_positional()) {
      command.has_words = true;
      if (command.word.name.empty()) command.word = value_of(*option);
      continue;
    }
    Flag flag;
    for (const std::string& name : option->get_snames()) flag.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) flag.names.push_back("--" + name);
    flag.meaning = option->get_description();
    flag.takes_value = option->get_items_expected_max() > 0;
    flag.may_repeat = option->get_expected_max() > 1;
    if (flag.takes_value) flag.value = value_of(*option);
    command.flags.push_back(std::move(flag));
  }
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (verb->get_group().empty()) continue;
    command.verbs.push_back(command_of(*verb, path + (path.empty() ? "" : " ") + verb->get_name()));
  }
  return command;
}

void for_each(const Command& command, const std::function<void(const Command&)>& visit) {
  visit(command);
  for (const Command& verb : command.verbs) for_each(verb, visit);
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// What a shell takes for this very text. In bash and zsh a quote ends the quotes, in fish a backslash keeps it.
std::string quoted(const std::string& text, bool fish = false) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += fish ? "\\'" : "'\\''";
    } else if (c == '\\' && fish) {
      out += "\\\\";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out + "'";
}

// The first sentence: more does not fit beside a name.
std::string brief(const std::string& meaning) {
  const std::size_t end = meaning.find(". ");
  std::string text = meaning.substr(0, end);
  while (text.ends_with('.')) text.pop_back();
  return text;
}

// Patterns of a case that match `path:flag` for all names of the flag.
std::string bash_pattern(const Command& command, const Flag& flag) {
  std::vector<std::string> patterns;
  for (const std::string& name : flag.names) patterns.push_back('"' + command.path + ':' + name + '"');
  return joined(patterns, " | ");
}

const char* bash_reply(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::files:
      return "_meshzero_paths -f";
    case Value::Kind::folders:
      return "_meshzero_paths -d";
    case Value::Kind::choices:
    case Value::Kind::free:
      break;
  }
  return "return";
}

std::string zsh_function(const std::string& path) {
  std::string name = "_meshzero";
  for (const std::string& word : split(path, ' ')) name += "__" + word;
  return name;
}

// In a specification of _arguments a colon ends the part and brackets enclose the meaning.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(":[]\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Value& value) {
  switch (value.kind) {
    case Value::Kind::choices:
      return "(" + joined(value.choices, " ") + ")";
    case Value::Kind::files:
      return "_files";
    case Value::Kind::folders:
      return "_files -/";
    case Value::Kind::free:
      break;
  }
  return " ";
}

void print_zsh_function(std::ostream& out, const Command& command) {
  out << zsh_function(command.path) << "() {\n";
  if (!command.verbs.empty()) {
    out << "  local context state state_descr line\n  typeset -A opt_args\n  local -a verbs=(\n";
    for (const Command& verb : command.verbs) {
      out << "    " << quoted(zsh_text(verb.name) + ":" + brief(verb.meaning)) << "\n";
    }
    out << "  )\n";
  }
  out << "  _arguments" << (command.verbs.empty() ? "" : " -C");
  for (const Flag& flag : command.flags) {
    for (const std::string& name : flag.names) {
      std::string text = (flag.may_repeat ? "*" : "") + name + "[" + zsh_text(brief(flag.meaning)) + "]";
      if (flag.takes_value) text += ":" + zsh_text(flag.value.name) + ":" + zsh_action(flag.value);
      out << " \\\n    " << quoted(text);
    }
  }
  if (!command.verbs.empty()) {
    out << " \\\n    '1: :->verb' \\\n    '*:: :->rest'\n  case $state in\n    verb) _describe -t verbs verb verbs ;;\n"
        << "    rest)\n      case $words[1] in\n";
    for (const Command& verb : command.verbs) {
      out << "        " << verb.name << ") " << zsh_function(verb.path) << " ;;\n";
    }
    out << "      esac ;;\n  esac\n";
  } else {
    if (command.has_words) {
      out << " \\\n    " << quoted("*:" + zsh_text(command.word.name) + ":" + zsh_action(command.word));
    }
    out << "\n";
  }
  out << "}\n\n";
}

void print_fish_value(std::ostream& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::choices:
      out << " -a " << quoted(joined(value.choices, " "), true);
      break;
    case Value::Kind::files:
      out << " -F";
      break;
    case Value::Kind::folders:
      out << " -a '(__fish_complete_directories (commandline -ct))'";
      break;
    case Value::Kind::free:
      break;
  }
}

constexpr const char* kBashHelpers = R"(# bash completion for meshzero, printed by `meshzero completion bash`.

_meshzero_words() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -W "$1" -- "$cur")
}

_meshzero_paths() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$cur")
}

_meshzero() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD - 1]}" at="" i word
  COMPREPLY=()
  # --flag=value comes as three words.
  if [ "$cur" = "=" ]; then
    cur=""
  elif [ "$prev" = "=" ] && [ "$COMP_CWORD" -ge 2 ]; then
    prev="${COMP_WORDS[COMP_CWORD - 2]}"
  fi
)";

constexpr const char* kFishHelpers = R"(
function __meshzero_path
    set -l path
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        set -l next (string join ' ' -- $path $word)
        if contains -- "$next" $__meshzero_commands
            set path $path $word
        end
    end
    string join ' ' -- $path
end

function __meshzero_at
    set -l path (__meshzero_path)
    test "$path" = "$argv[1]"
end

complete -c meshzero -f
)";

}  // namespace

std::string bash_completion(const CLI::App& app) {
  const Command root = command_of(app, "");
  std::vector<std::string> paths;
  std::vector<std::string> with_value;
  for_each(root, [&](const Command& command) {
    if (!command.path.empty()) paths.push_back('"' + command.path + '"');
    for (const Flag& flag : command.flags) {
      if (flag.takes_value) with_value.push_back(bash_pattern(command, flag));
    }
  });
  std::ostringstream out;
  out << kBashHelpers
      << "  # Which verb it is; the value of a flag is none.\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n    word=\"${COMP_WORDS[i]}\"\n    case \"$at:$word\" in\n      "
      << joined(with_value, " | ") << ")\n        i=$((i + 1))\n        continue\n        ;;\n    esac\n"
      << "    case \"${at:+$at }$word\" in\n      " << joined(paths, " | ")
      << ") at=\"${at:+$at }$word\" ;;\n    esac\n  done\n\n  case \"$at:$prev\" in\n";
  for_each(root, [&](const Command& command) {
    for (const Flag& flag : command.flags) {
      if (!flag.takes_value) continue;
      out << "    " << bash_pattern(command, flag) << ")\n";
      if (flag.value.kind == Value::Kind::choices) {
        out << "      _meshzero_words " << quoted(joined(flag.value.choices, " ")) << "\n      return\n      ;;\n";
      } else if (flag.value.kind == Value::Kind::free) {
        out << "      return\n      ;;\n";
      } else {
        out << "      " << bash_reply(flag.value.kind) << "\n      return\n      ;;\n";
      }
    }
  });
  out << "  esac\n\n  case \"$at\" in\n";
  for_each(root, [&](const Command& command) {
    std::vector<std::string> flags;
    for (const Flag& flag : command.flags) flags.insert(flags.end(), flag.names.begin(), flag.names.end());
    std::vector<std::string> verbs;
    for (const Command& verb : command.verbs) verbs.push_back(verb.name);
    out << "    \"" << command.path << "\")\n      case \"$cur\" in\n        -*) _meshzero_words "
        << quoted(joined(flags, " ")) << " ;;\n";
    if (!verbs.empty()) {
      out << "        *) _meshzero_words " << quoted(joined(verbs, " ")) << " ;;\n";
    } else if (command.has_words && command.word.kind == Value::Kind::choices) {
      out << "        *) _meshzero_words " << quoted(joined(command.word.choices, " ")) << " ;;\n";
    } else if (command.has_words && command.word.kind != Value::Kind::free) {
      out << "        *) " << bash_reply(command.word.kind) << " ;;\n";
    }
    out << "      esac\n      ;;\n";
  });
  out << "  esac\n}\n\ncomplete -F _meshzero meshzero\n";
  return out.str();
}

std::string zsh_completion(const CLI::App& app) {
  std::ostringstream out;
  out << "#compdef meshzero\n# zsh completion for meshzero, printed by `meshzero completion zsh`.\n\n";
  for_each(command_of(app, ""), [&](const Command& command) { print_zsh_function(out, command); });
  // Found by its file name it is the body of the function; sourced it announces itself.
  out << "if [ \"$funcstack[1]\" = _meshzero ]; then\n  _meshzero \"$@\"\nelse\n  compdef _meshzero meshzero\nfi\n";
  return out.str();
}

std::string fish_completion(const CLI::App& app) {
  const Command root = command_of(app, "");
  std::ostringstream out;
  out << "# fish completion for meshzero, printed by `meshzero completion fish`.\n\nset -g __meshzero_commands";
  for_each(root, [&](const Command& command) {
    if (!command.path.empty()) out << " \\\n    " << quoted(command.path, true);
  });
  out << "\n" << kFishHelpers;
  for_each(root, [&](const Command& command) {
    const std::string here = "complete -c meshzero -n " + quoted("__meshzero_at \"" + command.path + "\"", true);
    for (const Command& verb : command.verbs) {
      out << here << " -a " << quoted(verb.name, true) << " -d " << quoted(brief(verb.meaning), true) << "\n";
    }
    for (const Flag& flag : command.flags) {
      out << here;
      for (const std::string& name : flag.names) {
        out << (name.starts_with("--") ? " -l " + quoted(name.substr(2), true) : " -s " + quoted(name.substr(1), true));
      }
      if (flag.takes_value) {
        out << " -r";
        print_fish_value(out, flag.value);
      }
      out << " -d " << quoted(brief(flag.meaning), true) << "\n";
    }
    if (!command.has_words || command.word.kind == Value::Kind::free) return;
    out << here;
    print_fish_value(out, command.word);
    out << "\n";
  });
  return out.str();
}

}  // namespace mz
