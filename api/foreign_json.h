// JSON that others sent. The library copies and prints values by recursion, so its depth is depth of our stack: a body of a
// million opening brackets would end the process at the first copy.
#pragma once

#include <cstddef>
#include <string_view>

#include <nlohmann/json.hpp>

namespace mz {

inline constexpr std::size_t kMaxJsonDepth = 16;  // arrays and objects inside each other

// Discarded (json::is_discarded, and neither object nor array) when the text is no JSON or is nested deeper than that. Throws
// nothing.
nlohmann::json parse_foreign_json(std::string_view text);

}  // namespace mz
