#include "api/session_routes.h"

#include <nlohmann/json.hpp>

#include "api/sessions.h"

namespace mz {
namespace {

using nlohmann::json;

constexpr std::size_t kLoginBody = 1U << 10;

HttpResponse unavailable() { return error_response(503, "unavailable", "This node logs no pages in."); }

constexpr Field kLifeField{"expires_in_s", FieldType::number, "For how many seconds it is good."};
constexpr Field kCode[] = {{"code", FieldType::text, "The code, good once."}, kLifeField};
constexpr Field kLoginFields[] = {{"code", FieldType::text, "The code that `meshzero ui` put into the address."}};
constexpr Field kSessionToken[] = {{"token", FieldType::text, "The bearer token of the session."}, kLifeField};
constexpr Field kSender[] = {
    {"kind", FieldType::text, "stranger, node, operator, session or local"},
    {"scope", FieldType::text, "none, read, jobs or admin"},
    {"label", FieldType::text, "The public name of a token or session."},
};
constexpr Field kEnded[] = {{"ended", FieldType::text, "The public name of the session."}};

HttpResponse code_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  auto code = services.sessions->create_code(request.principal.scope);
  if (!code) return error_response(code.error());
  return json_response({{"code", *code}, {"expires_in_s", Sessions::kCodeLife.count()}}, 201);
}

HttpResponse login_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  const auto body = json_body(request.body, kLoginFields);
  if (!body) return error_response(body.error());
  auto token = services.sessions->redeem(body->at("code").get<std::string>());
  if (!token) return error_response(token.error());
  return json_response({{"token", *token}, {"expires_in_s", Sessions::kSessionLife.count()}}, 201);
}

HttpResponse session_route(const NodeServices&, const Request& request) {
  return json_response({{"kind", principal_word(request.principal.kind)},
                        {"scope", scope_word(request.principal.scope)},
                        {"label", request.principal.label}});
}

HttpResponse logout_route(const NodeServices& services, const Request& request) {
  if (services.sessions == nullptr) return unavailable();
  if (request.principal.kind != Principal::Kind::session) {
    return error_response(403, "refused", "These credentials are no login of a page. `meshzero token` handles tokens.");
  }
  services.sessions->end(request.principal.label);
  return json_response({{"ended", request.principal.label}});
}

constexpr Route kRoutes[] = {
    {"POST",
     "/api/v1/session/codes",
     "A one-time code that logs a page in within a minute.",
     Access{Caller::local},
     Pool::reactor,
     code_route,
     {.status = 201, .gives = kCode}},
    {"POST",
     "/api/v1/session",
     "Logs a page in. Answers with the bearer token of the session.",
     Access{Caller::here, Caller::encrypted},
     Pool::reactor,
     login_route,
     {.fields = kLoginFields, .status = 201, .gives = kSessionToken},
     BodyKind::json,
     kLoginBody},
    {"GET",
     "/api/v1/session",
     "Who the sender is.",
     Access{{Caller::here, Caller::encrypted, Caller::person, Caller::node}, Scope::read},
     Pool::reactor,
     session_route,
     {.gives = kSender}},
    {"DELETE",
     "/api/v1/session",
     "Ends the sender's session.",
     Access{{Caller::person}, Scope::read},
     Pool::reactor,
     logout_route,
     {.gives = kEnded}},
};

}  // namespace

std::span<const Route> session_routes() { return kRoutes; }

}  // namespace mz
