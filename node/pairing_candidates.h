// Machines with which a pairing is open, among the candidates as people see them: such an address is in the state `pairing`, with a
// sentence that says what is waited for. No digits: more people may read candidates than may confirm.
#pragma once

#include <vector>

#include "api/discovery.h"
#include "api/pairing.h"

namespace mz {

// `self` is this node. Members and this node itself stay what they are. A machine whose address is in no item gets one.
void show_pairings(std::vector<DiscoveryPicture::Item>& candidates, const std::vector<PairingRequest>& requests,
                   const NodeId& self);

}  // namespace mz
