// The version of what nodes say to each other. It is raised when an older node would misunderstand a newer one; nodes of
// different versions refuse each other with both numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace mz {

// In every request from node to node, and in the refusal of one of another version.
inline constexpr std::string_view kProtocolHeader = "meshzero-protocol";

// MESHZERO_PROTOCOL_VERSION of CMakeLists.txt; a function of its own so that a test can link a program with another number.
unsigned protocol_version();

// The version that stands there; 0 when none that is known does.
std::uint32_t protocol_number(std::string_view text);

// Whether `theirs`, as it stands in the header or a body, is our version.
Result<void> check_protocol(std::string_view theirs);

}  // namespace mz
