#include "api/session_routes.h"

#include <nlohmann/json.hpp>

#include "api/foreign_json.h"
#include "api/sessions.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kLoginBody = 1U << 10;

HttpResponse answer(const json& content, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = content.dump();
  return response;
}

HttpResponse unavailable() { return error_response(503, "unavailable", "This node logs no pages in."); }

HttpResponse code_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  auto code = services.sessions->create_code(request.principal.scope);
  if (!code) return error_response(code.error());
  return answer({{"code", *code}, {"expires_in_s", Sessions::kCodeLife.count()}}, 201);
}

HttpResponse login_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  const json body = parse_foreign_json(request.body);
  if (!body.is_object() || !body.contains("code") || !body["code"].is_string()) {
    return error_response(400, "usage", "A login is a JSON object with the text `code`.");
  }
  auto token = services.sessions->redeem(body["code"].get<std::string>());
  if (!token) return error_response(token.error());
  return answer({{"token", *token}, {"expires_in_s", Sessions::kSessionLife.count()}}, 201);
}

HttpResponse session_route(const NodeServices&, const Request& request) {
  return answer({{"kind", principal_word(request.principal.kind)},
                 {"scope", scope_word(request.principal.scope)},
                 {"label", request.principal.label}});
}

HttpResponse logout_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  if (request.principal.kind != Principal::Kind::session) {
    return error_response(403, "refused", "These credentials are no login of a page. `meshzero token` handles tokens.");
  }
  services.sessions->end(request.principal.label);
  return answer({{"ended", request.principal.label}});
}

constexpr Route kRoutes[] = {
    {"POST", "/api/v1/session/codes", "A one-time code that logs a page in within a minute.", Access{Caller::local},
     Pool::reactor, code_route},
    {"POST", "/api/v1/session", "Logs a page in: code. Answers with the bearer token of the session.",
     Access{Caller::here, Caller::encrypted}, Pool::reactor, login_route, BodyKind::json, kLoginBody},
    {"GET", "/api/v1/session", "Who the sender is: kind, scope, label.",
     Access{{Caller::here, Caller::encrypted, Caller::person, Caller::node}, Scope::read}, Pool::reactor,
     session_route},
    {"DELETE", "/api/v1/session", "Ends the sender's session.", Access{{Caller::person}, Scope::read}, Pool::reactor,
     logout_route},
};

}  // namespace

std::span<const Route> session_routes() { return kRoutes; }

}  // namespace mz
