#include "api/cluster.h"

#include "p2p/protocol.h"

namespace mz {
namespace {

constexpr std::size_t kShownName = 64;    // bytes
constexpr std::size_t kShownMembers = 3;  // by name; more are counted

}  // namespace

std::string called(const ClusterMember& member) {
  if (member.name.empty()) return "the node " + member.node.short_text();
  std::string name = member.name.substr(0, kShownName);
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return name + " (" + member.node.short_text() + ")";
}

std::string other_protocol_text(const std::vector<const ClusterMember*>& members) {
  std::string who;
  for (std::size_t i = 0; i < std::min(members.size(), kShownMembers); ++i) {
    who += (i == 0 ? "" : ", ") + called(*members[i]);
  }
  if (who.starts_with("the ")) who.front() = 'T';
  if (members.size() > kShownMembers) who += " and " + std::to_string(members.size() - kShownMembers) + " more";
  return who + (members.size() == 1 ? " speaks" : " speak") + " version " +
         std::to_string(members.front()->other_protocol) + std::string(kOtherProtocolWords) +
         std::to_string(protocol_version()) + ", so they refuse each other. Install the same version of MeshZero on " +
         (members.size() == 1 ? "both." : "all of them.");
}

}  // namespace mz
