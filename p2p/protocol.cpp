#include "p2p/protocol.h"

namespace mz {

Result<void> check_protocol(std::string_view theirs) {
  const std::string ours = std::to_string(protocol_version());
  if (theirs == ours) return {};
  const bool printable = !theirs.empty() && theirs.size() <= 9 && theirs.find_first_not_of("0123456789") == theirs.npos;
  return Error{ErrorKind::refused, "The two nodes speak different versions of the protocol: " + ours + " here, " +
                                       (printable ? std::string(theirs) : std::string("none that is known")) +
                                       " there. Install the same version of MeshZero on both."};
}

}  // namespace mz
