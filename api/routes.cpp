#include "api/routes.h"

#include <exception>

#include "api/cluster_routes.h"
#include "api/dial_back.h"
#include "api/discovery_routes.h"
#include "api/games.h"
#include "api/metrics.h"
#include "api/page.h"
#include "api/pairing_routes.h"
#include "api/session_routes.h"
#include "api/status_json.h"
#include "api/trust_routes.h"

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
  response.body = status_json(*services.state->snapshot(), services.state->health(), cluster.get());
  return no_store(response);
}

HttpResponse metrics_route(const NodeServices& services, const Request&) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(*services.state);
  return no_store(response);
}

HttpResponse games_route(const NodeServices& services, const Request& request) {
  return no_store(list_games(services.state->store().get(), request.head));
}

HttpResponse game_route(const NodeServices& services, const Request& request) {
  return no_store(show_game(services.state->store().get(), request.head, request.variables.front()));
}

HttpResponse page_route(const NodeServices&, const Request& request) { return page_asset(request.head); }

constexpr Access kOpen{Caller::anyone};
constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};
// The page itself is public: whoever may not read gets an empty one that asks for a login.
constexpr Access kPage{Caller::here, Caller::encrypted};

constexpr Route kNodeRoutes[] = {
    {"GET", "/health", "Whether the node is well: ok with 200, starting or degraded with 503.", kOpen, Pool::reactor,
     health_route},
    {"GET", "/livez", "The same as /health.", kOpen, Pool::reactor, health_route},
    {"GET", "/readyz", "The same as /health.", kOpen, Pool::reactor, health_route},
    {"GET", "/api/v1/status", "Everything the node is doing: workers, configurations, account, limits, alerts.",
     kReader, Pool::reactor, status_route},
    {"GET", "/api/v1/games", "Stored games, newest first. Parameters: limit 1 to 200, board, seats, before.", kReader,
     Pool::ui, games_route},
    {"GET", "/api/v1/games/{id}", "One game with its moves and positions. Parameters: from, count 1 to 500.", kReader,
     Pool::ui, game_route},
    {"GET", "/metrics", "Figures for Prometheus.", kReader, Pool::reactor, metrics_route},
    {"GET", "/", "The page.", kPage, Pool::reactor, page_route},
    {"GET", "/assets/{name}", "Scripts, styles and images of the page.", kPage, Pool::reactor, page_route},
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
    for (const auto& table : {std::span<const Route>(kNodeRoutes), session_routes(), trust_routes(), pairing_routes(),
                              cluster_routes(), dial_back_routes(), discovery_routes()}) {
      list.insert(list.end(), table.begin(), table.end());
    }
    return list;
  }();
  return all;
}

HttpResponse answer_request(const NodeServices& services, const Route& route, const Request& request) {
  try {
    return route.answer(services, request);
  } catch (const std::exception&) {  // memory exhaustion or a bug of ours; the other requests go on
    return error_response(500, "failure", "The node failed to answer this request. The log may say more.");
  }
}

}  // namespace mz
