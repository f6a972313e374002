// The routes by which members agree, and by which people see what they agreed on.
#pragma once

#include <span>

#include <nlohmann/json_fwd.hpp>

#include "api/cluster.h"
#include "api/routes.h"

namespace mz {

std::span<const Route> cluster_routes();

inline constexpr Field kClusterFields[] = {
    {"node_id", FieldType::text, "The id of this node."},
    {"role", FieldType::text, "starting, looking, following, leading or frozen"},
    {"policy", FieldType::text, "Who decides who leads: available, majority or etcd."},
    {"leader", FieldType::text, "The id of the node that leads.", Given::nullable},
    {"ballot", FieldType::object, "`node_id` of the leader and the `term` it leads in.", Given::nullable},
    {"promised", FieldType::object,
     "The highest ballot that this node promised to go by, also while nobody leads; it never goes back.",
     Given::nullable},
    {"etcd", FieldType::object, "Of policy etcd: whether it `answers`, else `silent_since` and `why`.",
     Given::nullable},
    {"members", FieldType::list,
     "Every member: its state, roles, addresses, version, when it was heard of, and `other_protocol` when it speaks "
     "another version of the protocol than this node."},
    {"partition", FieldType::object, "While several lead: how many `leaders`, `since` when, and the `rivals`.",
     Given::nullable},
};

// What kClusterFields says.
nlohmann::json cluster_json(const ClusterPicture& picture);

}  // namespace mz
