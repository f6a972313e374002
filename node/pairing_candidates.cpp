#include "node/pairing_candidates.h"

#include <algorithm>

#include "node/pairing_book.h"

namespace mz {
namespace {

std::string what_is_waited_for(const PairingRequest& request, const NodeId& self) {
  const std::string asks = request.incoming ? "It asks to join this cluster." : "This node asks it to be taken in.";
  if (request.kind == PairingKind::approval) {
    return request.incoming ? asks + " Approve it with: meshzero approve " + request.node.text()
                            : asks + " On an admin node there, approve it with: meshzero approve " + self.text();
  }
  if (request.state == PairingState::confirmed_here) {
    return "Confirmed here. The person at " + PairingBook::who(request) + " has to confirm there: meshzero pair.";
  }
  return asks + " Compare the six digits on both machines and confirm on both with: meshzero pair.";
}

bool is_meant(const DiscoveryPicture::Item& item, const PairingRequest& request) {
  return item.address == request.address || (!item.node_id.empty() && request.node.text().starts_with(item.node_id));
}

bool is_settled(const DiscoveryPicture::Item& item) {
  return item.state == candidate_state_word(CandidateState::self) ||
         item.state == candidate_state_word(CandidateState::member);
}

}  // namespace

void show_pairings(std::vector<DiscoveryPicture::Item>& candidates, const std::vector<PairingRequest>& requests,
                   const NodeId& self) {
  for (const PairingRequest& request : requests) {
    if (!is_open(request.state)) continue;
    bool shown = false;
    const auto show = [&](DiscoveryPicture::Item& item) {
      item.state = candidate_state_word(CandidateState::pairing);
      item.reason = what_is_waited_for(request, self);
    };
    for (DiscoveryPicture::Item& item : candidates) {
      if (!is_meant(item, request)) continue;
      shown = true;
      if (!is_settled(item)) show(item);
    }
    if (shown) continue;
    DiscoveryPicture::Item item;
    item.address = request.address;
    item.node_id = request.node.text();
    item.name = request.name;
    if (!request.incoming) item.cluster = request.cluster.substr(0, kAdvertIdLength);
    show(item);
    candidates.push_back(std::move(item));
  }
}

}  // namespace mz
