#include "api/discovery_routes.h"

#include <nlohmann/json.hpp>

#include "api/discovery.h"

namespace mz {
namespace {

using nlohmann::json;

json time_or_null(const std::optional<std::int64_t>& time) { return time ? json(*time) : json(); }

json candidate_json(const DiscoveryPicture::Item& item) {
  return {{"address", item.address},
          {"sources", item.sources},
          {"node_id", item.node_id},
          {"name", item.name},
          {"cluster", item.cluster},
          {"state", item.state},
          {"reason", item.reason},
          {"failures", item.failures},
          {"last_tried", time_or_null(item.last_tried)},
          {"last_worked", time_or_null(item.last_worked)}};
}

json advert_json(const std::optional<Advert>& advert) {
  if (!advert) return {};
  return {{"instance", advert->instance},
          {"port", advert->port},
          {"cluster", advert->cluster},
          {"pairing_open", advert->pairing_open}};
}

HttpResponse discovery_route(const NodeServices& services, const Request&) {
  if (services.discovery == nullptr) {
    return error_response(503, "unavailable", "Only a running node looks for others. Start it with `meshzero up`.");
  }
  const DiscoveryPicture picture = services.discovery->picture();
  json candidates = json::array();
  for (const DiscoveryPicture::Item& item : picture.candidates) candidates.push_back(candidate_json(item));
  return json_response({{"discovery",
                         {{"state", discovery_state_word(picture.state)},
                          {"backend", picture.backend},
                          {"text", picture.text},
                          {"since", picture.since}}},
                        {"advert", advert_json(picture.advert)},
                        {"candidates", std::move(candidates)}});
}

constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};

constexpr Field kFound[] = {
    {"discovery", FieldType::object, "Whether it works: `state`, `backend`, `text`, `since`."},
    {"advert", FieldType::object, "What this node announces of itself.", Given::nullable},
    {"candidates", FieldType::list, "Every address, where it is known from, and what came of it."},
};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/discovery",
     "Whether nodes are looked for on the local network, and every address at which one may be, with the reason why it "
     "is or is not a member.",
     kReader,
     Pool::ui,
     discovery_route,
     {.gives = kFound}},
};

}  // namespace

std::span<const Route> discovery_routes() { return kRoutes; }

}  // namespace mz
