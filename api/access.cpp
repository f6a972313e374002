#include "api/access.h"

#include <array>
#include <string_view>
#include <utility>

namespace mz {

std::string_view scope_word(Scope scope) {
  switch (scope) {
    case Scope::none:
      return "none";
    case Scope::read:
      return "read";
    case Scope::jobs:
      return "jobs";
    case Scope::admin:
      return "admin";
  }
  return "none";
}

std::string_view principal_word(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::stranger:
      return "stranger";
    case Principal::Kind::node:
      return "node";
    case Principal::Kind::operator_token:
      return "operator";
    case Principal::Kind::session:
      return "session";
    case Principal::Kind::local:
      return "local";
  }
  return "stranger";
}

bool may_call(const Access& access, const Principal& principal, const Arrival& arrival, bool loopback_host) {
  using Kind = Principal::Kind;
  if (access.has(Caller::anyone)) return true;
  if (access.has(Caller::local) && principal.kind == Kind::local) return true;
  if (access.has(Caller::person) && principal.is_person() && access.scope() != Scope::none &&
      principal.scope >= access.scope()) {
    return true;
  }
  if (principal.kind == Kind::node) {
    const bool valid = !principal.certificate_expired;
    if (access.has(Caller::node) && valid) return true;
    if (access.has(Caller::admin_node) && valid && principal.admin_node) return true;
    if (access.has(Caller::expired)) return true;
  }
  if (access.has(Caller::encrypted) && (arrival.encrypted || arrival.unix_socket)) return true;
  return access.has(Caller::here) && ((arrival.loopback && loopback_host) || arrival.unix_socket);
}

std::string access_words(const Access& access) {
  static constexpr std::array<std::pair<Caller, std::string_view>, 8> kWords{{
      {Caller::anyone, "anyone"},
      {Caller::here, "this computer"},
      {Caller::encrypted, "anyone over TLS"},
      {Caller::person, "person"},
      {Caller::node, "node"},
      {Caller::admin_node, "admin node"},
      {Caller::expired, "node, even expired"},
      {Caller::local, "local user"},
  }};
  std::string text;
  for (const auto& [caller, word] : kWords) {
    if (!access.has(caller)) continue;
    if (!text.empty()) text += ", ";
    text += word;
    if (caller == Caller::person) text += " (" + std::string(scope_word(access.scope())) + ")";
  }
  return text;
}

}  // namespace mz
