// Reads one line of a rules recording (oracle format sections 6.1 and 6.2).
#pragma once

#include <string_view>
#include <variant>

#include "engine/base/result.h"
#include "engine/conformance.h"

namespace mz {

// A vector that its author marked as not exact: there is nothing in it that could be compared.
struct InexactVector {};

using Recording = std::variant<RecordedGame, RecordedVector, InexactVector>;

// The kind is told by the fields: a game has `plies`, a vector `exact`. The optional field `game` names another game than
// ringrift. Anything missing, of another type or out of range is refused.
Result<Recording> parse_recording(std::string_view line);

}  // namespace mz
