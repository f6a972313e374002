#include "api/cluster_routes.h"

#include <nlohmann/json.hpp>

#include "api/journal.h"

namespace mz {
namespace {

using nlohmann::json;

HttpResponse unavailable() { return error_response(503, "failure", "This node takes no part in a cluster yet."); }

json ballot_json(const Leadership& leadership) {
  return {{"term", leadership.term}, {"node_id", leadership.node.text()}};
}

constexpr Field kOwnFields[] = {
    {"facts", FieldType::number, "How many signed events about the cluster this node holds."},
};
constexpr auto kPicture = joined(kClusterFields, kOwnFields);
constexpr Field kAfter{"after", FieldType::number, "Only events with higher numbers.", Given::optional, 0, INT64_MAX,
                       0};
constexpr Field kLimit{"limit",
                       FieldType::number,
                       "How many events at most.",
                       Given::optional,
                       1,
                       static_cast<std::int64_t>(kMaxListedEvents),
                       static_cast<std::int64_t>(kMaxListedEvents)};
constexpr Field kEventsQuery[] = {kAfter, kLimit};
constexpr Field kEvents[] = {
    {"epoch", FieldType::text, "Another one means that the numbers began anew."},
    {"events", FieldType::list, "`number`, `at` (seconds since 1970), `kind`, `level`, `node` or null, `text`."},
    {"more", FieldType::flag, "Whether there are more after these."},
};

HttpResponse picture_route(const NodeServices& services, const Request&) {
  if (services.cluster == nullptr) return unavailable();
  const auto picture = services.cluster->picture();
  json content = cluster_json(*picture);
  content["facts"] = picture->facts;
  return json_response(content);
}

HttpResponse events_route(const NodeServices& services, const Request& request) {
  if (services.journal == nullptr) return unavailable();
  auto after = number_of(request.head, kAfter);
  if (!after) return error_response(after.error());
  auto limit = number_of(request.head, kLimit);
  if (!limit) return error_response(limit.error());
  const auto entries =
      services.journal->after(static_cast<std::uint64_t>(*after), static_cast<std::size_t>(*limit) + 1);
  json events = json::array();
  for (const JournalEntry& entry : entries) {
    if (events.size() < static_cast<std::size_t>(*limit)) events.push_back(journal_entry_json(entry));
  }
  const bool more = entries.size() > events.size();
  return json_response({{"epoch", services.journal->epoch()}, {"events", std::move(events)}, {"more", more}});
}

HttpResponse message_route(const NodeServices& services, const Request& request) {
  if (services.cluster == nullptr) return unavailable();
  auto back = services.cluster->receive(request.principal.node_id, request.body);
  if (!back) return error_response(back.error());
  HttpResponse response;
  response.content_type = "application/octet-stream";
  response.body = std::move(*back);
  return response;
}

constexpr Access kReader{{Caller::here, Caller::person, Caller::node}, Scope::read};
constexpr Access kPerson{{Caller::here, Caller::person}, Scope::read};
constexpr Access kMember{Caller::node};

constexpr Route kRoutes[] = {
    {"GET",
     "/api/v1/cluster",
     "Members with their states, the leader and its ballot, partitions.",
     kReader,
     Pool::reactor,
     picture_route,
     {.gives = kPicture}},
    {"GET",
     "/api/v1/events",
     "What happened in the cluster as this node saw it, oldest first.",
     kPerson,
     Pool::ui,
     events_route,
     {.query = kEventsQuery, .gives = kEvents}},
    {"POST",
     "/api/v1/cluster/message",
     "Messages between members: heartbeats, votes, cards, events.",
     kMember,
     Pool::control,
     message_route,
     {.content_type = "application/octet-stream", .between_nodes = true},
     BodyKind::bytes,
     kMaxClusterBody},
};

}  // namespace

std::span<const Route> cluster_routes() { return kRoutes; }

json cluster_json(const ClusterPicture& picture) {
  json members = json::array();
  for (const ClusterMember& member : picture.members) {
    members.push_back({{"node_id", member.node.text()},
                       {"name", member.name},
                       {"state", member.state},
                       {"left_because", member.left_because.empty() ? json() : json(member.left_because)},
                       {"roles", member.roles},
                       {"addresses", member.addresses},
                       {"version", member.version},
                       {"incarnation", member.incarnation},
                       {"since", member.since},
                       {"heard_at", member.heard ? json(*member.heard) : json()},
                       {"other_protocol", member.other_protocol != 0 ? json(member.other_protocol) : json()}});
  }
  json partition;
  if (picture.partition_since) {
    json rivals = json::array();
    for (const Leadership& rival : picture.rivals) rivals.push_back(ballot_json(rival));
    partition = {{"leaders", picture.rivals.size() + 1}, {"since", *picture.partition_since}, {"rivals", rivals}};
  }
  json etcd;
  if (picture.policy == "etcd") {
    etcd = {{"answers", !picture.etcd_silent},
            {"silent_since", picture.etcd_silent ? json(picture.etcd_silent->since) : json()},
            {"why", picture.etcd_silent ? json(picture.etcd_silent->why) : json()}};
  }
  return {{"node_id", picture.self.text()},
          {"role", picture.role},
          {"policy", picture.policy},
          {"leader", picture.leader ? json(picture.leader->node.text()) : json()},
          {"ballot", picture.leader ? ballot_json(*picture.leader) : json()},
          {"promised", picture.promised ? ballot_json(*picture.promised) : json()},
          {"etcd", etcd},
          {"members", members},
          {"partition", partition}};
}

}  // namespace mz
