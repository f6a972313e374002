#include "p2p/node_id.h"

#include <algorithm>

#include "engine/base/sha256.h"
#include "p2p/base32.h"

namespace mz {

NodeId NodeId::of_public_key(std::span<const std::uint8_t> spki) { return NodeId(sha256(spki)); }

Result<NodeId> NodeId::parse(std::string_view text) {
  const auto bytes = text.size() == kTextLength ? from_base32(text) : std::nullopt;
  if (!bytes) {
    return Error{ErrorKind::usage,
                 "This is not a node id: one has 52 characters, each a lower-case letter or a digit from 2 to 7. "
                 "`meshzero nodes` lists them."};
  }
  NodeId id;
  std::copy(bytes->begin(), bytes->end(), id.bytes_.begin());
  return id;
}

std::string NodeId::text() const { return to_base32(bytes_); }

std::string NodeId::short_text() const { return text().substr(0, kShortLength); }

}  // namespace mz
