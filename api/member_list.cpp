#include "api/member_list.h"

namespace mz {

using nlohmann::json;

json members_json(const std::vector<MemberAddress>& members) {
  json list = json::array();
  for (const MemberAddress& member : members) {
    list.push_back({{"node_id", member.node.text()}, {"addresses", member.addresses}});
  }
  return list;
}

std::vector<std::string> read_addresses(const json& list) {
  std::vector<std::string> addresses;
  if (!list.is_array()) return addresses;
  for (const json& text : list) {
    if (!text.is_string() || addresses.size() == kMaxListedAddresses) continue;
    if (auto address = PeerAddress::parse(text.get<std::string>())) addresses.push_back(address->text());
  }
  return addresses;
}

std::vector<MemberAddress> read_members(const json& list) {
  std::vector<MemberAddress> members;
  if (!list.is_array()) return members;
  for (const json& entry : list) {
    const json id = entry.is_object() ? entry.value("node_id", json()) : json();
    if (!id.is_string() || members.size() == kMaxListedMembers) continue;
    auto node = NodeId::parse(id.get<std::string>());
    if (!node) continue;
    members.push_back({.node = *node, .addresses = read_addresses(entry.value("addresses", json()))});
  }
  return members;
}

}  // namespace mz
