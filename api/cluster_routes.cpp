#include "api/cluster_routes.h"

#include <nlohmann/json.hpp>

#include "api/trust_routes.h"

namespace mz {
namespace {

using nlohmann::json;

HttpResponse unavailable() { return error_response(503, "failure", "This node takes no part in a cluster yet."); }

HttpResponse picture_route(const NodeServices& services, const Request&) {
  if (services.cluster == nullptr) return unavailable();
  const auto picture = services.cluster->picture();
  json content = cluster_json(*picture);
  json events = json::array();
  for (const ClusterEvent& event : picture->latest_events) {
    events.push_back(
        {{"author", event.author.text()}, {"number", event.number}, {"topic", event.topic}, {"text", event.text}});
  }
  content["events"] = {{"count", picture->events}, {"latest", events}};
  HttpResponse response;
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = content.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

HttpResponse message_route(const NodeServices& services, const Request& request) {
  if (services.cluster == nullptr) return unavailable();
  if (auto refused = protocol_refusal(request.head)) return *refused;
  auto back = services.cluster->receive(request.principal.node_id, request.body);
  if (!back) return error_response(back.error());
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.body = std::move(*back);
  return response;
}

constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};
constexpr Access kMember{Caller::node};

constexpr Route kRoutes[] = {
    {"GET", "/api/v1/cluster", "Members with their states, the leader and its ballot, partitions, the latest events.",
     kReader, Pool::reactor, picture_route},
    {"POST", "/api/v1/cluster/message", "Messages between members: heartbeats, votes, cards, events.", kMember,
     Pool::control, message_route, BodyKind::bytes, kMaxClusterBody},
};

}  // namespace

std::span<const Route> cluster_routes() { return kRoutes; }

json cluster_json(const ClusterPicture& picture) {
  json members = json::array();
  for (const ClusterMember& member : picture.members) {
    members.push_back({{"node_id", member.node.text()},
                       {"name", member.name},
                       {"state", member.state},
                       {"roles", member.roles},
                       {"addresses", member.addresses},
                       {"incarnation", member.incarnation},
                       {"since", member.since}});
  }
  json ballot;
  if (picture.leader) ballot = {{"term", picture.term}, {"node_id", picture.leader->text()}};
  json partition;
  if (picture.partition_since) partition = {{"leaders", picture.leaders}, {"since", *picture.partition_since}};
  return {{"node_id", picture.self.text()},
          {"role", picture.role},
          {"policy", picture.policy},
          {"leader", picture.leader ? json(picture.leader->text()) : json()},
          {"ballot", ballot},
          {"members", members},
          {"partition", partition}};
}

}  // namespace mz
