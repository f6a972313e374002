#include "api/routes.h"

#include <exception>

#include "api/games.h"
#include "api/metrics.h"
#include "api/page.h"
#include "api/status_json.h"

namespace mz {
namespace {

HttpResponse no_store(HttpResponse response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse health_route(const NodeState& state, const RequestHead&, const std::string&) {
  HttpResponse response;
  const Health health = state.health();
  response.status = health == Health::ok ? 200 : 503;
  response.body = health_json(health, state.snapshot()->version);
  return no_store(response);
}

HttpResponse status_route(const NodeState& state, const RequestHead&, const std::string&) {
  HttpResponse response;
  response.body = status_json(*state.snapshot(), state.health());
  return no_store(response);
}

HttpResponse metrics_route(const NodeState& state, const RequestHead&, const std::string&) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics_text(*state.snapshot(), state.control_age_s(), state.store_age_s());
  return no_store(response);
}

HttpResponse games_route(const NodeState& state, const RequestHead& head, const std::string&) {
  return no_store(list_games(state.store().get(), head));
}

HttpResponse game_route(const NodeState& state, const RequestHead& head, const std::string& id) {
  return no_store(show_game(state.store().get(), head, id));
}

HttpResponse page_route(const NodeState&, const RequestHead& head, const std::string&) { return page_asset(head); }

constexpr Route kRoutes[] = {
    {"GET", "/health", "Whether the node is well: ok with 200, starting or degraded with 503.", true, false,
     health_route},
    {"GET", "/livez", "The same as /health.", true, false, health_route},
    {"GET", "/readyz", "The same as /health.", true, false, health_route},
    {"GET", "/api/v1/status", "Everything the node is doing: workers, configurations, account, limits, alerts.", false,
     false, status_route},
    {"GET", "/api/v1/games", "Stored games, newest first. Parameters: limit 1 to 200, board, seats, before.", false,
     true, games_route},
    {"GET", "/api/v1/games/{id}", "One game with its moves and positions. Parameters: from, count 1 to 500.", false,
     true, game_route},
    {"GET", "/metrics", "Figures for Prometheus.", false, false, metrics_route},
    {"GET", "/", "The page.", false, false, page_route},
    {"GET", "/assets/{name}", "Scripts, styles and images of the page.", false, false, page_route},
};

// Whether `path` fits `pattern`; `variable` gets the segment that stands for {name}.
bool fits(std::string_view pattern, std::string_view path, std::string& variable) {
  const auto brace = pattern.find('{');
  if (brace == std::string_view::npos) return pattern == path;
  if (path.size() <= brace || path.substr(0, brace) != pattern.substr(0, brace)) return false;
  const std::string_view segment = path.substr(brace);
  if (segment.find('/') != std::string_view::npos) return false;
  variable = segment;
  return true;
}

const Route* find_route(const RequestHead& head, std::string& variable) {
  for (const Route& route : kRoutes) {
    if (fits(route.path, head.path, variable)) return &route;
  }
  return nullptr;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

bool is_slow_request(const RequestHead& head) {
  std::string variable;
  const Route* route = find_route(head, variable);
  return route != nullptr && route->slow;
}

HttpResponse answer_request(const NodeState& state, const RequestHead& head) {
  try {
    std::string variable;
    const Route* route = find_route(head, variable);
    if ((route == nullptr || !route->any_host) && !is_loopback_host(head.host)) {
      return error_response(421, "misdirected", "This node answers to localhost, 127.0.0.1 and [::1] only.");
    }
    if (route == nullptr) return error_response(404, "not_found", "Nothing is served at this address.");
    return route->answer(state, head, variable);
  } catch (const std::exception&) {  // memory exhaustion or a bug of ours; the other requests go on
    return error_response(500, "failure", "The node failed to answer this request. The log may say more.");
  }
}

}  // namespace mz
