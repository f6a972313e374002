#include "p2p/protocol.h"

#include <charconv>

namespace mz {
namespace {

constexpr std::size_t kMaxDigits = 9;

}  // namespace

std::uint32_t protocol_number(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size() && text.size() <= kMaxDigits;
  return whole ? number : 0;
}

Result<void> check_protocol(std::string_view theirs) {
  const std::string ours = std::to_string(protocol_version());
  if (theirs == ours) return {};
  const std::uint32_t number = protocol_number(theirs);
  return Error{ErrorKind::refused, "The two nodes speak different versions of the protocol: " + ours + " here, " +
                                       (number != 0 ? std::to_string(number) : std::string("none that is known")) +
                                       " there. Install the same version of MeshZero on both."};
}

}  // namespace mz
