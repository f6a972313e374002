// `meshzero token`: invitations for machines, and keys for people and scripts.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <optional>

#include <nlohmann/json.hpp>

#include "node/exit_code.h"
#include "node/local_call.h"
#include "node/verbs.h"

namespace mz {
namespace {

using nlohmann::json;

struct Wanted {
  std::string role;
  std::string scope = "read";
  unsigned uses = 1;
  int days = 90;
};

std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm fields{};
  char text[32] = "";
  if (::localtime_r(&time, &fields) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &fields);
  return text;
}

// Whoever gives such a flag expects something else than what would be made.
std::optional<std::string> flags_of_the_other_role(const std::string& role, const CLI::Option& uses,
                                                   const CLI::Option& scope, const CLI::Option& days) {
  if (role == "node" && (scope.count() > 0 || days.count() > 0)) {
    return "--scope and --days are for operator tokens; a node token lets a machine join, within an hour. Leave them "
           "out, or say --role operator";
  }
  if (role == "operator" && uses.count() > 0) {
    return "--uses is for node tokens; an operator token is good until it ends or is revoked. Leave it out, or say "
           "--role node";
  }
  return std::nullopt;
}

int create(const FlagValues& flags, const Wanted& wanted, bool as_json) {
  json body{{"role", wanted.role}};
  if (wanted.role == "node") {
    body["uses"] = wanted.uses;
  } else {
    body["scope"] = wanted.scope;
    body["seconds"] = std::int64_t{wanted.days} * 86'400;
  }
  auto made = local_call(flags, "POST", "/api/v1/tokens", body);
  if (!made) return report(made.error());
  std::printf("%s\n", (as_json ? made->dump(2) : made->value("token", "")).c_str());
  if (std::fflush(stdout) != 0) {
    const std::string id = made->value("id", "");
    return report({ErrorKind::failure, "The token " + id + " was made, but it could not be written (" +
                                           std::strerror(errno) +
                                           ") and is lost. Revoke it with `meshzero token revoke " + id +
                                           "`, and make another one where there is room for it."});
  }
  if (as_json) return kExitOk;
  std::fprintf(stderr, "Valid until %s. It is shown this once; revoke it with: meshzero token revoke %s\n",
               time_text(made->value("expires", std::int64_t{0})).c_str(), made->value("id", "").c_str());
  return kExitOk;
}

int list(const FlagValues& flags, bool as_json) {
  auto answer = local_call(flags, "GET", "/api/v1/tokens", nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
    return kExitOk;
  }
  std::printf("%-10s  %-8s  %-6s  %-9s  %s\n", "id", "role", "scope", "used", "valid until");
  for (const json& token : answer->value("tokens", json::array())) {
    const std::string used =
        token.contains("uses") ? token["used"].dump() + " of " + token["uses"].dump() : std::string("-");
    std::printf("%-10s  %-8s  %-6s  %-9s  %s\n", token.value("id", "").c_str(), token.value("role", "").c_str(),
                token.value("scope", "-").c_str(), used.c_str(),
                time_text(token.value("expires", std::int64_t{0})).c_str());
  }
  return kExitOk;
}

bool is_id(const std::string& text) {
  return !text.empty() && text.size() <= 16 && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == text.npos;
}

int revoke(const FlagValues& flags, const std::string& id, bool as_json) {
  if (!is_id(id)) {
    return report({ErrorKind::usage, "Name the token by its id, as `meshzero token list` shows it, not by its text."});
  }
  auto answer = local_call(flags, "DELETE", "/api/v1/tokens/" + id, nullptr);
  if (!answer) return report(answer.error());
  if (as_json) {
    std::printf("%s\n", answer->dump(2).c_str());
  } else {
    std::printf("Revoked the token %s.\n", id.c_str());
  }
  return kExitOk;
}

}  // namespace

void add_token(CLI::App& app, Action& action) {
  CLI::App* verb =
      app.add_subcommand("token", "Make, list and revoke tokens: invitations for machines, keys for people.");
  verb->require_subcommand(1);

  CLI::App* make = verb->add_subcommand("create", "Make a token and print it. It is shown this once.");
  auto wanted = std::make_shared<Wanted>();
  auto as_json = std::make_shared<bool>(false);
  make->add_option("--role", wanted->role,
                   "node: lets a machine join, within an hour. operator: lets a person or script in.")
      ->required()
      ->check(CLI::IsMember({"node", "operator"}));
  const CLI::Option* uses = make->add_option("--uses", wanted->uses, "How many machines may join with it.")
                                ->check(CLI::Range(1U, 1000U))
                                ->capture_default_str();
  const CLI::Option* scope =
      make->add_option("--scope", wanted->scope,
                       "What an operator may do: read, jobs (read and hand in work), admin (everything).")
          ->check(CLI::IsMember({"read", "jobs", "admin"}))
          ->capture_default_str();
  const CLI::Option* days = make->add_option("--days", wanted->days, "How long an operator token is good.")
                                ->check(CLI::Range(1, 366))
                                ->capture_default_str();
  make->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues make_flags = add_configuration_flags(*make, {"data"});
  make->footer(
      "Examples:\n  meshzero token create --role node\n  meshzero token create --role node --uses 20 > fleet.token\n"
      "  meshzero token create --role operator --scope jobs --days 7");
  make->callback([&action, make_flags, wanted, uses, scope, days, as_json] {
    const auto given = flags_of_the_other_role(wanted->role, *uses, *scope, *days);
    if (given) throw CLI::ValidationError(*given);
    action = [=] { return create(make_flags, *wanted, *as_json); };
  });

  CLI::App* show = verb->add_subcommand(
      "list", "List the tokens that this node has made and that are still good, without their secrets.");
  show->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues show_flags = add_configuration_flags(*show, {"data"});
  show->footer("Example:\n  meshzero token list");
  show->callback([&action, show_flags, as_json] { action = [=] { return list(show_flags, *as_json); }; });

  CLI::App* drop = verb->add_subcommand("revoke", "Make a token worthless. Machines that joined with it stay.");
  auto id = std::make_shared<std::string>();
  drop->add_option("ID", *id, "The token's id, as `token list` shows it.")->required();
  drop->add_flag("--json", *as_json, "Print JSON.");
  const FlagValues drop_flags = add_configuration_flags(*drop, {"data"});
  drop->footer("Example:\n  meshzero token revoke k3v2xq7a");
  drop->callback([&action, drop_flags, id, as_json] { action = [=] { return revoke(drop_flags, *id, *as_json); }; });
}

}  // namespace mz
