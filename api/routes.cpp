#include "api/routes.h"

#include <exception>
#include <set>

#include "api/cluster_routes.h"
#include "api/dial_back.h"
#include "api/discovery_routes.h"
#include "api/games.h"
#include "api/membership.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/page.h"
#include "api/pairing_routes.h"
#include "api/session_routes.h"
#include "api/status_json.h"
#include "api/trust_routes.h"
#include "p2p/protocol.h"

namespace mz {
namespace {

HttpResponse no_store(HttpResponse response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse health_route(const NodeServices& services, const Request&) {
  HttpResponse response;
  const Health health = services.state->health();
  response.status = health == Health::ok ? 200 : 503;
  response.body = health_json(health, services.state->snapshot()->version);
  return no_store(response);
}

HttpResponse status_route(const NodeServices& services, const Request&) {
  HttpResponse response;
  const auto cluster = services.cluster != nullptr ? services.cluster->picture() : nullptr;
  const bool put_out = services.membership != nullptr && services.membership->is_put_out();
  response.body = status_json(*services.state->snapshot(), services.state->health(), cluster.get(), put_out);
  return no_store(response);
}

HttpResponse openapi_route(const NodeServices& services, const Request&) {
  HttpResponse response;
  response.body = openapi_document(routes(), services.state->snapshot()->version);
  return no_store(response);
}

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

HttpResponse metrics_route(const NodeServices& services, const Request&) {
  HttpResponse response;
  response.content_type = kMetricsType;
  response.body = metrics_text(*services.state);
  return no_store(response);
}

void note_other_protocol(const NodeServices& services, const Request& request) {
  if (services.cluster == nullptr || request.principal.kind != Principal::Kind::node) return;
  services.cluster->speaks_otherwise(request.principal.node_id,
                                     protocol_number(request.head.header(std::string(kProtocolHeader))));
}

HttpResponse page_route(const NodeServices&, const Request& request) { return page_asset(request.head); }

constexpr Access kOpen{Caller::anyone};
constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};
// The page itself is public: whoever may not read gets an empty one that asks for a login.
constexpr Access kPage{Caller::here, Caller::encrypted};

constexpr Field kHealthFields[] = {
    {"status", FieldType::text, "ok, starting or degraded"},
    {"version", FieldType::text, "Of this program."},
};
constexpr Field kStatusFields[] = {
    {"version", FieldType::text, "Of this program."},
    {"name", FieldType::text, "What this machine calls itself."},
    {"pid", FieldType::number, "The number of the process."},
    {"status", FieldType::text, "ok, starting or degraded"},
    {"started_at", FieldType::number, "Seconds since 1970."},
    {"uptime_s", FieldType::real, "Seconds since the start."},
    {"now", FieldType::number, "Seconds since 1970, by this node's clock."},
    {"data_dir", FieldType::text, "The data directory."},
    {"port", FieldType::number, "The TCP port of the page and the API."},
    {"stopping", FieldType::flag, "Whether the node is about to end."},
    {"workers", FieldType::list, "Every worker process: what it plays, how fast, and why it is in its state."},
    {"configurations", FieldType::list, "Every configuration: how many games of it there are, and its target."},
    {"history", FieldType::object, "Games per hour of each configuration at `times`."},
    {"account", FieldType::object, "Games `played` since the start, of those `stored` and `pending`."},
    {"limits", FieldType::object, "What the node may use."},
    {"disk", FieldType::object, "Bytes free, in all, and of games."},
    {"memory", FieldType::object, "Bytes of the node and of its workers."},
    {"alerts", FieldType::list, "What a person should know: `level` and `text`."},
};
constexpr auto kStatus = joined(kStatusFields, kClusterFields);
constexpr Field kAssetName[] = {{"name", FieldType::text, "As the page names it."}};

constexpr Contract kHealth{.also = 503, .gives = kHealthFields};

constexpr Route kNodeRoutes[] = {
    {"GET", "/health", "Whether the node is well: ok with 200, starting or degraded with 503.", kOpen, Pool::reactor,
     health_route, kHealth},
    {"GET", "/livez", "The same as /health.", kOpen, Pool::reactor, health_route, kHealth},
    {"GET", "/readyz", "The same as /health.", kOpen, Pool::reactor, health_route, kHealth},
    {"GET",
     "/api/v1/status",
     "Everything the node is doing: workers, configurations, account, limits, alerts.",
     kReader,
     Pool::reactor,
     status_route,
     {.gives = kStatus}},
    {"GET", "/api/v1/openapi.json", "These addresses as an OpenAPI document.", kReader, Pool::ui, openapi_route},
    {"GET",
     "/metrics",
     "Figures for Prometheus.",
     kReader,
     Pool::reactor,
     metrics_route,
     {.content_type = kMetricsType}},
    {"GET",
     "/",
     "The page.",
     kPage,
     Pool::reactor,
     page_route,
     {.also = 304, .content_type = "text/html; charset=utf-8"}},
    {"GET",
     "/assets/{name}",
     "Scripts, styles and images of the page.",
     kPage,
     Pool::reactor,
     page_route,
     {.variables = kAssetName, .also = 304, .content_type = "*/*"}},
};

}  // namespace

std::string_view pool_word(Pool pool) {
  switch (pool) {
    case Pool::reactor:
      return "reactor";
    case Pool::control:
      return "control";
    case Pool::ui:
      return "ui";
    case Pool::bulk:
      return "bulk";
  }
  return "reactor";
}

std::span<const Route> routes() {
  static const std::vector<Route> all = [] {
    std::vector<Route> list;
    for (const auto& table : {std::span<const Route>(kNodeRoutes), games_routes(), session_routes(), trust_routes(),
                              pairing_routes(), cluster_routes(), dial_back_routes(), discovery_routes()}) {
      list.insert(list.end(), table.begin(), table.end());
    }
    return list;
  }();
  return all;
}

std::vector<int> statuses_of(const Route& route) {
  const Contract& contract = route.contract;
  std::set<int> all{contract.status, 500};
  if (contract.also != 0) all.insert(contract.also);
  all.insert(contract.refusals.begin(), contract.refusals.end());
  if (takes_declared_parameters_only(route)) all.insert(400);
  if (route.path.starts_with("/api/")) all.insert(503);  // a queue is full or a service does not run
  if (!route.access.has(Caller::anyone)) all.insert({401, 403, 421, 426});
  if (!contract.variables.empty()) all.insert(404);
  if (contract.between_nodes) all.insert(409);
  if (route.method != "GET") all.insert(413);
  if (route.body != BodyKind::none) all.insert({411, 415});
  return {all.begin(), all.end()};
}

HttpResponse answer_request(const NodeServices& services, const Route& route, const Request& request) {
  try {
    if (route.contract.between_nodes) {
      if (auto refused = protocol_refusal(request.head)) {
        note_other_protocol(services, request);
        return *refused;
      }
    }
    return route.answer(services, request);
  } catch (const std::exception&) {  // memory exhaustion or a bug of ours; the other requests go on
    return error_response(500, "failure", "The node failed to answer this request. The log may say more.");
  }
}

}  // namespace mz
